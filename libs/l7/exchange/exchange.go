package exchange

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/gatewayhomebrew/gateway/libs/accesslog"
	"github.com/gatewayhomebrew/gateway/libs/cause"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/l7/buffers"
	"github.com/gatewayhomebrew/gateway/libs/l7/client"
	"github.com/gatewayhomebrew/gateway/libs/l7/endpoint"
	"github.com/gatewayhomebrew/gateway/libs/l7/heads"
	"github.com/gatewayhomebrew/gateway/libs/l7/mirror"
	"github.com/gatewayhomebrew/gateway/libs/policy"
	"github.com/gatewayhomebrew/gateway/libs/tracing"
	"github.com/gatewayhomebrew/gateway/libs/upstream"
)

// An Exchange serves one request after another. It is for one goroutine at a time.
type Exchange struct {
	Received
	mem memory
	request
	attempt
	answer
}

// An Env is what all exchanges of an engine use.
type Env struct {
	Log *logrus.Logger
	// Pseudonym is the process's name in Via fields. No two processes have the same, so that
	// only a request that has been here has it.
	Pseudonym []byte
	// Now is the time in nanoseconds of a clock that is cheap to read, for tunnels.
	Now func() int64
	// Short says that memory is short: requests are refused.
	Short *atomic.Bool
	// Access takes a record of each request, unless it is nil.
	Access atomic.Pointer[accesslog.Writer]
	// Failures remembers the requests that went wrong.
	Failures  Failures
	searching bounded // for the nearest routes
	judging   bounded // why endpoints have the weights that they have
	excusing  bounded // why a cluster has no endpoint for anybody
	// Mirrors sends copies of requests.
	Mirrors *mirror.Pool
	// Spans takes what is told of traces; nil: nobody does.
	Spans *tracing.Exporter
}

// A Request is what a connection hands over: a request whose head is parsed, in the
// Head of the Exchange.
type Request struct {
	Env   *Env
	View  *View
	Peer  *client.Peer
	Owner client.Owner
	// Own has the connections to endpoints that serve this client's connection alone.
	Own      *upstream.Own
	Client   client.Side
	Protocol client.Protocol
	// Body is the whole body where Whole says so. It is valid until the end.
	Body  []byte
	Whole bool
	// EndsBehind says that nothing of a body has come, and that over HTTP/2 the head was
	// not the end of the request.
	EndsBehind bool
	// Tunnel says that the request is a CONNECT that a 2xx would open (RFC 8441).
	Tunnel bool
	// Carries says that a tunnel between two sockets is left to the owner: see Carry.
	Carries bool
	// GRPC says that it calls itself a gRPC call. It is one only where its cluster has such.
	GRPC bool
	// Waited is how long its head took to come, from its first byte to its last.
	Waited time.Duration
}

// Next is how a client's connection goes on after a request, where it is one of
// HTTP/1.1.
type Next uint8

// What Serve returns.
const (
	// Stay waits for another request.
	Stay Next = iota
	// Close closes the connection, which has nothing that the client must still read
	// unless it has sent more than was read.
	Close
	// Part closes it after letting the client read what was sent.
	Part
	// Linger does so for a client that may have more to send, and does that first.
	Linger
	// HangUp closes it: the client is gone, or must see that its response broke off.
	HangUp
	// Reset resets it: a plain close would look like the end of the response.
	Reset
	// Carry carries a tunnel, for which the owner calls Carry: the request goes on.
	Carry
)

var exchanges = sync.Pool{New: func() any {
	x := &Exchange{
		Received: Received{In: buffers.Buffer{B: make([]byte, buffers.Head)}},
		mem: memory{
			in:  buffers.Buffer{B: make([]byte, buffers.Answer)},
			out: make([]byte, 0, buffers.Head),
			id:  make([]byte, 0, 2*heads.IDLength),
		},
	}
	x.mem.gone, x.mem.connect = x.gone, x.mem.sides.Connect
	return x
}}

