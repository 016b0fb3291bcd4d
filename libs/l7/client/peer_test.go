package client_test

import (
	"crypto/tls"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/l7/client"
	"github.com/gatewayhomebrew/gateway/libs/proxyproto"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/libs/tlsconf"
)

var (
	remote = netip.MustParseAddrPort("[::ffff:192.0.2.1]:1000")
	local  = netip.MustParseAddrPort("192.0.2.2:80")
)

func TestAPeerOnPlainText(t *testing.T) {
	p := client.NewPeer(remote, local, &config.Listener{})
	if p.AddressPort != "192.0.2.1:1000" || p.Address != "192.0.2.1" || p.Scheme != "http" {
		t.Errorf("it is %q, %q with %q", p.AddressPort, p.Address, p.Scheme)
	}
	if p.Trusted || p.Certificate() != nil || p.Misdirected([]byte("any.test")) {
		t.Error("it has what only others have")
	}
	all := proxyproto.All()
	for version, want := range map[string]string{
		"": "", config.ProxyProtocolV1: "PROXY TCP4 192.0.2.1 192.0.2.2 1000 80\r\n",
		config.ProxyProtocolV2: "\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c" +
			"\xc0\x00\x02\x01\xc0\x00\x02\x02\x03\xe8\x00\x50",
	} {
		if got := string(p.ProxyHeader(version, &all)); got != want {
			t.Errorf("the PROXY header of version %q is %q, want %q", version, got, want)
		}
	}
}

// A reload of the listener gives the next requests another peer; the old one is as it was.
func TestAPeerUnderOtherSettings(t *testing.T) {
	old := &config.Listener{}
	p := client.NewPeer(remote, local, old)
	trusting := &config.Listener{TrustedProxies: []netip.Prefix{
		netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("192.0.2.0/24"),
	}}
	q := p.Under(trusting)
	if !q.Trusted || q.Config != trusting || q.AddressPort != p.AddressPort {
		t.Errorf("under other settings it is %+v", q)
	}
	if p.Trusted || p.Config != old {
		t.Error("the peer of requests under way has changed")
	}
	if r := q.Under(old); r.Trusted {
		t.Error("trust outlives the setting")
	}
}

// An address of one link has a zone, which nobody else knows, and no range has one.
func TestAPeerOfOneLink(t *testing.T) {
	p := client.NewPeer(netip.MustParseAddrPort("[fe80::1%eth0]:1000"), local, &config.Listener{
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("fe80::/10")},
	})
	if !p.Trusted || p.Address != "fe80::1" || p.AddressPort != "[fe80::1%eth0]:1000" {
		t.Errorf("it is %q, %q; trusted: %v", p.Address, p.AddressPort, p.Trusted)
	}
}

// handshake secures a connection, and returns what the server knows of it.
func handshake(t *testing.T, s *tlsconf.Server, c *tls.Config) *tls.ConnectionState {
	t.Helper()
	near, far := net.Pipe()
	defer near.Close()
	defer far.Close()
	shaken := call(func() error {
		conn := tls.Client(far, c)
		err := conn.HandshakeContext(t.Context())
		if err == nil {
			_, err = conn.Read(make([]byte, 1)) // tickets, then a byte
		}
		return err
	})
	conn := tls.Server(near, s.Config())
	if err := conn.HandshakeContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := within(t, shaken); err != nil {
		t.Fatal(err)
	}
	state := conn.ConnectionState()
	return &state
}

