package policy

import (
	"bytes"
	"encoding/binary"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/http1"
)

// A Call is what a gRPC call has beside other requests. The protocol is that of
// https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md.
type Call struct {
	// Deadline is when the call is over; zero for never.
	Deadline time.Time

	messages messages
}

// Longest is the length of the longest message of those that begin in p, which is the
// next piece of the call's body.
func (c *Call) Longest(p []byte) int64 { return c.messages.longest(p) }

// Left is the time that is left until the deadline: at least a millisecond, or 0 if there
// is none. c may be nil.
func (c *Call) Left() time.Duration {
	if c == nil || c.Deadline.IsZero() {
		return 0
	}
	return max(time.Until(c.Deadline), time.Millisecond)
}

// Over reports that the deadline has passed. An endpoint that keeps it too may have ended
// the call before the gateway looked at its watch. c may be nil.
func (c *Call) Over() bool {
	return c != nil && !c.Deadline.IsZero() && time.Until(c.Deadline) <= 0
}

// messages follows the messages in a request's body, each of which begins with a byte of
// flags and its length in four.
type messages struct {
	head [5]byte
	n    int   // bytes of head
	left int64 // bytes of the present message
}

// longest is the length of the longest message of those that begin in p.
func (m *messages) longest(p []byte) (most int64) {
	for len(p) > 0 {
		if m.left > 0 {
			k := min(m.left, int64(len(p)))
			m.left -= k
			p = p[k:]
			continue
		}
		k := copy(m.head[m.n:], p)
		m.n += k
		p = p[k:]
		if m.n == len(m.head) {
			m.n, m.left = 0, int64(binary.BigEndian.Uint32(m.head[1:]))
			most = max(most, m.left)
		}
	}
	return most
}

var grpcTimeout = []byte("grpc-timeout")

// ClientTimeout is what the grpc-timeout field of a call says; false: it has none that is
// well formed.
func ClientTimeout(r *http1.RequestHead) (time.Duration, bool) {
	for i := range r.Fields {
		f := &r.Fields[i]
		if f.ID == http1.FieldOther && bytes.EqualFold(r.Name(f), grpcTimeout) {
			return parseTimeout(r.Value(f))
		}
	}
	return 0, false
}

// parseTimeout reads a grpc-timeout: at most eight digits and a unit.
func parseTimeout(v []byte) (time.Duration, bool) {
	if len(v) < 2 || len(v) > 9 {
		return 0, false
	}
	var unit time.Duration
	switch v[len(v)-1] {
	case 'H':
		unit = time.Hour
	case 'M':
		unit = time.Minute
	case 'S':
		unit = time.Second
	case 'm':
		unit = time.Millisecond
	case 'u':
		unit = time.Microsecond
	case 'n':
		unit = time.Nanosecond
	default:
		return 0, false
	}
	n := time.Duration(0)
	for _, c := range v[:len(v)-1] {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + time.Duration(c-'0')
	}
	if n > 1<<62/unit {
		return 1 << 62, true // eight digits of hours are more than a Duration holds
	}
	return max(n*unit, 1), true
}
