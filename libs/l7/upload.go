package l7

import (
	"errors"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/upstream"
)

// An upload sends a request body upstream while it arrives. It runs in a
// goroutine of its own, since the response may begin before the body ends, and
// each side may stop reading for a while. Until join returns, it alone reads
// from the client, writes to the upstream and uses the exchange's in buffer.
type upload struct {
	c    *conn
	x    *exchange
	up   *upstream.Conn
	buf  buffer // what was read after the in buffer was used up
	out  []byte
	done chan struct{}

	consumed atomic.Bool // the whole body was read from the client
	finished atomic.Bool // and sent
	clientOK atomic.Bool // nothing the client did ended the upload

	mu        sync.Mutex
	answering bool  // guarded by mu: the response has begun
	err       error // the client's fault; valid once done is closed
	stalled   bool  // the upstream takes no bytes any more; valid once done is closed
}

func startUpload(c *conn, x *exchange, up *upstream.Conn) *upload {
	u := &upload{c: c, x: x, up: up, done: make(chan struct{})}
	u.clientOK.Store(true)
	u.buf.b = streams.Get().(*[streamBuffer]byte)[:]
	go func() {
		defer close(u.done)
		u.run()
	}()
	return u
}

func (u *upload) release() { streams.Put((*[streamBuffer]byte)(u.buf.b)) }

// run sends the body. What the client does wrong ends the exchange; what the
// upstream does ends only the upload, for the response may have come already.
func (u *upload) run() {
	x := u.x
	src := &x.in
	for {
		if err := u.encode(src); err != nil {
			u.fail(err)
			return
		}
		// Before the write, since the response may be there before that returns.
		u.consumed.Store(x.reqBody.Done())
		if _, err := u.up.Write(u.out); err != nil {
			if err == netx.ErrTimeout {
				u.stalled = true
				u.up.Interrupt()
			}
			return
		}
		if x.reqBody.Done() {
			u.finish()
			return
		}
		runtime.Gosched() // see move
		src = &u.buf
		u.c.sock.SetReadDeadline(u.c.config.Timeouts.BodyIdle)
		n, err := u.c.sock.Read(src.b)
		u.c.sock.SetReadDeadline(0)
		if err != nil {
			u.fail(err)
			return
		}
		src.r, src.w = 0, n
	}
}

// encode turns what src has of the body into what goes upstream.
func (u *upload) encode(src *buffer) error {
	x := u.x
	u.out = u.out[:0]
	for src.len() > 0 && !x.reqBody.Done() {
		data, n, err := x.reqBody.Next(src.bytes())
		src.r += n
		if err != nil {
			return err
		}
		x.requestBytes += int64(len(data))
		if limit := x.route.MaxBodyBytes; limit > 0 && x.requestBytes+x.reqBody.Ahead() > limit {
			return &http1.Error{Code: gwerr.BodyTooLarge, Reason: "the request body is larger than its route allows"}
		}
		u.out = appendBody(u.out, data, x.req.Chunked)
	}
	if x.req.Chunked && x.reqBody.Done() {
		u.out = http1.AppendLastChunk(u.out, x.reqBody.Trailer)
	}
	return nil
}

// appendBody appends a piece of a body, as a chunk if it is chunked.
func appendBody(dst, data []byte, chunked bool) []byte {
	if !chunked || len(data) == 0 {
		return append(dst, data...)
	}
	dst = http1.AppendChunkHead(dst, len(data))
	dst = append(dst, data...)
	return append(dst, "\r\n"...)
}

// finish starts the clock for the response, unless that has begun.
func (u *upload) finish() {
	u.finished.Store(true)
	u.mu.Lock()
	defer u.mu.Unlock()
	if !u.answering {
		u.up.SetReadDeadline(u.x.target.ResponseTimeout)
	}
}

// fail ends the exchange: the client broke off, was too slow, or sent what
// cannot be sent on.
func (u *upload) fail(err error) {
	u.err = err
	u.clientOK.Store(false)
	u.up.Interrupt()
}

// responding says that the response has begun; its deadlines are the reader's now.
func (u *upload) responding() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.answering = true
}

// join ends the upload if it still runs. It returns the client's fault if that
// ended it.
func (u *upload) join() error {
	if !u.finished.Load() && u.clientOK.Load() {
		// Ends a wait for the upstream, or for the client.
		u.up.Interrupt()
		if !u.consumed.Load() {
			u.c.sock.Interrupt()
		}
	}
	<-u.done
	u.c.sock.Resume()
	if u.finished.Load() {
		u.up.Resume()
	}
	if u.c.cutOff.Load() {
		return netx.ErrInterrupted
	}
	if errors.Is(u.err, netx.ErrInterrupted) {
		return nil // by the lines above
	}
	return u.err
}
