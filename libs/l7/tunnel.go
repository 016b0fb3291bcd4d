package l7

import (
	"io"
	"runtime"
	"sync/atomic"
	"syscall"

	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/upstream"
)

// switchProtocols sends a 101 response on, then carries bytes both ways until
// both sides have ended (RFC 9110 section 7.8). Bytes that came early on either
// side go first.
func (c *conn) switchProtocols(x *exchange, up *upstream.Conn) verdict {
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
	gone := !c.sock.EndCancel() // in a tunnel a half-close is no hang-up
	defer up.Discard()
	if gone {
		return c.clientGone(x)
	}
	c.tunnel.Store(up.Sock)
	defer c.tunnel.Store(nil)
	up.SetReadDeadline(0)
	c.sock.SetReadDeadline(0)

	x.out = appendResponseHead(x.out[:0], x, framing{length: -1})
	x.out = append(x.out, x.ub.bytes()...)
	x.answerBytes += int64(x.ub.len())
	if _, err := c.sock.Write(x.out); err != nil {
		return c.clientGone(x)
	}
	if x.in.len() > 0 {
		x.requestBytes += int64(x.in.len())
		if _, err := up.Write(x.in.bytes()); err != nil {
			return hangUp
		}
		x.in.r = x.in.w
	}
	var up2, down atomic.Int64
	done := make(chan struct{})
	go func() {
		defer close(done)
		carry(up.Sock, c.sock, &up2)
	}()
	carry(c.sock, up.Sock, &down)
	<-done
	x.requestBytes += up2.Load()
	x.answerBytes += down.Load()
	return hangUp
}

// carry copies from src to dst until src ends, which it passes on as a
// half-close; a failure of either side ends both.
func carry(dst, src *netx.Sock, n *atomic.Int64) {
	var failed error
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
			n.Add(int64(k))
			if _, err := dst.Write(block[:k]); err != nil {
				failed = err
				return true
			}
			runtime.Gosched() // see move
			// On to EAGAIN: a tunnel sets no deadline that would make the watch
			// find an end that came together with these bytes.
		}
	})
	if err == nil {
		err = failed
	}
	if err == io.EOF && dst.CloseWrite() == nil {
		return
	}
	src.Interrupt()
	dst.Interrupt()
}
