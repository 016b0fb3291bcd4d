package l7

import (
	"crypto/tls"
	"errors"
	"net"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/l7/exchange"
	"github.com/gatewayhomebrew/gateway/libs/netx"
)

// handshake secures a new connection. It is due like a head. Where it fails, c.next says
// how the connection ends.
func (c *conn) handshake(v *exchange.View) bool {
	c.sock.SetReadDeadline(c.peer.Config.Timeouts.Header)
	var state tls.ConnectionState
	said, began := firstWords{}, time.Now()
	err := c.sock.Secure(func(wire net.Conn) (netx.Layer, error) {
		if c.peer.Config.ProxyProtocol {
			wire = reached{wire, net.TCPAddrFromAddrPort(c.peer.Local)}
		}
		said.Conn = wire
		t := tls.Server(&said, v.TLS.Config())
		err := t.Handshake()
		state = t.ConnectionState()
		return t, err
	})
	if err != nil {
		c.next = hangUp
		c.handshakeFailed(v, err, said.said)
		plain := tls.RecordHeaderError{}
		if errors.As(err, &plain) && looksLikeHTTP(plain.RecordHeader) {
			c.next = c.refusePlain(v)
			return false
		}
		return false
	}
	v.Metrics.Secured(time.Since(began))
	c.sock.SetReadDeadline(0)
	c.peer = c.peer.Secure(v.TLS, &state)
	return true
}

// reached is a connection whose local address is what its client has connected to, as the PROXY
// header has it. The certificate for a client that names no server is the one for that address:
// the client holds it against this one, and Misdirected goes by it too.
type reached struct {
	net.Conn
	local net.Addr
}

func (r reached) LocalAddr() net.Addr { return r.local }

// tlsHandshake is the type of the first record of TLS (RFC 8446 section 5.1).
const tlsHandshake = 22

// looksLikeHTTP tells the beginning of a request from anything else that is not TLS.
func looksLikeHTTP(b [5]byte) bool {
	for _, c := range b {
		if c != ' ' && c != '/' && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return true
}

// refusePlain tells a client that speaks HTTP where TLS is spoken.
func (c *conn) refusePlain(v *exchange.View) step {
	c.sock.SetReadDeadline(0)
	c.x = exchange.New()
	c.view = v
	c.x.Head.Reset(v.Limits)
	c.x.Head.Minor = 1
	c.state.Store(busy)
	return c.refuse(&http1.Error{
		Code:   gwerr.BadRequest,
		Reason: "this is plain HTTP, and the listener speaks TLS: use https://",
	})
}
