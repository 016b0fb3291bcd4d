package upstream

import (
	"crypto/tls"
	"fmt"
	"net"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/netx"
)

// A TLSError is a connection that was made but could not be secured. Nothing of a
// request was sent over it.
type TLSError struct {
	Address string
	Err     error
}

// Error says which endpoint it was.
func (e *TLSError) Error() string {
	return fmt.Sprintf("securing the connection to %s: %v", e.Address, e.Err)
}

// Unwrap is the reason.
func (e *TLSError) Unwrap() error { return e.Err }

// secure does the handshake within what is left of the time for connecting.
func secure(
	sock *netx.Sock, c *tls.Config, address string, limit time.Duration, start time.Time,
) error {
	if limit > 0 {
		sock.SetReadDeadline(max(limit-time.Since(start), time.Millisecond))
		sock.WriteTimeout = limit
	}
	if c.ServerName == "" {
		c = c.Clone()
		if host, _, err := net.SplitHostPort(address); err == nil {
			c.ServerName = host
		}
	}
	err := sock.Secure(func(wire net.Conn) (netx.Layer, error) {
		conn := tls.Client(wire, c)
		return conn, conn.Handshake()
	})
	if err != nil {
		return &TLSError{address, err}
	}
	sock.SetReadDeadline(0)
	return nil
}
