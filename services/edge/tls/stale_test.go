package tls_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

func expired(c *x509.Certificate) {
	c.NotBefore, c.NotAfter = time.Now().Add(-48*time.Hour), time.Now().Add(-24*time.Hour)
}

func early(c *x509.Certificate) { c.NotBefore = time.Now().Add(24 * time.Hour) }

// shown is the first own name after the first of the certificate that a client gets for a name.
func shown(t *testing.T, e *testkit.Process, name string) []string {
	t.Helper()
	c := dialTLS(t, e, &tls.Config{ServerName: name, InsecureSkipVerify: true})
	defer c.Close()
	return c.ConnectionState().PeerCertificates[0].DNSNames
}

// two is an edge with two certificates, a and b.
const two = `
version: 1
listeners:
  - name: public
    address: "127.0.0.1:0"
    tls: {certificates: [{cert: a.pem, key: a.key}, {cert: b.pem, key: b.key%s}]}
clusters: [{name: up, endpoints: [{address: "%s"}]}]
routes: [{name: all, cluster: up}]
admin: {address: "127.0.0.1:0"}
`

// What is wrong with one certificate is no reason to stop the others: the edge starts, says what is
// wrong, serves with the rest, takes up renewals of these, and the one itself once it is mended.
func TestOneBadCertificateStopsNoOther(t *testing.T) {
	t.Parallel()
	authority := testkit.NewAuthority(t)
	up := testkit.NewUpstream(t, testkit.Answer(edgetest.OK))
	for name, tc := range map[string]struct {
		spoil func(t *testing.T, dir string)
		ocsp  bool
		want  string // in the log
		shows string // for b
	}{
		"expired": {func(t *testing.T, dir string) {
			authority.Leaf(t, expired, "b.test").Write(t, dir, "b")
		}, false, "has expired", "b.test"},
		"not valid yet": {func(t *testing.T, dir string) {
			authority.Leaf(t, early, "b.test").Write(t, dir, "b")
		}, false, "not valid before", "b.test"},
		"no certificate": {func(t *testing.T, dir string) {
			remove(t, dir, "b.pem")
		}, false, "b.pem", "a.test"},
		"no key": {func(t *testing.T, dir string) {
			remove(t, dir, "b.key")
		}, false, "b.key", "a.test"},
		"another key": {func(t *testing.T, dir string) {
			writeFile(t, filepath.Join(dir, "b.key"), authority.Leaf(t, nil, "b.test").Key)
		}, false, "is not the key of", "a.test"},
		"a damaged certificate": {func(t *testing.T, dir string) {
			writeFile(t, filepath.Join(dir, "b.pem"), []byte("-----BEGIN CERTIFICATE-----\nMII"))
		}, false, "no END line", "a.test"},
		"an old OCSP response": {func(t *testing.T, dir string) {
			leaf := authority.Leaf(t, nil, "b.test")
			leaf.Write(t, dir, "b")
			writeFile(t, filepath.Join(dir, "b.der"), authority.OCSP(t, leaf, ocsp.Good,
				time.Now().Add(-time.Hour)))
		}, true, "ran out", "b.test"},
		"no OCSP response": {func(*testing.T, string) {}, true, "b.der", "b.test"},
		"another's OCSP response": {func(t *testing.T, dir string) {
			writeFile(t, filepath.Join(dir, "b.der"), authority.OCSP(t,
				authority.Leaf(t, nil, "b.test"), ocsp.Good, time.Now().Add(time.Hour)))
		}, true, "is no OCSP response", "b.test"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			authority.Leaf(t, nil, "a.test", "first.test").Write(t, dir, "a")
			authority.Leaf(t, nil, "b.test").Write(t, dir, "b")
			tc.spoil(t, dir)
			key := ""
			if tc.ocsp {
				key = ", ocsp: b.der"
			}
			e, err := testkit.RunEdge(dir, fmt.Sprintf(two, key, up.Addr()))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(e.Kill)
			testkit.Eventually(t, "a warning", func() bool {
				return strings.Contains(e.Stderr(), tc.want) &&
					strings.Contains(e.Stderr(), "level=warn")
			})
			if got := shown(t, e, "b.test"); got[0] != tc.shows {
				t.Errorf("for b.test the certificate of %q is shown, want that of %s", got,
					tc.shows)
			}
			for _, h2 := range []bool{false, true} {
				if status := get(t, e, authority, h2); status != 200 {
					t.Errorf("HTTP/2 %v: %d", h2, status)
				}
			}
			authority.Leaf(t, nil, "a.test", "second.test").Write(t, dir, "a")
			testkit.Eventually(t, "the renewal of the other is taken up", func() bool {
				return shown(t, e, "a.test")[1] == "second.test"
			})
			testkit.Eventually(t, "/status says what is wrong", func() bool {
				s := edgetest.Status(t, e)
				return len(s.Reloads) > 1 && s.LastError != nil &&
					s.LastError.Result == "applied" &&
					strings.Contains(fmt.Sprint(s.LastError.Problems), tc.want)
			})
			mended := authority.Leaf(t, nil, "b.test", "mended.test")
			mended.Write(t, dir, "b")
			writeFile(t, filepath.Join(dir, "b.der"), authority.OCSP(t, mended, ocsp.Good,
				time.Now().Add(time.Hour)))
			testkit.Eventually(t, "it is mended", func() bool {
				s := edgetest.Status(t, e)
				return len(shown(t, e, "b.test")) == 2 && s.LastError == nil
			})
		})
	}
}

