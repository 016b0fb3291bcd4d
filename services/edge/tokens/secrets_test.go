package tokens_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

const withSecrets = `
auth:
  jwt:
    - name: main
      issuer: "secret:file:issuer"
      audiences: ["secret:file:audience"]
      jwks: {url: "secret:file:keys"}
      introspection: {url: "secret:file:server", client_id: "secret:file:id",
                      client_secret: "secret:file:secret"}
routes:
  - {name: main, path_prefix: /main, cluster: echo, auth: {jwt: main, scopes: [read]}}
`

// No output has a secret of auth.jwt, also where what they lead to is away, nor a token.
func TestSecretsAreNotShown(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	values := map[string]string{
		"issuer": "https://planted-issuer.invalid", "audience": "planted-audience",
		"keys": "http://planted-keys.invalid/", "server": "http://planted-server.invalid/ask",
		"id": "planted-id", "secret": "planted-secret",
	}
	dir := t.TempDir()
	text := withSecrets
	for name, value := range values {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(value), 0o600); err != nil {
			t.Fatal(err)
		}
		text = strings.ReplaceAll(text, "secret:file:"+name+`"`, "secret:file:"+file+`"`)
	}
	e := start(t, i.URL, text)
	signed := i.token(t, map[string]any{"iss": values["issuer"]})
	e.ask(t, "/main", bearer(signed), wants(503))
	e.ask(t, "/main", bearer("planted-opaque"), wants(503))
	testkit.Eventually(t, "the access log says why", func() bool {
		return strings.Count(e.Stdout(), "GW_AUTH_UNAVAILABLE") == 4 &&
			strings.Contains(e.Stderr(), "the keys of main can't be fetched")
	})
	shown := map[string]string{"stdout": e.Stdout(), "stderr": e.Stderr()}
	for _, path := range []string{"/config", "/status", "/metrics", "/catalog"} {
		r, err := http.Get("http://" + e.Addr("admin") + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r.Body)
		r.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		shown[path] = string(body)
	}
	for where, text := range shown {
		if i := strings.Index(text, "planted"); i >= 0 {
			t.Errorf("%s has a secret: %s", where, text[max(0, i-100):min(len(text), i+100)])
		}
		if strings.Contains(text, signed) {
			t.Errorf("%s has a token", where)
		}
	}
}
