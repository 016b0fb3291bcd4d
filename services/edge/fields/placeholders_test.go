package fields_test

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// all are all placeholders of requests, each in a field of its own.
const all = `{X-Address: "{client.address}", X-Port: "{client.port}", X-Id: "{request.id}",
   X-Host: "{request.host}", X-Method: "{request.method}", X-Scheme: "{request.scheme}",
   X-Path: "{request.path}", X-Query: "{request.query}", X-Listener: "{listener}",
   X-Route: "{route}", X-Cluster: "{cluster}", X-Endpoint: "{endpoint}",
   X-Tls: "{tls.version}", X-Sni: "{tls.server_name}", X-Subject: "{client.certificate.subject}",
   X-Fingerprint: "{client.certificate.fingerprint}", X-Dns: "{client.certificate.dns}",
   X-Uri: "{client.certificate.uri}", X-Many: "a={client.address};{route}{{}",
   X-Env: "{env.GATEWAY_TEST_FIELDS}"}`

const placeholderRoutes = `
routes:
  - {name: one, path_prefix: /one, cluster: http1, headers: {request: {set: ` + all + `}}}
  - {name: two, path_prefix: /two, cluster: h2c, headers: {request: {set: ` + all + `}}}
  - name: back
    path_prefix: /back
    cluster: http1
    headers: {response: {set: ` + all + `}}
  - {name: own, path_prefix: /own, respond: {body: "hello\n", headers: ` + all + `}}
  - {name: to, path_prefix: /to, redirect: {path: /}, headers: {response: {set: ` + all + `}}}
  - name: host
    path_prefix: /host
    cluster: http1
    headers: {request: {set: {Host: "{endpoint}", X-Forwarded-Host: "{request.host}"}}}
  - name: sni
    path_prefix: /sni
    cluster: h2c
    headers: {request: {set: {Host: "{tls.server_name}"}}}
`

const variable = "zone {1}; \"é\""

// startWithVariable is start with a variable of the environment that the edge has.
func startWithVariable(t *testing.T, more, routes string) *front {
	t.Setenv("GATEWAY_TEST_FIELDS", variable)
	return start(t, more, routes)
}

func TestPlaceholdersAreFilledIn(t *testing.T) {
	f := startWithVariable(t, "", placeholderRoutes)
	f.each(t, func(t *testing.T, c *asker) {
		tls, sni, listener := "", "", "plain"
		if c.scheme == "https" {
			tls, sni, listener = "1.3", testkit.FrontName, "tls"
		}
		forged := []string{"X-Subject: CN=root", "X-Fingerprint: 1", "X-Dns: a", "X-Uri: a",
			"X-Address: 1", "X-Tls: 9"}
		for _, tc := range []struct{ path, route, cluster string }{
			{"/one/a%20b", "one", "http1"}, {"/two/a%20b", "two", "h2c"},
			{"/back/a%20b", "back", "http1"}, {"/own/a%20b", "own", ""}, {"/to/a%20b", "to", ""},
		} {
			r, g := c.ask(t, tc.path+"?x={1}&y=%0d%0a", forged...)
			h := r.Header
			if tc.route == "one" || tc.route == "two" {
				h = g.Header
			}
			want := map[string]string{
				"X-Address": "127.0.0.1", "X-Id": r.Header.Get("X-Request-Id"), "X-Host": "a.test",
				"X-Method": "GET", "X-Scheme": c.scheme, "X-Path": tc.path,
				"X-Query": "x={1}&y=%0d%0a", "X-Listener": listener, "X-Route": tc.route,
				"X-Cluster": tc.cluster, "X-Tls": tls, "X-Sni": sni, "X-Subject": "",
				"X-Fingerprint": "", "X-Dns": "", "X-Uri": "",
				"X-Many": "a=127.0.0.1;" + tc.route + "{}", "X-Env": variable,
			}
			for name, value := range want {
				n := 1
				if value == "" {
					n = 0 // the field is not there, and neither is the client's
				}
				if got := h.Values(name); len(got) != n || n == 1 && got[0] != value {
					t.Errorf("%s: %s is %q, want %q", tc.path, name, got, value)
				}
			}
			if port := h.Get("X-Port"); port == "" || strings.Trim(port, "0123456789") != "" {
				t.Errorf("%s: the port is %q", tc.path, port)
			}
			if e := h.Get("X-Endpoint"); (e == "") != (tc.cluster == "") ||
				e != "" && !strings.HasPrefix(e, "127.0.0.1:") {
				t.Errorf("%s: the endpoint is %q", tc.path, e)
			}
		}
	})
}

