package tracing

import (
	"net"
	"strconv"
	"strings"
	"time"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"github.com/gatewayhomebrew/gateway/libs/tracecontext"
)

// longest bounds a text of an attribute, in bytes: some are made by clients.
const longest = 1024

// attributes are those of a span, or of a resource.
type attributes []*commonpb.KeyValue

// text adds a text, unless it is empty. A message of protobuf may have valid UTF-8 only, and one
// text that is not would lose the whole batch.
func (a *attributes) text(key, value string) {
	if value = clean(value); value != "" {
		a.add(key, &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: value}})
	}
}

// number adds a number, unless it is 0.
func (a *attributes) number(key string, value int) {
	if value != 0 {
		a.add(key, &commonpb.AnyValue{
			Value: &commonpb.AnyValue_IntValue{IntValue: int64(value)},
		})
	}
}

// yes adds that something is so.
func (a *attributes) yes(key string) {
	a.add(key, &commonpb.AnyValue{Value: &commonpb.AnyValue_BoolValue{BoolValue: true}})
}

func (a *attributes) add(key string, value *commonpb.AnyValue) {
	*a = append(*a, &commonpb.KeyValue{Key: key, Value: value})
}

// address adds a host and a port.
func (a *attributes) address(hostKey, portKey, address string) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return
	}
	a.text(hostKey, host)
	n, _ := strconv.Atoi(port) // one that is no number is left out
	a.number(portKey, n)
}

// clean is a text as an attribute may have it.
func clean(s string) string {
	if len(s) > longest {
		s = s[:longest]
	}
	return strings.ToValidUTF8(s, "\ufffd")
}

// append appends the spans of the request.
func (r *Request) append(spans []*tracepb.Span) []*tracepb.Span {
	if !r.Copy {
		spans = append(spans, r.server())
	}
	for i := range r.Attempts {
		spans = append(spans, r.client(i))
	}
	return spans
}

// span is a span of the request's trace.
func (r *Request) span(id tracecontext.SpanID, from, to time.Duration) *tracepb.Span {
	return &tracepb.Span{
		TraceId: r.Trace[:], SpanId: id[:], TraceState: r.State, Flags: uint32(r.Flags),
		StartTimeUnixNano: uint64(r.Start.Add(from).UnixNano()),
		EndTimeUnixNano:   uint64(r.Start.Add(max(from, to)).UnixNano()),
	}
}

// Bits of a span's flags beside those of W3C: whether the span above is of another process.
const (
	knowsRemote = uint32(tracepb.SpanFlags_SPAN_FLAGS_CONTEXT_HAS_IS_REMOTE_MASK)
	isRemote    = uint32(tracepb.SpanFlags_SPAN_FLAGS_CONTEXT_IS_REMOTE_MASK)
)

// server is the span of the request itself.
func (r *Request) server() *tracepb.Span {
	s := r.span(r.Span, 0, r.Duration)
	s.Kind, s.Flags = tracepb.Span_SPAN_KIND_SERVER, s.Flags|knowsRemote
	if !r.Caller.Trace.IsZero() {
		s.ParentSpanId, s.Flags = r.Caller.Span[:], s.Flags|isRemote
	}
	if !r.Link.Trace.IsZero() {
		s.Links = []*tracepb.Span_Link{{
			TraceId: r.Link.Trace[:], SpanId: r.Link.Span[:],
			Flags: uint32(r.Link.Flags) | knowsRemote | isRemote,
		}}
	}
	var a attributes
	s.Name = r.method(&a)
	if r.Pattern != "" {
		s.Name = clean(s.Name + " " + r.Pattern)
	}
	a.text(keyScheme, r.Scheme)
	a.text(keyPath, r.Path)
	a.text(keyRoute, r.Pattern)
	a.text(keyServerAddress, r.Host)
	a.number(keyServerPort, r.Port)
	a.text(keyClientAddress, r.Client)
	a.address(keyPeerAddress, keyPeerPort, r.Peer)
	a.text(keyProtocolName, protocolHTTP)
	a.text(keyProtocolVersion, version(r.Protocol))
	a.text(keyUserAgent, r.UserAgent)
	a.number(keyStatusCode, r.Status)
	r.call(&a, r.GRPCStatus)
	a.text(keyErrorType, r.Error)
	a.text(keyGatewayListener, r.Listener)
	a.text(keyGatewayRoute, r.Route)
	a.text(keyGatewayCluster, r.Cluster)
	a.text(keyGatewayCode, r.Code)
	a.text(keyGatewayRequestID, r.ID)
	s.Attributes = a
	s.Status = status(r.Error, r.Message)
	return s
}

// client is the span of an attempt.
func (r *Request) client(i int) *tracepb.Span {
	t := &r.Attempts[i]
	s := r.span(t.Span, t.Start, t.End)
	s.Kind, s.Flags = tracepb.Span_SPAN_KIND_CLIENT, s.Flags|knowsRemote
	s.ParentSpanId = r.Span[:]
	var a attributes
	s.Name = r.method(&a)
	authority := t.Endpoint
	if path, unix := strings.CutPrefix(t.Endpoint, "unix:"); unix {
		authority = "localhost"
		a.text(keyServerAddress, path)
		a.text(keyTransport, transportUnix)
	} else {
		a.address(keyServerAddress, keyServerPort, t.Endpoint)
		a.address(keyPeerAddress, keyPeerPort, t.Peer)
	}
	a.text(keyFull, t.Scheme+"://"+authority+t.Path)
	a.text(keyProtocolName, protocolHTTP)
	a.text(keyProtocolVersion, version(t.Protocol))
	a.number(keyResendCount, i)
	a.number(keyStatusCode, t.Status)
	r.call(&a, t.GRPCStatus)
	a.text(keyErrorType, t.Error)
	a.text(keyGatewayCluster, r.Cluster)
	if r.Copy {
		a.yes(keyGatewayMirror)
	}
	s.Attributes = a
	s.Status = status(t.Error, t.Message)
	return s
}

// method adds the method, and returns it as names of spans have it: not as a client may make it up.
func (r *Request) method(a *attributes) string {
	if known(r.Method) {
		a.text(keyMethod, r.Method)
		return r.Method
	}
	a.text(keyMethod, otherMethod)
	a.text(keyMethodOriginal, r.Method)
	return "HTTP"
}

// call adds what a gRPC call has beside other requests.
func (r *Request) call(a *attributes, status int) {
	if !r.GRPC {
		return
	}
	a.text(keyRPCSystem, systemGRPC)
	a.text(keyRPCMethod, strings.TrimPrefix(r.Path, "/"))
	if status >= 0 {
		a.text(keyRPCStatus, GRPCName(status))
	}
}

// version is a version of HTTP as the conventions have it.
func version(v string) string {
	if v == "2.0" {
		return "2"
	}
	return v
}

// status is that of a span: what went wrong, nil for nothing.
func status(wrong, message string) *tracepb.Status {
	if wrong == "" {
		return nil
	}
	return &tracepb.Status{Code: tracepb.Status_STATUS_CODE_ERROR, Message: clean(message)}
}
