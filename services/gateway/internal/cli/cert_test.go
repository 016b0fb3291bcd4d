package cli_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// What cert dev makes is used at once: mTLS in front of a real edge.
func TestDevelopmentCertificatesWork(t *testing.T) {
	dir := t.TempDir()
	certs := filepath.Join(dir, "certs")
	r := invoke(t, "cert", "dev", "--out", certs, "--host", "edge.test", "--client", "ops",
		"--client", "edge-1=spiffe://gateway/node/edge-1", "--json")
	r.want(t, 0, `"ca_made": true`, "")
	var made struct {
		CA struct{ Cert string }
	}
	if err := json.Unmarshal([]byte(r.stdout), &made); err != nil ||
		made.CA.Cert != filepath.Join(certs, "ca.pem") {
		t.Fatalf("%v: %s", err, r.stdout)
	}
	e, err := testkit.RunEdge(dir, `
version: 1
listeners: [{name: tls, address: "127.0.0.1:0", tls: {client_ca: certs/ca.pem, certificates: [{cert: certs/server.pem, key: certs/server.key}]}}]
routes: []
admin: {address: "127.0.0.1:0"}
`)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Kill)
	pem, err := os.ReadFile(made.CA.Cert)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	for _, name := range []string{"ops", "edge-1"} {
		pair, err := tls.LoadX509KeyPair(filepath.Join(certs, name+".pem"),
			filepath.Join(certs, name+".key"))
		if err != nil {
			t.Fatal(err)
		}
		tr := &http.Transport{
			TLSClientConfig: &tls.Config{
				RootCAs: roots, ServerName: "edge.test", Certificates: []tls.Certificate{pair},
			}, ForceAttemptHTTP2: true,
		}
		resp, err := (&http.Client{Transport: tr, Timeout: testkit.Deadline}).Get("https://" +
			e.Addr("tls"))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		body, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		tr.CloseIdleConnections()
		if resp.StatusCode != 404 || resp.ProtoMajor != 2 ||
			!strings.Contains(string(body), "GW_NO_ROUTE") {
			t.Errorf("%s: %s %s %s", name, resp.Proto, resp.Status, body)
		}
	}
	r = invoke(t, "cert", "dev", "--out", certs, "--host", "edge.test", "--client", "ops")
	r.want(t, 0, "the authority that was there", "")
	for _, want := range []string{
		"certificates: [{cert: " + certs, "client_ca: ", "curl --cacert ",
	} {
		if !strings.Contains(r.stdout, want) {
			t.Errorf("%q is missing:\n%s", want, r.stdout)
		}
	}
	for line, want := range map[string]string{
		"--host 127.0.0.1:80": "without a port", "--client a/b": "may be neither",
		"--client server": "may be neither", "--client x=y": "there is a URI",
		"--client .x": "may be neither",
	} {
		invoke(t,
			append([]string{"cert", "dev", "--out", certs}, strings.Fields(line)...)...).want(t, 2,
			"", want)
	}
}
