package l7

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// secureListener gives the document's listener certificates for names, one each.
func secureListener(t testing.TB, d *config.Document, a *testkit.Authority, names ...string) {
	t.Helper()
	dir := t.TempDir()
	d.Listeners[0].TLS = &config.TLS{MinVersion: "1.2", ALPN: []string{"h2", "http/1.1"}}
	for i, n := range names {
		cert, key := a.Leaf(t, nil, n).Write(t, dir, fmt.Sprint(i))
		d.Listeners[0].TLS.Certificates = append(d.Listeners[0].TLS.Certificates,
			config.Certificate{Cert: cert, Key: key})
	}
}

func dialTLS(t testing.TB, address string, c *tls.Config) *tls.Conn {
	t.Helper()
	conn := tls.Client(connect(t, address), c)
	t.Cleanup(func() { conn.Close() })
	if err := conn.Handshake(); err != nil {
		t.Fatal(err)
	}
	return conn
}

// ask sends a request and reads its response.
func ask(t testing.TB, conn net.Conn, r *bufio.Reader, request string) (status, head, body string) {
	t.Helper()
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	resp := readResponse(t, r)
	return resp.status, resp.head, resp.body
}

type rawResponse struct{ status, head, body string }

func readResponse(t testing.TB, r *bufio.Reader) (out rawResponse) {
	t.Helper()
	resp, err := testkit.ReadResponse(r, "GET")
	if err != nil {
		t.Fatal(err)
	}
	return rawResponse{fmt.Sprint(resp.Status), fmt.Sprint(resp.Fields), string(resp.Body)}
}

func TestRequestsComeOverTLS(t *testing.T) {
	authority := testkit.NewAuthority(t)
	heads := make(chan string, 10)
	d := document(serveUpstream(t, func(c net.Conn) {
		r := bufio.NewReader(c)
		for {
			req, err := testkit.ReadRequestHead(r)
			if err != nil || testkit.ReadRequestBody(r, req) != nil {
				return
			}
			heads <- fmt.Sprint(req.Fields)
			fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(req.Body),
				req.Body)
		}
	}))
	secureListener(t, d, authority, "a.test")
	_, address := startEngine(t, d, nil)
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		conn := dialTLS(t, address, &tls.Config{
			RootCAs: authority.Pool(), ServerName: "a.test", MaxVersion: version,
			NextProtos: []string{"http/1.1"},
		})
		if p := conn.ConnectionState().NegotiatedProtocol; p != "http/1.1" {
			t.Errorf("negotiated %q; want what was offered", p)
		}
		r := bufio.NewReader(conn)
		large := strings.Repeat("x", 300_000)
		for _, body := range []string{"", "hello", large} {
			status, _, got := ask(t, conn, r,
				fmt.Sprintf("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: %d\r\n\r\n%s",
					len(body), body))
			if status != "200" || got != body {
				t.Errorf("TLS %x: %s with %d bytes, want the %d sent", version, status, len(got),
					len(body))
			}
			if head := <-heads; !strings.Contains(head, "https") {
				t.Errorf("the upstream is not told of https: %s", head)
			}
		}
		// Two requests in one record.
		if _, err := io.WriteString(conn,
			strings.Repeat("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n", 2)); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if resp := readResponse(t, r); resp.status != "200" {
				t.Errorf("pipelined: %s", resp.status)
			}
			<-heads
		}
	}
}

func TestSNIChoosesTheCertificate(t *testing.T) {
	authority := testkit.NewAuthority(t)
	d := document(serveUpstream(t, answerAll))
	secureListener(t, d, authority, "a.test", "*.b.test", "x.b.test")
	_, address := startEngine(t, d, nil)
	for name, want := range map[string]string{
		"a.test": "a.test", "y.b.test": "*.b.test", "x.b.test": "x.b.test", "X.B.TEST": "x.b.test",
		"other.test": "a.test", "": "a.test",
	} {
		conn := dialTLS(t, address, &tls.Config{ServerName: name, InsecureSkipVerify: true})
		if got := conn.ConnectionState().PeerCertificates[0].DNSNames[0]; got != want {
			t.Errorf("for %q: the certificate of %s, want %s", name, got, want)
		}
	}
	// A connection for one host is not for another with a certificate of its own.
	conn := dialTLS(t, address, &tls.Config{ServerName: "a.test", RootCAs: authority.Pool()})
	r := bufio.NewReader(conn)
	for host, want := range map[string]string{
		"a.test": "200", "a.test:443": "200", "other.test": "200", "x.b.test": "421",
		"y.b.test": "421",
	} {
		if status, _, body := ask(t, conn, r,
			"GET / HTTP/1.1\r\nHost: "+host+"\r\n\r\n"); status != want ||
			want == "421" && !strings.Contains(body, "GW_MISDIRECTED") {
			t.Errorf("host %s on a connection for a.test: %s %s, want %s", host, status, body, want)
		}
	}
}

func TestASlowHandshakeIsCut(t *testing.T) {
	d := document(serveUpstream(t, answerAll))
	secureListener(t, d, testkit.NewAuthority(t), "a.test")
	d.Listeners[0].Timeouts.Header = 300 * time.Millisecond
	_, address := startEngine(t, d, nil)
	conn := connect(t, address)
	if _, err := conn.Write([]byte{22, 3, 1}); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if _, err := io.ReadAll(conn); err != nil && !testkit.IsClosed(err) {
		t.Fatal(err)
	}
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("cut after %v", took)
	}
}

