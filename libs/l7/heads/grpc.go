package heads

import (
	"bytes"
	"strconv"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
)

// What is here is about the heads of gRPC calls, as
// https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md has them.

var (
	grpcTimeout = []byte("grpc-timeout")
	grpcStatus  = []byte("grpc-status")
	grpcType    = []byte("application/grpc")
)

// IsGRPC reports whether a request says that it is a gRPC call. application/grpc-web
// is another protocol.
func IsGRPC(r *http1.RequestHead) bool {
	f := r.Find(http1.FieldContentType)
	if f == nil {
		return false
	}
	v := r.Value(f)
	n := len(grpcType)
	if len(v) < n || !bytes.EqualFold(v[:n], grpcType) {
		return false
	}
	return len(v) == n || v[n] == '+' || v[n] == ';'
}

// Status is the grpc-status field of a response, -1 without a well-formed one.
func Status(r *http1.ResponseHead) int {
	for i := range r.Fields {
		f := &r.Fields[i]
		if f.ID == http1.FieldOther && bytes.EqualFold(r.Name(f), grpcStatus) {
			if n, err := strconv.Atoi(string(r.Value(f))); err == nil {
				return n
			}
		}
	}
	return -1
}

// appendTimeout appends the grpc-timeout field with d, in the finest unit for which
// eight digits are enough.
func appendTimeout(dst []byte, d time.Duration) []byte {
	dst = append(dst, "grpc-timeout: "...)
	units := [...]struct {
		of time.Duration
		by byte
	}{
		{time.Microsecond, 'u'}, {time.Millisecond, 'm'}, {time.Second, 'S'},
		{time.Minute, 'M'}, {time.Hour, 'H'},
	}
	for _, u := range units {
		if n := int64(max(d/u.of, 1)); n < 1e8 {
			dst = strconv.AppendInt(dst, n, 10)
			dst = append(dst, u.by)
			break
		}
	}
	return append(dst, "\r\n"...)
}

// AppendGRPCStatus appends the lines that end a call with an error of the gateway's.
func AppendGRPCStatus(dst []byte, code gwerr.Code, message string) []byte {
	dst = append(dst, "grpc-status: "...)
	dst = strconv.AppendInt(dst, int64(code.Info().GRPC), 10)
	dst = append(dst, "\r\ngrpc-message: "...)
	dst = appendPercent(dst, message)
	dst = append(dst, "\r\nx-gateway-code: "...)
	dst = append(dst, code.String()...)
	return append(dst, "\r\n"...)
}

// AppendGRPC appends the answer as a response to a gRPC call has it: a head that is the end as
// well, so that its Lines are metadata, such as Retry-After. One without a Code has the status that
// clients make of its status of HTTP, and its body as the message.
func (a *Answer) AppendGRPC(dst []byte) []byte {
	dst = append(dst, "HTTP/1.1 200 OK\r\ncontent-type: application/grpc\r\nx-request-id: "...)
	dst = append(dst, a.ID...)
	dst = append(dst, "\r\n"...)
	if a.Code != gwerr.None {
		dst = AppendGRPCStatus(dst, a.Code, a.Message)
		dst = append(dst, a.Lines...)
		return append(dst, "\r\n"...)
	}
	status := a.StatusCode()
	dst = append(dst, "grpc-status: "...)
	dst = strconv.AppendInt(dst, grpcOf(status), 10)
	dst = append(dst, "\r\ngrpc-message: "...)
	if message := bytes.TrimSpace(a.Body); len(message) > 0 {
		dst = appendPercent(dst, message[:min(len(message), mostMessage)])
	} else {
		dst = appendPercent(dst, "the gateway answers with status ")
		dst = strconv.AppendInt(dst, int64(status), 10)
	}
	dst = append(dst, "\r\n"...)
	dst = append(dst, a.Lines...)
	return append(dst, "\r\n"...)
}

// mostMessage is how many bytes of a body become a grpc-message, which is a field of a head.
const mostMessage = 1 << 10

// grpcOf is the status of gRPC that stands for one of HTTP, as
// https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md has it. None is OK:
// such an answer has no message of the call's.
func grpcOf(status int) int64 {
	const unknown, permissionDenied, unimplemented, internal = 2, 7, 12, 13
	const unavailable, unauthenticated = 14, 16
	switch status {
	case 400:
		return internal
	case 401:
		return unauthenticated
	case 403:
		return permissionDenied
	case 404:
		return unimplemented
	case 429, 502, 503, 504:
		return unavailable
	}
	return unknown
}

// appendPercent encodes a message for grpc-message.
func appendPercent[T ~string | ~[]byte](dst []byte, s T) []byte {
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

// TrailerStatus is the grpc-status in a trailer section, -1 without a well-formed one.
func TrailerStatus(trailer []byte) int {
	for line := range bytes.Lines(trailer) {
		name, value, ok := bytes.Cut(line, []byte{':'})
		if ok && bytes.EqualFold(name, grpcStatus) {
			if n, err := strconv.Atoi(string(bytes.TrimSpace(value))); err == nil {
				return n
			}
		}
	}
	return -1
}
