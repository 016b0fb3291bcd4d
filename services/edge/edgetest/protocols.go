package edgetest

import (
	"crypto/tls"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// Edit puts a text of the configuration of f in the place of another, and reloads it.
func Edit(t testing.TB, f *testkit.Front, old, with string) {
	t.Helper()
	b, err := os.ReadFile(f.Config())
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	if !strings.Contains(text, old) {
		t.Fatalf("the configuration has no %q", old)
	}
	if err := testkit.Replace(f.Config(), strings.Replace(text, old, with, 1)); err != nil {
		t.Fatal(err)
	}
	if status, _, body, err := f.Ask("POST", "/reload"); err != nil || status != 200 {
		t.Fatalf("the reload is answered %d %s, %v", status, body, err)
	}
}

// Serve serves h until the test ends, over a protocol of clusters: http1, h2c, h2, which is with
// TLS, or http1s, which is http1 with TLS. It returns the address.
func Serve(t testing.TB, authority *testkit.Authority, protocol string, h http.Handler) string {
	t.Helper()
	return ServeWith(t, authority, protocol, &http.Server{Handler: h})
}

// ServeWith is Serve for a server that has settings of its own. It sets the protocols, and TLS.
func ServeWith(
	t testing.TB, authority *testkit.Authority, protocol string, s *http.Server,
) string {
	t.Helper()
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.Protocols = new(http.Protocols)
	switch protocol {
	case "http1", "http1s":
		s.Protocols.SetHTTP1(true)
	case "h2c":
		s.Protocols.SetUnencryptedHTTP2(true)
	case "h2":
		s.Protocols.SetHTTP2(true)
	}
	secured := protocol == "h2" || protocol == "http1s"
	if secured {
		leaf := authority.Leaf(t, nil, testkit.EndpointName)
		s.TLSConfig = &tls.Config{Certificates: []tls.Certificate{leaf.TLS(t)}}
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if secured {
			_ = s.ServeTLS(ln, "", "")
		} else {
			_ = s.Serve(ln)
		}
	}()
	t.Cleanup(func() { _ = s.Close(); <-done })
	return ln.Addr().String()
}

// ClientOf is a client that speaks one protocol to the edge, and the beginning of its URLs. The
// protocol is HTTP/1.1, HTTP/2, or one of them with " over TLS". The edge has the listeners "plain"
// and "tls", as a testkit.Front does.
func ClientOf(
	t testing.TB, authority *testkit.Authority, e *testkit.Process, protocol string,
) (c *http.Client, base string) {
	t.Helper()
	tr := &http.Transport{Protocols: new(http.Protocols), DisableCompression: true}
	t.Cleanup(tr.CloseIdleConnections)
	switch protocol {
	case "HTTP/1.1", "HTTP/1.1 over TLS":
		tr.Protocols.SetHTTP1(true)
	case "HTTP/2 over TLS":
		tr.Protocols.SetHTTP2(true)
	case "HTTP/2":
		tr.Protocols.SetUnencryptedHTTP2(true)
	}
	c = &http.Client{Transport: tr, Timeout: testkit.Deadline}
	if strings.HasSuffix(protocol, "TLS") {
		tr.TLSClientConfig = &tls.Config{RootCAs: authority.Pool(), ServerName: testkit.FrontName}
		return c, "https://" + e.Addr("tls")
	}
	return c, "http://" + e.Addr("plain")
}
