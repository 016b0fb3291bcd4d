package netx

import (
	"errors"
	"sync/atomic"
	"time"
)

// ErrIdle says that nothing has come for an Interval or two: see AwaitOrIdle.
var ErrIdle = errors.New("netx: nothing came for a while")

// A Parked is what goes on with a socket that was parked.
type Parked interface {
	// Unpark is called in a goroutine of its own, which owns the socket from then on. The
	// socket has something to read, or is at its end, or its read deadline has passed, or it
	// was interrupted; or none of them, which is rare: the next read waits then.
	Unpark()
}

// Never is the time of a read deadline that is set, and does not come.
const Never = 100 * 365 * 24 * time.Hour

// parking is where a socket is between a goroutine that waits for it and none.
type parking struct {
	state parkState
	// asks says that the owner waits in AwaitOrIdle, asked that the watch has found it idle.
	asks, asked atomic.Bool
	// registered says that the lot's poller knows the descriptor. It is the owner's.
	registered bool
	then       Parked
}

// parkState has the steps from owned to waiting and back. Only the owner leaves owned; the
// goroutine that leaves waiting has to start the next owner.
type parkState struct{ atomic.Uint32 }

const (
	owned   uint32 = iota // by a goroutine
	parks                 // the owner is about to leave it
	roused                // something came in that moment: the owner has to stay
	waiting               // nobody owns it
)

// rouse reports whether the caller has to start the next owner.
func (p *parkState) rouse() bool {
	for {
		switch p.Load() {
		case waiting:
			if p.CompareAndSwap(waiting, owned) {
				return true
			}
		case parks:
			if p.CompareAndSwap(parks, roused) {
				return false
			}
		default:
			return false
		}
	}
}

// CanPark reports whether sockets can be parked: while Run runs, where the system has a way to.
func (w *Watch) CanPark() bool { return w.lot.Load() != nil }

// Parked is how many sockets are parked.
func (w *Watch) Parked() int { return max(int(w.parked.Load()), 0) }

// AwaitOrIdle is Await that ends with ErrIdle once nothing has come for an Interval or two,
// where sockets can be parked. A connection that is busy pays nothing for that. The watch looks
// for it by the read deadline, as Await says, and tells once for each that step sets. There must
// be one; Never is one that is not reached.
func (s *Sock) AwaitOrIdle(step func(fd uintptr) (done bool)) error {
	s.park.asks.Store(true)
	err := s.Await(step)
	s.park.asks.Store(false)
	return err
}

// idle takes the news that the watch has found the owner idle.
func (s *Sock) idle() bool {
	return s.park.asks.Load() && s.park.asked.Load() && s.park.asked.CompareAndSwap(true, false)
}

// Park leaves the socket to its watch, so that it needs no goroutine while it waits: the owner
// gives it up and has to return, and then.Unpark is called once there is something to do. The
// read deadline stays in force, as does Interrupt. It returns false where the owner has to go on:
// something came in this moment, or sockets cannot be parked.
//
// The owner is who reads: another goroutine may go on writing. What a layer has read and not handed
// out is not seen: it must have been read until EAGAIN.
func (s *Sock) Park(then Parked) bool {
	l := s.watch.lot.Load()
	if l == nil {
		return false
	}
	p := &s.park
	p.then, s.in = then, nil
	p.state.Store(parks)
	// From here on nobody's news is lost: it makes the state roused. What came before was said
	// by interrupted, and is found by the poller: it tells of what is there already.
	if !s.interrupted.Load() && l.arm(s) && p.state.CompareAndSwap(parks, waiting) {
		s.watch.parked.Add(1) // the socket may be somebody else's by now
		return true
	}
	p.state.Store(owned)
	return false
}

// Spare gives up what only a write needs. Nobody may be writing.
func (s *Sock) Spare() { s.out = nil }

// rouse starts the next owner of a socket that is parked.
func (s *Sock) rouse() {
	if s.park.state.rouse() {
		s.watch.parked.Add(-1)
		go s.park.then.Unpark()
	}
}
