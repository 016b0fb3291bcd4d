package tls_test

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/proxyproto"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// A client that speaks the wrong protocol on a port is told so, in the protocol it speaks.
func TestTheWrongProtocolOnAPortIsNamed(t *testing.T) {
	t.Parallel()
	authority := testkit.NewAuthority(t)
	up := testkit.NewUpstream(t, testkit.Answer(edgetest.OK))
	e, _ := tlsEdge(t, up.Addr(), authority.Leaf(t, nil, "a.test"))
	r := testkit.Dial(t, e.Addr("public")).Exchange(t, "GET",
		"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n")
	if r.Status != 400 || !strings.Contains(string(r.Body), "GW_BAD_REQUEST") ||
		!strings.Contains(string(r.Body), "https://") {
		t.Errorf("plain HTTP on a TLS port: %d %s", r.Status, r.Body)
	}

	plain := testkit.StartEdge(t, fmt.Sprintf(edgeTo, "", up.Addr()))
	c := testkit.Dial(t, plain.Addr("public"))
	if err := c.Send("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" +
		strings.Repeat("x", 100)); err != nil {
		t.Fatal(err)
	}
	answer, err := c.Rest()
	if err != nil || !strings.HasPrefix(answer, "HTTP/1.1 400 ") ||
		!strings.Contains(answer, "TLS") {
		t.Errorf("TLS on a plain port: %q, %v", answer, err)
	}
	testkit.Eventually(t, "both are in the log", func() bool {
		return strings.Contains(e.Stdout(), `"status":400`) &&
			strings.Contains(plain.Stdout(), `"status":400`)
	})
}

// Half a ClientHello costs a connection for as long as a head may take, and no longer.
func TestHalfAClientHelloIsCutOff(t *testing.T) {
	t.Parallel()
	authority := testkit.NewAuthority(t)
	dir := t.TempDir()
	authority.Leaf(t, nil, "a.test").Write(t, dir, "cert")
	e, err := testkit.RunEdge(dir, `
version: 1
listeners: [{name: public, address: "127.0.0.1:0", timeouts: {header: 500ms}, tls: {certificates: [{cert: cert.pem, key: cert.key}]}}]
routes: []
admin: {address: "127.0.0.1:0"}
`)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Kill)
	c := testkit.Dial(t, e.Addr("public"))
	if err := c.Send("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03half"); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if err := c.ExpectClose(); err != nil {
		t.Error(err)
	}
	if took := time.Since(start); took < 400*time.Millisecond {
		t.Errorf("cut off after %v, before its time", took)
	}
}

// edgeTo is an edge with one listener, whose keys come first, and one endpoint.
const edgeTo = `
version: 1
listeners: [{name: public, address: "127.0.0.1:0"%s}]
clusters: [{name: up, endpoints: [{address: "%s"}]}]
routes: [{name: all, cluster: up}]
admin: {address: "127.0.0.1:0"}
`

