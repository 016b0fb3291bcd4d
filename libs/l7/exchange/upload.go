package exchange

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/l7/fault"
	"github.com/gatewayhomebrew/gateway/libs/l7/heads"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

// Replayed is how much of a request's body is kept to be sent again, in bytes.
const Replayed = 16 << 10

// An upload sends a request body to the endpoint while it arrives. It runs in a
// goroutine of its own, since the response may begin before the body ends, and each
// side may stop reading for a while. Until join returns, it alone reads from the client
// and writes to the endpoint.
type upload struct {
	x     *Exchange
	again bool // an earlier attempt has read some of the body
	out   []byte
	done  chan struct{}
	// chunks says that pieces are sent as chunks.
	chunks bool
	end    bool // the body was read to its end
	pace   pace
	paced  bool // pace counts; as the last read found it

	consumed atomic.Bool // the whole body was read from the client
	finished atomic.Bool // and sent
	clientOK atomic.Bool // nothing the client did ended the upload
	// moved is when a call moved last, either way, on the clock of Env.Now.
	moved atomic.Int64
	// alone says that the body is all that moves: the response has not begun, or is over.
	alone atomic.Bool

	mu        sync.Mutex
	answering bool         // guarded by mu: the response has begun
	err       *fault.Error // the client's fault; valid once done is closed
	stalled   bool         // the endpoint takes no bytes any more; valid once done is closed
	unsent    *fault.Error // what the endpoint has said it does not take; as stalled
	panicked  string       // what ended it, and where; valid once done is closed
}

func startUpload(x *Exchange) *upload {
	u := &upload{
		x: x, done: make(chan struct{}), again: x.attempts > 1 || x.gathered,
		chunks: x.Head.Chunked && !x.traits.Streamed,
	}
	u.clientOK.Store(true)
	u.alone.Store(true)
	if x.GRPC {
		u.move()
	}
	if !x.traits.Streamed && !x.traits.MayRefuse && !x.Head.Method.Idempotent() {
		x.kept.lose() // an endpoint with HTTP/1.1 never says otherwise that it did nothing
	}
	go func() {
		defer close(u.done)
		defer u.recovered()
		u.run()
	}()
	return u
}

// recovered keeps a panic, of which a policy that sees the body may be the reason, for the
// goroutine of the exchange: here it would end the process.
func (u *upload) recovered() {
	if p := recover(); p != nil {
		u.panicked = fmt.Sprintf("%v, while a request body was sent on\n%s", p, debug.Stack())
		u.fail(errRefused)
	}
}

// run sends the body. What the client does wrong ends the exchange; what the endpoint
// does ends only the upload, for the response may have come already.
func (u *upload) run() {
	x := u.x
	for {
		u.out = u.out[:0]
		if err := u.read(); err != nil {
			u.fail(err)
			return
		}
		if u.end && u.chunks {
			u.out = http1.AppendLastChunk(u.out, x.kept.trailer)
		}
		// Before the write, since the response may be there before that returns.
		u.consumed.Store(u.end)
		if err := x.side.SendBody(u.out, u.end, x.kept.trailer); err != nil {
			switch f := fault.Of(err); f.Kind {
			case fault.Timeout:
				u.stalled = true
				x.side.Interrupt()
			case fault.Unsupported:
				u.unsent = f
				x.side.Interrupt()
			}
			return
		}
		if u.end {
			u.finish()
			return
		}
		runtime.Gosched() // as in Exchange.move
	}
}

// read gets a piece of the body: first what an earlier attempt has read, if there was
// one.
func (u *upload) read() error {
	x := u.x
	if u.again {
		u.again = false
		u.out = heads.AppendBody(u.out, x.kept.data, u.chunks)
		if u.end = x.kept.whole; u.end || len(x.kept.data) > 0 {
			return nil
		}
	}
	return u.readBody()
}

// Put takes a piece of the body. It is the client side's.
func (u *upload) Put(data []byte, ahead int64) error {
	if err := u.x.take(data, ahead); err != nil {
		return err
	}
	u.out = heads.AppendBody(u.out, data, u.chunks)
	return nil
}

// take counts a piece of the body, shows it to the policies, and keeps it if it may have
// to be sent again.
func (x *Exchange) take(data []byte, ahead int64) error {
	p := policy.Piece{Data: data, Offset: x.received, Ahead: ahead}
	x.received += int64(len(data))
	if x.refused = x.route.Policies.Body(&x.seen, p); x.refused != nil {
		return errRefused
	}
	x.kept.keep(data)
	for _, c := range x.copies {
		c.Put(data)
	}
	return nil
}

// errRefused says that Exchange.refused is the answer.
var errRefused = &fault.Error{Side: fault.Client, Kind: fault.Refused}

// finish starts the clock for the response, unless that has begun.
func (u *upload) finish() {
	u.finished.Store(true)
	u.mu.Lock()
	defer u.mu.Unlock()
	if !u.answering {
		u.x.side.Await(u.x.responseTimeout())
	}
}

// fail ends the exchange: the client broke off, was too slow, or sent what cannot be
// sent on.
func (u *upload) fail(err error) {
	u.err = fault.Of(err)
	u.clientOK.Store(false)
	u.x.side.Interrupt()
}

// responding says that the response has begun; its deadlines are the reader's now.
func (u *upload) responding() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.answering = true
	u.alone.Store(false)
}

// rest waits until the body has come to its end, or cannot, after the response has ended.
func (u *upload) rest() {
	u.alone.Store(true)
	<-u.done
}

// join ends the upload if it still runs. It returns the client's fault if that ended
// it.
func (u *upload) join() *fault.Error {
	x := u.x
	if !u.finished.Load() && u.clientOK.Load() {
		// Ends a wait for the endpoint, or for the client.
		x.side.Interrupt()
		if !u.consumed.Load() {
			x.Client.StopReading(true)
		}
	}
	<-u.done
	x.Client.StopReading(false)
	if x.Owner.CutOff() {
		return fault.ClientStopped
	}
	if u.err != nil && u.err.Kind == fault.Interrupted {
		return nil // by the lines above
	}
	return u.err
}

// endUpload ends the upload, if there is one, and tells how the client made it fail, if
// it did. A panic of the upload goes on here.
func (x *Exchange) endUpload() *fault.Error {
	if x.upload == nil {
		return nil
	}
	clients := x.upload.join()
	if p := x.upload.panicked; p != "" {
		panic(p)
	}
	return clients
}

// consumed reports whether the whole request body has been read from the client.
func (x *Exchange) consumed() bool { return x.upload == nil || x.upload.consumed.Load() }

// uploaded reports whether the whole request body has been sent to the endpoint.
func (x *Exchange) uploaded() bool { return x.upload == nil || x.upload.finished.Load() }
