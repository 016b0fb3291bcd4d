package config

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// What only another machine has is not looked for here, and what is wrong without it is found all
// the same.
func TestADocumentForElsewhereIsCheckedWithoutItsFilesAndSecrets(t *testing.T) {
	t.Parallel()
	const text = `
version: 1
listeners:
  - name: public
    address: secret:env:ADDRESS
    tls:
      certificates:
        - {cert: certs/api.pem, key: "secret:env:KEY"}
        - {cert: /nowhere/b.pem, key: b.key}
      client_ca: ca.pem
clusters:
  - name: users
    endpoints: [{address: "secret:file:there"}]
    security:
      {mode: mtls, ca: certs/ca.pem, cert: c.pem, key: c.key, server_name: "secret:env:NAME"}
routes:
  - name: all
    cluster: users
    hosts: ["secret:env:HOST"]
    headers: {request: {set: {X-Key: "secret:env:X"}}}
admin: {address: "secret:env:ADMIN", token: "secret:env:TOKEN"}
`
	doc, ps := Options{Elsewhere: true}.Decode("conf/gateway.yaml", []byte(text))
	if len(ps) > 0 {
		t.Fatal(ps)
	}
	want := []string{"/nowhere/b.pem", "conf/b.key", "conf/c.key", "conf/c.pem", "conf/ca.pem",
		"conf/certs/api.pem", "conf/certs/ca.pem"}
	if got := doc.Files(); !slices.Equal(got, want) {
		t.Errorf("files: %q", got)
	}
	if doc.Listeners[0].Address != "secret:env:ADDRESS" {
		t.Errorf("address: %s", doc.Listeners[0].Address)
	}
	_, ps = Options{Elsewhere: true}.Decode("gateway.yaml", []byte(text+
		"\nlimits: {max_connections: \"secret:env:N\"}\naccess: {}\n"))
	if len(ps) != 2 || ps[0].Code != CodeType || ps[1].Code != CodeUnknownKey {
		t.Errorf("problems: %v", ps)
	}
}

func TestADocumentForElsewhereReadsNoFileOfThisMachine(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "here.pem")
	if err := os.WriteFile(file, []byte("not a certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	text := []byte(
		"version: 1\nlisteners: [{name: a, address: \":1\", tls: {certificates: [{cert: " + file +
			", key: " + file + "}]}}]\nroutes: []\n")
	if _, ps := (Options{}).Decode("gateway.yaml", text); len(ps) == 0 {
		t.Fatal("the file is no certificate, and nothing is wrong")
	}
	if _, ps := (Options{Elsewhere: true}).Decode("gateway.yaml", text); len(ps) > 0 {
		t.Errorf("the file was read: %v", ps)
	}
}

// Whether a URL that is a secret has TLS is for the machine to say that has its value.
func TestTheURLOfAServerThatIsAskedMayBeASecretOfElsewhere(t *testing.T) {
	t.Parallel()
	text := []byte("version: 1\nlisteners: [{name: a, address: \":1\"}]\nroutes: []\n" +
		"auth: {forward: [{name: f, url: \"secret:env:URL\", " +
		"security: {mode: tls, server_name: a.test}}]}\n")
	if _, ps := (Options{Elsewhere: true}).Decode("gateway.yaml", text); len(ps) > 0 {
		t.Error(ps)
	}
}
