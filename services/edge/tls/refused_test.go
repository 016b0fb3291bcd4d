package tls_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// An endpoint that refuses our certificate may say so after the handshake (TLS 1.3), before or
// after it has read from us, and leave or stay. Each time it is a failure of TLS, by its name.
func TestARefusalByAlertIsToldByItsName(t *testing.T) {
	t.Parallel()
	authority := testkit.NewAuthority(t)
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "ca.pem"), authority.PEM)
	authority.Leaf(t, nil, "edge.test").Write(t, dir, "client")
	leaf := authority.Leaf(t, nil, "up.test").TLS(t)
	const ours = "TLS: the endpoint refuses our certificate: TLS alert "
	alerts := []struct {
		number byte
		want   string
	}{
		{42, ours + "bad certificate"}, {43, ours + "unsupported certificate"},
		{44, ours + "certificate revoked"}, {45, ours + "certificate expired"},
		{46, ours + "certificate unknown"}, {48, ours + "unknown CA"},
		{49, ours + "access denied"}, {116, ours + "certificate required"},
		{40, "TLS: the endpoint refuses the handshake: it has no cipher, group or signature in " +
			"common with the gateway, or wants another server name (security.server_name): " +
			"TLS alert handshake failure"},
		{51, "TLS: the endpoint refuses the handshake: TLS alert decrypt error"},
		{80, "TLS: the endpoint ended TLS: TLS alert internal error"},
		{112, "TLS: the endpoint does not know the server name up.test (security.server_name): " +
			"TLS alert unrecognized name"},
		{
			120, "TLS: the endpoint does not speak HTTP/2, which ALPN offered: " +
				"TLS alert no application protocol",
		},
		{200, "TLS: the endpoint ended TLS: TLS alert 200"},
	}
	type kase struct{ name, want string }
	var cases []kase
	var clusters, routes strings.Builder
	add := func(name, protocol, address, want string) {
		fmt.Fprintf(&clusters, "  - {name: %s, protocol: %s, endpoints: [{address: %q}], "+
			"security: {mode: mtls, ca: ca.pem, cert: client.pem, key: client.key, "+
			"server_name: up.test}}\n", name, protocol, address)
		fmt.Fprintf(&routes, "  - {name: %s, cluster: %s, path_prefix: /%s}\n", name, name, name)
		cases = append(cases, kase{name, want})
	}
	for _, protocol := range []string{"http1", "h2"} {
		for _, a := range alerts {
			for when, at := range []string{"hello", "finished", "request"} {
				stays := (when+int(a.number))%2 == 0
				r := testkit.NewRefuser(t, testkit.Refusal{
					Leaf: leaf, Alert: a.number, When: when, Stays: stays,
					Protocols: []string{protocol},
				})
				want := a.want
				if a.number == 120 && protocol == "http1" {
					want = "TLS: the endpoint refuses the handshake: " +
						"TLS alert no application protocol"
				}
				add(fmt.Sprintf("%s-%d-%s", protocol, a.number, at), protocol, r.Addr(), want)
			}
		}
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
		for _, r := range []*testkit.Response{
			client.Exchange(t, "GET", "GET /"+c.name+" HTTP/1.1\r\nHost: a.test\r\n\r\n"),
			client.Exchange(t, "POST", "POST /"+c.name+" HTTP/1.1\r\nHost: a.test\r\n"+
				"Content-Length: 4\r\n\r\nbody"),
		} {
			if r.Status != 502 || !strings.Contains(string(r.Body), "GW_UPSTREAM_TLS") {
				t.Errorf("%s: %d %s", c.name, r.Status, r.Body)
			}
		}
	}
	for i, c := range edgetest.Status(t, e).Clusters {
		ep, want := c.Endpoints[0], cases[i].want
		if ep.LastFailure == nil || ep.LastFailure.Reason != want {
			t.Errorf("%s: %+v, want %q", c.Name, ep.LastFailure, want)
		}
	}
	testkit.Eventually(t, "the weights are explained with TLS", func() bool {
		return !slices.ContainsFunc(edgetest.Status(t, e).Clusters, func(c admin.Cluster) bool {
			return !strings.Contains(c.Endpoints[0].Reason, "2 tls")
		})
	})
	testkit.Eventually(t, "the access log has them", func() bool {
		return strings.Count(e.Stdout(), "\n") == 2*len(cases)
	})
	for line := range strings.Lines(e.Stdout()) {
		i := slices.IndexFunc(cases, func(c kase) bool {
			return strings.Contains(line, `"path":"/`+c.name+`"`)
		})
		if i < 0 || !strings.Contains(line, `"endpoint_failure":"`+cases[i].want+`"`) {
			t.Errorf("the access log says %s", line)
		}
	}
}

