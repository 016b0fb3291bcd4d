package accesslog

import (
	"strconv"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/jsonstr"
)

// Entry is what is logged of one request, or of several that were refused unread. What comes from
// the wire is bytes, which need to live only until Log returns; what comes from the plan is text.
// Every field is in every line, so that a line's shape never depends on the request, but for those
// that say otherwise. docs/access-log.md tells users of them.
type Entry struct {
	// when the first byte of the request's head arrived; in UTC with milliseconds in the line
	Time      time.Time
	RequestID []byte
	TraceID   []byte
	Client    string // address:port
	Listener  string
	Protocol  string // "HTTP/1.1"
	Method    []byte
	Host      []byte
	Path      []byte // without the query, which may hold secrets
	Query     []byte // as it came, question mark included; written where Form.Query says so
	Route     string // "" when none matched
	Cluster   string
	Endpoint  string // the last that was tried; "" when none was
	// why there was no connection to the endpoint, or what its response had against the rules; ""
	// where neither was, and then not written
	EndpointFailure string
	// what the client was answered, StatusClientGone, or 0: streams were reset unread
	Status   int
	Code     string        // GW_… when the gateway answered by itself
	Rule     string        // what of the configuration refused it; "" is not written
	Cause    string        // what it failed for, in words; "" is not written
	Contract string        // what the OpenAPI document says against it; "" is not written
	Auth     Auth          // who was let in; without a Kind it is not written
	Duration time.Duration // from the first byte of the head to the last of the response
	// from the request's first byte sent to the endpoint to the head of its response
	Upstream      time.Duration
	RequestBytes  int64  // of the body
	ResponseBytes int64  // of the body
	Attempts      int    // how often an endpoint was tried
	TLSVersion    string // "" on plain text
	// the subject of the client's certificate; "" without one, and then not written
	TLSClient string
	UserAgent []byte
	// how many requests of an HTTP/2 connection were refused unread, of which the line tells in
	// their place; 0 where it is of a request, and then not written
	RefusedStreams int
}

// StatusClientGone is the status of a request whose client left before it could be answered, which
// nginx made known. Nobody ever receives it.
const StatusClientGone = 499

// AppendJSON appends the entry as a JSON object that leaves nothing out, without a line end, and
// allocates only if dst has to grow.
func (e *Entry) AppendJSON(dst []byte) []byte {
	return e.appendJSON(dst, &format{}, new(clock))
}

