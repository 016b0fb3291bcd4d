package l7

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/http1"
)

// grpcCall is what a request that is a gRPC call has beside others. The protocol is
// that of https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md.
type grpcCall struct {
	on       bool
	deadline time.Time // zero: there is none
	messages grpcMessages
}

// recogniseGRPC looks whether a request over HTTP/2 is a gRPC call. Over HTTP/1.1 it
// is not, whatever it says: there are no trailers to answer with.
func (x *exchange) recogniseGRPC() {
	const want = "application/grpc"
	f := x.req.Find(http1.FieldContentType)
	if f == nil {
		return
	}
	v := x.req.Value(f)
	if len(v) < len(want) || !bytes.EqualFold(v[:len(want)], []byte(want)) {
		return
	}
	// application/grpc-web is another protocol.
	x.grpc.on = len(v) == len(want) || v[len(want)] == '+' || v[len(want)] == ';'
}

var grpcTimeout = []byte("grpc-timeout")

// isGRPCTimeout reports the field that is written anew, with what is left.
func (x *exchange) isGRPCTimeout(f *http1.Field) bool {
	return !x.grpc.deadline.IsZero() && f.ID == http1.FieldOther && bytes.EqualFold(x.req.Name(f), grpcTimeout)
}

// limitGRPC finds the deadline of a call: what the client allows, but no more than
// what the route does.
func (x *exchange) limitGRPC() {
	limit := x.route.GRPCTimeout
	for i := range x.req.Fields {
		f := &x.req.Fields[i]
		if f.ID == http1.FieldOther && bytes.EqualFold(x.req.Name(f), grpcTimeout) {
			if d, ok := parseGRPCTimeout(x.req.Value(f)); ok && (limit == 0 || d < limit) {
				limit = d
			}
			break
		}
	}
	if limit > 0 {
		x.grpc.deadline = x.start.Add(limit)
	}
}

var grpcStatus = []byte("grpc-status")

// endedWith is the grpc-status of a response that has nothing else, -1 if it has.
func (x *exchange) endedWith() int {
	if _, _, own := x.origin.body(x); own != http1.NoBody {
		return -1
	}
	for i := range x.resp.Fields {
		f := &x.resp.Fields[i]
		if f.ID == http1.FieldOther && bytes.EqualFold(x.resp.Name(f), grpcStatus) {
			if n, err := strconv.Atoi(string(x.resp.Value(f))); err == nil {
				return n
			}
		}
	}
	return -1
}

// left is the time that is left until the deadline, 0 if there is none.
func (g *grpcCall) left() time.Duration {
	if g.deadline.IsZero() {
		return 0
	}
	return max(time.Until(g.deadline), time.Millisecond)
}

// over reports that the deadline has passed. An endpoint that keeps it too may have
// ended the call before the gateway looked at its watch.
func (g *grpcCall) over() bool { return !g.deadline.IsZero() && time.Until(g.deadline) <= 0 }

// parseGRPCTimeout reads a grpc-timeout: at most eight digits and a unit.
func parseGRPCTimeout(v []byte) (time.Duration, bool) {
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
		return 1 << 62, true // eight digits of hours are more than can be told
	}
	return max(n*unit, 1), true
}

// appendGRPCTimeout appends the field with d, in the finest unit that eight digits are
// enough for.
func appendGRPCTimeout(dst []byte, d time.Duration) []byte {
	dst = append(dst, "grpc-timeout: "...)
	units := [...]struct {
		of time.Duration
		by byte
	}{{time.Microsecond, 'u'}, {time.Millisecond, 'm'}, {time.Second, 'S'}, {time.Minute, 'M'}, {time.Hour, 'H'}}
	for _, u := range units {
		if n := int64(max(d/u.of, 1)); n < 1e8 {
			dst = strconv.AppendInt(dst, n, 10)
			dst = append(dst, u.by)
			break
		}
	}
	return append(dst, "\r\n"...)
}

// appendGRPCStatus appends the fields that end a call.
func appendGRPCStatus(dst []byte, a *answer) []byte {
	dst = append(dst, "grpc-status: "...)
	dst = strconv.AppendInt(dst, int64(a.code.Info().GRPC), 10)
	dst = append(dst, "\r\ngrpc-message: "...)
	dst = appendPercent(dst, a.message)
	dst = append(dst, "\r\nx-gateway-code: "...)
	dst = append(dst, a.code.String()...)
	return append(dst, "\r\n"...)
}

// appendGRPCAnswer appends a response of trailers only.
func appendGRPCAnswer(dst []byte, a *answer) []byte {
	dst = append(dst, "content-type: application/grpc\r\nx-request-id: "...)
	dst = append(dst, a.id...)
	dst = append(dst, "\r\n"...)
	return appendGRPCStatus(dst, a)
}

// appendPercent encodes a message for grpc-message.
func appendPercent(dst []byte, s string) []byte {
	const digits = "0123456789ABCDEF"
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '%' {
			dst = append(dst, '%', digits[c>>4], digits[c&15])
		} else {
			dst = append(dst, c)
		}
	}
	return dst
}

// grpcMessages follows the messages in a request's body, each of which begins with a
// byte of flags and its length in four.
type grpcMessages struct {
	head [5]byte
	n    int   // bytes of head
	left int64 // bytes of the present message
}

// longest is the length of the longest message of those that begin in p.
func (m *grpcMessages) longest(p []byte) (most int64) {
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
