package http2

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Interval is how often a Watch looks at its connections: a deadline is late by
// at most this much.
const Interval = 100 * time.Millisecond

// A Watch enforces the deadlines of connections. One serves a whole process.
type Watch struct {
	start time.Time
	now   atomic.Int64 // nanoseconds since start, as of the last tick

	mu    sync.Mutex
	conns []*link // guarded by mu; by link.slot

	late []*link // the ticking goroutine's own
}

// NewWatch makes a Watch; Run must be called for it to do anything.
func NewWatch() *Watch {
	w := &Watch{start: time.Now()}
	w.now.Store(1)
	return w
}

// Now is the time of the last tick, in nanoseconds of the watch's own clock. It
// is never 0.
func (w *Watch) Now() int64 { return w.now.Load() }

// Run ticks until ctx ends.
func (w *Watch) Run(ctx context.Context) error {
	t := time.NewTicker(Interval)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
			w.Tick(time.Since(w.start))
		}
	}
}

// Conns is how many connections are being served.
func (w *Watch) Conns() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.conns)
}

func (w *Watch) add(c *link) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c.slot = len(w.conns)
	w.conns = append(w.conns, c)
}

func (w *Watch) remove(c *link) {
	w.mu.Lock()
	defer w.mu.Unlock()
	last := len(w.conns) - 1
	moved := w.conns[last]
	w.conns[c.slot], moved.slot = moved, c.slot
	w.conns[last] = nil
	w.conns = w.conns[:last]
	c.slot = -1
}

// Tick does one round at the given time since the watch was made. Run calls it;
// a test may call it instead of Run, with times of its own.
func (w *Watch) Tick(at time.Duration) {
	now := max(int64(at), 1)
	w.now.Store(now)
	w.mu.Lock()
	w.late = w.late[:0]
	for _, c := range w.conns {
		if c.due.Load() <= now {
			w.late = append(w.late, c)
		}
	}
	w.mu.Unlock()
	// A connection that has ended since does not mind being looked at.
	for i, c := range w.late {
		c.look(now)
		w.late[i] = nil
	}
}
