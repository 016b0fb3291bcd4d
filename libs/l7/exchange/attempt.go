package exchange

import (
	"cmp"
	"fmt"

	"github.com/gatewayhomebrew/gateway/libs/cluster"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/l7/endpoint"
	"github.com/gatewayhomebrew/gateway/libs/l7/fault"
	"github.com/gatewayhomebrew/gateway/libs/l7/heads"
	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/policy"
	"github.com/gatewayhomebrew/gateway/libs/upstream"
)

// ask sends the request to its endpoint until there is the head of a response that is
// for the client; again, and elsewhere, where that is safe and the route asks for it.
func (x *Exchange) ask() *policy.Answer {
	if a := x.pick(); a != nil {
		return a
	}
	x.write()
	if x.route.Mirrors != nil {
		x.mirror()
	}
	for {
		err := x.connect()
		if err == nil {
			err = x.try()
		}
		if err != nil {
			if no := x.failed(fault.Of(err)); no != nil {
				return no
			}
			continue
		}
		if again, no := x.retryResponse(); !again {
			return no
		}
	}
}

// pick chooses the endpoint for the first attempt.
func (x *Exchange) pick() *policy.Answer {
	r := &x.Head
	if r.Method == http1.MethodOptions && r.MaxForwards == 0 {
		// It may go no further (RFC 9110 section 7.6.2).
		return &policy.Answer{Lines: allow(x.View.Table.Allow(r.Authority, r.Path, asked{x}))}
	}
	var e *cluster.Endpoint
	if s := x.target.Cluster.Sticky(); s != nil {
		e = x.stick(s)
	}
	if held := x.target.Cluster.Held(x.Own); held != nil {
		e = held
	}
	if e == nil {
		e = x.balanced()
	}
	if e == nil {
		x.answer.cause = x.nobody()
		return noEndpoint
	}
	x.choose(e)
	return nil
}

var noEndpoint = policy.Refuse(gwerr.NoHealthyEndpoint,
	"no endpoint of the cluster may get requests")

// choose begins an attempt with an endpoint.
func (x *Exchange) choose(e *cluster.Endpoint) {
	x.load.End()
	x.load = x.target.Cluster.Begin(e)
	x.attempt = attempt{} // filled then, as a request is by Prepare
	x.endpoint = e
	r := &x.response
	r.Head, r.Limits, r.Buffer = &x.mem.head, x.target.Cluster.Heads, &x.mem.in
	r.Request, r.Trailer = &x.Head, x.mem.trailer[:0]
	x.mem.in.Clear()
	x.beginSend(e)
}

// write writes the request down: its head, and its body where that is all here.
func (x *Exchange) write() {
	x.seen.Endpoint = x.endpoint.Address
	q := heads.Request{
		Head: &x.Head, Client: &x.Peer.Client, Version: x.version(), ID: x.id,
		Endpoint: x.endpoint.Address, Rewrite: &x.route.Rewrite, Edits: x.seen.Edits,
		Facts: &x.seen, Pseudonym: x.Env.Pseudonym, NoVia: x.target.Cluster.Via == config.ViaOff,
		Slashes: !x.route.PathNormalization.MergeSlashes,
		Left:    x.seen.Call.Left(), Continued: x.continued, Trace: x.traceHead(),
	}
	x.mem.out = q.Append(x.mem.out[:0])
	x.headLen = len(x.mem.out)
	if x.whole() {
		x.mem.out = append(x.mem.out, x.Body...)
		x.received = int64(len(x.Body))
	}
}

// version is how Via fields name the protocol of the client.
func (x *Exchange) version() string {
	if !x.Protocol.Streamed && x.Head.Minor == 0 {
		return "1.0"
	}
	return x.Protocol.Version
}

// connect lends a connection to the endpoint.
func (x *Exchange) connect() (err error) {
	c := x.target.Cluster
	if err := x.claim(); err != nil {
		return err
	}
	d := &x.mem.dial // end clears it; all of it is assigned here
	d.Own, d.Alone, d.Fresh = x.Own, x.Head.ConnectionAuth(), x.resent
	d.Header = x.Peer.ProxyHeader(c.ProxyProtocol, &c.Extensions)
	d.Wait, d.Gone = x.route.Timeouts.Request, x.mem.gone
	d.Endpoint, d.Streamed, d.Tunnel = x.endpoint.Endpoint, x.streamed(), len(x.Head.Upgrade) > 0
	d.Write = cmp.Or(x.target.BodyIdle, x.Peer.Config.Timeouts.BodyIdle)
	x.side, err = x.mem.connect(d)
	if err == nil {
		x.traits = x.side.Traits()
	}
	return err
}

// claim asks for the client's share of the cluster's connections, once for all attempts.
func (x *Exchange) claim() error {
	c := x.target.Cluster
	if x.claimed || !c.Limits.FairShares || x.streamed() || x.Peer.Trusted {
		return nil
	}
	var err error
	x.claimed, err = c.Claim(x.Peer.Remote.Addr(), x.route.Timeouts.Request, x.mem.gone)
	if err != nil {
		return fault.ShareTaken
	}
	return nil
}

// yield gives up what claim has got.
func (x *Exchange) yield() {
	if x.claimed {
		x.claimed = false
		x.target.Cluster.Yield(x.Peer.Remote.Addr())
	}
}

