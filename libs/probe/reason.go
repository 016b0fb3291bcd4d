package probe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"unicode"
	"unicode/utf8"

	"github.com/gatewayhomebrew/gateway/libs/tlsconf"
)

// mostReason is the most bytes of a reason. Some of them are the endpoint's.
const mostReason = 200

// plain makes a text fit for a log and a terminal: one short line.
func plain(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '.'
		}
		return r
	}, strings.ToValidUTF8(s, "."))
	if len(s) <= mostReason {
		return s
	}
	s = s[:mostReason]
	for !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return s + "…"
}

// late reports whether it was the time that ran out.
func late(ctx context.Context, err error) bool {
	var timeout net.Error
	return errors.Is(ctx.Err(), context.DeadlineExceeded) ||
		errors.As(err, &timeout) && timeout.Timeout()
}

// unreachable says why there is no connection.
func (t *Target) unreachable(ctx context.Context, err error) string {
	var dns *net.DNSError
	var errno syscall.Errno
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return plain(fmt.Sprintf("the name %s has no address", dns.Name))
	case errors.As(err, &dns):
		return plain(fmt.Sprintf("the name %s can't be resolved: %s", dns.Name, dns.Err))
	case late(ctx, err):
		return fmt.Sprintf("no connection within %s", t.Check.Timeout)
	case errors.As(err, &errno):
		return errno.Error()
	}
	return plain(err.Error())
}

// ended reports whether an error says that the peer closed the connection. The libraries
// that talk keep the error itself to themselves.
func ended(text string) bool {
	for _, words := range []string{
		io.EOF.Error(), syscall.ECONNRESET.Error(), syscall.EPIPE.Error(), errTaken.Error(),
		"server closed idle connection",
	} {
		if strings.Contains(text, words) {
			return true
		}
	}
	return false
}

// broken says what went wrong on a connection that was made.
func (t *Target) broken(ctx context.Context, err error) (Kind, string) {
	_, refused := tlsconf.AlertIn(err)
	switch {
	case late(ctx, err):
		return Timeout, fmt.Sprintf("no answer within %s", t.Check.Timeout)
	case refused: // that of TLS 1.3 on our certificate comes after the handshake
		return TLS, plain(tlsconf.Explain(err, t.offered()))
	case ended(err.Error()):
		return Reset, "the connection ended before the answer"
	}
	return Reset,
		plain("what came is no answer: " +
			strings.TrimPrefix(err.Error(), "net/http: HTTP/1.x transport connection broken: "))
}
