package netx

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// Interval is how often a Watch looks at its sockets: a deadline is late by
	// at most this much.
	Interval = 100 * time.Millisecond
	// Grace is how long a client that closed its sending side may still wait
	// for an answer before it is taken for gone (see CancelOnHangup).
	Grace = 500 * time.Millisecond
)

// A Watch enforces the deadlines of its sockets, and notices peers that hang up
// while nobody reads from them. One Watch serves a whole process.
type Watch struct {
	start time.Time
	now   atomic.Int64        // nanoseconds since start, as of the last tick
	lot   atomic.Pointer[lot] // nil: sockets cannot be parked
	// parked is how many are. It counts one late, and one that is roused at once may be
	// taken away before it is added.
	parked atomic.Int64

	mu    sync.Mutex
	socks []*Sock // by Sock.slot

	// The ticking goroutine's own, kept to be reused.
	due, doubted []*Sock
	polls        pollSet
}

// watchMark is what a Watch remembers of a socket between two ticks.
type watchMark struct {
	rd int64 // the read deadline at the last tick
	// checked is the read deadline under which the owner was last told that it is idle; less
	// than 0: under which a hang-up was looked for instead.
	checked  int64
	cancels  *Hook
	goneFrom int64 // when the peer was first found half-closed; 0: it was not
}

// NewWatch makes a Watch; Run must be called for it to do anything.
func NewWatch() *Watch {
	w := &Watch{start: time.Now()}
	w.now.Store(1)
	return w
}

// Now is the time of the last tick, in nanoseconds of the watch's own clock.
func (w *Watch) Now() int64 { return w.now.Load() }

// at is the deadline d from now; a tick is added since now is up to a tick old.
func (w *Watch) at(d time.Duration) int64 {
	if d <= 0 {
		return 0
	}
	return w.now.Load() + int64(d) + int64(Interval)
}

// Run ticks until ctx ends. Meanwhile sockets can be parked, where the system has a way to.
func (w *Watch) Run(ctx context.Context) error {
	if l, err := newLot(); err == nil {
		w.lot.Store(l)
		done := make(chan struct{})
		go func() {
			defer close(done)
			l.run()
		}()
		defer func() {
			w.lot.Store(nil)
			l.close()
			<-done
		}()
	}
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

// Sockets is how many sockets are open.
func (w *Watch) Sockets() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.socks)
}

func (w *Watch) add(s *Sock) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s.slot = int32(len(w.socks))
	w.socks = append(w.socks, s)
}

func (w *Watch) remove(s *Sock) {
	if s.park.registered {
		if l := w.lot.Load(); l != nil {
			l.forget(s)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if s.slot < 0 {
		return
	}
	last := len(w.socks) - 1
	moved := w.socks[last]
	w.socks[s.slot], moved.slot = moved, s.slot
	w.socks[last] = nil
	w.socks = w.socks[:last]
	s.slot = -1
}

// Tick does one round at the given time since the watch was made. Run calls it;
// a test may call it instead of Run, with times of its own.
//
// The lock is held throughout, so that a socket cannot be closed, and its
// descriptor reused, under the poll.
func (w *Watch) Tick(at time.Duration) {
	now := max(int64(at), 1)
	w.now.Store(now)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.due, w.doubted = w.due[:0], w.doubted[:0]
	for _, s := range w.socks {
		rd, wd := s.rd.Load(), s.wd.Load()
		if rd != 0 && rd <= now || wd != 0 && wd <= now {
			w.due = append(w.due, s)
			continue
		}
		cancels := s.cancels.Load()
		switch {
		case cancels != nil && cancels == s.seen.cancels:
			// The exchange has lasted a tick (or its like came back: a look
			// more does no harm).
			w.doubted = append(w.doubted, s)
		case cancels == nil && rd != 0 && rd == s.seen.rd && rd != s.seen.checked:
			// Waiting for a request since the last tick: see Await.
			switch {
			case s.park.asks.Load() && w.CanPark():
				s.seen.checked = rd
				s.park.asked.Store(true) // it looks for the end itself when it parks
				w.due = append(w.due, s)
			case s.seen.checked != -rd:
				s.seen.checked = -rd
				w.doubted = append(w.doubted, s)
			}
		default:
			s.seen.goneFrom = 0
		}
		s.seen.rd, s.seen.cancels = rd, cancels
	}
	for _, s := range w.due {
		s.wake()
	}
	w.lookForHangups(now)
}

func (w *Watch) lookForHangups(now int64) {
	for i, state := range w.polls.poll(w.doubted) {
		s := w.doubted[i]
		other := s.seen.cancels
		switch {
		case state == peerPresent:
			s.seen.goneFrom = 0
		case other == nil:
			s.wake() // the owner reads the end of the stream itself
		case state == peerReset:
			s.cancel(other)
		case s.seen.goneFrom == 0:
			s.seen.goneFrom = now
		case now-s.seen.goneFrom >= int64(Grace):
			s.cancel(other)
		}
	}
}