// A pair that is spoiled while the edge runs keeps being shown as it was, and the rest goes on.
func TestABadPairKeepsItsLastGoodOne(t *testing.T) {
	t.Parallel()
	authority := testkit.NewAuthority(t)
	up := testkit.NewUpstream(t, testkit.Answer(edgetest.OK))
	dir := t.TempDir()
	authority.Leaf(t, nil, "a.test", "0.test").Write(t, dir, "a")
	good := authority.Leaf(t, nil, "b.test", "good.test")
	good.Write(t, dir, "b")
	e, err := testkit.RunEdge(dir, fmt.Sprintf(two, "", up.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Kill)
	for i, tc := range []struct {
		what  string
		spoil func()
	}{
		{"the key is gone", func() { remove(t, dir, "b.key") }},
		{"another key", func() {
			writeFile(t, filepath.Join(dir, "b.key"), authority.Leaf(t, nil, "b.test").Key)
		}},
		{"expired", func() { authority.Leaf(t, expired, "b.test").Write(t, dir, "b") }},
		{"not valid yet", func() { authority.Leaf(t, early, "b.test").Write(t, dir, "b") }},
		{"damaged", func() { writeFile(t, filepath.Join(dir, "b.pem"), good.Cert[:200]) }},
		{"all is gone", func() { remove(t, dir, "b.pem"); remove(t, dir, "b.key") }},
	} {
		tc.spoil()
		mark := fmt.Sprintf("%d.test", i+1)
		authority.Leaf(t, nil, "a.test", mark).Write(t, dir, "a")
		testkit.Eventually(t, tc.what+": the other's renewal is taken up", func() bool {
			return shown(t, e, "a.test")[1] == mark
		})
		if got := shown(t, e, "b.test"); len(got) != 2 || got[1] != "good.test" {
			t.Errorf("%s: the certificate of %q is shown", tc.what, got)
		}
	}
	// The document names another file, which is not there: its names are not lost.
	text := strings.ReplaceAll(fmt.Sprintf(two, "", up.Addr()), "b.pem", "typo.pem")
	writeFile(t, filepath.Join(dir, "gateway.yaml"), []byte(text+"drain: {timeout: 7s}\n"))
	testkit.Eventually(t, "the document is taken up", func() bool {
		s := edgetest.Status(t, e)
		return s.LastError != nil &&
			strings.Contains(fmt.Sprint(s.LastError.Problems), "typo.pem") &&
			s.LastError.Result == "applied"
	})
	if got := shown(t, e, "b.test"); len(got) != 2 || got[1] != "good.test" {
		t.Errorf("after a mistake in the document the certificate of %q is shown", got)
	}
}

// Where nothing could be served there is no start, and all is said that is wrong.
func TestAnEdgeWithoutAnyCertificateDoesNotStart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	e, err := testkit.RunEdge(dir, fmt.Sprintf(two, "", "127.0.0.1:1"))
	if err == nil {
		e.Kill()
		t.Fatal("it runs")
	}
	for _, want := range []string{"code 2", "gateway.yaml:", "E_FILE", "a.pem", "a.key", "b.pem"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("it does not say %q: %v", want, err)
		}
	}
	// With another listener there is something to do.
	e, err = testkit.RunEdge(dir, strings.Replace(fmt.Sprintf(two, "", "127.0.0.1:1"),
		"listeners:\n", "listeners:\n  - {name: plain, address: \"127.0.0.1:0\"}\n", 1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Kill)
	if r := testkit.Dial(t, e.Addr("plain")).Exchange(t, "GET",
		"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"); r.Status != 502 {
		t.Errorf("on plain text: %d", r.Status)
	}
	authority := testkit.NewAuthority(t)
	authority.Leaf(t, nil, "a.test").Write(t, dir, "a")
	authority.Leaf(t, nil, "b.test").Write(t, dir, "b")
	testkit.Eventually(t, "the certificates are taken up when they come", func() bool {
		return edgetest.Status(t, e).LastError == nil
	})
	if got := shown(t, e, "b.test"); got[0] != "b.test" {
		t.Errorf("the certificate of %q is shown", got)
	}
}

