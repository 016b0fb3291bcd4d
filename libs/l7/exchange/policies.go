package exchange

import (
	"math"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/l7/endpoint"
	"github.com/gatewayhomebrew/gateway/libs/l7/fault"
	"github.com/gatewayhomebrew/gateway/libs/l7/heads"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

// policyTime bounds what policies may wait for where the route has no limit of its own.
const policyTime = 30 * time.Second

// check shows the request to the policies of its route, until one answers it.
func (x *Exchange) check() *policy.Answer {
	chain := x.route.Policies
	if chain == nil {
		return nil
	}
	limit := x.route.Timeouts.Request
	if limit == 0 {
		limit = policyTime
	}
	seen := &x.seen
	seen.Head, seen.ID = &x.Head, x.id
	seen.Listener, seen.Route, seen.Cluster = x.View.Config.Name, x.route.Name, x.target.name()
	seen.Client = x.Peer.Remote
	if s := x.Peer.Secured; s != nil {
		seen.Certificate, seen.TLSVersion, seen.ServerName = s.Identity, s.Version, s.ServerName
	}
	if x.Peer.Trusted {
		seen.Trusted = x.Peer.Config.TrustedProxies
	}
	seen.Scheme, seen.Port = x.Peer.Outside(&x.Head.Head)
	seen.Memory = &x.mem.room
	seen.Start = x.start
	if x.Waited != 0 {
		seen.Start = seen.Start.Add(x.Waited)
	}
	seen.Deadline = seen.Start.Add(limit)
	seen.Edits = x.mem.edits[:0]
	x.checked = true
	a := chain.Request(&x.seen)
	x.mem.edits = x.seen.Edits[:0]
	if a == nil && len(x.Body) > 0 {
		a = chain.Body(&x.seen, policy.Piece{Data: x.Body})
	}
	if a != nil {
		return a
	}
	if most := chain.Wants(&x.seen); most > 0 {
		return x.gather(most)
	}
	return nil
}

// gather reads the body of the request, up to as many bytes as policies want of it, and
// shows it to them.
func (x *Exchange) gather(most int) *policy.Answer {
	chain := x.route.Policies
	if x.Whole {
		return chain.WholeBody(&x.seen, x.Body, true)
	}
	if x.Head.ExpectContinue {
		// The client waits for a word, which the endpoint cannot give before it has the head.
		x.continued = true
		if _, err := x.Client.WriteHead(100, []byte("HTTP/1.1 100 Continue\r\n\r\n")); err != nil {
			return gone
		}
	}
	x.gathered = true
	x.kept.most = math.MaxInt // all that is read has to be sent on
	var p pace
	for !x.kept.whole && len(x.kept.data) <= most {
		end, err := x.pacedRead(&p, gatherer{x})
		if err != nil {
			return x.clientFailed(fault.ClientGone, fault.Of(err), true)
		}
		x.kept.whole, x.kept.trailer = end.Done, end.Trailer
	}
	x.kept.most = max(Replayed, len(x.kept.data))
	return chain.WholeBody(&x.seen, x.kept.data, x.kept.whole)
}

// gatherer keeps what comes of a body.
type gatherer struct{ x *Exchange }

// Put is client.Sink's.
func (g gatherer) Put(data []byte, ahead int64) error { return g.x.take(data, ahead) }

// reshape shows the response to the policies, until one gives another in its place. kind and
// length are those of its body. A response to HEAD and a 304 have none, but their fields tell
// of one: Transform is asked whether it would be changed.
func (x *Exchange) reshape(kind http1.Framing, length int64) *policy.Answer {
	chain := x.route.Policies
	if chain == nil {
		return nil
	}
	body := kind != http1.NoBody
	s := &x.shape // it has no other fields
	s.Head, s.Edits = &x.mem.head, x.mem.reshape[:0]
	s.Length = heads.Length(&x.mem.head, kind, length)
	a := chain.Response(&x.seen, &x.shape)
	if a == nil && body {
		if a = x.hold(chain.WantsResponse(&x.seen, &x.shape)); a == nil {
			x.watch = chain.Watch(&x.seen, &x.shape)
		}
	}
	if a == nil && x.mem.head.Status != 204 {
		if body && x.shape.Length < 0 {
			x.begin(chain.Begins(&x.seen, &x.shape))
		}
		x.change = chain.Transform(&x.seen, &x.shape)
	}
	if x.change != nil && !body {
		// Its Content-Length is that of the body as it would come without policies.
		x.change.Release()
		x.change, x.unsized = nil, true
	}
	x.mem.reshape = x.shape.Edits[:0]
	return a
}

// replace answers in place of passing on the response whose head has been read.
func (x *Exchange) replace(a *policy.Answer) Next {
	clients := x.endUpload()
	complete := clients == nil && x.uploaded() && x.readRest()
	present := x.Client.Unwatch()
	x.side.End(endpoint.Ending{Complete: complete && present, Interrupted: !present})
	x.side = nil
	if clients != nil || !present {
		return x.clientGone()
	}
	x.replaced = true
	return x.reply(a)
}

// add puts a piece of the response's body into mem.out, as it goes to the client.
func (x *Exchange) add(data []byte) error {
	if x.collating {
		x.collate(data)
	}
	if x.watch != nil {
		x.watch.Write(data)
	}
	if x.change == nil {
		x.sent += int64(len(data))
		x.mem.out = heads.AppendBody(x.mem.out, data, x.framing.Chunked)
		return nil
	}
	if len(data) == 0 {
		return nil // a part of a chunk's head
	}
	var err error
	x.mem.changed, err = x.change.Write(x.mem.changed[:0], data)
	return x.addChanged(err)
}

// flushChange puts what policies have held back of the body into mem.out; last says that
// the body is over.
func (x *Exchange) flushChange(last bool) error {
	var err error
	if last {
		x.mem.changed, err = x.change.Close(x.mem.changed[:0])
	} else {
		x.mem.changed, err = x.change.Flush(x.mem.changed[:0])
	}
	return x.addChanged(err)
}

// addChanged puts what policies have made of a piece into mem.out.
func (x *Exchange) addChanged(err error) error {
	if err != nil {
		return &fault.Error{Side: fault.Gateway, Kind: fault.Malformed, Err: err}
	}
	x.sent += int64(len(x.mem.changed))
	x.mem.out = heads.AppendBody(x.mem.out, x.mem.changed, x.framing.Chunked)
	return nil
}

// endPolicies tells the policies how the request ended. It does so once, also where it is
// called again because one of them panicked.
func (x *Exchange) endPolicies() {
	change, checked := x.change, x.checked
	x.change, x.checked = nil, false
	if change != nil {
		change.Release()
	}
	if !checked || !x.route.Policies.WantsEnd() {
		return
	}
	x.mem.ended = policy.End{
		Status: x.status, Code: x.code, Duration: x.since(),
		Received: x.received, Sent: x.sent,
	}
	x.route.Policies.End(&x.seen, &x.mem.ended)
}