func TestATunnelRunsOverTLS(t *testing.T) {
	authority := testkit.NewAuthority(t)
	d := document(serveUpstream(t, func(c net.Conn) {
		r := bufio.NewReader(c)
		if _, err := testkit.ReadRequestHead(r); err != nil {
			return
		}
		_, _ = io.WriteString(c,
			"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
		_, _ = io.Copy(c, r)
	}))
	secureListener(t, d, authority, "a.test")
	_, address := startEngine(t, d, nil)
	conn := dialTLS(t, address, &tls.Config{ServerName: "a.test", RootCAs: authority.Pool()})
	if _, err := io.WriteString(conn,
		"GET / HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n"); err !=
		nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(conn)
	if resp, err := testkit.ReadResponseHead(r); err != nil || resp.Status != 101 {
		t.Fatalf("%+v, %v", resp, err)
	}
	for i := range 50 {
		want := bytes.Repeat([]byte{byte(i)}, 1+i*700)
		go func() { _, _ = conn.Write(want) }()
		got := make([]byte, len(want))
		if _, err := io.ReadFull(r, got); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("message %d came back wrong: %v", i, err)
		}
	}
	if err := conn.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(r); err != nil || len(rest) != 0 {
		t.Errorf("after the end: %d bytes, %v", len(rest), err)
	}
}

// secureUpstream serves TLS with the certificate.
func secureUpstream(t testing.TB, c *tls.Config) string {
	return serveUpstream(t, func(conn net.Conn) {
		s := tls.Server(conn, c)
		answerAll(s)
	})
}

func TestEndpointsAreVerified(t *testing.T) {
	authority, stranger := testkit.NewAuthority(t), testkit.NewAuthority(t)
	dir := t.TempDir()
	ca, _ := testkit.Leaf{Cert: authority.PEM}.Write(t, dir, "ca")
	cert, key := authority.Leaf(t, nil, "edge.test").Write(t, dir, "client")
	for _, tc := range []struct {
		name     string
		server   *tls.Config
		security config.Security
		want     string
	}{
		{
			"by address",
			&tls.Config{
				Certificates: []tls.Certificate{authority.Leaf(t, nil, "127.0.0.1").TLS(t)},
			}, config.Security{Mode: "tls", CA: ca}, "200",
		},
		{
			"by name",
			&tls.Config{
				Certificates: []tls.Certificate{authority.Leaf(t, nil, "users.test").TLS(t)},
			}, config.Security{Mode: "tls", CA: ca, ServerName: "users.test"}, "200",
		},
		{
			"another name",
			&tls.Config{
				Certificates: []tls.Certificate{authority.Leaf(t, nil, "users.test").TLS(t)},
			}, config.Security{Mode: "tls", CA: ca, ServerName: "orders.test"}, "502",
		},
		{
			"another authority",
			&tls.Config{Certificates: []tls.Certificate{stranger.Leaf(t, nil, "127.0.0.1").TLS(t)}},
			config.Security{Mode: "tls", CA: ca}, "502",
		},
		{
			"expired", &tls.Config{
				Certificates: []tls.Certificate{authority.Leaf(t, func(c *x509.Certificate) {
					c.NotBefore, c.NotAfter = time.Now().Add(-2*time.Hour),
						time.Now().Add(-time.Hour)
				}, "127.0.0.1").TLS(t)},
			}, config.Security{Mode: "tls", CA: ca}, "502",
		},
		{
			"mtls",
			&tls.Config{
				ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: authority.Pool(),
				Certificates: []tls.Certificate{authority.Leaf(t, nil, "127.0.0.1").TLS(t)},
			}, config.Security{Mode: "mtls", CA: ca, Cert: cert, Key: key}, "200",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := document(secureUpstream(t, tc.server))
			d.Clusters[0].Security = tc.security
			_, address := startEngine(t, d, nil)
			conn := connect(t, address)
			r := bufio.NewReader(conn)
			for range 3 { // on one upstream connection
				status, _, body := ask(t, conn, r, request)
				if status != tc.want ||
					tc.want == "502" && !strings.Contains(body, "GW_UPSTREAM_TLS") {
					t.Errorf("got %s %s, want %s", status, body, tc.want)
				}
			}
		})
	}
}

func BenchmarkExchangeOverTLS(b *testing.B) {
	authority := testkit.NewAuthority(b)
	d := document(serveUpstream(b, func(c net.Conn) {
		_ = c.SetDeadline(noDeadline)
		answerAll(c)
	}))
	secureListener(b, d, authority, "a.test")
	_, address := startEngine(b, d, nil)
	conn := dialTLS(b, address, &tls.Config{RootCAs: authority.Pool(), ServerName: "a.test"})
	_ = conn.SetDeadline(noDeadline)
	in := make([]byte, 4096)
	out := []byte(request)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := conn.Write(out); err != nil {
			b.Fatal(err)
		}
		if _, err := conn.Read(in); err != nil {
			b.Fatal(err)
		}
	}
}
