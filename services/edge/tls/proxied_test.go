package tls_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/proxyproto"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

const unspecified = "\r\n\r\n\x00\r\nQUIT\n\x21\x00\x00\x00" // PROXY, but nobody is named

// A client that names no server is shown the certificate for the address that it has connected to,
// which is the one in the PROXY header; and the requests that this connection may have are judged
// by the same address. Without an address in the header it is the connection's own.
func TestTheCertificateBehindAPROXYHeader(t *testing.T) {
	t.Parallel()
	authority := testkit.NewAuthority(t)
	up := testkit.NewUpstream(t, testkit.Answer(edgetest.OK))
	dir := t.TempDir()
	for name, of := range map[string]string{
		"first": "a.test", "front": "198.51.100.1", "front6": "2001:db8::5", "here": "127.0.0.1",
	} {
		authority.Leaf(t, nil, of).Write(t, dir, name)
	}
	e, err := testkit.RunEdge(dir, fmt.Sprintf(`
version: 1
listeners:
  - name: tls
    address: "127.0.0.1:0"
    proxy_protocol: true
    proxy_protocol_from: [127.0.0.0/8]
    tls:
      certificates:
        - {cert: first.pem, key: first.key}
        - {cert: front.pem, key: front.key}
        - {cert: front6.pem, key: front6.key}
        - {cert: here.pem, key: here.key}
clusters: [{name: up, endpoints: [{address: "%s"}]}]
routes: [{name: all, cluster: up}]
admin: {address: "127.0.0.1:0"}
`, up.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Kill)
	to := v2("203.0.113.7:4711", "198.51.100.1:443")
	const client, client6 = "203.0.113.7:4711", "[2001:db8::1]:4711"
	const mapped = "PROXY TCP6 ::ffff:203.0.113.7 ::ffff:198.51.100.1 4711 443\r\n"
	for _, tc := range []struct {
		name, header, server, host string // a server with a name sends it as SNI
		shown                      string
		status                     int
	}{
		{"1", v1(client, "198.51.100.1:443"), "198.51.100.1", "", "198.51.100.1", 200},
		{"2", to, "198.51.100.1", "", "198.51.100.1", 200},
		{"1, IPv4 in IPv6", mapped, "198.51.100.1", "", "198.51.100.1", 200},
		{"2, IPv6", v2(client6, "[2001:db8::5]:443"), "2001:db8::5", "", "2001:db8::5", 200},
		{
			"2, IPv6 in another spelling", v2(client6, "[2001:db8::5]:443"), "2001:db8::5",
			"[2001:DB8:0:0::5]", "2001:db8::5", 200,
		},
		{"2, our own address", to, "127.0.0.1", "", "198.51.100.1", 421},
		{"2, a name", to, "198.51.100.1", "a.test", "198.51.100.1", 421},
		{
			"2, an address nobody has", v2(client, "198.51.100.2:443"), "198.51.100.2", "",
			"a.test", 200,
		},
		{"2, SNI", to, "a.test", "", "a.test", 200},
		{"2, SNI and the address", to, "a.test", "198.51.100.1", "a.test", 421},
		{"UNKNOWN", "PROXY UNKNOWN\r\n", "127.0.0.1", "", "127.0.0.1", 200},
		{"LOCAL", v2("", ""), "127.0.0.1", "", "127.0.0.1", 200},
		{"LOCAL, the other address", v2("", ""), "198.51.100.1", "", "127.0.0.1", 421},
		{"unspecified", unspecified, "127.0.0.1", "", "127.0.0.1", 200},
	} {
		for _, http2 := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, HTTP/2 %v", tc.name, http2), func(t *testing.T) {
				t.Parallel()
				r := askBehind(t, e.Addr("tls"), tc.header, tc.server, tc.host, http2)
				leaf := r.TLS.PeerCertificates[0]
				if err := leaf.VerifyHostname(tc.shown); err != nil {
					t.Errorf("the certificate: %v", err)
				}
				if r.StatusCode != tc.status {
					t.Errorf("status %d, want %d", r.StatusCode, tc.status)
				}
				if http2 != (r.ProtoMajor == 2) {
					t.Errorf("the answer came over %s", r.Proto)
				}
			})
		}
	}
}

// askBehind makes one request to a server over a connection that begins with a PROXY header.
func askBehind(
	t *testing.T, address, header, server, host string, http2 bool,
) *http.Response {
	t.Helper()
	tr := &http.Transport{
		Protocols: new(http.Protocols),
		// Which certificate is shown is what is tested.
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
			if err == nil {
				_, err = conn.Write([]byte(header))
			}
			return conn, err
		},
	}
	tr.Protocols.SetHTTP1(!http2)
	tr.Protocols.SetHTTP2(http2)
	defer tr.CloseIdleConnections()
	c := &http.Client{Transport: tr, Timeout: testkit.Deadline}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet,
		"https://"+net.JoinHostPort(server, "443")+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if host != "" {
		r.Host = host
	}
	answer, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	return answer
}

