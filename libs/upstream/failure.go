package upstream

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/cause"
	"github.com/gatewayhomebrew/gateway/libs/http2"
	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/tlsconf"
)

// A failure is what went wrong with an endpoint.
type failure struct {
	cause *cause.Cause
	at    time.Time
}

// note remembers what became of an attempt to connect; of TLS only once it is known that the
// endpoint has agreed: see Conn.Works.
func (e *Endpoint) note(err error) {
	switch {
	case err == nil && e.failed.Load() == nil:
	case err == nil:
		e.failed.Store(nil)
	case !errors.Is(err, context.Canceled):
		c := CauseOf(err)
		e.failed.Store(&failure{c.With(e.cluster.options.Load().Veil.Text(c.Text)), time.Now()})
	}
}

// Failed remembers what went wrong with the endpoint on a connection that had been made; nil is
// nothing. What c says is shown.
func (e *Endpoint) Failed(c *cause.Cause) {
	if c != nil {
		e.broke.Store(&failure{c, time.Now()})
	}
}

// remembers is how long a failure is told of that came after a connection was made. Requests that
// go well do not tell, as that would cost each of them something.
const remembers = 10 * time.Minute

// LastFailure is why the last connection could not be made, or else what went wrong on one in the
// last ten minutes, and when that was; nil if nothing did.
func (e *Endpoint) LastFailure() (why *cause.Cause, at time.Time) {
	f, broke := e.failed.Load(), e.broke.Load()
	if f == nil && broke != nil && time.Since(broke.at) < remembers {
		f = broke
	}
	if f == nil {
		return nil, time.Time{}
	}
	return f.cause, f.at
}

// A ConnectError is a connection that could not be made, or on which the endpoint did not begin to
// speak the protocol of its cluster.
type ConnectError struct {
	Address string // as it may be shown
	Err     error
	// Limit is how long it could take, as Key says; 0: for ever.
	Limit time.Duration
	Key   string
	// Doing is what was being done: connecting to, or another.
	Doing string
	// Speaking is the protocol that was to be spoken on a connection that had been made; "": it had
	// not.
	Speaking string
}

// Keys that bound the time for connecting.
const (
	keyOfCluster = "timeouts.connect of the cluster"
	keyOfCaller  = "timeouts.connect of the listener"
)

// Error says what was being done with which endpoint.
func (e *ConnectError) Error() string { return e.Doing + " " + e.Address + ": " + e.Err.Error() }

// Unwrap is the reason.
func (e *ConnectError) Unwrap() error { return e.Err }

// Reason is the text of CauseOf.
func Reason(err error) string { return CauseOf(err).Text }

// CauseOf says why a connection could not be made, or why its TLS failed: what an operator has to
// look at. It has the endpoint's address where the system's error has, and never a secret where err
// has none.
func CauseOf(err error) *cause.Cause {
	var insecure *TLSError
	if errors.As(err, &insecure) {
		return insecure.cause()
	}
	var failed *ConnectError
	if !errors.As(err, &failed) {
		failed = &ConnectError{}
	}
	if failed.Speaking != "" {
		return failed.spoken(err)
	}
	var name *net.DNSError
	var number syscall.Errno
	switch {
	case errors.As(err, &name):
		return failed.unresolved(name)
	case strings.HasPrefix(failed.Address, netx.LocalScheme) && failed.local(err) != "":
		return cause.New(cause.Refused, failed.local(err))
	case errors.Is(err, syscall.ECONNREFUSED):
		return cause.New(cause.Refused, "connection refused")
	case late(err):
		return failed.late("no connection")
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, io.EOF):
		return cause.New(cause.Reset, "it ended the connection as soon as it was made")
	case errors.As(err, &number):
		return cause.New(cause.Unreachable, number.Error())
	}
	return cause.New(cause.Unreachable, cause.Plain(err.Error()))
}