// An expired or missing certificate that the gateway shows to others keeps nobody from anything
// else: neither a cluster's, nor the one for config-sync.
func TestAStaleClientCertificateStopsNothingElse(t *testing.T) {
	t.Parallel()
	authority := testkit.NewAuthority(t)
	up := testkit.NewUpstream(t, testkit.Answer(edgetest.OK))
	mutual := startTLS(t, &http.Server{
		TLSConfig: &tls.Config{
			Certificates: []tls.Certificate{authority.Leaf(t, nil, "up.test").TLS(t)},
			ClientAuth:   tls.RequireAndVerifyClientCert, ClientCAs: authority.Pool(),
		}, ErrorLog: unheard,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "ok")
		}),
	})
	for name, spoil := range map[string]func(t *testing.T, dir string){
		"expired": func(t *testing.T, dir string) {
			authority.Leaf(t, expired, "edge.test").Write(t, dir, "edge")
		},
		"missing": func(*testing.T, string) {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			spoil(t, dir)
			writeFile(t, filepath.Join(dir, "ca.pem"), authority.PEM)
			e, err := testkit.RunEdge(dir, fmt.Sprintf(`
version: 1
listeners: [{name: public, address: "127.0.0.1:0"}]
clusters:
  - {name: up, endpoints: [{address: "%s"}]}
  - {name: mutual, endpoints: [{address: "%s"}], security: {mode: mtls, ca: ca.pem, cert: edge.pem, key: edge.key, server_name: up.test}}
routes: [{name: all, cluster: up}, {name: mutual, path_prefix: /mutual, cluster: mutual}]
config_sync: {address: "127.0.0.1:1", node: edge-1, cache: last.yaml, security: {mode: mtls, ca: ca.pem, cert: edge.pem, key: edge.key, server_name: sync.test}}
admin: {address: "127.0.0.1:0"}
`, up.Addr(), mutual))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(e.Kill)
			testkit.Eventually(t, "both are warned of", func() bool {
				return strings.Contains(e.Stderr(), "clusters[1].security.cert") &&
					strings.Contains(e.Stderr(), "config_sync.security.cert")
			})
			client := testkit.Dial(t, e.Addr("public"))
			if r := client.Exchange(t, "GET", edgetest.Get); r.Status != 200 {
				t.Errorf("elsewhere: %d", r.Status)
			}
			r := client.Exchange(t, "GET", "GET /mutual HTTP/1.1\r\nHost: a.test\r\n\r\n")
			if r.Status != 502 {
				t.Errorf("where it is wanted: %d", r.Status)
			}
			authority.Leaf(t, nil, "edge.test").Write(t, dir, "edge")
			testkit.Eventually(t, "the renewed one is shown", func() bool {
				r := client.Exchange(t, "GET", "GET /mutual HTTP/1.1\r\nHost: a.test\r\n\r\n")
				return r.Status == 200
			})
		})
	}
}

// get asks for a page of a.test over TLS and returns the status.
func get(t *testing.T, e *testkit.Process, authority *testkit.Authority, h2 bool) int {
	t.Helper()
	tr := &http.Transport{
		Protocols:       new(http.Protocols),
		TLSClientConfig: &tls.Config{RootCAs: authority.Pool(), ServerName: "a.test"},
	}
	defer tr.CloseIdleConnections()
	tr.Protocols.SetHTTP1(!h2)
	tr.Protocols.SetHTTP2(h2)
	req, err := http.NewRequestWithContext(t.Context(), "GET", "https://"+e.Addr("public")+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "a.test"
	resp, err := (&http.Client{Transport: tr, Timeout: testkit.Deadline}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

func remove(t *testing.T, dir, name string) {
	t.Helper()
	if err := os.Remove(filepath.Join(dir, name)); err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
}
