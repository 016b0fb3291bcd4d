package l4

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/proxyproto"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// byName routes a.test and below b.test to two TLS servers that say who they are, and
// the rest to other, if that is not "".
func byName(t testing.TB, a *testkit.Authority, other string) *config.Document {
	t.Helper()
	d := document()
	d.Clusters, d.Listeners[0].Cluster = nil, ""
	for _, host := range []string{"a.test", "*.b.test"} {
		leaf := a.Leaf(t, nil, host)
		server := serveTLS(t, &tls.Config{Certificates: []tls.Certificate{leaf.TLS(t)}},
			func(c *tls.Conn) {
				_, _ = io.WriteString(c, "this is "+host)
				_ = c.CloseWrite()
				_, _ = io.Copy(io.Discard, c)
			})
		d.Clusters = append(d.Clusters, config.NewCluster(fmt.Sprint("c", len(d.Clusters)), server))
		d.Listeners[0].SNI = append(d.Listeners[0].SNI, config.SNIRoute{
			Hosts: []string{host}, Cluster: d.Clusters[len(d.Clusters)-1].Name,
		})
	}
	if other != "" {
		d.Clusters = append(d.Clusters, config.NewCluster("other", other))
		d.Listeners[0].Cluster = "other"
	}
	return d
}

// slowly writes in pieces, each in a segment of its own.
type slowly struct {
	net.Conn
	size int
}

func (s slowly) Write(p []byte) (n int, err error) {
	for len(p) > 0 && err == nil {
		var k int
		k, err = s.Conn.Write(p[:min(s.size, len(p))])
		n += k
		p = p[k:]
	}
	return n, err
}

func TestTLSIsRoutedByServerNameAndNotEnded(t *testing.T) {
	a := testkit.NewAuthority(t)
	r := start(t, build(t, byName(t, a, "")))
	n := 0
	for name, want := range map[string]string{
		"a.test": "this is a.test", "x.b.test": "this is *.b.test",
	} {
		for _, size := range []int{1 << 20, 100, 7} {
			// The certificate is verified, so it is the server's own.
			c := tls.Client(slowly{r.dial(t), size}, &tls.Config{
				RootCAs: a.Pool(), ServerName: name,
			})
			if got, err := io.ReadAll(c); err != nil || string(got) != want {
				t.Errorf("%s in pieces of %d: %q, %v", name, size, got, err)
			}
			c.Close()
			n++
		}
	}
	for _, e := range r.ended(t, n) {
		if e.CloseReason != "client_closed" && e.CloseReason != "upstream_closed" {
			t.Errorf("a session ended for %s", e.CloseReason)
		}
	}
}

func TestAServerNameNobodyHasIsRefused(t *testing.T) {
	a := testkit.NewAuthority(t)
	r := start(t, build(t, byName(t, a, "")))
	for _, c := range []*tls.Config{{ServerName: "elsewhere.test"}, {InsecureSkipVerify: true}} {
		err := tls.Client(r.dial(t), c).Handshake()
		if err == nil || !strings.Contains(err.Error(), "unrecognized name") {
			t.Errorf("%q: the client sees %v", c.ServerName, err)
		}
	}
	if got := reasonsOf(r.ended(t, 2)); got[0] != "no_route" || got[1] != "no_route" {
		t.Errorf("the sessions ended for %v", got)
	}
	if n := r.Counts().Failures.Load(); n != 2 {
		t.Errorf("%d of 2 sessions without a route count as failures", n)
	}
}

func TestWhatIsNotTLSIsRefused(t *testing.T) {
	r := start(t, build(t, byName(t, testkit.NewAuthority(t), "")))
	c := r.dial(t)
	send(t, c, "GET / HTTP/1.0\r\n\r\n")
	expectReset(t, c)
	if e := r.endedFor(t, BadClientHello); e.Cluster != "" || e.Endpoint != "" {
		t.Errorf("logged %+v", e)
	}
}

