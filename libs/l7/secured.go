package l7

import (
	"crypto/tls"
	"errors"
	"net"

	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/tlsconf"
)

// secured is what a connection with TLS knows of it.
type secured struct {
	server  *tlsconf.Server
	cert    int               // what it was shown
	version string            // for the log
	http2   bool              // the protocol that was agreed on (ALPN)
	client  *tlsconf.Identity // nil: it showed no certificate
}

// handshake secures a new connection. It is due like a head.
func (c *conn) handshake(h *here) bool {
	c.sock.SetReadDeadline(c.config.Timeouts.Header)
	var state tls.ConnectionState
	err := c.sock.Secure(func(wire net.Conn) (netx.Layer, error) {
		t := tls.Server(wire, h.tls.Config())
		err := t.Handshake()
		state = t.ConnectionState()
		return t, err
	})
	if err != nil {
		if plain := (tls.RecordHeaderError{}); errors.As(err, &plain) && looksLikeHTTP(plain.RecordHeader) {
			c.refusePlain(h)
			return false
		}
		if !errors.Is(err, netx.ErrInterrupted) {
			c.engine.Log.WithError(err).WithField("client", c.clientPort).WithField("listener", h.config.Name).Debug("a TLS handshake failed")
		}
		return false
	}
	c.sock.SetReadDeadline(0)
	c.secured = &secured{server: h.tls, cert: h.tls.Pick(state.ServerName), version: versionName(state.Version), http2: state.NegotiatedProtocol == "h2"}
	c.secured.client = tlsconf.ClientIdentity(&state)
	c.forward = appendConnFields(c.forward[:0], c.client, c.scheme())
	if id := c.secured.client; id != nil {
		c.identity = appendLine(nil, forwardedClient, id.Forwarded())
	}
	return true
}

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
func (c *conn) refusePlain(h *here) {
	c.sock.SetReadDeadline(0)
	c.x = newExchange()
	c.x.here = h
	c.x.req.Reset(h.limits)
	c.x.req.Minor = 1
	c.state.Store(busy)
	switch c.refuse(&http1.Error{Code: gwerr.BadRequest, Reason: "this is plain HTTP, and the listener speaks TLS: use https://"}) {
	case abort:
		c.aborted = true
	case hangUpOK:
		c.linger()
	}
}

// versionName is a version as the log has it.
func versionName(v uint16) string {
	switch v {
	case tls.VersionTLS12:
		return "1.2"
	case tls.VersionTLS13:
		return "1.3"
	}
	return tls.VersionName(v)
}

// forwardedClient is the field that tells endpoints of the client's certificate.
var forwardedClient = []byte("X-Forwarded-Client-Cert")

// certified is the client's certificate, nil if it has shown none.
func (p *peer) certified() *tlsconf.Identity {
	if p.secured == nil {
		return nil
	}
	return p.secured.client
}

// misdirected reports a request for a host that another certificate is for than the
// one this connection was made with: whoever shares a connection between hosts must
// not reach one with the other's credentials (RFC 9110 section 15.5.20).
func (p *peer) misdirected(host []byte) bool {
	s := p.secured
	return s != nil && !s.server.One() && s.server.Pick(hostOnly(host)) != s.cert
}

// hostOnly is the host of an authority, without its port.
func hostOnly(authority []byte) string {
	for i := len(authority) - 1; i >= 0 && authority[i] != ']'; i-- {
		if authority[i] == ':' {
			authority = authority[:i]
			break
		}
	}
	if n := len(authority); n > 1 && authority[0] == '[' && authority[n-1] == ']' {
		authority = authority[1 : n-1]
	}
	return string(authority)
}
