package tunnel

import (
	"errors"
	"io"
	"sync/atomic"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/netx"
)

// An End is one side of a tunnel. One goroutine receives from it while another sends
// to it.
type End interface {
	// Receive hands what comes to send until that fails, or this side has ended:
	// io.EOF. idle bounds a wait, after which it returns netx.ErrTimeout; it may be
	// called again.
	Receive(idle time.Duration, send func([]byte) error) error
	// Send sends all of p.
	Send(p []byte) error
	// CloseSend passes an end on as a half-close.
	CloseSend() error
	// Interrupt ends the present and every later wait. Any goroutine may call it.
	Interrupt()
}

// A Tunnel carries bytes between two ends.
type Tunnel struct {
	idle     time.Duration // without a byte either way; 0 is for ever
	now      func() int64
	active   atomic.Int64 // when a byte last came
	up, down atomic.Int64 // bytes
	ended    atomic.Uint32
	ways     *ways // of Start
}

// An Ending is what ended a tunnel first.
type Ending uint32

// How tunnels end.
const (
	// Closed is an end that a side came to by itself.
	Closed Ending = iota + 1
	// Silent is a tunnel that was silent for too long.
	Silent
	// ClientBroke and EndpointBroke are connections that failed, or took nothing in time.
	ClientBroke
	EndpointBroke
	// Interrupted is a tunnel that somebody else has ended: a drain.
	Interrupted
)

// New makes a tunnel that ends when no byte has come either way for idle; 0 is for
// ever. now tells the time in nanoseconds of a clock that need not be exact.
func New(idle time.Duration, now func() int64) *Tunnel {
	return &Tunnel{idle: idle, now: now}
}

// Run carries bytes until both ends have ended, or one has failed. It returns how many
// bytes came from the client, how many from the endpoint, and what ended it.
func (t *Tunnel) Run(client, endpoint End) (up, down int64, why Ending) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		t.carry(endpoint, client, &t.up, ClientBroke, EndpointBroke)
	}()
	t.carry(client, endpoint, &t.down, EndpointBroke, ClientBroke)
	<-done
	return t.up.Load(), t.down.Load(), Ending(t.ended.Load())
}

// carry copies from src to dst until src ends, which it passes on as a half-close. A
// failure of either side ends both: reads is what one of src is called, writes one of dst.
func (t *Tunnel) carry(dst, src End, n *atomic.Int64, reads, writes Ending) {
	t.active.Store(t.now())
	var err, stuck error
	for wait := t.idle; ; {
		err = src.Receive(wait, func(p []byte) error {
			n.Add(int64(len(p)))
			t.active.Store(t.now())
			stuck = dst.Send(p)
			return stuck
		})
		var over bool
		if wait, over = t.waits(err, stuck); over {
			break
		}
	}
	t.close(dst, src, err, stuck, reads, writes)
}

// waits says for how long to wait again after a wait for bytes has ended with err, or that the
// direction is over.
func (t *Tunnel) waits(err, stuck error) (wait time.Duration, over bool) {
	if !errors.Is(err, netx.ErrTimeout) || stuck != nil || t.idle == 0 {
		return 0, true
	}
	// The other direction may have been busy meanwhile.
	quiet := time.Duration(t.now() - t.active.Load())
	if quiet >= t.idle {
		t.end(Silent)
		return 0, true
	}
	return t.idle - quiet, false
}

// close ends a direction that is over: err is what it ended with, stuck why dst took nothing.
func (t *Tunnel) close(dst, src End, err, stuck error, reads, writes Ending) {
	if err == io.EOF && dst.CloseSend() == nil {
		t.end(Closed)
		return
	}
	switch {
	case stuck != nil:
		t.end(writes)
	case err == io.EOF:
		t.end(Closed)
	case errors.Is(err, netx.ErrInterrupted):
		t.end(Interrupted)
	default:
		t.end(reads)
	}
	src.Interrupt()
	dst.Interrupt()
}

// end notes what ended the tunnel; the first counts.
func (t *Tunnel) end(why Ending) { t.ended.CompareAndSwap(0, uint32(why)) }
