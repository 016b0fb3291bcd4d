package l7

import (
	"net/netip"
	"slices"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/proxyproto"
)

// A peer is the client of a connection, as each of its requests sees it. It does not
// change once there are requests: a reload of the listener gives the next ones another.
type peer struct {
	engine   *Engine
	listener *Listener
	config   *config.Listener // in force when the request began
	remote   netip.AddrPort   // the client, as the PROXY protocol may have it
	local    netip.AddrPort   // what it connected to
	client   string           // the address
	// clientPort is that with the port: for the log.
	clientPort string
	forward    []byte   // fields about this connection that every request gets
	identity   []byte   // the field about the client's certificate, nil for none
	secured    *secured // nil on plain text
	trusted    bool     // the client is a proxy whose word is taken
}

func newPeer(l *Listener, remote, local netip.AddrPort) *peer {
	p := &peer{engine: l.engine, listener: l, remote: unmapped(remote), local: unmapped(local)}
	p.client = p.remote.Addr().String()
	p.clientPort = p.remote.String()
	p.forward = appendConnFields(nil, p.client, p.scheme())
	p.adopt(l.here.Load().config)
	return p
}

// adopt takes over the settings of the listener. It is for a peer without requests.
func (p *peer) adopt(l *config.Listener) {
	p.config = l
	p.trusted = slices.ContainsFunc(l.TrustedProxies, func(n netip.Prefix) bool { return n.Contains(p.remote.Addr()) })
}

func unmapped(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

// proxyHeader is the PROXY header that names the client, nil for a cluster that wants
// none.
func (p *peer) proxyHeader(version string) []byte {
	switch version {
	case config.ProxyProtocolV1:
		return proxyproto.AppendV1(nil, p.remote, p.local)
	case config.ProxyProtocolV2:
		return proxyproto.AppendV2(nil, p.remote, p.local)
	}
	return nil
}

// under is the peer with other settings of the listener.
func (p *peer) under(l *config.Listener) *peer {
	next := *p
	next.adopt(l)
	return &next
}

// scheme is how clients of this connection name it.
func (p *peer) scheme() string {
	if p.secured != nil {
		return "https"
	}
	return "http"
}

// closing reports whether the connection ends after the requests it serves.
func (p *peer) closing() bool { return p.listener.Closing() }
