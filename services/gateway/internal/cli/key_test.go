package cli_test

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// The entry that key new prints lets its key in, at a real edge.
func TestANewKeyLetsItsOwnerIn(t *testing.T) {
	r := invoke(t, "key", "new", "partner-a", "--scope", "orders.read", "--scope", "x",
		"--role", "ops", "--expires", "2999-12-31", "--prefix", "gw_")
	r.want(t, 0, "It is shown only now.", "")
	first, rest, _ := strings.Cut(r.stdout, "\n")
	key := strings.TrimPrefix(first, "key: ")
	_, entry, _ := strings.Cut(rest, "\n\n")
	if !strings.HasPrefix(key, "gw_") || len(key) != 3+43 || strings.Contains(rest, key) {
		t.Errorf("the key is %q:\n%s", key, r.stdout)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "keys.yaml"), []byte(entry), 0o600); err != nil {
		t.Fatal(err)
	}
	e, err := testkit.RunEdge(dir, `
version: 1
listeners: [{name: l, address: "127.0.0.1:0"}]
clusters: []
routes:
  - {name: r, respond: {body: "hi"},
     auth: {api_key: k, scopes: [orders.read, x], roles: [ops]}}
auth: {api_keys: [{name: k, file: keys.yaml}]}
admin: {address: "127.0.0.1:0"}
`)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Kill)
	for shown, status := range map[string]int{key: 200, key + "x": 401, "": 401} {
		q, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+e.Addr("l")+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		q.Header.Set("X-API-Key", shown)
		resp, err := http.DefaultClient.Do(q)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != status {
			t.Errorf("%q: %s", shown, resp.Status)
		}
	}
}

func TestKeysDiffer(t *testing.T) {
	seen := map[string]bool{}
	for range 3 {
		var made struct {
			Key   string
			Entry struct {
				ID, SHA256 string
				Scopes     []string
			}
		}
		r := invoke(t, "key", "new", "ci", "--json")
		r.want(t, 0, `"id": "ci"`, "")
		r.json(t, &made)
		sum := sha256.Sum256([]byte(made.Key))
		if seen[made.Key] || hex.EncodeToString(sum[:]) != made.Entry.SHA256 {
			t.Errorf("%s", r.stdout)
		}
		seen[made.Key] = true
	}
}

func TestKeysThatCantBe(t *testing.T) {
	for line, want := range map[string]string{
		"": "needs one ID", "a b": "needs one ID", "a\x01": "an id is", "a --scope= ": "scopes",
		"a --expires=tomorrow": "is no time", "a --expires=2020-13-01": "is no time",
		"a --prefix=\u00e4": "--prefix", "é": "an id is",
	} {
		args := append([]string{"key", "new"}, strings.Fields(line)...)
		if r := invoke(t, args...); r.code != 2 || r.stdout != "" {
			t.Errorf("%q: %+v", line, r)
		} else if !strings.Contains(r.stderr, want) {
			t.Errorf("%q: %s, want %q", line, r.stderr, want)
		}
	}
	invoke(t, "key").want(t, 2, "", "needs a verb: new")
}