// What was refused in this way was not served, so that another endpoint gets it, whatever it is.
func TestWhatARefusingEndpointDidNotServeGoesElsewhere(t *testing.T) {
	t.Parallel()
	authority := testkit.NewAuthority(t)
	leaf := authority.Leaf(t, nil, "up.test").TLS(t)
	for _, protocol := range []string{"http1", "h2"} {
		for _, when := range []int{testkit.AtHello, testkit.AtFinished, testkit.AtRequest} {
			t.Run(fmt.Sprint(protocol, when), func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				writeFile(t, filepath.Join(dir, "ca.pem"), authority.PEM)
				authority.Leaf(t, nil, "edge.test").Write(t, dir, "client")
				bad := testkit.NewRefuser(t, testkit.Refusal{
					Leaf: leaf, Alert: 48, When: when, Protocols: []string{protocol},
				})
				good := startTLS(t, mutual(t, leaf, nil))
				e, err := testkit.RunEdge(dir, fmt.Sprintf(`
version: 1
listeners: [{name: public, address: "127.0.0.1:0"}]
clusters:
  - name: up
    protocol: %s
    endpoints: [{address: %q}, {address: %q}]
    security: {mode: mtls, ca: ca.pem, cert: client.pem, key: client.key, server_name: up.test}
routes: [{name: all, cluster: up}]
admin: {address: "127.0.0.1:0"}
`, protocol, bad.Addr(), good))
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(e.Kill)
				client := testkit.Dial(t, e.Addr("public"))
				for range 20 {
					get := client.Exchange(t, "GET", "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n")
					post := client.Exchange(t, "POST",
						"POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 4\r\n\r\nbody")
					if err := client.Send("POST / HTTP/1.1\r\nHost: a.test\r\n" +
						"Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n"); err != nil {
						t.Fatal(err)
					}
					chunked := client.Exchange(t, "POST", "0\r\n\r\n")
					for _, r := range []*testkit.Response{get, post, chunked} {
						if r.Status != 200 {
							t.Errorf("%d %s", r.Status, r.Body)
						}
					}
				}
				if bad.Accepted.Load() == 0 {
					t.Error("the endpoint that refuses was never asked")
				}
			})
		}
	}
}

// A connection whose endpoint ends TLS between two requests costs the second nothing.
func TestAPooledConnectionThatEndsWithAnAlertIsReplaced(t *testing.T) {
	t.Parallel()
	authority := testkit.NewAuthority(t)
	r := testkit.NewRefuser(t, testkit.Refusal{
		Leaf: authority.Leaf(t, nil, "up.test").TLS(t), Alert: 44, When: testkit.AtSecond,
		Response: edgetest.OK,
	})
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "ca.pem"), authority.PEM)
	e, err := testkit.RunEdge(dir, fmt.Sprintf(`
version: 1
listeners: [{name: public, address: "127.0.0.1:0"}]
clusters: [{name: up, endpoints: [{address: %q}], security: {mode: tls, ca: ca.pem, server_name: up.test}}]
routes: [{name: all, cluster: up}]
admin: {address: "127.0.0.1:0"}
`, r.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Kill)
	client := testkit.Dial(t, e.Addr("public"))
	for i := range 4 {
		r := client.Exchange(t, "GET", "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n")
		if r.Status != 200 {
			t.Errorf("request %d: %d %s", i, r.Status, r.Body)
		}
	}
	if got := r.Accepted.Load(); got != 4 {
		t.Errorf("%d connections, want one for each request", got)
	}
	post := client.Exchange(t, "POST",
		"POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 4\r\n\r\nbody")
	if post.Status != 502 || !strings.Contains(string(post.Body), "GW_UPSTREAM_TLS") {
		t.Errorf("what may have been served: %d %s", post.Status, post.Body)
	}
}

// mutual is a server that wants a certificate of whom clients, nil for anybody's.
func mutual(t *testing.T, leaf tls.Certificate, clients *x509.CertPool) *http.Server {
	t.Helper()
	c := &tls.Config{
		Certificates: []tls.Certificate{leaf}, ClientAuth: tls.RequireAndVerifyClientCert,
		ClientCAs: clients,
	}
	if clients == nil {
		c.ClientAuth = tls.RequireAnyClientCert
	}
	return &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			_, _ = io.WriteString(w, "ok")
		}), TLSConfig: c, ErrorLog: unheard,
	}
}

