package tls_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// tlsEdge runs an edge with one https listener; its certificate is cert.pem with
// cert.key in the returned folder.
func tlsEdge(t *testing.T, upstream string, leaf testkit.Leaf) (*testkit.Process, string) {
	t.Helper()
	dir := t.TempDir()
	leaf.Write(t, dir, "cert")
	e, err := testkit.RunEdge(dir, fmt.Sprintf(`
version: 1
listeners: [{name: public, address: "127.0.0.1:0", tls: {certificates: [{cert: cert.pem, key: cert.key}]}}]
clusters: [{name: up, endpoints: [{address: "%s"}]}]
routes: [{name: all, cluster: up}]
admin: {address: "127.0.0.1:0"}
`, upstream))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Kill)
	return e, dir
}

func dialTLS(t *testing.T, e *testkit.Process, c *tls.Config) *tls.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), testkit.Deadline)
	defer cancel()
	conn, err := (&tls.Dialer{Config: c, NetDialer: &net.Dialer{}}).DialContext(ctx, "tcp",
		e.Addr("public"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn.(*tls.Conn)
}

// A certificate that is renewed on disk is shown from then on, and connections made
// with the old one go on. A pair that does not fit is refused, visibly.
func TestARenewedCertificateIsTakenUp(t *testing.T) {
	t.Parallel()
	authority := testkit.NewAuthority(t)
	trust := &tls.Config{RootCAs: authority.Pool(), ServerName: "a.test"}
	up := testkit.NewUpstream(t, testkit.Answer(edgetest.OK))
	e, dir := tlsEdge(t, up.Addr(), authority.Leaf(t, nil, "a.test", "first.test"))
	testkit.Eventually(t, "the startup line says https", func() bool {
		return strings.Contains(e.Stderr(), "listener public: https://")
	})
	long := dialTLS(t, e, trust)
	names := func() []string {
		return dialTLS(t, e, trust).ConnectionState().PeerCertificates[0].DNSNames
	}
	if got := names(); got[1] != "first.test" {
		t.Errorf("the certificate is for %q", got)
	}

	authority.Leaf(t, nil, "a.test", "second.test").Write(t, dir, "cert")
	testkit.Eventually(t, "the new certificate is shown", func() bool {
		return names()[1] == "second.test"
	})
	var s admin.Status
	// The receipt follows the swap.
	testkit.Eventually(t, "the receipt is there", func() bool {
		s = edgetest.Status(t, e)
		return len(s.Reloads) > 0
	})
	if c := s.Listeners[0].Certificates; len(c) != 1 || c[0].Names[1] != "second.test" ||
		c[0].NotAfter.IsZero() {
		t.Errorf("/status has the certificates %+v", c)
	}
	if last := s.Reloads[0]; len(last.Other) == 0 ||
		!strings.Contains(strings.Join(last.Other, " "), "cert.pem") {
		t.Errorf("the receipt does not say what changed: %+v", last)
	}

	if err := os.WriteFile(filepath.Join(dir, "cert.key"), authority.Leaf(t, nil, "x.test").Key,
		0o600); err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, "the broken pair is refused", func() bool {
		bad := edgetest.Status(t, e).LastError
		return bad != nil && strings.Contains(fmt.Sprint(bad.Problems), "E_CERTIFICATE")
	})
	if got := names(); got[1] != "second.test" {
		t.Errorf("after a broken pair the certificate is for %q", got)
	}
	if _, err := fmt.Fprint(long, edgetest.Get); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 15)
	if _, err := long.Read(buf); err != nil || string(buf) != "HTTP/1.1 200 OK" {
		t.Errorf("the connection made first got %q, %v", buf, err)
	}
	testkit.Eventually(t, "the log tells the version of TLS", func() bool {
		return strings.Contains(e.Stdout(), `"tls_version":"1.3"`)
	})
}

// A session is resumed after a reload: the keys of tickets outlive plans.
func TestSessionsOutliveReloads(t *testing.T) {
	t.Parallel()
	authority := testkit.NewAuthority(t)
	up := testkit.NewUpstream(t, testkit.Answer(edgetest.OK))
	leaf := authority.Leaf(t, nil, "a.test")
	e, dir := tlsEdge(t, up.Addr(), leaf)
	trust := &tls.Config{
		RootCAs: authority.Pool(), ServerName: "a.test",
		ClientSessionCache: tls.NewLRUClientSessionCache(1),
	}
	visit := func() bool {
		c := dialTLS(t, e, trust)
		if _, err := fmt.Fprint(c, edgetest.Get); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Read(make([]byte, 100)); err != nil { // takes the ticket in, too
			t.Fatal(err)
		}
		return c.ConnectionState().DidResume
	}
	visit()
	if !visit() {
		t.Fatal("a session is not resumed at all")
	}
	before := edgetest.Status(t, e)
	authority.Leaf(t, nil, "a.test").Write(t, dir, "cert")
	testkit.Eventually(t, "the new certificate is in force", func() bool {
		return len(edgetest.Status(t, e).Reloads) > len(before.Reloads)
	})
	if !visit() {
		t.Error("the session of before the reload is not resumed")
	}
}
