package probe_test

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/probe"
	"github.com/gatewayhomebrew/gateway/libs/proxyproto"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestAConnectionIsEnoughForTCP(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, func(c *testkit.Conn) { _ = c.Drain() })
	ask(t, target(config.CheckTCP, up.Addr()), probe.Passed, "connected")
	c := up.Conn(t, 0)
	testkit.Eventually(t, "the connection is closed", c.Ended)
	if sent := c.Received(); sent != "" {
		t.Errorf("sent %q", sent)
	}
}

func TestAnEndpointThatExpectsAProxyHeaderGetsOne(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"v1", "v2"} {
		headers := make(chan proxyproto.Header, 1)
		up := testkit.NewUpstream(t, func(c *testkit.Conn) {
			var b []byte
			for {
				one, err := c.Reader().ReadByte()
				if err != nil {
					return
				}
				b = append(b, one)
				h, n, err := proxyproto.Parse(b)
				if err == proxyproto.ErrNeedMore {
					continue
				}
				if err != nil || n != len(b) {
					t.Errorf("%s: %q: %v", version, b, err)
					return
				}
				headers <- h
				break
			}
			if _, err := c.Request(); err == nil {
				_ = c.Send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
			}
		})
		tg := target(config.CheckHTTP, up.Addr())
		tg.ProxyProtocol = version
		ask(t, tg, probe.Passed, "HTTP 200")
		if h := <-headers; h.Local != (version == "v2") || h.Source.IsValid() {
			t.Errorf("%s: %+v: a check is on nobody's behalf", version, h)
		}
	}
}

func TestTLSIsTheClusters(t *testing.T) {
	t.Parallel()
	authority, other := testkit.NewAuthority(t), testkit.NewAuthority(t)
	leaf := authority.Leaf(t, nil, "127.0.0.1", "users.internal").TLS(t)
	expired := authority.Leaf(t, func(c *x509.Certificate) {
		c.NotBefore, c.NotAfter = time.Now().Add(-2*time.Hour), time.Now().Add(-time.Hour)
	}, "127.0.0.1").TLS(t)
	ok := func(http.ResponseWriter, *http.Request) {}
	plain := serve(t, nil, http1, ok)
	one := serve(t, &tls.Config{Certificates: []tls.Certificate{leaf}}, http1, ok)
	two := serve(t, &tls.Config{Certificates: []tls.Certificate{leaf}}, http2, ok)
	old := serve(t, &tls.Config{Certificates: []tls.Certificate{expired}}, http1, ok)
	strict := serve(t,
		&tls.Config{
			Certificates: []tls.Certificate{leaf}, ClientAuth: tls.RequireAndVerifyClientCert,
			ClientCAs: authority.Pool(),
		}, http1, ok)
	trusting := &tls.Config{RootCAs: authority.Pool()}
	for _, c := range []struct {
		name, kind, address, protocol string
		tls                           *tls.Config
		want                          probe.Kind
		reason                        string
	}{
		{"https", config.CheckHTTP, one, config.ClusterHTTP1, trusting, probe.Passed, "HTTP 200"},
		{"tcp", config.CheckTCP, one, config.ClusterHTTP1, trusting, probe.Passed, "connected"},
		{
			"another name", config.CheckHTTP, one, config.ClusterHTTP1,
			&tls.Config{RootCAs: authority.Pool(), ServerName: "users.internal"}, probe.Passed,
			"HTTP 200",
		},
		{
			"a wrong name", config.CheckHTTP, one, config.ClusterHTTP1,
			&tls.Config{RootCAs: authority.Pool(), ServerName: "x.internal"}, probe.TLS,
			"x.internal",
		},
		{"HTTP/2", config.CheckHTTP, two, config.ClusterH2, trusting, probe.Passed, "HTTP 200"},
		{"no HTTP/2", config.CheckHTTP, one, config.ClusterH2, trusting, probe.TLS, ""},
		{
			"another authority", config.CheckTCP, one, config.ClusterHTTP1,
			&tls.Config{RootCAs: other.Pool()}, probe.TLS, "authority that is not trusted",
		},
		{"expired", config.CheckHTTP, old, config.ClusterHTTP1, trusting, probe.TLS, "expired"},
		{"plain text", config.CheckHTTP, plain, config.ClusterHTTP1, trusting, probe.TLS, ""},
		{
			"a certificate", config.CheckHTTP, strict, config.ClusterHTTP1,
			&tls.Config{RootCAs: authority.Pool(), Certificates: []tls.Certificate{leaf}},
			probe.Passed, "HTTP 200",
		},
		{
			"no certificate", config.CheckHTTP, strict, config.ClusterHTTP1, trusting, probe.TLS,
			"certificate",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			tg := target(c.kind, c.address)
			tg.Protocol, tg.TLS = c.protocol, c.tls
			ask(t, tg, c.want, c.reason)
			if c.tls.ServerName == "" && len(c.tls.NextProtos) > 0 {
				t.Error("the cluster's configuration was changed")
			}
		})
	}
	silent := testkit.NewUpstream(t, func(c *testkit.Conn) { _ = c.Drain() })
	tg := target(config.CheckTCP, silent.Addr())
	tg.TLS, tg.Check.Timeout = trusting, 200*time.Millisecond
	ask(t, tg, probe.TLS, "no agreement on TLS within 200ms")
}