func TestWhatNoNameSaysGoesToTheOtherCluster(t *testing.T) {
	a := testkit.NewAuthority(t)
	other := a.Leaf(t, nil, "other.test")
	// It tells whether TLS came, and ends it.
	d := byName(t, a, serve(t, func(c *net.TCPConn) {
		const handshake = 22 // the type of TLS's first record
		br := bufio.NewReader(c)
		if first, err := br.Peek(1); err == nil && first[0] != handshake {
			line, _ := br.ReadString('\n')
			_, _ = io.WriteString(c, "plain "+line)
			return
		}
		server := tls.Server(peeked{c, br}, &tls.Config{
			Certificates: []tls.Certificate{other.TLS(t)},
		})
		_, _ = io.WriteString(server, "this is other")
		_ = server.Close()
	}))
	r := start(t, build(t, d))
	for name, c := range map[string]*tls.Config{
		"another name": {RootCAs: a.Pool(), ServerName: "other.test"},
		"no name":      {InsecureSkipVerify: true},
	} {
		conn := tls.Client(r.dial(t), c)
		if got, err := io.ReadAll(conn); err != nil || string(got) != "this is other" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		conn.Close()
	}
	c := r.dial(t)
	send(t, c, "hello\n")
	expect(t, c, "plain hello\n")
	c.Close()
	for _, e := range r.ended(t, 3) {
		if e.Cluster != "other" {
			t.Errorf("a session went to %q", e.Cluster)
		}
	}
}

// peeked is a connection of which something was read ahead.
type peeked struct {
	net.Conn
	br *bufio.Reader
}

func (p peeked) Read(b []byte) (int, error) { return p.br.Read(b) }

func TestAHeadIsDueInTime(t *testing.T) {
	for name, edit := range map[string]func(*config.Document){
		"a PROXY header": func(d *config.Document) { d.Listeners[0].ProxyProtocol = true },
		"a ClientHello": func(d *config.Document) {
			d.Listeners[0].SNI = []config.SNIRoute{{Hosts: []string{"a.test"}, Cluster: "c"}}
		},
	} {
		for _, early := range []string{"", "P", "\x16"} {
			if early == "P" && name != "a PROXY header" ||
				early == "\x16" && name != "a ClientHello" {
				continue
			}
			d := document(serve(t, nil))
			d.Listeners[0].Timeouts.Connect = 200 * time.Millisecond
			edit(d)
			r := start(t, build(t, d))
			c := r.dial(t)
			send(t, c, early)
			began := time.Now()
			expectReset(t, c)
			if took := time.Since(began); took > 3*time.Second {
				t.Errorf("%s after %q: it took %v", name, early, took)
			}
			r.endedFor(t, HeaderTimeout)
		}
	}
}

func TestAClientThatLeavesBeforeItsHead(t *testing.T) {
	d := document(serve(t, nil))
	d.Listeners[0].ProxyProtocol = true
	r := start(t, build(t, d))
	r.dial(t).Close()
	c := r.dial(t)
	send(t, c, "PROXY ")
	reset(c)
	if got := reasonsOf(r.ended(t, 2)); got[0] != "client_closed" || got[1] != "client_reset" {
		t.Errorf("the sessions ended for %v", got)
	}
}

var (
	someClient = netip.MustParseAddrPort("192.0.2.1:4711")
	someServer = netip.MustParseAddrPort("198.51.100.7:443")
)

func TestClientsComeByTheProxyProtocol(t *testing.T) {
	d := document(serve(t, nil))
	d.Listeners[0].ProxyProtocol = true
	r := start(t, build(t, d))
	want := map[string]int{"192.0.2.1:4711": 0}
	for header, client := range map[string]string{
		string(proxyproto.AppendV1(nil, someClient, someServer)):             someClient.String(),
		string(proxyproto.AppendV2(nil, someClient, someServer)):             someClient.String(),
		string(proxyproto.AppendV1(nil, netip.AddrPort{}, netip.AddrPort{})): "",
		string(proxyproto.AppendV2(nil, netip.AddrPort{}, netip.AddrPort{})): "", // LOCAL
	} {
		for _, size := range []int{1 << 20, 1} {
			c := r.dial(t)
			if client == "" {
				client = c.LocalAddr().String()
			}
			want[client]++
			if _, err := (slowly{c, size}).Write([]byte(header + "hello")); err != nil {
				t.Fatal(err)
			}
			expect(t, c, "hello") // and nothing of the header
			send(t, c, "more")
			expect(t, c, "more")
			if err := c.CloseWrite(); err != nil {
				t.Fatal(err)
			}
			expectEnd(t, c)
			if client != someClient.String() {
				client = ""
			}
		}
	}
	for _, e := range r.ended(t, 8) {
		want[e.Client]--
		if e.In != 9 || e.Out != 9 {
			t.Errorf("%d bytes in, %d out: a header is none of them", e.In, e.Out)
		}
	}
	for client, n := range want {
		if n != 0 {
			t.Errorf("%s is off by %d", client, n)
		}
	}
}

