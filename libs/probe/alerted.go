package probe

import (
	"errors"
	"net"
	"sync/atomic"
	"syscall"

	"github.com/gatewayhomebrew/gateway/libs/tlsconf"
)

// alerted keeps the alert with which the peer ended TLS. The libraries that talk make a text of it,
// or do not look at what came when what they write is not taken any more.
type alerted struct {
	net.Conn
	alert atomic.Pointer[error]
}

// Read is net.Conn's.
func (c *alerted) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.keep(err)
	return n, err
}

// Write is net.Conn's.
func (c *alerted) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) {
		// The peer is gone, so that this does not wait. Its alert may have come before.
		_, last := c.Conn.Read(make([]byte, 1))
		c.keep(last)
	}
	return n, err
}

func (c *alerted) keep(err error) {
	if _, ok := tlsconf.AlertIn(err); ok {
		c.alert.Store(&err)
	}
}
