package endpoint

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/cause"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/l7/fault"
)

// headTooLarge is a response head over a limit of its cluster.
func headTooLarge(limits http1.Limits) error {
	f := fault.Bad(fault.Endpoint, gwerr.UpstreamProtocol,
		"the header section is longer than allowed")
	f.Cause = cause.Over(cause.HeadTooLarge, "the head of its response is longer than allowed",
		"limits.max_header_bytes of the cluster", cause.Bytes(int64(headBytes(limits))), "")
	return f
}

// headBytes is how long a head may be.
func headBytes(limits http1.Limits) int {
	if limits.HeadBytes == 0 {
		return http1.DefaultHeadBytes
	}
	return limits.HeadBytes
}

// tooMany is a response head with more fields than its cluster allows.
func tooMany(reason string, limits http1.Limits) error {
	f := fault.Bad(fault.Endpoint, gwerr.UpstreamProtocol, reason)
	f.Cause = cause.Over(cause.HeadTooLarge, "the head of its response has more fields than "+
		"allowed", "limits.max_headers of the cluster", fmt.Sprint(limits.Fields), "")
	return f
}

// unread makes a fault of a response head that ended before it was whole, for the reason f. Where
// what has come of it is of another protocol, that is the reason.
func unread(f error, came []byte) error {
	c := otherProtocol(came)
	if c == nil {
		return f
	}
	bad := fault.Bad(fault.Endpoint, gwerr.UpstreamProtocol, "it is not HTTP/1.1")
	bad.Cause = c
	return bad
}

// malformed makes a fault of what a parser says of a response. came is what the endpoint has sent,
// nil where nobody can read it.
func malformed(err error, came []byte, limits http1.Limits) error {
	reason := "it cannot be read"
	if broken := (*http1.Error)(nil); errors.As(err, &broken) {
		reason = broken.Reason
		switch {
		case broken.Code != gwerr.HeadersTooLarge:
		case strings.Contains(reason, "more header fields"):
			return tooMany(reason, limits)
		default:
			return headTooLarge(limits)
		}
	}
	f := fault.Bad(fault.Endpoint, gwerr.UpstreamProtocol, reason)
	f.Cause = malformation(reason, came)
	return f
}

// malformation is what an endpoint has sent that is no response of HTTP/1.1, or is one of another
// protocol.
func malformation(reason string, came []byte) *cause.Cause {
	if c := otherProtocol(came); c != nil {
		return c
	}
	switch {
	case len(came) > 0 && (!bytes.HasPrefix(came, []byte("HTTP/")) ||
		strings.Contains(reason, "status line") ||
		strings.Contains(reason, "only HTTP/")): // of fields nothing is quoted: some are secrets
		return cause.New(cause.Malformed, "its response is malformed: "+reason+"; it begins with "+
			cause.Quote(firstLine(came)))
	}
	return cause.New(cause.Malformed, "its response is malformed: "+reason)
}

// otherProtocol says that an endpoint speaks another protocol than its cluster does; nil where that
// cannot be told from its first bytes.
func otherProtocol(came []byte) *cause.Cause {
	switch {
	case len(came) >= 2 && (came[0] == tlsAlert || came[0] == tlsHandshake) && came[1] == 3:
		return cause.New(cause.WrongProtocol, "it speaks TLS where none is configured "+
			"(security.mode of the cluster)")
	case isFrame(came):
		return cause.New(cause.WrongProtocol, "it speaks HTTP/2 where http1 is configured "+
			"(protocol of the cluster)")
	}
	return nil
}

// Types of the first record of TLS (RFC 8446 section 5.1), and of the first frame of HTTP/2
// (RFC 9113 section 6).
const (
	tlsAlert     = 21
	tlsHandshake = 22

	frameSettings = 4
	frameGoAway   = 7
)

// isFrame reports whether bytes begin as HTTP/2 does: with SETTINGS, or with GOAWAY, both of no
// stream.
func isFrame(b []byte) bool {
	const head = 9
	return len(b) >= head && b[0] == 0 && (b[3] == frameSettings || b[3] == frameGoAway) &&
		b[5]|b[6]|b[7]|b[8] == 0
}

// firstLine is what comes before the first line end.
func firstLine(b []byte) []byte {
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		b = b[:i]
	}
	return bytes.TrimSuffix(b, []byte{'\r'})
}
