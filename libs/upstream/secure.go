package upstream

import (
	"crypto/tls"
	"fmt"
	"net"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/tlsconf"
)

// A TLSError is a connection that was made but could not be secured, or whose TLS has failed.
type TLSError struct {
	Address string
	Err     error
	// Offered is what the endpoint was offered.
	Offered tlsconf.Offer
	// Limit is how long connecting could take, the handshake included, as Key says; 0: for ever.
	Limit time.Duration
	Key   string
	// Late says that the handshake was over for the gateway, so that it may have sent something.
	Late bool
	// Unread says that the endpoint has certainly read nothing of what was sent.
	Unread bool
}

// Error says which endpoint it was.
func (e *TLSError) Error() string {
	if e.Late {
		return fmt.Sprintf("TLS with %s: %v", e.Address, e.Err)
	}
	return fmt.Sprintf("securing the connection to %s: %v", e.Address, e.Err)
}

// Unwrap is the reason.
func (e *TLSError) Unwrap() error { return e.Err }

// secure does the handshake within what is left of the time for connecting.
func (e *Endpoint) secure(
	sock *netx.Sock, c *tls.Config, limit time.Duration, start time.Time,
) error {
	if limit > 0 {
		sock.SetReadDeadline(max(limit-time.Since(start), time.Millisecond))
		sock.WriteTimeout = limit
	}
	if c.ServerName == "" {
		c = c.Clone()
		if _, local := netx.LocalPath(e.Address); local {
			c.ServerName = "localhost" // which only insecure_skip_verify goes on with
		} else if host, _, err := net.SplitHostPort(e.Address); err == nil {
			c.ServerName = host
		}
	}
	err := sock.Secure(func(wire net.Conn) (netx.Layer, error) {
		conn := tls.Client(wire, c)
		return conn, conn.Handshake()
	})
	if err != nil {
		return &TLSError{Address: e.Shown, Err: err, Offered: tlsconf.Offered(c), Unread: true}
	}
	sock.SetReadDeadline(0)
	return nil
}
