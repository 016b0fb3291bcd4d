package upstream

import (
	"context"
	"errors"
	"net"
	"os"
	"syscall"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/tlsconf"
)

// A failure is why a connection could not be made.
type failure struct {
	reason string
	at     time.Time
}

// note remembers what became of an attempt to connect; of TLS only once it is known that the
// endpoint has agreed: see Conn.Works.
func (e *Endpoint) note(err error) {
	switch {
	case err == nil && e.failed.Load() == nil:
	case err == nil:
		e.failed.Store(nil)
	case !errors.Is(err, context.Canceled):
		e.failed.Store(&failure{e.cluster.options.Load().Veil.Text(Reason(err)), time.Now()})
	}
}

// LastFailure is why the last connection could not be made, and when that was; "" if
// it could, or none was tried.
func (e *Endpoint) LastFailure() (reason string, at time.Time) {
	f := e.failed.Load()
	if f == nil {
		return "", time.Time{}
	}
	return f.reason, f.at
}

// Reason says in a few words why a connection could not be made, or why its TLS failed: what an
// operator has to look at. It never has a secret in it.
func Reason(err error) string {
	var insecure *TLSError
	var name *net.DNSError
	var timeout net.Error
	switch {
	case errors.As(err, &insecure):
		if errors.Is(insecure.Err, netx.ErrTimeout) {
			return "TLS: it did not complete the handshake in time"
		}
		return "TLS: " + tlsconf.Explain(insecure.Err, insecure.Offered)
	case errors.As(err, &name):
		return "its name cannot be resolved: " + name.Err
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded),
		errors.As(err, &timeout) && timeout.Timeout():
		return "it did not answer in time"
	}
	var number syscall.Errno
	if errors.As(err, &number) {
		return number.Error()
	}
	return err.Error()
}
