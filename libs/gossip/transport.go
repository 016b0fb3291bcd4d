package gossip

import (
	"context"
	"log"
	"net"
	"net/netip"
	"time"

	"github.com/hashicorp/memberlist"
)

// network is memberlist's transport with connections that end when the ring does.
// Without that, leaving would wait for those to nodes that do not answer.
type network struct {
	*memberlist.NetTransport
	ctx  context.Context
	stop context.CancelFunc
}

// listen takes an address for TCP and UDP.
func listen(at netip.AddrPort, l *log.Logger) (*network, error) {
	const tries = 10 // the port that is free for TCP may not be for UDP
	var t *memberlist.NetTransport
	var err error
	for range tries {
		t, err = memberlist.NewNetTransport(&memberlist.NetTransportConfig{
			BindAddrs: []string{at.Addr().String()}, BindPort: int(at.Port()), Logger: l,
		})
		if err == nil || at.Port() != 0 {
			break
		}
	}
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	return &network{NetTransport: t, ctx: ctx, stop: stop}, nil
}

// Shutdown gives the address back, and ends connections.
func (n *network) Shutdown() error {
	n.stop()
	return n.NetTransport.Shutdown()
}

// DialTimeout opens a connection.
func (n *network) DialTimeout(address string, timeout time.Duration) (net.Conn, error) {
	d := net.Dialer{Timeout: timeout}
	c, err := d.DialContext(n.ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return &conn{Conn: c, release: context.AfterFunc(n.ctx, func() { c.Close() })}, nil
}

// DialAddressTimeout opens a connection.
func (n *network) DialAddressTimeout(
	a memberlist.Address, timeout time.Duration,
) (net.Conn, error) {
	return n.DialTimeout(a.Addr, timeout)
}

type conn struct {
	net.Conn
	release func() bool
}

// Close ends the connection.
func (c *conn) Close() error {
	c.release()
	return c.Conn.Close()
}