// tlvs is an edge whose endpoint gets PROXY headers; the keys of its cluster come last.
const tlvs = `
version: 1
listeners:
  - {name: plain, address: "127.0.0.1:0", proxy_protocol: true, proxy_protocol_from: [127.0.0.0/8]}
  - {name: tls, address: "127.0.0.1:0", proxy_protocol: true, proxy_protocol_from: [127.0.0.0/8], tls: {certificates: [{cert: %[1]s/cert.pem, key: %[1]s/cert.key}]}}
  - {name: strangers, address: "127.0.0.1:0", proxy_protocol: true, proxy_protocol_from: [192.0.2.0/24]}
  - {name: none, address: "127.0.0.1:0"}
clusters: [{name: up, endpoints: [{address: "%[2]s"}]%[3]s}]
routes: [{name: all, cluster: up}]
admin: {address: "127.0.0.1:0"}
`

// What a trusted sender says of a client goes on, if the configuration in force wants that; but not
// what it says of a handshake, where TLS ends here.
func TestTLVsGoOn(t *testing.T) {
	t.Parallel()
	authority := testkit.NewAuthority(t)
	dir := t.TempDir()
	authority.Leaf(t, nil, "a.test").Write(t, dir, "cert")
	up := testkit.NewUpstream(t, func(c *testkit.Conn) {
		var head [16]byte
		if _, err := io.ReadFull(c.Reader(), head[:]); err != nil {
			return
		}
		if _, err := c.Reader().Discard(int(head[15])); err != nil {
			return
		}
		if _, err := c.Request(); err == nil {
			_ = c.Send(edgetest.OK)
		}
	})
	const id, ssl, alpn = "\x05\x00\x02id", "\x20\x00\x05\x01\x00\x00\x00\x00", "\x01\x00\x02h2"
	e := edgetest.StartReloadableIn(t, dir, fmt.Sprintf(tlvs, dir, up.Addr(),
		", proxy_protocol: v2, proxy_protocol_tlvs: pass"))
	header := v2("203.0.113.7:4711", "198.51.100.1:443")
	extended := func(tlvs string) string {
		b := []byte(header + tlvs)
		b[15] += byte(len(tlvs))
		return string(b)
	}
	n := 0
	ask := func(name, listener, want string) {
		t.Helper()
		if listener == "tls" {
			for _, http2 := range []bool{false, true} {
				r := askBehind(t, e.Addr(listener), extended(ssl+alpn+id), "a.test", "", http2)
				if r.StatusCode != 200 || !strings.HasPrefix(up.Conn(t, n).Received(), want) {
					t.Errorf("%s: %d %q", name, r.StatusCode, up.Conn(t, n).Received())
				}
				n++
			}
			return
		}
		c := testkit.Dial(t, e.Addr(listener))
		first := ""
		if listener == "plain" {
			first = extended(ssl + alpn + id)
		}
		r := c.Exchange(t, "GET", first+"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n")
		if got := up.Conn(t, n).Received(); r.Status != 200 || !strings.HasPrefix(got, want) {
			t.Errorf("%s: %d %q, want %q", name, r.Status, got, want)
		}
		n++
	}
	ask("on plain text", "plain", extended(ssl+alpn+id)+"GET")
	ask("where TLS ends here", "tls", extended(id)+"GET")
	ask("without a header", "none", header[:14]+"\x00\x0c\x7f\x00\x00\x01")

	c := testkit.Dial(t, e.Addr("strangers"))
	_ = c.Send(extended(id) + "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n")
	if answer, err := c.Rest(); err == nil && answer != "" || len(up.Conns()) != n {
		t.Errorf("a peer that is not believed is answered %q", answer)
	}
	e.Change(t, fmt.Sprintf(tlvs, dir, up.Addr(),
		`, proxy_protocol: v2, proxy_protocol_tlvs: [unique_id]`))
	ask("one of them", "plain", extended(id)+"GET")
	e.Change(t, fmt.Sprintf(tlvs, dir, up.Addr(), ", proxy_protocol: v2"))
	ask("none of them", "plain", header+"GET")
}

func v1(client, server string) string {
	return string(proxyproto.AppendV1(nil, named(client), named(server)))
}

func v2(client, server string) string {
	return string(proxyproto.AppendV2(nil, named(client), named(server)))
}

// named is an address with a port, invalid for "".
func named(s string) netip.AddrPort {
	if s == "" {
		return netip.AddrPort{}
	}
	return netip.MustParseAddrPort(s)
}
