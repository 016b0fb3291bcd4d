package timeline

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"
)

const (
	// queued is how many events may wait to be written.
	queued = 10_000
	// batch is the most events of one transaction, and pause how long the first of them
	// waits for others: a transaction costs a wait for the disk, however small it is.
	batch = 1000
	pause = 200 * time.Millisecond
)

// A Recorder writes events to a Store. Its methods may be called from any goroutine.
type Recorder struct {
	store   *Store
	log     *logrus.Logger
	queue   chan Event
	dropped atomic.Uint64
	failing bool // Run's
}

// NewRecorder makes a Recorder.
func NewRecorder(s *Store, log *logrus.Logger) *Recorder {
	return &Recorder{store: s, log: log, queue: make(chan Event, queued)}
}

// Offer takes an event, and never waits. An event that can't be kept, or for which there
// is no room, is dropped and counted, and false is returned.
func (r *Recorder) Offer(e Event) bool {
	if e.check() == nil {
		select {
		case r.queue <- e:
			return true
		default:
		}
	}
	r.dropped.Add(1)
	return false
}

// Dropped is how many events were not kept.
func (r *Recorder) Dropped() uint64 { return r.dropped.Load() }

// Run writes until ctx ends, and then what was offered before.
func (r *Recorder) Run(ctx context.Context) error {
	events := make([]Event, 0, batch)
	for {
		select {
		case <-ctx.Done():
			for len(r.queue) > 0 {
				r.write(r.gather(events[:0], nil))
			}
			return nil
		case e := <-r.queue:
			timer := time.NewTimer(pause)
			r.write(r.gather(append(events[:0], e), timer.C))
			timer.Stop()
		}
	}
}

// gather adds events until there are enough, or it is time; or, without a time, until
// none waits.
func (r *Recorder) gather(events []Event, enough <-chan time.Time) []Event {
	for len(events) < batch {
		select {
		case e := <-r.queue:
			events = append(events, e)
			continue
		default:
		}
		if enough == nil {
			break
		}
		select {
		case e := <-r.queue:
			events = append(events, e)
		case <-enough:
			return events
		}
	}
	return events
}

// write keeps a batch. A disk that is full may have room again, so it goes on.
func (r *Recorder) write(events []Event) {
	err := r.store.Append(events...)
	if err != nil {
		r.dropped.Add(uint64(len(events)))
	}
	if failing := err != nil; failing != r.failing {
		r.failing = failing
		if failing {
			r.log.WithError(err).
				Error("the history can't be written; what comes is lost until it can be")
		} else {
			r.log.Info("the history can be written again")
		}
	}
}
