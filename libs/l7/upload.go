package l7

import (
	"errors"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/netx"
)

// An upload sends a request body upstream while it arrives. It runs in a
// goroutine of its own, since the response may begin before the body ends, and
// each side may stop reading for a while. Until join returns, it alone reads
// from the client, writes to the upstream and uses the exchange's in buffer.
type upload struct {
	x     *exchange
	begun bool   // the in buffer has been looked at
	again bool   // an earlier attempt has read some of the body
	buf   buffer // what was read after the in buffer was used up
	out   []byte
	done  chan struct{}
	// chunks says that pieces are sent as chunks.
	chunks  bool
	trailer []byte // of the request, where it has one that may be sent on

	consumed atomic.Bool // the whole body was read from the client
	finished atomic.Bool // and sent
	clientOK atomic.Bool // nothing the client did ended the upload

	mu        sync.Mutex
	answering bool  // guarded by mu: the response has begun
	err       error // the client's fault; valid once done is closed
	stalled   bool  // the upstream takes no bytes any more; valid once done is closed
}

func startUpload(x *exchange) *upload {
	u := &upload{x: x, done: make(chan struct{}), chunks: x.req.Chunked && x.origin.framed(), again: x.attempts > 0}
	u.clientOK.Store(true)
	if x.origin.framed() && !x.req.Method.Idempotent() {
		x.keptAll = false // an endpoint with HTTP/1.1 never says that it did nothing
	}
	go func() {
		defer close(u.done)
		u.run()
	}()
	return u
}

func (u *upload) release() {
	if u.buf.b != nil {
		streams.Put((*[streamBuffer]byte)(u.buf.b))
	}
}

// run sends the body. What the client does wrong ends the exchange; what the
// upstream does ends only the upload, for the response may have come already.
func (u *upload) run() {
	x := u.x
	for {
		u.out = u.out[:0]
		done, err := u.read()
		if err != nil {
			u.fail(err)
			return
		}
		if done && u.chunks {
			u.out = http1.AppendLastChunk(u.out, u.trailer)
		}
		// Before the write, since the response may be there before that returns.
		u.consumed.Store(done)
		if err := x.origin.sendBody(u.out, done, u.trailer); err != nil {
			if err == netx.ErrTimeout {
				u.stalled = true
				x.origin.interrupt()
			}
			return
		}
		if done {
			u.finish()
			return
		}
		runtime.Gosched() // see move
	}
}

// read gets a piece of the body: first what an earlier attempt has read, if there was one.
func (u *upload) read() (done bool, err error) {
	x := u.x
	if u.again {
		u.again = false
		u.out = appendBody(u.out, x.kept, u.chunks)
		u.trailer = append(u.trailer, x.trailer...)
		if x.bodyRead || len(x.kept) > 0 {
			return x.bodyRead, nil
		}
	}
	done, err = x.down.readBody(u)
	x.bodyRead = done
	if done {
		x.trailer = append(x.trailer[:0], u.trailer...)
	}
	return done, err
}

// put takes a piece of the body. ahead is how much more the client has announced.
func (u *upload) put(data []byte, ahead int64) error {
	x := u.x
	x.requestBytes += int64(len(data))
	length := x.requestBytes + ahead
	if x.grpc.on {
		length = x.grpc.messages.longest(data)
	}
	if limit := x.route.MaxBodyBytes; limit > 0 && length > limit {
		return &http1.Error{Code: gwerr.BodyTooLarge, Reason: "the request body is larger than its route allows"}
	}
	x.keep(data)
	u.out = appendBody(u.out, data, u.chunks)
	return nil
}

// keep keeps the beginning of a body for another attempt.
func (x *exchange) keep(data []byte) {
	if !x.keptAll {
		return
	}
	if x.keptAll = len(x.kept)+len(data) <= replayed; !x.keptAll {
		x.kept = x.kept[:0]
		return
	}
	x.kept = append(x.kept, data...)
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
		u.x.origin.await(u.x, u.x.responseTimeout())
	}
}

// fail ends the exchange: the client broke off, was too slow, or sent what
// cannot be sent on.
func (u *upload) fail(err error) {
	u.err = err
	u.clientOK.Store(false)
	u.x.origin.interrupt()
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
		u.x.origin.interrupt()
		if !u.consumed.Load() {
			u.x.down.stopReading()
		}
	}
	<-u.done
	u.x.down.resumeReading()
	if u.finished.Load() {
		u.x.origin.resume()
	}
	if u.x.down.isCut() {
		return netx.ErrInterrupted
	}
	if errors.Is(u.err, netx.ErrInterrupted) {
		return nil // by the lines above
	}
	return u.err
}