// gone tells a wait for a connection whether nobody wants the answer any more. It is
// asked every upstream.LookAround. A client may half-close and still want its answer, so
// that it has left is believed after a while only.
func (x *Exchange) gone() bool {
	if x.Owner.CutOff() {
		return true
	}
	x.absent++
	if !x.Client.Left() {
		x.absent = 0
	}
	return x.absent > int(netx.Grace/upstream.LookAround)
}

// try sends the request over the connection, and reads the head of a response.
func (x *Exchange) try() error {
	x.Client.Watch(x.traits.Hook)
	if x.Owner.CutOff() { // it has happened before somebody watched
		return fault.EndpointStopUnseen
	}
	s := &x.mem.send // all of it is assigned here
	s.Head, s.Text, s.HeadLen, s.Whole = &x.Head, x.mem.out, x.headLen, x.whole()
	s.Secured = x.target.Cluster.TLS != nil
	s.Wait, s.Answer = x.responseTimeout(), &x.mem.in
	x.sentAt = x.since()
	_, err := x.side.Send(&x.mem.send)
	x.mem.send = endpoint.Request{} // or it would hold on to the buffers, which a tunnel gives up
	if err != nil {
		if fault.Of(err).Kind != fault.Stale { // then nothing was sent
			x.attempts++
			x.reached = true
		}
		return err
	}
	x.attempts++
	x.reached = true
	if !x.whole() {
		x.mem.in.Clear()
		x.upload = startUpload(x)
	}
	return x.readHead()
}

// whole reports whether the whole request is in mem.out. A client that has yet to end a
// request without a body ends it behind its head, which an endpoint with HTTP/2 can tell:
// there the end goes on when it comes. Over HTTP/1.1 a length of 0 says that already.
func (x *Exchange) whole() bool {
	return x.Whole && !x.interim && !(x.EndsBehind && x.streamed())
}

// streamed reports whether the endpoint speaks HTTP/2.
func (x *Exchange) streamed() bool { return x.target.Cluster.Protocol != config.ClusterHTTP1 }

// maxInterim bounds the 1xx responses before a final one.
const maxInterim = 32

// What an endpoint may not answer.
var (
	errTooManyInterim = fault.Bad(fault.Endpoint, gwerr.UpstreamProtocol,
		"there are too many 1xx responses")
	errSwitch = fault.Bad(fault.Endpoint, gwerr.UpstreamProtocol,
		"it switches to a protocol that was not asked for")
	errSwitchEarly = fault.Bad(fault.Endpoint, gwerr.UpstreamProtocol,
		"it switches protocols before it has read the request's body")
	errNoSwitch = fault.Bad(fault.Endpoint, gwerr.UpstreamProtocol,
		"it does not switch to the protocol that was asked for, and calls that a success")
)

// readHead reads the head of a final response, or of one that switches protocols.
// Interim responses before it go on to the client.
func (x *Exchange) readHead() error {
	resp := &x.mem.head
	for interim := 0; ; {
		if err := x.side.ReadHead(&x.response); err != nil {
			return err
		}
		if !resp.Informational() {
			break
		}
		if resp.Status == 101 {
			err := x.switches()
			if err == nil {
				x.headCame()
			}
			return err
		}
		if interim++; interim > maxInterim {
			return errTooManyInterim
		}
		if x.Head.Minor == 0 {
			continue // an HTTP/1.0 client knows no 1xx (RFC 9110 section 15.2)
		}
		if err := x.passInterim(); err != nil {
			return err
		}
	}
	if x.Tunnel && resp.Status < 300 {
		return errNoSwitch // to the client that would be an open tunnel
	}
	if x.Head.ConnectionAuth() || resp.ConnectionAuth() {
		x.side.Bind() // before the client has the response, and may send the next request
	}
	x.endpoint.Health.Record(x.outcome())
	x.headCame()
	return nil
}

// headCame counts the head of a response that is the client's, or is retried.
func (x *Exchange) headCame() {
	x.headAt = x.since()
	x.endpoint.Metrics.Responded(x.mem.head.Status, x.headAt-x.sentAt, x.exemplar(false, true))
}

// switches says what is wrong with a 101 response, nil if it is the one that was asked for.
func (x *Exchange) switches() error {
	switch {
	case len(x.Head.Upgrade) == 0:
		return errSwitch
	case !x.mem.head.UpgradedTo(x.Head.Upgrade):
		to := "without an Upgrade field that its Connection field names"
		if f := x.mem.head.Find(http1.FieldUpgrade); f != nil {
			to = fmt.Sprintf("to %.40q", x.mem.head.Value(f))
		}
		return fault.Bad(fault.Endpoint, gwerr.UpstreamProtocol, fmt.Sprintf(
			"it switches protocols %s, and the client asked for %.40q", to, x.Head.Upgrade))
	case !x.consumed():
		return errSwitchEarly
	}
	return nil
}

// passInterim sends an interim response on. The request in mem.out is overwritten, so it
// cannot be sent again.
func (x *Exchange) passInterim() error {
	x.interim = true
	shape := policy.Response{Head: &x.mem.head, Edits: x.mem.reshape[:0]}
	x.route.Policies.Interim(&x.seen, &shape)
	x.mem.reshape = shape.Edits[:0]
	p := heads.Response{
		Head: &x.mem.head, Request: &x.Head, ID: x.id, Edits: shape.Edits, Facts: &x.seen,
		Framing: heads.Framing{Length: -1},
	}
	x.mem.out = p.Append(x.mem.out[:0])
	_, err := x.Client.WriteHead(x.mem.head.Status, x.mem.out)
	return err
}