// The Host field may have placeholders too; where they make no host, the client's stays.
func TestTheHostIsFilledIn(t *testing.T) {
	t.Parallel()
	f := start(t, "", strings.ReplaceAll(placeholderRoutes, "{env.GATEWAY_TEST_FIELDS}", "x"))
	f.each(t, func(t *testing.T, c *asker) {
		_, g := c.ask(t, "/host")
		if !strings.HasPrefix(g.Host, "127.0.0.1:") ||
			g.Header.Get("X-Forwarded-Host") != "a.test" {
			t.Errorf("the endpoint got the host %q, and %q", g.Host,
				g.Header.Values("X-Forwarded-Host"))
		}
		want := "a.test"
		if c.scheme == "https" {
			want = testkit.FrontName
		}
		if _, g = c.ask(t, "/sni"); g.Host != want {
			t.Errorf("the endpoint got the host %q, want %q", g.Host, want)
		}
	})
}

// The address is the one that trusted proxies tell, of which nobody knows the port.
func TestTheClientsAddressIsWhatTrustedProxiesTell(t *testing.T) {
	t.Parallel()
	f := start(t, ", trusted_proxies: [127.0.0.0/8]",
		strings.ReplaceAll(placeholderRoutes, "{env.GATEWAY_TEST_FIELDS}", "x"))
	f.each(t, func(t *testing.T, c *asker) {
		_, g := c.ask(t, "/one", "X-Forwarded-For: 10.0.0.1, 192.0.2.7", "X-Forwarded-Proto: https")
		if g.Header.Get("X-Address") != "192.0.2.7" || len(g.Header.Values("X-Port")) > 0 ||
			g.Header.Get("X-Scheme") != "https" {
			t.Errorf("the endpoint got %v", g.Header)
		}
	})
}

// What a certificate says can't end the field that it is put into.
func TestCertificatesArePutInSafely(t *testing.T) {
	t.Parallel()
	authority := testkit.NewAuthority(t)
	dir := t.TempDir()
	authority.Leaf(t, nil, testkit.FrontName).Write(t, dir, "front")
	if err := os.WriteFile(filepath.Join(dir, "ca.pem"), authority.PEM, 0o600); err != nil {
		t.Fatal(err)
	}
	echo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-From-Endpoint", "1")
		_ = json.NewEncoder(w).Encode(got{Header: r.Header})
	})
	e := edgetest.StartReloadableIn(t, dir, fmt.Sprintf(`version: 1
admin: {address: "127.0.0.1:0"}
listeners:
  - {name: plain, address: "127.0.0.1:0"}
  - name: tls
    address: "127.0.0.1:0"
    tls: {certificates: [{cert: front.pem, key: front.key}], client_ca: ca.pem}
clusters: [{name: http1, endpoints: [{address: %q}]}]
routes: [{name: r, cluster: http1, headers: {request: {set: %s}}}]
`, edgetest.Serve(t, authority, "http1", echo),
		strings.ReplaceAll(all, "{env.GATEWAY_TEST_FIELDS}", "x")))
	leaf := authority.Leaf(t, func(c *x509.Certificate) {
		c.Subject.CommonName = "ops\r\nX-Admin: 1, 100%é"
		c.DNSNames = []string{"a.test", "b.test"}
		c.URIs = []*url.URL{{Scheme: "spiffe", Host: "prod", Path: "/a,b"},
			{Scheme: "spiffe", Host: "prod", Path: "/c"}}
	})
	certificate := leaf.TLS(t)
	hash := sha256.Sum256(certificate.Certificate[0])
	for _, protocol := range []string{"h2", "http/1.1"} {
		transport := &http.Transport{
			ForceAttemptHTTP2: protocol == "h2",
			TLSClientConfig: &tls.Config{
				RootCAs: authority.Pool(), ServerName: testkit.FrontName,
				Certificates: []tls.Certificate{certificate}, NextProtos: []string{protocol},
			},
		}
		t.Cleanup(transport.CloseIdleConnections)
		c := &asker{
			client: &http.Client{Transport: transport}, base: "https://" + e.Addr("tls"),
		}
		_, g := c.ask(t, "/", "X-Dns: forged")
		for name, want := range map[string]string{
			"X-Fingerprint": hex.EncodeToString(hash[:]), "X-Dns": "a.test,b.test",
			"X-Uri": "spiffe://prod/a%2Cb,spiffe://prod/c", "X-Tls": "1.3",
		} {
			if got := strings.Join(g.Header.Values(name), " | "); got != want {
				t.Errorf("%s: %s is %q, want %q", protocol, name, got, want)
			}
		}
		subject := g.Header.Get("X-Subject")
		if !strings.Contains(subject, "ops%0D%0AX-Admin: 1") ||
			!strings.Contains(subject, "100%25%C3%A9") ||
			len(g.Header.Values("X-Admin")) > 0 {
			t.Errorf("%s: the subject is %q", protocol, subject)
		}
	}
}
