package timeline

import (
	"encoding/binary"
	"fmt"
	"maps"

	"go.etcd.io/bbolt"
)

// Append keeps events, in this order, and sets their ID and Time. When it returns they
// are on disk. On an error none of them is kept: of ErrEvent where one of them can't be,
// else of the file system.
func (s *Store) Append(events ...Event) error {
	for i := range events {
		if err := events[i].check(); err != nil {
			return err
		}
	}
	if len(events) == 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := appending{options: &s.options, last: s.last, count: s.count}
	// What is counted holds only if the transaction does.
	a.count.perEndpoint = maps.Clone(s.count.perEndpoint)
	now := s.options.Now().UTC().Round(0)
	if now.Before(a.last.Time) {
		now = a.last.Time
	}
	err := s.db.Update(func(tx *bbolt.Tx) error {
		a.events, a.index = bucket(tx, eventsName), bucket(tx, indexName)
		// What goes to the end fills the pages.
		a.events.FillPercent = 1
		for i := range events {
			e := &events[i]
			a.last.ID++
			a.last.Time = now
			e.ID, e.Time = a.last.ID, now
			if err := a.put(e); err != nil {
				return err
			}
		}
		return a.trim()
	})
	if err != nil {
		return fmt.Errorf("keeping %d events: %w", len(events), err)
	}
	s.count, s.last = a.count, a.last
	return nil
}

// appending is what goes on in one transaction.
type appending struct {
	options       *Options
	events, index *bbolt.Bucket
	count         counts
	last          Event
}

// put adds an event, and takes away the oldest one of an endpoint that has too many.
func (a *appending) put(e *Event) error {
	value := encode(e)
	if err := a.events.Put(idKey(e.ID), value); err != nil {
		return err
	}
	if err := a.index.Put(indexKey(e), []byte{byte(e.State)}); err != nil {
		return err
	}
	a.count.add(e, len(value))
	prefix := endpointPrefix(e.Cluster, e.Endpoint)
	for a.count.perEndpoint[string(prefix)] > a.options.MaxPerEndpoint {
		k, _ := a.index.Cursor().Seek(prefix)
		if err := a.remove(k[len(prefix):]); err != nil {
			return err
		}
	}
	return nil
}

// trim takes away the oldest events until the rest fits. The last one always stays.
func (a *appending) trim() error {
	for a.count.events > 1 &&
		(a.count.events > a.options.MaxEvents || a.count.bytes > a.options.MaxBytes) {
		k, _ := a.events.Cursor().First()
		if err := a.remove(k); err != nil {
			return err
		}
	}
	return nil
}

// remove takes away the event with a key of eight bytes.
func (a *appending) remove(key []byte) error {
	id := binary.BigEndian.Uint64(key)
	value := a.events.Get(idKey(id))
	e, err := decode(id, value)
	if err != nil {
		return err
	}
	a.count.remove(&e, len(value))
	if err := a.index.Delete(indexKey(&e)); err != nil {
		return err
	}
	return a.events.Delete(idKey(id))
}
