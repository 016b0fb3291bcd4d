package timeline

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// What zero fields of Options mean.
const (
	DefaultMaxEvents      = 100_000
	DefaultMaxBytes       = 64 << 20
	DefaultMaxPerEndpoint = 2_000
)

// lockWait is how long Open waits for another process that has the file.
const lockWait = time.Second

// growth is by how much the file grows at a time.
const growth = 1 << 20

// Options bound a Store.
type Options struct {
	MaxEvents      int
	MaxBytes       int64 // of events with their keys; the file is up to about three times as large
	MaxPerEndpoint int
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

func (o Options) withDefaults() Options {
	if o.MaxEvents <= 0 {
		o.MaxEvents = DefaultMaxEvents
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	if o.MaxPerEndpoint <= 0 {
		o.MaxPerEndpoint = DefaultMaxPerEndpoint
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

var (
	// ErrLocked says that another process has the file.
	ErrLocked = errors.New("another process has the file")
	// ErrBroken says that the file is not, or not any more, one that a Store has written.
	ErrBroken = errors.New("the file is damaged, or is something else")
)

// A Store keeps events in a file. Its methods may be called from any goroutine.
type Store struct {
	db      *bbolt.DB
	options Options

	mu    sync.Mutex // held while something is appended
	count counts     // guarded by mu
	last  Event      // guarded by mu; only ID and Time
}

// counts are what is in the file.
type counts struct {
	events      int
	bytes       int64
	perEndpoint map[string]int // by endpointPrefix
}

// Buckets of the file: the events by ID, and the state of each by its endpoint.
const (
	eventsName = "events"
	indexName  = "by endpoint"
)

func bucket(tx *bbolt.Tx, name string) *bbolt.Bucket { return tx.Bucket([]byte(name)) }

// first returns a cursor at the first entry of a bucket.
func first(b *bbolt.Bucket) (c *bbolt.Cursor, k, v []byte) {
	c = b.Cursor()
	k, v = c.First()
	return c, k, v
}

// Open opens a file, or makes a new one. The error is ErrLocked, ErrBroken, or one of
// the file system.
func Open(path string, o Options) (*Store, error) {
	s := &Store{options: o.withDefaults()}
	if err := s.open(path); err != nil {
		return nil, fmt.Errorf("opening the history in %s: %w", path, err)
	}
	return s, nil
}

// OpenOrReplace is Open for a caller that would rather lose the history than not run: a broken
// file is renamed, and a new one takes its place. broken is its new name, "" if it was
// sound.
func OpenOrReplace(path string, o Options) (s *Store, broken string, err error) {
	s, err = Open(path, o)
	if !errors.Is(err, ErrBroken) {
		return s, "", err
	}
	broken = path + ".broken"
	if err := os.Rename(path, broken); err != nil {
		return nil, "", fmt.Errorf("moving a broken history out of the way: %w", err)
	}
	s, err = Open(path, o)
	return s, broken, err
}

func (s *Store) open(path string) error {
	var file *os.File
	var err error
	// bbolt looks at a damaged file with confidence: it panics, or reads beyond its end.
	thrown := guarded(func() {
		s.db, err = bbolt.Open(path, 0o600, &bbolt.Options{
			Timeout: lockWait, FreelistType: bbolt.FreelistMapType,
			OpenFile: func(name string, flag int, mode os.FileMode) (*os.File, error) {
				var err error
				file, err = os.OpenFile(name, flag, mode)
				return file, err
			},
		})
	})
	switch {
	case thrown != nil:
		abandon(file)
		return fmt.Errorf("%w: %v", ErrBroken, thrown)
	case errors.Is(err, bolterrors.ErrTimeout):
		return ErrLocked
	case errors.Is(err, bolterrors.ErrInvalid), errors.Is(err, bolterrors.ErrVersionMismatch),
		errors.Is(err, bolterrors.ErrChecksum),
		// bbolt has no error value for a file that is too small.
		err != nil && strings.Contains(err.Error(), "file size too small"):
		return fmt.Errorf("%w: %w", ErrBroken, err)
	case err != nil:
		return err
	}
	s.db.AllocSize = growth
	if thrown := guarded(func() { err = s.load(file) }); thrown != nil {
		err = fmt.Errorf("%w: %v", ErrBroken, thrown)
	}
	if err != nil && guarded(func() { _ = s.db.Close() }) != nil {
		abandon(file)
	}
	return err
}

// abandon closes a file that bbolt cannot. What is mapped of it stays so, and would keep
// the lock.
func abandon(file *os.File) {
	unlock(file)
	_ = file.Close() // it is of no use any more
}

// guarded runs f and returns what it panicked with, which may be a read of a file that
// is shorter than it says.
func guarded(f func()) (thrown any) {
	done := make(chan struct{})
	go func() { // so that the setting ends with the goroutine
		defer close(done)
		defer func() { thrown = recover() }()
		debug.SetPanicOnFault(true)
		f()
	}()
	<-done
	return thrown
}

// load checks the file, counts what is in it, and makes it ready to be written.
func (s *Store) load(file *os.File) error {
	s.count.perEndpoint = map[string]int{}
	if err := s.db.View(func(tx *bbolt.Tx) error { return s.check(tx, file) }); err != nil {
		return fmt.Errorf("%w: %w", ErrBroken, err)
	}
	return s.db.Update(func(tx *bbolt.Tx) error {
		for _, name := range []string{eventsName, indexName} {
			if _, err := tx.CreateBucketIfNotExists([]byte(name)); err != nil {
				return err
			}
		}
		return nil
	})
}

// check walks through the whole file.
func (s *Store) check(tx *bbolt.Tx, file *os.File) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if info.Size() < tx.Size() {
		return fmt.Errorf("it has %d bytes of %d", info.Size(), tx.Size())
	}
	events, index := bucket(tx, eventsName), bucket(tx, indexName)
	if events == nil && index == nil {
		return nil // new
	}
	if events == nil || index == nil {
		return errForm
	}
	var before []byte
	for c, k, v := first(events); k != nil; k, v = c.Next() {
		if len(k) != 8 || bytes.Compare(k, before) <= 0 {
			return errForm
		}
		before = k
		e, err := decode(binary.BigEndian.Uint64(k), v)
		if err != nil {
			return err
		}
		if index.Get(indexKey(&e)) == nil || e.Time.Before(s.last.Time) {
			return errForm
		}
		s.count.add(&e, len(v))
		s.last = Event{ID: e.ID, Time: e.Time}
	}
	entries := 0
	before = nil
	for c, k, _ := first(index); k != nil; k, _ = c.Next() {
		if bytes.Compare(k, before) <= 0 {
			return errForm
		}
		before = k
		entries++
	}
	if entries != s.count.events {
		return fmt.Errorf("the index has %d entries for %d events", entries, s.count.events)
	}
	return nil
}

// size is what an event counts towards MaxBytes.
func size(e *Event, value int) int64 {
	return int64(value + 8 + len(e.Cluster) + len(e.Endpoint) + 10)
}

func (c *counts) add(e *Event, value int) {
	c.events++
	c.bytes += size(e, value)
	c.perEndpoint[string(endpointPrefix(e.Cluster, e.Endpoint))]++
}

func (c *counts) remove(e *Event, value int) {
	c.events--
	c.bytes -= size(e, value)
	prefix := string(endpointPrefix(e.Cluster, e.Endpoint))
	if c.perEndpoint[prefix]--; c.perEndpoint[prefix] == 0 {
		delete(c.perEndpoint, prefix)
	}
}

// Stats are what a Store holds.
type Stats struct {
	Events    int
	Bytes     int64 // of events with their keys
	Endpoints int
	Newest    uint64 // the ID of the newest event, 0 for none
}

// Stats returns what the Store holds.
func (s *Store) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Stats{
		Events: s.count.events, Bytes: s.count.bytes, Endpoints: len(s.count.perEndpoint),
		Newest: s.last.ID,
	}
}

// Close closes the file, when those who read it are done.
func (s *Store) Close() error { return s.db.Close() }
