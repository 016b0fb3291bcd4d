package client

import (
	"crypto/tls"
	"net/netip"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/hostname"
	"github.com/gatewayhomebrew/gateway/libs/l7/heads"
	"github.com/gatewayhomebrew/gateway/libs/plan"
	"github.com/gatewayhomebrew/gateway/libs/proxyproto"
	"github.com/gatewayhomebrew/gateway/libs/tlsconf"
)

// A Peer is the client of a connection, as each of its requests sees it. It does not
// change once there are requests: a reload of the listener gives the next ones
// another.
type Peer struct {
	// Client is what endpoints are told of it.
	heads.Client
	// Config is the listener's configuration in force when the request began.
	Config *config.Listener
	// Remote is the client's address, as the PROXY protocol may have it; Local is what
	// it connected to.
	Remote, Local netip.AddrPort
	// Extensions are those of the PROXY header that the connection began with, nil for none.
	Extensions []byte
	// AddressPort is the address with the port, for the log.
	AddressPort string
	// Secured is what is known of its TLS, nil on plain text.
	Secured *Secured
}

// Secured is what a connection with TLS knows of it.
type Secured struct {
	// Server is what the client was shown, Certificate the index of the certificate.
	Server      *tlsconf.Server
	Certificate int
	// Version is the version of TLS, as the log has it.
	Version string
	// ServerName is what the client calls the server (SNI, RFC 6066 section 3), "" for nothing.
	ServerName string
	// HTTP2 says that the two sides have agreed to speak HTTP/2 (ALPN, RFC 7301).
	HTTP2 bool
	// Identity is the client's certificate, nil if it showed none.
	Identity *tlsconf.Identity
}

// NewPeer makes the peer of a connection on plain text, for the configuration of its
// listener.
func NewPeer(remote, local netip.AddrPort, l *config.Listener) *Peer {
	p := &Peer{Remote: plain(remote), Local: plain(local)}
	p.AddressPort = string(hostname.AppendClient(nil,
		netip.AddrPortFrom(remote.Addr().Unmap(), remote.Port())))
	p.Address = hostname.ClientText(p.Remote.Addr())
	p.adopt(l)
	return p
}

// adopt takes over the settings of a listener.
func (p *Peer) adopt(l *config.Listener) {
	p.Config = l
	identity, scheme := p.Client.Identity, "http"
	if p.Secured != nil {
		scheme = "https"
	}
	scheme, port := plan.Outside(l, scheme, p.Local.Port())
	p.Client = heads.NewClient(p.Address, scheme, port)
	p.Client.Identity = identity
	p.Trusted = hostname.Within(l.TrustedProxies, p.Remote.Addr())
}

// Under is the peer with other settings of its listener.
func (p *Peer) Under(l *config.Listener) *Peer {
	next := *p
	next.adopt(l)
	return &next
}

// Secure is the peer after a handshake, with the TLS it has agreed on.
func (p *Peer) Secure(server *tlsconf.Server, state *tls.ConnectionState) *Peer {
	next := *p
	next.Secured = &Secured{
		Server:      server,
		Certificate: server.Pick(state.ServerName, p.Local.Addr()),
		Version:     versionName(state.Version),
		ServerName:  state.ServerName,
		HTTP2:       state.NegotiatedProtocol == "h2",
		Identity:    tlsconf.ClientIdentity(state),
	}
	next.adopt(p.Config)
	if id := next.Secured.Identity; id != nil {
		next.Client.Identity = heads.IdentityLine(id.Forwarded())
	}
	return &next
}

// plain is an address as ranges, endpoints and certificates know it: IPv4 is not written as IPv6,
// and there is no zone, which only this machine knows.
func plain(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap().WithZone(""), a.Port())
}

// versionName is a version of TLS as the log has it.
func versionName(v uint16) string {
	switch v {
	case tls.VersionTLS12:
		return "1.2"
	case tls.VersionTLS13:
		return "1.3"
	}
	return tls.VersionName(v)
}

// ProxyHeader is the PROXY header that names the client, nil for a cluster that wants
// none. version is as the configuration has it; keep are the extensions of the client's
// own header that go on. Those about its TLS do not where TLS ends here: they are about
// another handshake, the one with the proxy that sent the header.
func (p *Peer) ProxyHeader(version string, keep *proxyproto.Selection) []byte {
	if version != config.ProxyProtocolV1 && version != config.ProxyProtocolV2 {
		return nil
	}
	return p.proxyHeader(version, keep)
}

// proxyHeader makes it. Most clusters want none, and their requests need no room for it on the
// stack.
//
//go:noinline
func (p *Peer) proxyHeader(version string, kept *proxyproto.Selection) []byte {
	keep := *kept
	switch version {
	case config.ProxyProtocolV1:
		return proxyproto.AppendV1(nil, p.Remote, p.Local)
	case config.ProxyProtocolV2:
		if p.Secured != nil {
			keep = keep.Without(proxyproto.TypeALPN, proxyproto.TypeAuthority, proxyproto.TypeSSL)
		}
		return proxyproto.AppendV2With(nil, p.Remote, p.Local, p.Extensions, keep)
	}
	return nil
}

// Certificate is the client's certificate, nil if it has shown none.
func (p *Peer) Certificate() *tlsconf.Identity {
	if p.Secured == nil {
		return nil
	}
	return p.Secured.Identity
}

// Misdirected reports a request for a host that another certificate is for than the
// one this connection was made with: a client that shares a connection between hosts
// must not reach one with the other's credentials (RFC 9110 section 15.5.20).
func (p *Peer) Misdirected(host []byte) bool {
	s := p.Secured
	if s == nil || s.Server.One() {
		return false
	}
	name, _ := hostname.OfAuthority(host)
	return s.Server.Pick(string(name), p.Local.Addr()) != s.Certificate
}