func (e *Entry) appendJSON(dst []byte, f *format, c *clock) []byte {
	dst = append(dst, `{"time":"`...)
	dst = c.append(dst, e.Time)
	dst = append(dst, `","request_id":"`...)
	dst = jsonstr.AppendInner(dst, e.RequestID)
	dst = append(dst, `","trace_id":"`...)
	dst = jsonstr.AppendInner(dst, e.TraceID)
	dst = append(dst, `","client":"`...)
	dst = appendField(dst, f, hideClient, e.Client)
	dst = append(dst, `","listener":"`...)
	dst = jsonstr.AppendInner(dst, e.Listener)
	dst = append(dst, `","protocol":"`...)
	dst = jsonstr.AppendInner(dst, e.Protocol)
	dst = append(dst, `","method":"`...)
	dst = jsonstr.AppendInner(dst, e.Method)
	dst = append(dst, `","host":"`...)
	dst = appendField(dst, f, hideHost, e.Host)
	dst = append(dst, `","path":"`...)
	dst = appendField(dst, f, hidePath, e.Path)
	if f.query {
		dst = append(dst, `","query":"`...)
		dst = f.appendQuery(dst, e.Query)
	}
	dst = append(dst, `","route":"`...)
	dst = jsonstr.AppendInner(dst, e.Route)
	dst = append(dst, `","cluster":"`...)
	dst = jsonstr.AppendInner(dst, e.Cluster)
	dst = append(dst, `","endpoint":"`...)
	dst = jsonstr.AppendInner(dst, e.Endpoint)
	dst = append(dst, '"')
	dst = appendFailure(dst, e.EndpointFailure)
	dst = append(dst, `,"status":`...)
	dst = appendInt(dst, int64(e.Status))
	dst = append(dst, `,"code":"`...)
	dst = jsonstr.AppendInner(dst, e.Code)
	dst = append(dst, '"')
	if e.Rule != "" {
		dst = jsonstr.Append(append(dst, `,"rule":`...), e.Rule)
	}
	dst = appendCause(dst, f, e.Cause)
	if e.Contract != "" {
		dst = appendField(append(dst, `,"contract":"`...), f, hideContract, e.Contract)
		dst = append(dst, '"')
	}
	dst = e.Auth.appendJSON(dst, f)
	dst = append(dst, `,"duration_ms":`...)
	dst = appendMillis(dst, e.Duration)
	dst = append(dst, `,"upstream_ms":`...)
	dst = appendMillis(dst, e.Upstream)
	dst = append(dst, `,"request_bytes":`...)
	dst = appendInt(dst, e.RequestBytes)
	dst = append(dst, `,"response_bytes":`...)
	dst = appendInt(dst, e.ResponseBytes)
	dst = append(dst, `,"attempts":`...)
	dst = appendInt(dst, int64(e.Attempts))
	dst = append(dst, `,"tls_version":"`...)
	dst = jsonstr.AppendInner(dst, e.TLSVersion)
	if e.TLSClient != "" {
		dst = append(dst, `","tls_client":"`...)
		dst = appendField(dst, f, hideTLSClient, e.TLSClient)
	}
	dst = append(dst, `","user_agent":"`...)
	dst = appendField(dst, f, hideUserAgent, e.UserAgent)
	dst = append(dst, '"')
	if e.RefusedStreams > 0 {
		dst = append(dst, `,"refused_streams":`...)
		dst = appendInt(dst, int64(e.RefusedStreams))
	}
	return append(dst, '}')
}

// appendFailure appends why there was no connection to an endpoint, if there was none.
func appendFailure(dst []byte, why string) []byte {
	if why == "" {
		return dst
	}
	return jsonstr.Append(append(dst, `,"endpoint_failure":`...), why)
}

// appendCause appends what a request or a session failed for, if it did.
func appendCause(dst []byte, f *format, why string) []byte {
	if why == "" {
		return dst
	}
	return append(appendField(append(dst, `,"cause":"`...), f, hideCause, why), '"')
}

// appendDigits appends the last digits of a number, as many as width says, up to 4.
func appendDigits(dst []byte, n, width int) []byte {
	u := uint32(n)
	switch width {
	case 1:
		return append(dst, byte('0'+u%10))
	case 2:
		return append(dst, byte('0'+u/10%10), byte('0'+u%10))
	case 3:
		return append(dst, byte('0'+u/100%10), byte('0'+u/10%10), byte('0'+u%10))
	}
	return append(dst, byte('0'+u/1000%10), byte('0'+u/100%10), byte('0'+u/10%10), byte('0'+u%10))
}

// appendInt appends a number. Most have few digits, for which strconv takes three times as long.
func appendInt(dst []byte, n int64) []byte {
	switch {
	case n < 0 || n > 9999:
		return strconv.AppendInt(dst, n, 10)
	case n < 10:
		return append(dst, byte('0'+n))
	case n < 100:
		return appendDigits(dst, int(n), 2)
	case n < 1000:
		return appendDigits(dst, int(n), 3)
	}
	return appendDigits(dst, int(n), 4)
}

// appendMillis appends milliseconds with microseconds behind the point.
func appendMillis(dst []byte, d time.Duration) []byte {
	us := uint64(max(d, 0) / time.Microsecond)
	dst = append(appendInt(dst, int64(us/1000)), '.')
	return appendDigits(dst, int(us%1000), 3)
}
