package l7

import (
	"sync"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/accesslog"
	"github.com/gatewayhomebrew/gateway/libs/cluster"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
)

// exchange is one request with its response, and the buffers of a connection
// that is busy with one. It is reused.
type exchange struct {
	in  buffer // what the client sent
	ub  buffer // what the upstream sent
	out []byte // a head on its way, either way

	req     http1.RequestHead
	reqBody http1.Body
	resp    http1.ResponseHead
	body    http1.Body // the response's
	headDue bool       // the deadline for the head is running

	peer   *peer
	down   downstream
	origin origin  // of the present attempt; nil: there is none
	client stream  // what down is, for HTTP/2
	direct origin1 // what origin is, for a connection with HTTP/1.1
	remote origin2 // the same, for a stream of HTTP/2

	here     *here
	route    *route  // nil before one is found
	target   *target // nil before one is found
	endpoint *cluster.Endpoint
	upload   *upload // nil unless a request body is sent while the response comes

	grpc         grpcCall
	id           []byte
	start        time.Time
	upstreamTime time.Duration
	status       int
	code         gwerr.Code
	attempts     int       // times the request was sent, or could not be
	tries        []attempt // those that failed
	message      string    // of the gateway's own answer
	resent       bool      // after meeting a connection that the peer had just closed
	replay       bool      // x.out is the whole request
	headLen      int       // of the request head in x.out
	taken        bool      // the request body has left the in buffer, all of it
	kept         []byte    // of a body on its way, to be sent again
	keptAll      bool      // kept is all that was read of it
	bodyRead     bool      // to its end, by an upload
	trailer      []byte    // that came behind it
	interim      bool      // the client has had a 1xx response
	tunnel       bool      // a CONNECT that a 2xx would open (RFC 8441)
	retrying     bool      // counted in the cluster's state
	entry        accesslog.Entry
	excess       bool  // the upstream sent more than its response
	requestBytes int64 // of the body, as content
	answerBytes  int64
}

var exchanges = sync.Pool{New: func() any {
	return &exchange{
		in:  buffer{b: make([]byte, headBuffer)},
		ub:  buffer{b: make([]byte, answerBuffer)},
		out: make([]byte, 0, headBuffer),
		id:  make([]byte, 0, 2*idLength),
	}
}}

func newExchange() *exchange { return exchanges.Get().(*exchange) }

// release gives the exchange back; what a large message needed is not kept.
func (x *exchange) release() {
	x.stopRetrying()
	x.here, x.route, x.target, x.endpoint = nil, nil, nil, nil
	x.peer, x.down, x.origin, x.direct.Conn, x.remote.Stream, x.client = nil, nil, nil, nil, nil, stream{}
	if cap(x.kept) > headBuffer {
		x.kept = nil
	}
	if cap(x.out) > streamBuffer || x.ub.b == nil {
		return
	}
	if len(x.in.b) > headBuffer {
		x.in.b = make([]byte, headBuffer)
	}
	x.in.r, x.in.w = 0, 0
	x.headDue = false
	exchanges.Put(x)
}

// slim gives up the buffers of an exchange that will need none for long, and is not
// used again; the request's head stays for the log.
func (x *exchange) slim() { x.ub, x.out = buffer{}, nil }

// begin starts a request whose head has n bytes.
func (x *exchange) begin(n int, p *peer, d downstream) {
	x.peer, x.down = p, d
	x.in.r += n
	x.start = time.Now()
	x.id = x.id[:0]
	x.route, x.target, x.endpoint = nil, nil, nil
	x.status, x.code, x.attempts, x.message = 0, gwerr.None, 0, ""
	x.tries, x.resent, x.replay, x.retrying = x.tries[:0], false, false, false
	x.taken, x.grpc = false, grpcCall{}
	x.kept, x.keptAll, x.bodyRead, x.interim, x.tunnel = x.kept[:0], true, false, false, false
	x.trailer = x.trailer[:0]
	x.requestBytes, x.answerBytes, x.upstreamTime, x.excess = 0, 0, 0, false
	switch {
	case x.req.Chunked:
		x.reqBody.Reset(http1.ChunkedBody, 0)
		x.reqBody.RejectUnderscores = !x.req.UnderscoresAllowed()
	default:
		x.reqBody.Reset(http1.LengthBody, x.req.ContentLength)
	}
}

// bodyBuffered reports whether the whole request body has been read, which
// makes it possible to send it with the head, and to send it again.
func (x *exchange) bodyBuffered() bool {
	return !x.req.Chunked && x.req.ContentLength <= int64(x.in.len())
}

// end forgets the request; what the client sent after it stays in the buffer.
func (x *exchange) end() {
	x.stopRetrying()
	x.here, x.route, x.target, x.endpoint = nil, nil, nil, nil
	clear(x.tries) // errors may hold on to much
	x.tries = x.tries[:0]
	x.ub.r, x.ub.w = 0, 0
	x.endOfUpload()
	x.in.tidy()
}

// endOfUpload takes back what an upload that has ended read and did not use.
func (x *exchange) endOfUpload() {
	u := x.upload
	if u == nil {
		return
	}
	x.upload = nil
	// The upload reads into its own buffer only when this one is used up.
	if rest := u.buf.bytes(); len(rest) > 0 {
		if len(rest) >= len(x.in.b) {
			x.in.b = make([]byte, len(rest)+1)
		}
		x.in.r, x.in.w = 0, copy(x.in.b, rest)
	}
	u.release()
}
