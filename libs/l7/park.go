package l7

import "github.com/gatewayhomebrew/gateway/libs/l7/client"

// A client that has asked for nothing for a moment has its connection parked: the socket waits
// without a goroutine, and what is known of the client is found anew where that is cheap. So a
// connection that waits costs about a kilobyte, and one that is busy pays nothing for it.

// park parks the connection; false: it is to go on. The caller may not touch it after true, when
// it may be another goroutine's already.
func (c *conn) park() bool {
	peer, step := c.peer, c.onReady
	if peer.Secured == nil && !c.introduced {
		c.peer = nil
	}
	c.onReady = nil
	c.sock.Spare()
	if c.sock.Park(c) {
		return true
	}
	c.peer, c.onReady = peer, step
	return false
}

// Unpark goes on with a connection that was parked. It is the watch's.
func (c *conn) Unpark() { c.serve((*conn).resume) }

func (c *conn) resume() step {
	c.meet()
	return c.goOn()
}

// TunnelOver ends a connection that was a tunnel.
func (c *conn) TunnelOver() {
	c.serve(func(c *conn) step { return c.after(c.x.Carried()) })
}

// meet finds out who the client is, as far as that is not known, and makes ready to serve it.
func (c *conn) meet() {
	if c.peer == nil {
		cfg := c.listener.view.Load().Config
		c.peer = client.NewPeer(c.sock.RemoteAddr(), c.sock.LocalAddr(), cfg)
		c.sock.WriteTimeout = cfg.Timeouts.BodyIdle
	}
	c.onReady = c.onReadable
}