// local says what is wrong with a unix socket; "" where nothing more can be said than for others.
func (e *ConnectError) local(err error) string {
	path := strings.TrimPrefix(e.Address, netx.LocalScheme)
	switch {
	case errors.Is(err, syscall.ENOENT):
		return "no unix socket is at this path: the server that makes it does not run, or has " +
			"another path"
	case errors.Is(err, syscall.EACCES):
		return "permission denied: the gateway's user may not write to the unix socket, or may " +
			"not enter its folder"
	case errors.Is(err, syscall.ECONNREFUSED):
		if there, err := os.Stat(path); err == nil && there.Mode()&os.ModeSocket == 0 {
			return "connection refused: what is at this path is no unix socket"
		}
		return "connection refused: nobody listens on the unix socket, which a server has left " +
			"behind"
	}
	return ""
}

// late reports whether it was the time that ran out.
func late(err error) bool {
	var timeout net.Error
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, netx.ErrTimeout) || errors.As(err, &timeout) && timeout.Timeout()
}

// late is the cause of something that did not come in time.
func (e *ConnectError) late(what string) *cause.Cause {
	if e.Limit <= 0 {
		return cause.New(cause.ConnectTimeout, what+": it did not answer in time")
	}
	return cause.Late(cause.ConnectTimeout, what, e.Key, e.Limit)
}

// unresolved is the cause of a name without an address.
func (e *ConnectError) unresolved(dns *net.DNSError) *cause.Cause {
	text := "its name cannot be resolved: " + dns.Err
	if dns.Name != "" {
		text = "its name, " + cause.Plain(dns.Name) + ", cannot be resolved: " + dns.Err
	}
	if dns.Server != "" {
		text += ", asked at " + dns.Server
	}
	if !dns.IsTimeout || e.Limit <= 0 {
		return cause.New(cause.DNS, text)
	}
	return cause.Late(cause.DNS, text, e.Key, e.Limit)
}

// spoken is the cause of an endpoint that did not begin to speak HTTP/2.
func (e *ConnectError) spoken(err error) *cause.Cause {
	var broken *http2.ConnError
	switch {
	case errors.Is(err, http2.ErrSpeaksHTTP1):
		return cause.New(cause.WrongProtocol, "it speaks HTTP/1.1 where "+e.Speaking+
			" is configured (protocol of the cluster)")
	case errors.Is(err, http2.ErrSpeaksTLS):
		return cause.New(cause.WrongProtocol, "it speaks TLS where none is configured "+
			"(security.mode of the cluster)")
	case errors.As(err, &broken) && broken.ByPeer:
		return GoneAway(broken)
	case errors.As(err, &broken):
		return cause.New(cause.Malformed, "it does not speak HTTP/2 as it should: "+broken.Reason)
	case errors.Is(err, errEndedSoon), errors.Is(err, io.EOF):
		return cause.New(cause.Closed, "it closed the connection before it said that it speaks "+
			"HTTP/2 (SETTINGS); it may not speak "+e.Speaking)
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return cause.New(cause.Reset, "it reset the connection before it said that it speaks "+
			"HTTP/2 (SETTINGS); it may not speak "+e.Speaking)
	case late(err):
		return e.late("it did not say that it speaks HTTP/2 (SETTINGS)")
	}
	return cause.New(cause.Unreachable, cause.Plain(e.Err.Error()))
}

// GoneAway is the cause of a connection that its endpoint has ended by GOAWAY.
func GoneAway(e *http2.ConnError) *cause.Cause {
	text := "it ended the connection with GOAWAY " + e.Code.String()
	if e.Reason != "" {
		text += ": " + cause.Quote(e.Reason)
	}
	return cause.New(cause.GoAway, text)
}

// cause is why TLS failed.
func (e *TLSError) cause() *cause.Cause {
	if errors.Is(e.Err, netx.ErrTimeout) && e.Limit > 0 {
		return cause.Late(cause.ConnectTimeout, "TLS: it did not complete the handshake",
			e.Key, e.Limit)
	}
	if errors.Is(e.Err, netx.ErrTimeout) {
		return cause.New(cause.ConnectTimeout, "TLS: it did not complete the handshake in time")
	}
	if e.Err == errNoALPN {
		return cause.New(cause.ALPN, "TLS: "+errNoALPN.Error())
	}
	c := tlsconf.Cause(e.Err, e.Offered)
	return c.With("TLS: " + c.Text)
}