func TestAProxyHeaderThatIsNoneIsRefused(t *testing.T) {
	for name, first := range map[string]string{
		"none":              "hello",
		"a broken one":      "PROXY TCP4 192.0.2.1\r\n",
		"an endless one":    "PROXY UNKNOWN " + strings.Repeat("x", 200),
		"one that lies":     "\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x01x",
		"one of version 3":  "\r\n\r\n\x00\r\nQUIT\n\x31",
		"a client with TLS": "\x16\x03\x01\x02\x00",
	} {
		d := document(serve(t, nil))
		d.Listeners[0].ProxyProtocol = true
		r := start(t, build(t, d))
		c := r.dial(t)
		send(t, c, first)
		expectReset(t, c)
		if e := r.endedFor(t, BadProxyHeader); e.Endpoint != "" ||
			e.Client != c.LocalAddr().String() {
			t.Errorf("%s: logged %+v", name, e)
		}
	}
}

func TestOnlyTrustedProxiesMaySpeakForOthers(t *testing.T) {
	for _, tc := range []struct {
		from, trusted string // "": not said
		ok            bool
	}{
		{"", "192.0.2.0/24", false}, {"", "127.0.0.0/8", true},
		{"192.0.2.0/24", "127.0.0.0/8", false}, {"127.0.0.0/8", "192.0.2.0/24", true},
	} {
		d := document(serve(t, nil))
		d.Listeners[0].ProxyProtocol = true
		d.Listeners[0].TrustedProxies = []netip.Prefix{netip.MustParsePrefix(tc.trusted)}
		if tc.from != "" {
			d.Listeners[0].ProxyProtocolFrom = []netip.Prefix{netip.MustParsePrefix(tc.from)}
		}
		r := start(t, build(t, d))
		if !tc.ok {
			r.expectRefused(t)
			r.endedFor(t, BadProxyHeader)
			continue
		}
		c := r.dial(t)
		send(t, c, string(proxyproto.AppendV2(nil, someClient, someServer))+"hello")
		expect(t, c, "hello")
	}
}

// What a trusted sender says of a client beside its addresses reaches the endpoint, if its cluster
// is to have it.
func TestExtensionsReachTheEndpoint(t *testing.T) {
	const id, ssl = "\x05\x00\x02id", "\x20\x00\x05\x01\x00\x00\x00\x00"
	for _, tc := range []struct {
		name string
		tlvs []string
		want string
	}{
		{"none", nil, ""}, {"all", []string{"pass"}, ssl + id}, {"one", []string{"unique_id"}, id},
		{"by number", []string{"0x20"}, ssl},
	} {
		d := document(serve(t, nil))
		d.Listeners[0].ProxyProtocol = true
		d.Clusters[0].ProxyProtocol, d.Clusters[0].ProxyProtocolTLVs = "v2", tc.tlvs
		r := start(t, build(t, d))
		for local, command := range map[bool]byte{true: 0x20, false: 0x21} {
			c := r.dial(t)
			header := proxyproto.AppendV2(nil, someClient, someServer)
			want := header
			if tc.want != "" {
				want = append(bytes.Clone(header), tc.want...)
				want[15] += byte(len(tc.want))
			}
			if local {
				want = proxyproto.AppendV2(nil, addrPort(c.LocalAddr()), addrPort(c.RemoteAddr()))
			}
			sent := append(bytes.Clone(header), ssl+"\x04\x00\x00"+id...)
			sent[12], sent[15] = command, byte(len(sent)-16)
			send(t, c, string(sent)+"hello")
			expect(t, c, string(want)+"hello")
		}
	}
}