// New lends an Exchange. Release gives it back.
func New() *Exchange { return exchanges.Get().(*Exchange) }

// Release gives the Exchange back. What a large message needed is not kept.
func (x *Exchange) Release() {
	if cap(x.mem.kept) > buffers.Head {
		x.mem.kept = nil
	}
	if x.mem.grown() {
		return
	}
	if len(x.In.B) > buffers.Head {
		x.In.B = make([]byte, buffers.Head)
	}
	x.In.Clear()
	exchanges.Put(x)
}

// Serve serves a request and says how the connection goes on.
func (x *Exchange) Serve(r *Request) Next {
	x.Prepare(r)
	return x.Proceed()
}

// Proceed serves the request that Prepare has taken over, as Serve does.
func (x *Exchange) Proceed() Next {
	next := x.run()
	if next == Carry {
		return Carry
	}
	x.record()
	x.end()
	return next
}

// Refuse answers what is no request, or one that cannot be served, with what is wrong
// with it. Where the next request would begin is anybody's guess then.
func (x *Exchange) Refuse(r *Request, wrong *http1.Error) Next {
	x.Prepare(r)
	return x.ProceedRefusing(wrong)
}

// ProceedRefusing answers the request that Prepare has taken over as Refuse does.
func (x *Exchange) ProceedRefusing(wrong *http1.Error) Next {
	x.Head.KeepAlive, x.bare = false, true
	x.answer.cause = x.refusedHead(wrong)
	x.beginTrace(false)
	next := x.reply(policy.Refuse(wrong.Code, wrong.Reason))
	x.record()
	x.end()
	return next
}

// run takes a request through its steps: it finds the route, asks the policies, asks an
// endpoint, and passes the response on. A step that has an answer of the gateway's own is
// the last.
func (x *Exchange) run() Next {
	a := x.find()
	if a == nil && x.Env.Short != nil && x.Env.Short.Load() {
		x.answer.cause = shortOfMemory
		a = short
	}
	if a == nil {
		a = x.check()
	}
	if a == nil {
		a = x.ask()
	}
	if a != nil {
		return x.reply(a)
	}
	if x.mem.head.Status == 101 {
		return x.tunnel()
	}
	return x.respond()
}

// short is the answer to what is new while memory is short. Its connection ends with it, which
// gives back what it takes.
var short = &policy.Answer{
	Code: gwerr.Overloaded, Message: "the gateway is short of memory", Close: true,
}

var shortOfMemory = cause.New(cause.Memory, "the gateway is short of memory: it is near its limit")

// Prepare takes a request over, which Proceed or ProceedRefusing then serves. The caller needs no
// room for it on the stack meanwhile, which counts where ten thousand tunnels are open.
func (x *Exchange) Prepare(r *Request) {
	// Assigned whole and filled then: a literal with the fields would be made elsewhere and
	// copied here.
	x.request = request{}
	x.attempt = attempt{}
	x.answer = answer{}
	x.Request = *r
	x.id = x.mem.id[:0]
	x.start = time.Now().Add(-r.Waited)
	x.kept.data, x.kept.most = x.mem.kept[:0], Replayed
	x.tries = x.mem.tries[:0]
	if r.GRPC {
		x.seen.Call = &x.call
	}
}

// end forgets a request. What it has grown of its memory is kept.
func (x *Exchange) end() {
	x.stopRetrying()
	x.yield()
	x.unload()
	x.endMirrors()
	x.endPolicies()
	clear(x.tries) // errors may hold on to much
	x.forgetTrace()
	x.mem.id = x.id[:0]
	x.mem.kept = x.kept.data[:0]
	x.mem.tries = x.tries[:0]
	x.mem.trailer = x.response.Trailer[:0]
	x.mem.dial = endpoint.Dial{}
	x.request = request{}
	x.attempt = attempt{}
	x.answer = answer{}
}