// The client is who the PROXY header says, for the endpoint and for the log.
func TestAPROXYHeaderSaysWhoTheClientIs(t *testing.T) {
	t.Parallel()
	authority := testkit.NewAuthority(t)
	up := testkit.NewUpstream(t, testkit.Answer(edgetest.OK))
	dir := t.TempDir()
	authority.Leaf(t, nil, "a.test").Write(t, dir, "cert")
	e, err := testkit.RunEdge(dir, fmt.Sprintf(`
version: 1
listeners:
  - {name: plain, address: "127.0.0.1:0", proxy_protocol: true, trusted_proxies: [127.0.0.0/8]}
  - {name: tls, address: "127.0.0.1:0", proxy_protocol: true, tls: {certificates: [{cert: cert.pem, key: cert.key}]}}
  - {name: strangers, address: "127.0.0.1:0", proxy_protocol: true, trusted_proxies: [192.0.2.0/24]}
clusters: [{name: up, endpoints: [{address: "%s"}]}]
routes: [{name: all, cluster: up}]
admin: {address: "127.0.0.1:0"}
`, up.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Kill)
	client, server := netip.MustParseAddrPort("203.0.113.7:4711"),
		netip.MustParseAddrPort("198.51.100.1:443")
	const request = "GET /one HTTP/1.1\r\nHost: a.test\r\nX-Forwarded-For: 10.9.8.7\r\n\r\n"
	for name, header := range map[string][]byte{
		"version 1": proxyproto.AppendV1(nil, client, server),
		"version 2": proxyproto.AppendV2(nil, client, server),
	} {
		c := testkit.Dial(t, e.Addr("plain"))
		// In pieces, the last of which has the request behind the header.
		for _, piece := range []string{
			string(header[:7]), string(header[7:15]), string(header[15:]) + request + request,
		} {
			if err := c.Send(piece); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			if r := c.Final(t, "GET"); r.Status != 200 {
				t.Errorf("%s: %d", name, r.Status)
			}
		}
	}
	// Before TLS.
	raw := testkit.Dial(t, e.Addr("tls"))
	if err := raw.Send(string(proxyproto.AppendV2(nil, client, server))); err != nil {
		t.Fatal(err)
	}
	conn := tls.Client(wrapped{raw}, &tls.Config{RootCAs: authority.Pool(), ServerName: "a.test"})
	const last = "GET /two HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n"
	if _, err := conn.Write([]byte(last)); err != nil {
		t.Fatal(err)
	}
	var answer [12]byte
	if _, err := conn.Read(answer[:]); err != nil || string(answer[:]) != "HTTP/1.1 200" {
		t.Errorf("over TLS: %q, %v", answer, err)
	}
	seen := ""
	for _, c := range up.Conns() {
		seen += c.Received()
	}
	if n := strings.Count(seen, "X-Forwarded-For: 203.0.113.7\r\n"); n != 5 ||
		strings.Contains(seen, "10.9.8.7") {
		t.Errorf("the endpoint heard of the client %d times, want 5:\n%s", n, seen)
	}
	testkit.Eventually(t, "the log names the client", func() bool {
		return strings.Count(e.Stdout(), `"client":"203.0.113.7:4711"`) == 5
	})

	for name, sent := range map[string]string{
		"plain": request, "strangers": string(proxyproto.AppendV1(nil, client, server)) + request,
	} {
		c := testkit.Dial(t, e.Addr(name))
		if err := c.Send(sent); err != nil {
			t.Fatal(err)
		}
		if answer, err := c.Rest(); err == nil && answer != "" {
			t.Errorf("%s: no good header, and yet %q", name, answer)
		}
	}
}

// An endpoint that wants to is told of each client on a connection of its own.
func TestEndpointsGetAPROXYHeader(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, func(c *testkit.Conn) {
		line, err := c.Reader().ReadString('\n')
		if err != nil || !strings.HasPrefix(line, "PROXY TCP4 127.0.0.1 127.0.0.1 ") {
			return
		}
		if _, err := c.Request(); err == nil {
			_ = c.Send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
		}
		_, _ = c.Request()
	})
	e := testkit.StartEdge(t, fmt.Sprintf(`
version: 1
listeners: [{name: public, address: "127.0.0.1:0"}]
clusters: [{name: up, proxy_protocol: v1, endpoints: [{address: "%s"}]}]
routes: [{name: all, cluster: up}]
admin: {address: "127.0.0.1:0"}
`, up.Addr()))
	c := testkit.Dial(t, e.Addr("public"))
	for range 3 {
		if r := c.Exchange(t, "GET", "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"); r.Status != 200 {
			t.Errorf("%d %s", r.Status, r.Body)
		}
	}
	if n := len(up.Conns()); n != 3 {
		t.Errorf("%d connections for 3 requests", n)
	}
	ports := fmt.Sprintf(" %d %d\r\n", c.LocalAddr().Port, addrPort(t, e.Addr("public")))
	for i, conn := range up.Conns() {
		if first, _, _ := strings.Cut(conn.Received(), "GET"); !strings.HasSuffix(first, ports) {
			t.Errorf("connection %d began with %q, want the ports%q", i, first, ports)
		}
	}
}

func addrPort(t *testing.T, address string) uint16 {
	t.Helper()
	a, err := netip.ParseAddrPort(address)
	if err != nil {
		t.Fatal(err)
	}
	return a.Port()
}

// wrapped gives a test's client to crypto/tls.
type wrapped struct{ c *testkit.Client }

func (w wrapped) Read(p []byte) (int, error)       { return w.c.Read(p) }
func (w wrapped) Write(p []byte) (int, error)      { return len(p), w.c.Send(string(p)) }
func (w wrapped) Close() error                     { w.c.Close(); return nil }
func (w wrapped) LocalAddr() net.Addr              { return w.c.LocalAddr() }
func (w wrapped) RemoteAddr() net.Addr             { return w.c.LocalAddr() }
func (w wrapped) SetDeadline(time.Time) error      { return nil }
func (w wrapped) SetReadDeadline(time.Time) error  { return nil }
func (w wrapped) SetWriteDeadline(time.Time) error { return nil }
