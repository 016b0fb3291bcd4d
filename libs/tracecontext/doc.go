// Package tracecontext reads and writes the header fields that carry a trace from program to
// program: traceparent and tracestate of W3C Trace Context, and B3 of Zipkin.
//
// It looks at bytes and allocates nothing. What is not exactly as the specifications say is no
// context: a trace that begins anew is better than one that is mixed up with another.
//
//	id.go     the IDs of traces and spans
//	parent.go traceparent
//	state.go  tracestate
//	b3.go     b3, and X-B3-TraceId and its like
package tracecontext
