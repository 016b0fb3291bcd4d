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
}

// New makes a tunnel that ends when no byte has come either way for idle; 0 is for
// ever. now tells the time in nanoseconds of a clock that need not be exact.
func New(idle time.Duration, now func() int64) *Tunnel {
	return &Tunnel{idle: idle, now: now}
}

// Run carries bytes until both ends have ended, or one has failed. It returns how many
// bytes came from the client, and how many from the endpoint.
func (t *Tunnel) Run(client, endpoint End) (up, down int64) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		t.carry(endpoint, client, &t.up)
	}()
	t.carry(client, endpoint, &t.down)
	<-done
	return t.up.Load(), t.down.Load()
}

// carry copies from src to dst until src ends, which it passes on as a half-close. A
// failure of either side ends both.
func (t *Tunnel) carry(dst, src End, n *atomic.Int64) {
	t.active.Store(t.now())
	var err, stuck error
	for wait := t.idle; ; {
		err = src.Receive(wait, func(p []byte) error {
			n.Add(int64(len(p)))
			t.active.Store(t.now())
			stuck = dst.Send(p)
			return stuck
		})
		if !errors.Is(err, netx.ErrTimeout) || stuck != nil || t.idle == 0 {
			break
		}
		// The other direction may have been busy meanwhile.
		quiet := time.Duration(t.now() - t.active.Load())
		if quiet >= t.idle {
			break
		}
		wait = t.idle - quiet
	}
	if err == io.EOF && dst.CloseSend() == nil {
		return
	}
	src.Interrupt()
	dst.Interrupt()
}
