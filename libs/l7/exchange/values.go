package exchange

import (
	"sync/atomic"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/cause"
	"github.com/gatewayhomebrew/gateway/libs/cluster"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/l7/buffers"
	"github.com/gatewayhomebrew/gateway/libs/l7/client"
	"github.com/gatewayhomebrew/gateway/libs/l7/endpoint"
	"github.com/gatewayhomebrew/gateway/libs/l7/heads"
	"github.com/gatewayhomebrew/gateway/libs/l7/mirror"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

// request is what is known of a request. begin assigns it whole.
type request struct {
	Request

	id     []byte
	start  time.Time // the first byte of the head
	route  *Route    // nil before one is found
	target *Target   // nil before one is found

	seen    policy.Request // what policies see
	call    policy.Call    // of a gRPC call
	checked bool           // policies have seen it
	bare    bool           // an error is answered with the envelope: the head can't be relied on
	refused *policy.Answer // what a policy says that has seen its body

	kept     kept
	received int64         // bytes of the body that were read, as content
	tries    []try         // attempts that failed and were followed by another
	attempts int           // times the request was sent, or could not be
	resent   bool          // after meeting a connection that the endpoint had just closed
	retrying bool          // it counts among the cluster's retries
	home     home          // where the client's cookie leads
	load     *cluster.Load // it counts among what its endpoint has in flight; nil: it does not
	claimed  bool          // it counts for its client's share of the cluster's connections
	late     bool          // the endpoint broke off when the client had ended its side already
	absent   int           // looks in a row that found the client gone
	headLen  int           // of the request head in mem.out
	carried  *carried      // the tunnel that the owner carries

	copies    []*mirror.Copy // of the request, for other clusters
	collating bool           // one of them wants the response's body

	gathered  bool // its body was read before the first attempt, as far as policies want it
	continued bool // the client was told to go on with its body
	interim   bool // the client has had an interim response (1xx)
	traced    bool // mem.trace is its trace
}

// home is where a client's sticky cookie leads.
type home struct {
	endpoint *cluster.Endpoint // nil: nowhere
	fresh    bool              // it needs no new cookie yet
}

// kept is what was read of a body that is sent on while it arrives, so that it can be
// sent again.
type kept struct {
	data    []byte
	most    int    // how much is kept
	state   int32  // atomic: keeping, or one of the two below
	whole   bool   // the body was read to its end
	trailer []byte // that came behind it
}

// What becomes of what was read of a body. An upload and the goroutine of its exchange both decide
// that, and who comes first has decided.
const (
	keeping = iota // up to most
	lost           // it was more, and not all of it is there
	held           // it will be sent again, however much it is
)

// all reports whether all that was read is kept.
func (k *kept) all() bool { return atomic.LoadInt32(&k.state) != lost }

// hold sees to it that all that was read stays, and what is read still. It reports whether it was
// all there.
func (k *kept) hold() bool {
	return atomic.CompareAndSwapInt32(&k.state, keeping, held) || k.all()
}

// lose gives up what was read, unless that is held.
func (k *kept) lose() bool {
	return atomic.CompareAndSwapInt32(&k.state, keeping, lost) || !k.all()
}

// keep keeps the beginning of a body for another attempt.
func (k *kept) keep(data []byte) {
	if !k.all() || len(k.data)+len(data) > k.most && k.lose() {
		k.data = k.data[:0]
		return
	}
	k.data = append(k.data, data...)
}

// A try is an attempt that failed and was followed by another.
type try struct {
	endpoint string
	outcome  string
	cause    *cause.Cause
	status   int
	at       time.Duration // since the start of the request
}

// attempt is what is known of the attempt under way. It is assigned whole when an
// endpoint has been chosen.
type attempt struct {
	endpoint *cluster.Endpoint // nil before one is chosen
	side     endpoint.Side     // nil: there is no connection
	traits   endpoint.Traits
	reached  bool // the endpoint had something to do with it, if only that it refused
	response endpoint.Response
	upload   *upload      // nil unless a request body is sent while the response comes
	cause    *cause.Cause // why it failed; nil: it has not, or not by its endpoint
	// sentAt is when the first byte of the request was about to be sent, headAt when the head of
	// the response had come, both since the start of the request.
	sentAt, headAt time.Duration
}

// answer is what is known of the response to the client.
type answer struct {
	status  int // 0: there is none yet
	code    gwerr.Code
	cause   *cause.Cause  // what the request failed for, unless its last attempt or rule says it
	message string        // of the gateway's own answer
	rule    string        // that has refused the request, as in policy.Answer
	after   time.Duration // when the response head was there, since the start
	framing heads.Framing
	shape   policy.Response  // what policies make of its head
	change  policy.Transform // of its body; nil: it goes on as it is
	// behind says that mem.out has something that is not sent yet, or that policies may hold
	// something of the body back.
	behind bool
	busy   int // bytes of it, about, since others had the processor
	// begun is the beginning of the body, where policies had to see it before the head went
	// out. begunErr is what kept them from seeing more.
	begun    []byte
	begunErr error
	// held says that begun is what policies wanted of the body before the client has anything.
	held bool
	// watch sees the body go by, nil: nothing does.
	watch policy.Watch
	// replaced says that the gateway's own answer comes in the place of a response.
	replaced bool
	unsized  bool  // it has no body; policies would have changed that
	sent     int64 // bytes of the body, as they go to the client
	excess   bool  // the endpoint sent more than its response
	passed   bool  // the client has all of the endpoint's response
	counted  bool  // record has counted and logged the request
}

// Received is what a connection fills before a request is served. It is memory that is
// used for one request after another.
type Received struct {
	// In has what the client sent, Head is parsed out of it.
	In   buffers.Buffer
	Head http1.RequestHead
	// HTTP1 and HTTP2 are the memory of the client's side.
	HTTP1 client.HTTP1
	HTTP2 client.HTTP2
}

// memory is what requests use one after another. Each use begins with what it writes
// there itself.
type memory struct {
	sides   endpoint.Sides
	connect func(*endpoint.Dial) (endpoint.Side, error) // sides.Connect
	dial    endpoint.Dial
	send    endpoint.Request
	gone    func() bool        // Exchange.gone
	in      buffers.Buffer     // what the endpoint sent
	head    http1.ResponseHead // parsed out of it
	body    http1.Body         // the response's
	out     []byte             // a message on its way, to either side
	id      []byte
	kept    []byte
	facts   []byte // what conditions of routes were told, where it had to be put together
	trailer []byte
	copied  []byte // the head of a copy of the request
	copies  []*mirror.Copy
	tries   []try
	changed []byte         // a piece of a body that policies have changed
	begun   []byte         // the beginning of a body
	edits   http1.EditList // of the request
	reshape http1.EditList // of the response
	ended   policy.End
	room    policy.Room // of an answer for one request
	stuck   *stuck      // nil until a cookie was set first
	trace   *trace      // nil until there was a plan with tracing
}

// grown says that a large message has left more memory than is worth keeping, or that
// a tunnel has given it up.
func (m *memory) grown() bool {
	return cap(m.out) > buffers.Body || cap(m.changed) > buffers.Body ||
		cap(m.begun) > buffers.Body || cap(m.facts) > buffers.Body ||
		cap(m.copied) > buffers.Body || cap(m.room.Lines) > buffers.Body ||
		cap(m.room.Body) > buffers.Body || m.in.B == nil
}
