package tunnel

import (
	"runtime"
	"syscall"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/l7/buffers"
	"github.com/gatewayhomebrew/gateway/libs/netx"
)

// A Sock is an end that is a whole connection.
type Sock struct{ Sock *netx.Sock }

// Receive is End's. It holds no buffer while it waits.
func (e *Sock) Receive(idle time.Duration, send func([]byte) error) error {
	e.Sock.SetReadDeadline(idle)
	return e.receive(e.Sock.Await, idle, send)
}

// receive hands what comes to send, with a way to wait for it.
func (e *Sock) receive(
	await func(func(uintptr) bool) error, idle time.Duration, send func([]byte) error,
) error {
	var failed error
	err := await(func(uintptr) (done bool) {
		done, failed = e.receiveSome(idle, send)
		return done
	})
	if err == nil {
		err = failed
	}
	return err
}

// receiveSome hands on what is there. It reads until nothing is: a tunnel need not set
// a deadline that would make the watch find an end that came together with the last
// bytes (netx.Sock.Await).
func (e *Sock) receiveSome(idle time.Duration, send func([]byte) error) (done bool, err error) {
	src := e.Sock
	block := buffers.Borrow()
	defer block.Release()
	for looked := false; ; {
		n, err := src.TryRead(block[:])
		if err == syscall.EAGAIN {
			if src.Secured() == nil || looked {
				return false, nil
			}
			looked = true
			src.Look() // a layer may hold the end back: see netx.Sock.Look
			continue
		}
		if err != nil {
			return true, err
		}
		src.SetReadDeadline(idle)
		if err = send(block[:n]); err != nil {
			return true, err
		}
		// Where both sides are fast nothing here waits, and the scheduler would take the
		// processor away only every 10 ms: small requests come between.
		runtime.Gosched()
	}
}

// Send is End's.
func (e *Sock) Send(p []byte) error {
	_, err := e.Sock.Write(p)
	return err
}

// CloseSend is End's.
func (e *Sock) CloseSend() error { return e.Sock.CloseWrite() }

// Interrupt is End's.
func (e *Sock) Interrupt() { e.Sock.Interrupt() }