func TestEndpointsGetTheProxyProtocol(t *testing.T) {
	for version, write := range map[string]func([]byte, netip.AddrPort, netip.AddrPort) []byte{
		"v1": proxyproto.AppendV1, "v2": proxyproto.AppendV2,
	} {
		for _, chained := range []bool{false, true} {
			d := document(serve(t, nil))
			d.Listeners[0].ProxyProtocol = chained
			d.Clusters[0].ProxyProtocol = version
			p := build(t, d)
			r := start(t, p)
			c := r.dial(t)
			source, destination := addrPort(c.LocalAddr()), addrPort(c.RemoteAddr())
			if chained {
				source, destination = someClient, someServer
				send(t, c, string(proxyproto.AppendV1(nil, source, destination)))
			}
			send(t, c, "hello")
			want := string(write(nil, source, destination))
			expect(t, c, want+"hello") // the endpoint sends back what it got
			c.Close()
			if e := r.endedFor(t, ClientClosed); e.In != 5 {
				t.Errorf("%s: %d bytes in: a header is none of them", version, e.In)
			}
		}
	}
}

// Both kinds of head, one behind the other, and one going on.
// The header tells of the connection, so it is before what the connection carries.
func TestTheHeaderForAnEndpointGoesBeforeTLS(t *testing.T) {
	a := testkit.NewAuthority(t)
	leaf := a.Leaf(t, nil, "127.0.0.1")
	headers := make(chan proxyproto.Header, 1)
	d := document(serve(t, func(c *net.TCPConn) {
		first := make([]byte, len(proxyproto.AppendV2(nil, someClient, someServer)))
		if _, err := io.ReadFull(c, first); err != nil {
			t.Error(err)
			return
		}
		header, _, err := proxyproto.Parse(first)
		if err != nil {
			t.Errorf("%q: %v", first, err)
		}
		headers <- header
		secured := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{leaf.TLS(t)}})
		_, _ = io.Copy(secured, secured)
	}))
	secure(t, d, a)
	d.Clusters[0].ProxyProtocol = config.ProxyProtocolV2
	r := start(t, build(t, d))
	c := r.dial(t)
	send(t, c, "hello")
	expect(t, c, "hello")
	if h := <-headers; h.Source != addrPort(c.LocalAddr()) {
		t.Errorf("the endpoint is told of %v", h.Source)
	}
}

func TestAProxyHeaderGoesBeforeAClientHello(t *testing.T) {
	a := testkit.NewAuthority(t)
	d := byName(t, a, "")
	d.Listeners[0].ProxyProtocol = true
	r := start(t, build(t, d))
	c := r.dial(t)
	if _, err := c.Write(proxyproto.AppendV2(nil, someClient, someServer)); err != nil {
		t.Fatal(err)
	}
	secured := tls.Client(c, &tls.Config{RootCAs: a.Pool(), ServerName: "a.test"})
	if got, err := io.ReadAll(secured); err != nil || string(got) != "this is a.test" {
		t.Errorf("%q, %v", got, err)
	}
	c.Close()
	if e := r.ended(t, 1)[0]; e.Client != someClient.String() || e.Cluster != "c0" {
		t.Errorf("logged %+v", e)
	}
}

// What a client sends behind its head may be more than there is room for it.
func TestAHeadMayComeWithMuchBehindIt(t *testing.T) {
	d := document(serve(t, nil))
	d.Listeners[0].ProxyProtocol = true
	r := start(t, build(t, d))
	c := r.dial(t)
	body := bytes.Repeat([]byte("0123456789"), 100_000)
	go func() {
		_, _ = c.Write(append(proxyproto.AppendV1(nil, someClient, someServer), body...))
	}()
	expect(t, c, string(body))
}