// shows makes what a listener shows: a certificate for each list of names.
func shows(t *testing.T, a *testkit.Authority, names ...string) *tlsconf.Server {
	t.Helper()
	dir := t.TempDir()
	c := &config.TLS{MinVersion: "1.2", ALPN: []string{"h2", "http/1.1"}}
	for _, n := range names {
		cert, key := a.Leaf(t, nil, strings.Fields(n)...).Write(t, dir, strings.Fields(n)[0])
		c.Certificates = append(c.Certificates, config.Certificate{Cert: cert, Key: key})
	}
	s, err := tlsconf.NewServer(c, tlsconf.Options{
		Document: config.New(), Speaks: []string{"h2", "http/1.1"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestASecuredPeer(t *testing.T) {
	authority := testkit.NewAuthority(t)
	server := shows(t, authority, "a.test b.test", "c.test ::1")
	trusting := &config.Listener{
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")},
	}
	plain := client.NewPeer(remote, local, trusting)
	for _, tc := range []struct {
		version  uint16
		protocol string
		name     string
		index    int
	}{{tls.VersionTLS12, "http/1.1", "a.test", 0}, {tls.VersionTLS13, "h2", "c.test", 1}} {
		p := plain.Secure(server, handshake(t, server, &tls.Config{
			RootCAs: authority.Pool(), ServerName: tc.name, NextProtos: []string{tc.protocol},
			MinVersion: tc.version, MaxVersion: tc.version,
		}))
		s := p.Secured
		want := map[uint16]string{tls.VersionTLS12: "1.2", tls.VersionTLS13: "1.3"}[tc.version]
		if s.Version != want || s.HTTP2 != (tc.protocol == "h2") || s.Certificate != tc.index {
			t.Errorf("%s: it is %+v", tc.name, s)
		}
		if p.Scheme != "https" || p.Address != "192.0.2.1" || !p.Trusted {
			t.Errorf("%s: endpoints are told %+v", tc.name, p.Client)
		}
		if p.Certificate() != nil || p.Client.Identity != nil {
			t.Errorf("%s: it has shown a certificate", tc.name)
		}
		for host, index := range map[string]int{
			"a.test": 0, "b.test:443": 0, "c.test": 1, "C.TEST:1": 1, "[::1]:443": 1, "[::1]": 1,
			"other.test": 0, // the first is shown to who names none of them
		} {
			if got := p.Misdirected([]byte(host)); got != (index != tc.index) {
				t.Errorf("%s: a request for %s is misdirected: %v", tc.name, host, got)
			}
		}
	}
	if plain.Secured != nil || plain.Scheme != "http" {
		t.Error("the peer on plain text has changed")
	}
	one := shows(t, authority, "a.test")
	p := plain.Secure(one, &tls.ConnectionState{Version: tls.VersionTLS13, ServerName: "a.test"})
	if p.Misdirected([]byte("other.test")) {
		t.Error("where there is one certificate a request is misdirected")
	}
}

func TestAPeerWithACertificate(t *testing.T) {
	authority := testkit.NewAuthority(t)
	dir := t.TempDir()
	cert, key := authority.Leaf(t, nil, "a.test").Write(t, dir, "server")
	ca, _ := testkit.Leaf{Cert: authority.PEM}.Write(t, dir, "ca")
	server, err := tlsconf.NewServer(&config.TLS{
		MinVersion: "1.3", ClientCA: ca,
		Certificates: []config.Certificate{{Cert: cert, Key: key}},
	}, tlsconf.Options{Document: config.New(), Speaks: []string{"http/1.1"}})
	if err != nil {
		t.Fatal(err)
	}
	state := handshake(t, server, &tls.Config{
		RootCAs: authority.Pool(), ServerName: "a.test", MinVersion: tls.VersionTLS13,
		Certificates: []tls.Certificate{authority.Leaf(t, nil, "ops.test").TLS(t)},
	})
	p := client.NewPeer(remote, local, &config.Listener{}).Secure(server, state)
	id := p.Certificate()
	if id == nil || len(id.DNS) != 1 || id.DNS[0] != "ops.test" {
		t.Fatalf("the certificate is %+v", id)
	}
	want := "X-Forwarded-Client-Cert: Hash=" + id.Hash +
		`;Subject="CN=ops.test";DNS="ops.test"` + "\r\n"
	if got := string(p.Client.Identity); got != want {
		t.Errorf("endpoints are told %q, want %q", got, want)
	}
}
