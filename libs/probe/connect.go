package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/proxyproto"
	"github.com/gatewayhomebrew/gateway/libs/tlsconf"
)

// A failure is a check that failed before the endpoint was asked.
type failure struct {
	kind   Kind
	reason string
}

// A certificate is what became of an endpoint's wish for one of ours.
type certificate uint8

const (
	unasked certificate = iota
	shown
	missing // the cluster has none
)

// connect opens a connection as the cluster's sessions and requests have them.
func (t *Target) connect(ctx context.Context) (conn net.Conn, own certificate, failed *failure) {
	reached, err := t.Resolver.Dial(ctx, t.Address, time.Time{})
	if err != nil {
		return nil, own, &failure{Connect, t.unreachable(ctx, err)}
	}
	conn = reached
	if header := t.proxyHeader(); header != nil {
		if _, err := conn.Write(header); err != nil {
			_ = conn.Close() // it is of no use
			kind, reason := t.broken(ctx, err)
			return nil, own, &failure{kind, reason}
		}
	}
	if t.TLS == nil {
		return conn, own, nil
	}
	settings := t.tlsConfig()
	configured := settings.GetClientCertificate
	settings.GetClientCertificate = func(
		request *tls.CertificateRequestInfo,
	) (*tls.Certificate, error) {
		own = shown
		switch {
		case configured != nil:
			return configured(request)
		case len(settings.Certificates) > 0:
			return &settings.Certificates[0], nil
		}
		own = missing
		return new(tls.Certificate), nil
	}
	secured := tls.Client(conn, settings)
	err = secured.HandshakeContext(ctx)
	if err == nil && t.http2() && secured.ConnectionState().NegotiatedProtocol != "h2" {
		err = errors.New("it does not agree to HTTP/2 (ALPN)")
	}
	if err == nil {
		return secured, own, nil
	}
	_ = conn.Close() // it is of no use
	reason := tlsconf.Explain(err, t.offered())
	if late(ctx, err) {
		reason = fmt.Sprintf("no agreement on TLS within %s", t.Check.Timeout)
	}
	return nil, own, &failure{TLS, plain(reason)}
}

// proxyHeader is the PROXY header of a connection that the gateway makes for itself.
func (t *Target) proxyHeader() []byte {
	var none netip.AddrPort
	switch t.ProxyProtocol {
	case config.ProxyProtocolV1:
		return proxyproto.AppendV1(nil, none, none) // UNKNOWN
	case config.ProxyProtocolV2:
		return proxyproto.AppendV2(nil, none, none) // LOCAL
	}
	return nil
}

// http2 reports whether HTTP/2 is spoken.
func (t *Target) http2() bool {
	switch t.Check.Type {
	case config.CheckGRPC:
		return true
	case config.CheckHTTP:
		return t.Protocol == config.ClusterH2 || t.Protocol == config.ClusterH2C
	}
	return false
}

func (t *Target) tlsConfig() *tls.Config {
	c := t.TLS.Clone()
	if c.ServerName == "" {
		if _, local := netx.LocalPath(t.Address); local {
			c.ServerName = localHost
		} else if host, _, err := net.SplitHostPort(t.Address); err == nil {
			c.ServerName = host
		}
	}
	if t.http2() {
		c.NextProtos = []string{"h2"}
	}
	return c
}

// offered is what the endpoint is offered.
func (t *Target) offered() tlsconf.Offer {
	if t.TLS == nil {
		return tlsconf.Offer{}
	}
	o := tlsconf.Offered(t.TLS)
	o.HTTP2 = t.http2()
	return o
}

// host is whom a request is for.
func (t *Target) host() string {
	if t.Check.Host != "" {
		return t.Check.Host
	}
	if _, local := netx.LocalPath(t.Address); local {
		return localHost
	}
	return t.Address
}

// localHost is whom a request over a unix socket is for, which has no name.
const localHost = "localhost"

// errTaken says that a check has one connection and no more.
var errTaken = errors.New("the connection has ended")

// once gives a connection to a library that wants to open it itself.
func once(conn net.Conn) func() (net.Conn, error) {
	var taken atomic.Bool
	return func() (net.Conn, error) {
		if taken.Swap(true) {
			return nil, errTaken
		}
		return conn, nil
	}
}
