package tls_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

const (
	cbc    = tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA
	gcmRSA = tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
	gcm    = tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
)

// handshake tries one; it returns the state and the error.
func handshake(t *testing.T, e *testkit.Process, c *tls.Config) (tls.ConnectionState, error) {
	t.Helper()
	conn, err := (&net.Dialer{Timeout: testkit.Deadline}).DialContext(t.Context(), "tcp",
		e.Addr("public"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	client := tls.Client(conn, c)
	err = client.HandshakeContext(t.Context())
	return client.ConnectionState(), err
}

// Suites without AEAD are for those who name them, and never for HTTP/2 (RFC 9113 section 9.2.2).
func TestSuitesOfTLS12(t *testing.T) {
	t.Parallel()
	authority := testkit.NewAuthority(t)
	leaf := authority.Leaf(t, nil, "a.test")
	for name, tc := range map[string]struct {
		keys    string // of the listener
		client  []uint16
		version uint16
		proto   string
		fails   bool
	}{
		"AEAD":            {"", []uint16{gcm}, tls.VersionTLS12, "h2", false},
		"CBC is refused":  {"", []uint16{cbc}, tls.VersionTLS12, "", true},
		"both":            {"", []uint16{cbc, gcm}, tls.VersionTLS12, "h2", false},
		"CBC, named":      {oldSuites, []uint16{cbc}, tls.VersionTLS12, "http/1.1", false},
		"AEAD, CBC named": {oldSuites, []uint16{gcm}, tls.VersionTLS12, "h2", false},
		"TLS 1.3":         {oldSuites, nil, tls.VersionTLS13, "h2", false},
		"CBC, HTTP/2 only": {
			"http1: false, " + oldSuites, []uint16{cbc}, tls.VersionTLS12, "", true,
		},
		"AEAD of another key": {
			oldSuites, []uint16{cbc, gcmRSA}, tls.VersionTLS12,
			"http/1.1", false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			leaf.Write(t, dir, "cert")
			keys := tc.keys
			if keys == "" {
				keys = "tls: {"
			}
			e, err := testkit.RunEdge(dir, fmt.Sprintf(`
version: 1
listeners:
  - {name: public, address: "127.0.0.1:0", %s certificates: [{cert: cert.pem, key: cert.key}]}}
routes: []
admin: {address: "127.0.0.1:0"}
`, keys))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(e.Kill)
			state, err := handshake(t, e, &tls.Config{
				RootCAs: authority.Pool(), ServerName: "a.test", CipherSuites: tc.client,
				MaxVersion: tc.version, NextProtos: []string{"h2", "http/1.1"},
			})
			if (err != nil) != tc.fails || err == nil && state.NegotiatedProtocol != tc.proto {
				t.Errorf("%v, %q over %s, want %q", err, state.NegotiatedProtocol,
					tls.CipherSuiteName(state.CipherSuite), tc.proto)
			}
		})
	}
}

const oldSuites = `tls: {ciphers: [TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256],`

// An endpoint is offered the suites that its cluster names.
func TestSuitesThatEndpointsAreOffered(t *testing.T) {
	t.Parallel()
	authority := testkit.NewAuthority(t)
	address := startTLS(t, &http.Server{
		TLSConfig: &tls.Config{
			Certificates: []tls.Certificate{authority.Leaf(t, nil, "up.test").TLS(t)},
			MaxVersion:   tls.VersionTLS12, CipherSuites: []uint16{cbc},
		}, ErrorLog: unheard,
		// without HTTP/2, which net/http does not serve without AEAD
		TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){},
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "ok")
		}),
	})
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "ca.pem"), authority.PEM)
	e, err := testkit.RunEdge(dir, fmt.Sprintf(`
version: 1
listeners: [{name: public, address: "127.0.0.1:0"}]
clusters:
  - {name: usual, endpoints: [{address: "%[1]s"}], security: {mode: tls, ca: ca.pem, server_name: up.test}}
  - {name: old, endpoints: [{address: "%[1]s"}], security: {mode: tls, ca: ca.pem, server_name: up.test, ciphers: [TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA]}}
routes: [{name: usual, cluster: usual}, {name: old, path_prefix: /old, cluster: old}]
admin: {address: "127.0.0.1:0"}
`, address))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Kill)
	client := testkit.Dial(t, e.Addr("public"))
	for path, want := range map[string]int{"/": 502, "/old": 200} {
		r := client.Exchange(t, "GET", "GET "+path+" HTTP/1.1\r\nHost: a.test\r\n\r\n")
		if r.Status != want {
			t.Errorf("%s: %d %s", path, r.Status, r.Body)
		}
	}
}

