package admin_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// With a token the admin API may be on any address, and tells nothing without it.
func TestTheAdminAPIOffLoopbackWantsItsToken(t *testing.T) {
	t.Parallel()
	const token = "correct-horse-battery-staple"
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	e := testkit.StartEdge(t, `
version: 1
listeners: [{name: public, address: "127.0.0.1:0"}]
clusters: [{name: up, endpoints: [{address: "127.0.0.1:9"}]}]
routes: [{name: r, cluster: up}]
admin: {address: "0.0.0.0:0", token: "secret:file:`+file+`"}
`)
	_, port, _ := strings.Cut(strings.TrimPrefix(e.Addr("admin"), "[::]"), ":")
	client := &http.Client{
		Timeout: testkit.Deadline, Transport: &http.Transport{DisableKeepAlives: true},
	}
	ask := func(path, token string) (status int, body string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet,
			"http://127.0.0.1:"+port+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "gateway.example"
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		resp, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(b)
	}
	for _, c := range []struct {
		path, token string
		want        int
	}{
		{"/healthz", "", 200},
		{"/readyz", "", 200},
		{"/status", "", 401},
		{"/config", "wrong-horse-battery-staple", 401},
		{"/nothing", "", 401},
		{"/status", token, 200},
		{"/nothing", token, 404},
	} {
		if status, body := ask(c.path, c.token); status != c.want {
			t.Errorf("%s with token %q: %d %s, want %d", c.path, c.token, status, body, c.want)
		}
	}
	if status, body := ask("/config", token); status != 200 || strings.Contains(body, token) {
		t.Errorf("/config shows the token, or nothing: %d %s", status, body)
	}
	if strings.Contains(e.Stderr(), token) || strings.Contains(e.Stderr(), "wrong-horse") {
		t.Errorf("a token is in the log: %s", e.Stderr())
	}
}
