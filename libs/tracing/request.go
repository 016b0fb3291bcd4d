package tracing

import (
	"time"

	"github.com/gatewayhomebrew/gateway/libs/tracecontext"
)

// A Request is what is told of one request: it becomes a span of kind SERVER, and one of kind
// CLIENT for each attempt.
type Request struct {
	// Parent is its own span, with the trace and its flags.
	tracecontext.Parent
	// Caller is the span that it is below of, Link one of another trace that has led to it; without
	// a Trace there is none.
	Caller, Link tracecontext.Parent
	State        string // the tracestate
	Start        time.Time
	Duration     time.Duration

	ID       string // of the request, as in X-Request-Id
	Listener string
	Route    string // the name of the route; "": none was found
	Pattern  string // which paths the route takes
	Cluster  string // "": none

	Method, Scheme, Path string
	Host                 string // as the client calls the server
	Port                 int    // 0: nobody knows
	Protocol             string // the version of HTTP: 1.0, 1.1, 2.0
	Client               string // the address of the client, as trusted proxies say
	Peer                 string // address:port of the connection
	UserAgent            string

	Status  int    // that the client got; 0: it got none
	Error   string // what went wrong; "": nothing, or it is the client's doing
	Message string // more about that
	Code    string // GW_… when the gateway answered by itself
	GRPC    bool
	// GRPCStatus is what a call ended with, -1 where that is not known.
	GRPCStatus int

	Attempts []Attempt

	// Copy says that it is the copy of a request, for a cluster that the route mirrors it to. Its
	// own span is that of the request, which is told of elsewhere: only the attempt has one here.
	Copy bool
}

// An Attempt is one try to get a response from an endpoint.
type Attempt struct {
	Span       tracecontext.SpanID
	Start, End time.Duration // since the start of the request
	Endpoint   string        // host:port or unix:PATH
	Peer       string        // address:port, where that is known
	Scheme     string
	Path       string
	Protocol   string
	Status     int    // of the response; 0: there was none
	Error      string // why it failed; "": it did not
	Message    string
	GRPCStatus int // as in Request
}

// hide takes the values of secrets out of what the configuration says.
func (r *Request) hide(from func(string) string) {
	r.Pattern = from(r.Pattern)
	for i := range r.Attempts {
		r.Attempts[i].Path = from(r.Attempts[i].Path)
	}
}

// spans is how many spans the request becomes.
func (r *Request) spans() int {
	if r.Copy {
		return len(r.Attempts)
	}
	return 1 + len(r.Attempts)
}
