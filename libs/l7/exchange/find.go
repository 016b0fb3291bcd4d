package exchange

import (
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/l7/heads"
	"github.com/gatewayhomebrew/gateway/libs/policy"
	"github.com/gatewayhomebrew/gateway/libs/recall"
	"github.com/gatewayhomebrew/gateway/libs/routing"
)

// AllowBesideTrace is the value of Allow in the answer to TRACE, which no route can let through.
const AllowBesideTrace = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"

// Answers that are the same for every request. They are made once, so that a flood of
// requests that are refused does not cost an allocation for each.
var (
	noConnect = policy.Refuse(gwerr.NotImplemented,
		"CONNECT is for forward proxies; this is a gateway")
	// A TRACE would show the fields that the gateway adds to a client.
	noTrace = &policy.Answer{
		Code: gwerr.MethodNotAllowed, Message: "TRACE is not let through",
		Lines: allow(AllowBesideTrace),
	}
	misdirected = policy.Refuse(gwerr.Misdirected, "this host has another certificate than the"+
		" connection; ask for it on a connection of its own")
	loop = policy.Refuse(gwerr.LoopDetected, "the request has come through this gateway before:"+
		" an endpoint leads back to it")
	noHost      = policy.Refuse(gwerr.NoRoute, "no route is for this host")
	noPath      = policy.Refuse(gwerr.NoRoute, "no route of this host is for this path")
	noCondition = policy.Refuse(gwerr.NoRoute,
		"no route of this host and path has conditions that this request meets")
)

// allow is the line with the methods that may be used.
func allow(methods string) []byte { return []byte("Allow: " + methods + "\r\n") }

// find finds the request's route, or says what the client is answered.
func (x *Exchange) find() *policy.Answer {
	r := &x.Head
	x.identify()
	x.beginTrace(true)
	switch r.Method {
	case http1.MethodConnect:
		return noConnect
	case http1.MethodTrace:
		return noTrace
	}
	if r.PassedBy(x.Env.Pseudonym) {
		return loop
	}
	if x.Peer.Misdirected(r.Authority) {
		return misdirected
	}
	return x.match()
}

// identify gives the request its ID: a new one, or a trusted proxy's.
func (x *Exchange) identify() {
	if x.Peer.Trusted {
		if f := x.Head.Find(http1.FieldXRequestID); f != nil && heads.ValidID(x.Head.Value(f)) {
			x.id = append(x.id, x.Head.Value(f)...)
			return
		}
	}
	x.id = recall.AppendID(x.id)
}

// matchPreflight finds the route of a preflight request. It is that of the request that a script
// wants to send, if that has cors: the script needs its word, whichever methods it lists. Where the
// other request is for a route without cors, the one that OPTIONS leads to can't speak for it.
func (x *Exchange) matchPreflight(i int, outcome routing.Reach) (int, routing.Reach) {
	r := &x.Head
	method, ok := r.Preflight()
	if !ok {
		return i, outcome
	}
	other, reach := x.View.Table.Match(method, r.Authority, r.Path, asked{x})
	switch {
	case reach != routing.Found || outcome == routing.Found && other == i:
		return i, outcome
	case x.View.Routes[other].CORS != nil:
		return other, reach
	case outcome == routing.Found && x.View.Routes[i].CORS != nil:
		return i, routing.NoMethod
	}
	return i, outcome
}

// match finds the route, and the cluster that the request goes to.
func (x *Exchange) match() *policy.Answer {
	r, t := &x.Head, x.View.Table
	x.mem.facts = x.mem.facts[:0]
	i, outcome := t.Match(r.MethodName, r.Authority, r.Path, asked{x})
	if r.Method == http1.MethodOptions {
		i, outcome = x.matchPreflight(i, outcome)
	}
	switch outcome {
	case routing.NoHost:
		return noHost
	case routing.NoPath:
		return noPath
	case routing.NoCondition:
		return noCondition
	case routing.NoMethod:
		return &policy.Answer{
			Code: gwerr.MethodNotAllowed, Message: "no route of this path is for this method",
			Lines: allow(t.Allow(r.Authority, r.Path, asked{x})),
		}
	}
	x.route = &x.View.Routes[i]
	x.target = x.chooseFor()
	x.target.Metrics.Begin() // record ends it
	if x.GRPC {
		x.admitCall()
	}
	if r.Oddities != 0 && x.target.Cluster != nil {
		return x.View.Plan.Misread(t, i, r, asked{x})
	}
	return nil
}
