package l7

import (
	"errors"
	"io"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/http2"
	"github.com/gatewayhomebrew/gateway/libs/netx"
)

// A tunnelEnd is one side of a tunnel. One goroutine receives from it while another
// sends to it.
type tunnelEnd interface {
	// receive hands what comes to send until that fails, or this side has ended:
	// io.EOF. idle bounds a wait, after which it returns netx.ErrTimeout; it may be
	// called again.
	receive(idle time.Duration, send func([]byte) error) error
	send(p []byte) error
	// closeSend passes an end on as a half-close.
	closeSend() error
	// interrupt ends the present and every later wait. Any goroutine may call it.
	interrupt()
}

// switchProtocols sends a 101 response on, then carries bytes both ways until
// both sides have ended (RFC 9110 section 7.8). Bytes that came early on either
// side go first.
func (x *exchange) switchProtocols() verdict {
	x.upstreamTime = x.since()
	x.status = 101
	if u := x.upload; u != nil {
		// The body is complete, or receive would have refused the switch.
		<-u.done
		early := u.buf.bytes()
		x.in.b = append(x.in.bytes(), early...)
		x.in.r, x.in.w = 0, len(x.in.b)
		x.upload = nil
		u.release()
	}
	gone := !x.down.endCancel() // in a tunnel a half-close is no hang-up
	defer x.discard(gone)
	if gone {
		return x.clientGone()
	}
	origin := x.origin.tunnel()
	client, early, err := x.down.tunnel(x, origin)
	defer x.down.endTunnel()
	if err != nil {
		return x.clientGone()
	}
	if len(early) > 0 {
		x.requestBytes += int64(len(early))
		if err := origin.send(early); err != nil {
			return hangUp
		}
	}
	x.slim()
	t := tunnel{idle: x.route.TunnelIdle, now: x.peer.engine.watch.Now}
	done := make(chan struct{})
	go func() {
		defer close(done)
		t.carry(origin, client, &t.up)
	}()
	t.carry(client, origin, &t.down)
	<-done
	x.requestBytes += t.up.Load()
	x.answerBytes += t.down.Load()
	return hangUp
}

// A tunnel carries bytes between two ends.
type tunnel struct {
	idle     time.Duration // without a byte either way; 0 is for ever
	now      func() int64
	active   atomic.Int64 // when a byte last came
	up, down atomic.Int64 // bytes
}

// carry copies from src to dst until src ends, which it passes on as a
// half-close; a failure of either side ends both.
func (t *tunnel) carry(dst, src tunnelEnd, n *atomic.Int64) {
	t.active.Store(t.now())
	var err, stuck error
	for wait := t.idle; ; {
		err = src.receive(wait, func(p []byte) error {
			n.Add(int64(len(p)))
			t.active.Store(t.now())
			stuck = dst.send(p)
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
	if err == io.EOF && dst.closeSend() == nil {
		return
	}
	src.interrupt()
	dst.interrupt()
}

// sockEnd is an end that is a whole connection.
type sockEnd struct{ sock *netx.Sock }

func (e *sockEnd) receive(idle time.Duration, send func([]byte) error) error {
	src := e.sock
	var failed error
	src.SetReadDeadline(idle)
	err := src.Await(func(uintptr) bool {
		// A tunnel that waits holds no buffer.
		block := streams.Get().(*[streamBuffer]byte)
		defer streams.Put(block)
		for looked := false; ; {
			k, err := src.TryRead(block[:])
			if err == syscall.EAGAIN {
				if src.Secured() == nil || looked {
					return false
				}
				looked = true
				src.Look() // below
				continue
			}
			if err != nil {
				failed = err
				return true
			}
			src.SetReadDeadline(idle)
			if failed = send(block[:k]); failed != nil {
				return true
			}
			runtime.Gosched() // see move
			// On to EAGAIN: a tunnel need not set a deadline that would make the watch
			// find an end that came together with these bytes.
		}
	})
	if err == nil {
		err = failed
	}
	return err
}

func (e *sockEnd) send(p []byte) error {
	_, err := e.sock.Write(p)
	return err
}

func (e *sockEnd) closeSend() error { return e.sock.CloseWrite() }
func (e *sockEnd) interrupt()       { e.sock.Interrupt() }

// streamEnd is an end that is a stream of a client's.
type streamEnd struct {
	stream *http2.Stream
	write  time.Duration // how long a write may wait without progress
}

func (e *streamEnd) receive(idle time.Duration, send func([]byte) error) error {
	e.stream.SetIdle(idle, e.write)
	if err := receiveStream(e.stream, send); err != http2.ErrTimeout {
		return err
	}
	return netx.ErrTimeout
}

// receiveStream hands on what comes over a stream. A tunnel that waits holds no buffer.
func receiveStream(s interface{ ReadBody([]byte) (int, error) }, send func([]byte) error) error {
	for {
		if _, err := s.ReadBody(nil); err != nil {
			return err
		}
		if err := receiveSome(s, send); err != nil {
			return err
		}
	}
}

func receiveSome(s interface{ ReadBody([]byte) (int, error) }, send func([]byte) error) error {
	block := streams.Get().(*[streamBuffer]byte)
	defer streams.Put(block)
	n, err := s.ReadBody(block[:])
	if err != nil {
		return err
	}
	return send(block[:n])
}

func (e *streamEnd) send(p []byte) error { return e.stream.WriteBody(p, false) }
func (e *streamEnd) closeSend() error    { return e.stream.WriteBody(nil, true) }
func (e *streamEnd) interrupt()          { e.stream.Reset(http2.CodeCancel) }
