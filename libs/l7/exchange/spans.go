package exchange

import (
	"cmp"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/cause"
	"github.com/gatewayhomebrew/gateway/libs/cluster"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/l7/heads"
	"github.com/gatewayhomebrew/gateway/libs/tracing"
)

// tell tells of the request and its attempts, if they are recorded. It copies: the exchange is
// reused.
func (x *Exchange) tell(total time.Duration, why *cause.Cause) {
	t, cfg := x.mem.trace, x.View.Tracing
	status, wrong := x.spanStatus()
	if x.Env.Spans == nil || !t.recorded(cfg, wrong != "") {
		return
	}
	s := &tracing.Request{
		Parent: t.Parent, Caller: t.caller, Link: t.link,
		Start: x.start, Duration: total, Listener: x.View.Config.Name, ID: string(x.id),
		Method: string(x.Head.MethodName), Path: clip(x.path()), Protocol: x.version(),
		Peer: x.Peer.AddressPort, Client: x.Peer.Address, Status: status, Error: wrong,
		Message: cmp.Or(why.String(), x.message), GRPCStatus: x.callStatus(),
	}
	if x.code != gwerr.None {
		s.Code = x.code.String()
	}
	if t.head.State {
		s.State = string(heads.AppendTraceState(nil, &x.Head.Head, "", ""))
	}
	if !x.bare {
		x.describe(s)
	}
	if x.route != nil {
		s.Route, s.Pattern, s.Cluster = x.route.Name, x.route.pattern(), x.target.name()
	}
	for i := range t.sends {
		s.Attempts = append(s.Attempts, x.attemptSpan(i, total, s))
	}
	x.Env.Spans.Add(s)
}

// copySpan is what is told of the n-th copy of the request, which outlives it; nil: nothing is.
// Whether the request will fail is not known yet, so that tracing.sample_errors does not count.
func (x *Exchange) copySpan(c *cluster.Cluster, e *cluster.Endpoint, n int) *tracing.Request {
	if !x.traced || x.Env.Spans == nil || !x.mem.trace.Sampled() {
		return nil
	}
	t := x.mem.trace
	s := &tracing.Request{
		Parent: t.Parent, Start: x.start, Method: string(x.Head.MethodName), Cluster: c.Name,
		Path: clip(x.path()), Copy: true, GRPC: x.GRPC,
	}
	if t.head.State {
		s.State = string(heads.AppendTraceState(nil, &x.Head.Head, "", ""))
	}
	a := x.spanAt(c, e, c.Protocol != config.ClusterHTTP1, s.Path)
	a.Span = t.Span.Child(firstCopy + n)
	s.Attempts = []tracing.Attempt{a}
	return s
}

// describe says what the client asked for.
func (x *Exchange) describe(s *tracing.Request) {
	r := &x.Head
	var port uint16
	s.Scheme, port = x.Peer.Outside(&r.Head)
	s.Host, s.Port = hostAndPort(clip(r.Authority), port)
	if f := r.Find(http1.FieldUserAgent); f != nil {
		s.UserAgent = clip(r.Value(f))
	}
	if x.Peer.Trusted {
		s.Client = http1.ClientAddress(&r.Head, x.Peer.Remote.Addr(),
			x.Peer.Config.TrustedProxies).String()
	}
	s.GRPC = x.GRPC
}

// hostAndPort splits what a client calls the server by.
func hostAndPort(authority string, port uint16) (string, int) {
	i := strings.LastIndexByte(authority, ':')
	if i < 0 || strings.HasSuffix(authority, "]") {
		return strings.Trim(authority, "[]"), int(port)
	}
	n, err := strconv.ParseUint(authority[i+1:], 10, 16)
	if err != nil {
		n = uint64(port)
	}
	return strings.Trim(authority[:i], "[]"), int(n)
}

// pattern is which paths the route takes, as a template: * stands for the rest.
func (r *Route) pattern() string {
	switch {
	case r.Path != "":
		return r.Path
	case r.PathRegex != "":
		return r.PathRegex
	}
	return strings.TrimSuffix(r.PathPrefix, "/") + "/*"
}

// spanStatus is the status that the client got, 0 for none, and what went wrong as far as it is the
// gateway's or the endpoint's doing; "": nothing.
func (x *Exchange) spanStatus() (status int, wrong string) {
	status = x.status
	if status == statusClientGone {
		status = 0
	}
	call := x.callStatus()
	switch {
	case x.code != gwerr.None && (x.status >= 500 || x.status < 400):
		wrong = x.code.String() // of an answer of its own, or of one that broke off
	case x.status >= 500:
		wrong = strconv.Itoa(x.status)
	case x.code == gwerr.None && serverFault(call):
		wrong = tracing.GRPCName(call)
	}
	if x.GRPC && x.code != gwerr.None && status != 0 {
		status = 200 // gRPC has errors in other places
	}
	return status, wrong
}

// serverFault reports whether a status of gRPC is the server's doing, as the semantic conventions
// have it.
func serverFault(call int) bool {
	switch call {
	case 2, 4, 12, 13, 14, 15: // UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL to DATA_LOSS
		return true
	}
	return false
}

// callStatus is the status that a gRPC call ended with, -1 for none.
func (x *Exchange) callStatus() int {
	switch {
	case !x.GRPC:
		return -1
	case x.code != gwerr.None:
		return int(x.code.Info().GRPC)
	case x.target == nil || x.target.Cluster == nil || x.after == 0:
		return -1
	}
	if n := heads.TrailerStatus(x.mem.body.Trailer); n >= 0 {
		return n
	}
	return heads.Status(&x.mem.head)
}

// attemptSpan is what is told of an attempt.
func (x *Exchange) attemptSpan(i int, total time.Duration, of *tracing.Request) tracing.Attempt {
	t := x.mem.trace
	s := &t.sends[i]
	a := x.spanAt(x.target.Cluster, s.endpoint, x.streamed(), of.Path)
	a.Span, a.Start, a.End = t.Span.Child(i), s.start, s.end
	a.Status, a.Error, a.Message = s.status, s.outcome, s.cause.String()
	if s.outcome != "" { // another followed
		if s.status >= 400 {
			a.Error = strconv.Itoa(s.status)
		}
		return a
	}
	a.End, a.Message = total, x.attempt.cause.String()
	if x.after > 0 && !x.replaced { // else the call's status is the gateway's
		a.GRPCStatus = of.GRPCStatus
	}
	switch {
	case x.code != gwerr.None && !x.replaced:
		a.Error = x.code.String()
		if a.Message == "" {
			a.Message = x.message
		}
	case a.Status >= 400:
		a.Error = strconv.Itoa(a.Status)
	case a.GRPCStatus > 0:
		a.Error = tracing.GRPCName(a.GRPCStatus)
	case a.Status == 0 && x.status == statusClientGone:
		a.Error = "client_gone"
	}
	return a
}

// spanAt is what a span says of an endpoint.
func (x *Exchange) spanAt(
	c *cluster.Cluster, e *cluster.Endpoint, streamed bool, path string,
) tracing.Attempt {
	a := tracing.Attempt{
		Endpoint: e.Shown, Scheme: "http", Protocol: "1.1", Path: path, GRPCStatus: -1,
	}
	if x.route.Rewrite.On() {
		a.Path = clip(x.route.Rewrite.Append(nil, x.path()))
	}
	if c.TLS != nil {
		a.Scheme = "https"
	}
	if streamed {
		a.Protocol = "2"
	}
	if _, err := netip.ParseAddrPort(e.Shown); err == nil {
		a.Peer = e.Shown
	}
	return a
}