// withRSA makes a certificate with an RSA key.
func withRSA(t *testing.T, a *testkit.Authority, names ...string) testkit.Leaf {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return testkit.Leaf{
		Cert: a.Certify(t, key.Public(), names...),
		Key:  pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}),
	}
}

// Of certificates with one name the client gets the one whose signature it likes, and can check;
// without a name, the one for the address that it has connected to.
func TestACertificateIsChosenByKeyAndAddress(t *testing.T) {
	t.Parallel()
	authority := testkit.NewAuthority(t)
	up := testkit.NewUpstream(t, testkit.Answer(edgetest.OK))
	dir := t.TempDir()
	authority.Leaf(t, nil, "first.test").Write(t, dir, "first")
	authority.Leaf(t, nil, "a.test", "*.w.test").Write(t, dir, "ecdsa")
	withRSA(t, authority, "a.test", "*.w.test").Write(t, dir, "rsa")
	authority.Leaf(t, nil, "127.0.0.1").Write(t, dir, "ip")
	e, err := testkit.RunEdge(dir, fmt.Sprintf(`
version: 1
listeners:
  - name: public
    address: "127.0.0.1:0"
    tls:
      certificates:
        - {cert: first.pem, key: first.key}
        - {cert: rsa.pem, key: rsa.key}
        - {cert: ecdsa.pem, key: ecdsa.key}
        - {cert: ip.pem, key: ip.key}
clusters: [{name: up, endpoints: [{address: "%s"}]}]
routes: [{name: all, cluster: up}]
admin: {address: "127.0.0.1:0"}
`, up.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Kill)
	for name, tc := range map[string]struct {
		name   string
		suites []uint16
		want   x509.PublicKeyAlgorithm
		names  int
	}{
		"only ECDSA":           {"a.test", []uint16{gcm}, x509.ECDSA, 2},
		"only RSA":             {"a.test", []uint16{gcmRSA}, x509.RSA, 2},
		"only ECDSA, wildcard": {"x.w.test", []uint16{gcm}, x509.ECDSA, 2},
		"only RSA, wildcard":   {"x.w.test", []uint16{gcmRSA}, x509.RSA, 2},
		"in capitals":          {"A.TEST", []uint16{gcm}, x509.ECDSA, 2},
		"another name":         {"other.test", nil, x509.ECDSA, 1},
		"no name":              {"", nil, x509.ECDSA, 0},
		"an address":           {"127.0.0.1", nil, x509.ECDSA, 0},
	} {
		c := &tls.Config{
			ServerName: tc.name, InsecureSkipVerify: true, CipherSuites: tc.suites,
			NextProtos: []string{"http/1.1"},
		}
		if tc.suites != nil {
			c.MaxVersion = tls.VersionTLS12
		}
		state, err := handshake(t, e, c)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		leaf := state.PeerCertificates[0]
		if leaf.PublicKeyAlgorithm != tc.want || len(leaf.DNSNames) != tc.names {
			t.Errorf("%s: %s, for %q and %v", name, leaf.PublicKeyAlgorithm, leaf.DNSNames,
				leaf.IPAddresses)
		}
	}
	// A request for the address is not misdirected on such a connection.
	conn := dialTLS(t, e, &tls.Config{RootCAs: authority.Pool(), ServerName: "127.0.0.1"})
	if _, err := fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: %s\r\n\r\n",
		e.Addr("public")); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 12)
	if _, err := io.ReadFull(conn, answer); err != nil || string(answer) != "HTTP/1.1 200" {
		t.Errorf("%q, %v", answer, err)
	}
}
