package timeline

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"time"

	"go.etcd.io/bbolt"
)

// Limits of the answer to a Query.
const (
	DefaultLimit = 100
	MaxLimit     = 1000
)

// A Query says which events are wanted. The zero value is the newest ones.
type Query struct {
	Cluster  string    // "": any
	Endpoint string    // "": any
	Observer string    // "": any
	Since    time.Time // learned of then or later; zero: any time
	Until    time.Time // learned of before; zero: any time
	Before   uint64    // with a lower ID, for the next page; 0: any
	Limit    int       // DefaultLimit if 0, and never more than MaxLimit
}

func (q *Query) limit() int {
	if q.Limit <= 0 {
		return DefaultLimit
	}
	return min(q.Limit, MaxLimit)
}

// wants reports whether an event is one of those, Since and Before aside.
func (q *Query) wants(e *Event) bool {
	return (q.Cluster == "" || q.Cluster == e.Cluster) &&
		(q.Endpoint == "" || q.Endpoint == e.Endpoint) &&
		(q.Observer == "" || q.Observer == e.Observer) &&
		(q.Until.IsZero() || e.Time.Before(q.Until))
}

// Events returns events, the newest first. more says that there are others; they are
// asked for with the last ID as Before.
func (s *Store) Events(q Query) (events []Event, more bool, err error) {
	err = s.back(&q, func(e *Event) bool {
		if !q.Since.IsZero() && e.Time.Before(q.Since) {
			return false
		}
		if !q.wants(e) {
			return true
		}
		if more = len(events) == q.limit(); more {
			return false
		}
		events = append(events, *e)
		return true
	})
	if err != nil {
		return nil, false, fmt.Errorf("reading the history: %w", err)
	}
	return events, more, nil
}

// Latest returns the newest event of each observer of an endpoint, the newest first: who
// says what at present. Those whose events have given way to newer ones are not in it.
func (s *Store) Latest(cluster, endpoint string) ([]Event, error) {
	var events []Event
	seen := map[string]bool{}
	err := s.back(&Query{Cluster: cluster, Endpoint: endpoint}, func(e *Event) bool {
		if !seen[e.Observer] {
			seen[e.Observer] = true
			events = append(events, *e)
		}
		return true
	})
	if err != nil {
		return nil, fmt.Errorf("reading the history: %w", err)
	}
	return events, nil
}

// back calls f with events from the newest to the oldest until it returns false: those
// of one endpoint where the query names one with its cluster, otherwise all.
func (s *Store) back(q *Query, f func(*Event) bool) error {
	return s.db.View(func(tx *bbolt.Tx) error {
		events := bucket(tx, eventsName)
		if q.Cluster == "" || q.Endpoint == "" {
			return backAll(events, q.Before, f)
		}
		return backOf(events, bucket(tx, indexName), endpointPrefix(q.Cluster, q.Endpoint),
			q.Before, f)
	})
}

func backAll(events *bbolt.Bucket, before uint64, f func(*Event) bool) error {
	c := events.Cursor()
	for k, v := last(c, nil, before); k != nil; k, v = c.Prev() {
		e, err := decode(binary.BigEndian.Uint64(k), v)
		if err != nil {
			return err
		}
		if !f(&e) {
			return nil
		}
	}
	return nil
}

func backOf(events, index *bbolt.Bucket, prefix []byte, before uint64, f func(*Event) bool) error {
	c := index.Cursor()
	for k, _ := last(c, prefix, before); bytes.HasPrefix(k, prefix); k, _ = c.Prev() {
		id := binary.BigEndian.Uint64(k[len(prefix):])
		e, err := decode(id, events.Get(idKey(id)))
		if err != nil {
			return err
		}
		if !f(&e) {
			return nil
		}
	}
	return nil
}

// last moves a cursor to the last key with a prefix and a lower ID than before, which is
// any where it is 0. There may be none; the key then has another prefix, or is nil.
func last(c *bbolt.Cursor, prefix []byte, before uint64) (k, v []byte) {
	if before == 0 {
		before = ^uint64(0)
	}
	// Seek finds the first key that is not lower.
	if k, _ := c.Seek(binary.BigEndian.AppendUint64(bytes.Clone(prefix), before)); k == nil {
		return c.Last()
	}
	return c.Prev()
}
