package tls_test

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// Who a client is, by its certificate, decides which routes it may use; the endpoint
// and the log are told.
func TestAVerifiedClientIsKnownToRoutesEndpointsAndTheLog(t *testing.T) {
	t.Parallel()
	authority := testkit.NewAuthority(t)
	up := testkit.NewUpstream(t, testkit.Answer(edgetest.OK))
	dir := t.TempDir()
	authority.Leaf(t, nil, "edge.test").Write(t, dir, "cert")
	writeFile(t, filepath.Join(dir, "ca.pem"), authority.PEM)
	e, err := testkit.RunEdge(dir, fmt.Sprintf(`
version: 1
listeners: [{name: tls, address: "127.0.0.1:0", tls: {client_ca: ca.pem, certificates: [{cert: cert.pem, key: cert.key}]}}]
clusters: [{name: up, endpoints: [{address: "%s"}]}]
routes:
  - {name: all, cluster: up}
  - {name: admin, cluster: up, path_prefix: /admin, client_certificate: {names: ["spiffe://prod/ops/*"]}}
admin: {address: "127.0.0.1:0"}
`, up.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Kill)
	ops := authority.Leaf(t, func(c *x509.Certificate) {
		c.URIs = []*url.URL{{Scheme: "spiffe", Host: "prod", Path: "/ops/a"}}
	}, "ops.test").TLS(t)
	dev := authority.Leaf(t, nil, "dev.test").TLS(t)
	ask := func(cert tls.Certificate, h2 bool, path string) (int, string) {
		t.Helper()
		tr := &http.Transport{Protocols: new(http.Protocols), TLSClientConfig: &tls.Config{
			RootCAs: authority.Pool(), ServerName: "edge.test",
			Certificates: []tls.Certificate{cert},
		}}
		defer tr.CloseIdleConnections()
		tr.Protocols.SetHTTP1(!h2)
		tr.Protocols.SetHTTP2(h2)
		req, err := http.NewRequestWithContext(t.Context(), "GET", "https://"+e.Addr("tls")+path,
			nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Forwarded-Client-Cert", `Subject="CN=forged"`)
		resp, err := (&http.Client{Transport: tr, Timeout: testkit.Deadline}).Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		return resp.StatusCode, string(body)
	}
	for _, h2 := range []bool{false, true} {
		if status, _ := ask(ops, h2, "/admin"); status != 200 {
			t.Errorf("HTTP/2 %v: the right client gets %d", h2, status)
		}
		if status, body := ask(dev, h2, "/admin"); status != 403 ||
			!strings.Contains(body, "GW_FORBIDDEN") {
			t.Errorf("HTTP/2 %v: another client gets %d %s", h2, status, body)
		}
		if status, _ := ask(dev, h2, "/"); status != 200 {
			t.Errorf("HTTP/2 %v: a route for everybody gives %d", h2, status)
		}
	}
	seen := ""
	for _, c := range up.Conns() {
		seen += c.Received()
	}
	if strings.Contains(seen, "forged") ||
		strings.Count(seen, `X-Forwarded-Client-Cert: Hash=`) != 4 ||
		strings.Count(seen,
			`;Subject="CN=ops.test";URI="spiffe://prod/ops/a";DNS="ops.test"`) != 2 {
		t.Errorf("the endpoint heard:\n%s", seen)
	}
	testkit.Eventually(t, "the log names them", func() bool {
		return strings.Count(e.Stdout(), `"tls_client":"CN=ops.test"`) == 2 &&
			strings.Count(e.Stdout(), `"tls_client":"CN=dev.test"`) == 4
	})
}

// unheard is for servers whose clients fail on purpose.
var unheard = log.New(io.Discard, "", 0)

// startTLS serves until the test ends; it returns the address.
func startTLS(t *testing.T, s *http.Server) string {
	t.Helper()
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.ServeTLS(ln, "", "")
	}()
	t.Cleanup(func() { _ = s.Close(); <-done })
	return ln.Addr().String()
}

func writeFile(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// An OCSP response is shown, and a renewed one taken up.
func TestAnOCSPResponseIsStapled(t *testing.T) {
	t.Parallel()
	authority := testkit.NewAuthority(t)
	leaf := authority.Leaf(t, nil, "a.test")
	dir := t.TempDir()
	leaf.Write(t, dir, "cert")
	file := filepath.Join(dir, "staple.der")
	first := authority.OCSP(t, leaf, ocsp.Good, time.Now().Add(time.Hour))
	writeFile(t, file, first)
	e, err := testkit.RunEdge(dir, `
version: 1
listeners: [{name: public, address: "127.0.0.1:0", tls: {certificates: [{cert: cert.pem, key: cert.key, ocsp: staple.der}]}}]
routes: []
admin: {address: "127.0.0.1:0"}
`)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Kill)
	shown := func() string {
		return string(dialTLS(t, e, &tls.Config{
			RootCAs: authority.Pool(), ServerName: "a.test",
		}).ConnectionState().OCSPResponse)
	}
	if shown() != string(first) {
		t.Error("the response is not shown")
	}
	second := authority.OCSP(t, leaf, ocsp.Good, time.Now().Add(2*time.Hour))
	writeFile(t, file, second)
	testkit.Eventually(t, "the renewed response is shown", func() bool {
		return shown() == string(second)
	})
	writeFile(t, file, authority.OCSP(t, leaf, ocsp.Revoked, time.Now().Add(time.Hour)))
	testkit.Eventually(t, "a response that says revoked is refused", func() bool {
		bad := edgetest.Status(t, e).LastError
		return bad != nil && strings.Contains(fmt.Sprint(bad.Problems), "revoked")
	})
	if shown() != string(second) {
		t.Error("the good response is not shown any more")
	}
}

// What is wrong with an endpoint's TLS is told in /status in an operator's words.
func TestTheReasonOfATLSFailureIsInStatus(t *testing.T) {
	t.Parallel()
	authority, other := testkit.NewAuthority(t), testkit.NewAuthority(t)
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "ca.pem"), authority.PEM)
	good := authority.Leaf(t, nil, "up.test")
	block, _ := pem.Decode(good.Cert)
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256(cert.RawSubjectPublicKeyInfo)
	pin := "sha256/" + base64.StdEncoding.EncodeToString(digest[:])
	serve := func(leaf testkit.Leaf, min uint16) string {
		s := &http.Server{
			Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				_, _ = io.WriteString(w, "ok")
			}),
			TLSConfig: &tls.Config{Certificates: []tls.Certificate{leaf.TLS(t)}, MinVersion: min},
			ErrorLog:  unheard,
		}
		return startTLS(t, s)
	}
	expired := func(c *x509.Certificate) {
		c.NotBefore, c.NotAfter = time.Now().Add(-48*time.Hour), time.Now().Add(-24*time.Hour)
	}
	plain := edgetest.Serve(t, authority, "http1", http.NotFoundHandler())
	mutual := startTLS(t, &http.Server{
		TLSConfig: &tls.Config{
			Certificates: []tls.Certificate{good.TLS(t)},
			ClientAuth:   tls.RequireAndVerifyClientCert, MaxVersion: tls.VersionTLS12,
		}, ErrorLog: unheard,
	})
	cases := []struct{ name, address, security, want string }{
		{"good", serve(good, 0), "server_name: up.test", ""},
		{"pinned", serve(good, 0), `server_name: up.test, pins: ["` + pin + `"]`, ""},
		{
			"pin", serve(authority.Leaf(t, nil, "up.test"), 0), `server_name: up.test, pins: ["` +
				pin + `"]`, "pinned key",
		},
		{
			"expired", serve(authority.Leaf(t, expired, "up.test"), 0), "server_name: up.test",
			"expired at",
		},
		{
			"stranger", serve(other.Leaf(t, nil, "up.test"), 0), "server_name: up.test",
			"authority that is not trusted",
		},
		{"name", serve(good, 0), "server_name: elsewhere.test", "another name than elsewhere.test"},
		{"plain", plain, "server_name: up.test", "does not speak TLS"},
		{"alert", mutual, "server_name: up.test", "refuses the handshake"},
	}
	var clusters, routes strings.Builder
	for _, c := range cases {
		fmt.Fprintf(&clusters,
			"  - {name: %s, security: {mode: tls, ca: ca.pem, %s}, endpoints: [{address: %q}]}\n",
			c.name, c.security, c.address)
		fmt.Fprintf(&routes, "  - {name: %s, cluster: %s, path_prefix: /%s}\n", c.name, c.name,
			c.name)
	}
	e, err := testkit.RunEdge(dir,
		"version: 1\nlisteners: [{name: public, address: \"127.0.0.1:0\"}]\nclusters:\n"+
			clusters.String()+"routes:\n"+routes.String()+"admin: {address: \"127.0.0.1:0\"}\n")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Kill)
	client := testkit.Dial(t, e.Addr("public"))
	for _, c := range cases {
		r := client.Exchange(t, "GET", "GET /"+c.name+" HTTP/1.1\r\nHost: a.test\r\n\r\n")
		if ok := r.Status == 200; ok != (c.want == "") ||
			!ok && !strings.Contains(string(r.Body), "GW_UPSTREAM_TLS") {
			t.Errorf("%s: %d %s", c.name, r.Status, r.Body)
		}
	}
	for i, c := range edgetest.Status(t, e).Clusters {
		failure, want := c.Endpoints[0].LastFailure, cases[i].want
		switch {
		case want == "" && failure != nil:
			t.Errorf("%s: %+v", c.Name, failure)
		case want != "" &&
			(failure == nil || !strings.HasPrefix(failure.Reason, "TLS: ") ||
				!strings.Contains(failure.Reason, want) || time.Since(failure.Time) > time.Hour):
			t.Errorf("%s: %+v, want %q", c.Name, failure, want)
		}
	}
}