// The one certificate that a cluster has is shown whatever authorities an endpoint names, to
// requests' connections and to those of checks.
func TestTheCertificateIsShownWhateverAuthoritiesAreNamed(t *testing.T) {
	t.Parallel()
	authority, foreign := testkit.NewAuthority(t), testkit.NewAuthority(t)
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "ca.pem"), authority.PEM)
	authority.Leaf(t, nil, "edge.test").Write(t, dir, "client")
	leaf := authority.Leaf(t, nil, "up.test").TLS(t)
	var clusters, routes strings.Builder
	names := []string{}
	for _, protocol := range []string{"http1", "h2"} {
		for version, number := range map[string]uint16{
			"12": tls.VersionTLS12, "13": tls.VersionTLS13,
		} {
			s := mutual(t, leaf, nil)
			s.TLSConfig.ClientCAs = foreign.Pool() // it names them, and lets anybody in
			s.TLSConfig.MinVersion, s.TLSConfig.MaxVersion = number, number
			name := protocol + "-" + version
			names = append(names, name)
			fmt.Fprintf(&clusters, "  - {name: %s, protocol: %s, endpoints: [{address: %q}], "+
				"health: {active: {type: http, path: /, interval: 100ms, timeout: 100ms}}, "+
				"security: {mode: mtls, ca: ca.pem, cert: client.pem, key: client.key, "+
				"server_name: up.test}}\n", name, protocol, startTLS(t, s))
			fmt.Fprintf(&routes, "  - {name: %s, cluster: %s, path_prefix: /%s}\n", name, name,
				name)
		}
	}
	e, err := testkit.RunEdge(dir,
		"version: 1\nlisteners: [{name: public, address: \"127.0.0.1:0\"}]\nclusters:\n"+
			clusters.String()+"routes:\n"+routes.String()+"admin: {address: \"127.0.0.1:0\"}\n")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Kill)
	client := testkit.Dial(t, e.Addr("public"))
	for _, name := range names {
		r := client.Exchange(t, "GET", "GET /"+name+" HTTP/1.1\r\nHost: a.test\r\n\r\n")
		if r.Status != 200 {
			t.Errorf("%s: %d %s", name, r.Status, r.Body)
		}
	}
	testkit.Eventually(t, "the checks pass", func() bool {
		return !slices.ContainsFunc(edgetest.Status(t, e).Clusters, func(c admin.Cluster) bool {
			return !strings.Contains(c.Endpoints[0].Reason, "HTTP 200")
		})
	})
}

// An endpoint that agrees on another protocol than HTTP/2, or on none, is said to.
func TestAnEndpointWithoutHTTP2IsSaidToHaveNone(t *testing.T) {
	t.Parallel()
	authority := testkit.NewAuthority(t)
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "ca.pem"), authority.PEM)
	leaf := authority.Leaf(t, nil, "up.test").TLS(t)
	without := func(protocols ...string) string {
		s := mutual(t, leaf, nil)
		s.TLSConfig.ClientAuth = tls.NoClientCert
		s.Protocols = new(http.Protocols)
		s.Protocols.SetHTTP1(true)
		s.TLSConfig.NextProtos = protocols
		return startTLS(t, s)
	}
	other := testkit.NewRefuser(t, testkit.Refusal{Leaf: leaf, Alert: 120, When: testkit.AtHello})
	addresses := []string{without(), without("http/1.1"), other.Addr()}
	var clusters, routes strings.Builder
	for i, a := range addresses {
		fmt.Fprintf(&clusters, "  - {name: c%d, protocol: h2, endpoints: [{address: %q}], "+
			"security: {mode: tls, ca: ca.pem, server_name: up.test}}\n", i, a)
		fmt.Fprintf(&routes, "  - {name: r%d, cluster: c%d, path_prefix: /%d}\n", i, i, i)
	}
	e, err := testkit.RunEdge(dir,
		"version: 1\nlisteners: [{name: public, address: \"127.0.0.1:0\"}]\nclusters:\n"+
			clusters.String()+"routes:\n"+routes.String()+"admin: {address: \"127.0.0.1:0\"}\n")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Kill)
	client := testkit.Dial(t, e.Addr("public"))
	for i := range addresses {
		r := client.Exchange(t, "GET", fmt.Sprintf("GET /%d HTTP/1.1\r\nHost: a.test\r\n\r\n", i))
		if r.Status != 502 || !strings.Contains(string(r.Body), "GW_UPSTREAM_TLS") {
			t.Errorf("%d: %d %s", i, r.Status, r.Body)
		}
		why := edgetest.Status(t, e).Clusters[i].Endpoints[0].LastFailure
		if why == nil || !strings.HasPrefix(why.Reason, "TLS: the endpoint does not speak HTTP/2") {
			t.Errorf("%d: %+v", i, why)
		}
	}
}
