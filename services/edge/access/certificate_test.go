package access_test

import (
	"crypto/tls"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// A certificate is one of several credentials, where the listener lets clients in without.
func TestCertificatesBesideKeys(t *testing.T) {
	t.Parallel()
	a := newApp(t, nil)
	authority := testkit.NewAuthority(t)
	text := configuration(a, `[
  {name: read, cluster: app, auth: {any_of: [{client_certificate: machines}, {api_key: keys}]},
   headers: {request: {set: {X-Who: "{auth.subject}"}}}},
  {name: write, path_prefix: /write, cluster: app,
   auth: {client_certificate: machines, scopes: [write]}}]`,
		`{api_keys: [{name: keys, file: keys.yaml}], client_certificates: [{name: machines,
  clients: [{names: ["*.prod.test"], scopes: [read]}, {names: [ops.prod.test], scopes: [write]}]}]}`)
	text = strings.Replace(text, "key: front.key}]}",
		"key: front.key}], client_ca: ca.pem, client_auth: optional}", 1)
	f := start(t, text, map[string]string{
		"ca.pem": string(authority.PEM), "keys.yaml": keyed("one", "planted-one", ""),
	})
	with := func(h2 bool, names ...string) *asker {
		tr := &http.Transport{Protocols: new(http.Protocols), TLSClientConfig: &tls.Config{
			RootCAs: f.authority.Pool(), ServerName: testkit.FrontName,
		}}
		tr.Protocols.SetHTTP1(!h2)
		tr.Protocols.SetHTTP2(h2)
		if len(names) > 0 {
			cert := authority.Leaf(t, nil, names...).TLS(t)
			tr.TLSClientConfig.Certificates = []tls.Certificate{cert}
		}
		t.Cleanup(tr.CloseIdleConnections)
		return &asker{
			&http.Client{Transport: tr, Timeout: 20 * time.Second}, "https://" + f.Addr("tls"),
		}
	}
	for _, h2 := range []bool{false, true} {
		none, app := with(h2), with(h2, "app.prod.test")
		none.is(t, 401, "/")
		none.is(t, 401, "/write")
		none.is(t, 200, "/", "X-Api-Key: planted-one")
		if got := a.last(t).header.Get("X-Who"); got != "one" {
			t.Errorf("the app gets %q", got)
		}
		app.is(t, 200, "/")
		if got := a.last(t).header.Get("X-Who"); !strings.Contains(got, "app.prod.test") {
			t.Errorf("the app gets %q", got)
		}
		app.is(t, 403, "/write")
		with(h2, "ops.prod.test").is(t, 200, "/write")
		with(h2, "dev.test").is(t, 401, "/")
	}
	// Over plain text there is no certificate.
	f.client(t, "HTTP/1.1").is(t, 401, "/")
}
