//go:build unix

package secrets_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/secrets"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

const hidden = "hunter2-do-not-show"

func TestSecretsAreFoundWhereTheyAre(t *testing.T) {
	t.Setenv("GATEWAY_TEST_SECRET", hidden)
	dir := t.TempDir()
	write(t, dir, "plain", hidden)
	write(t, dir, "line", hidden+"\n")
	write(t, dir, "windows", hidden+"\r\n")
	write(t, dir, "two-lines", hidden+"\n\n")
	write(t, dir, "sub/key.pem", "-----BEGIN-----\nabc\n-----END-----\n")
	if err := os.Symlink("plain", filepath.Join(dir, "link")); err != nil { // as Kubernetes does
		t.Fatal(err)
	}
	r := secrets.Resolver{Keychain: func(service, account string) (string, error) {
		return service + "|" + account, nil
	}}
	for ref, want := range map[string]string{
		"secret:env:GATEWAY_TEST_SECRET":            hidden,
		"secret:file:plain":                         hidden,
		"secret:file:./line":                        hidden,
		"secret:file:windows":                       hidden,
		"secret:file:two-lines":                     hidden + "\n",
		"secret:file:link":                          hidden,
		"secret:file:sub/key.pem":                   "-----BEGIN-----\nabc\n-----END-----",
		"secret:file:" + filepath.Join(dir, "line"): hidden,
		"secret:keychain:gateway/admin":             "gateway|admin",
		"secret:keychain:https://id.example.com/gw": "https://id.example.com|gw",
	} {
		if got, err := r.Resolve(ref, dir); err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", ref, got, err, want)
		}
	}
}

func TestWhatDoesNotResolveSaysWhatWasTried(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "empty", "\n")
	write(t, dir, "large", hidden+strings.Repeat("x", secrets.MaxBytes))
	r := secrets.Resolver{
		LookupEnv: func(name string) (string, bool) {
			return map[string]string{"LARGE": strings.Repeat(hidden, 5000)}[name], name != "UNSET"
		},
		Keychain: func(service, account string) (string, error) {
			if account == "none" {
				return "", secrets.ErrNotFound
			}
			return "", errors.New("no bus")
		},
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	for ref, want := range map[string]string{
		"secret:file:pipe": "it is a named pipe",
		"secret:env:UNSET": "the environment variable UNSET is not set",
		"secret:env:EMPTY": "the environment variable EMPTY is empty",
		"secret:env:LARGE": "and 65536 are the most",
		"secret:env:":      "does not name an environment variable",
		"secret:file:missing": filepath.Join(dir, "missing") +
			" can't be read: no such file",
		"secret:file:empty":            "is empty",
		"secret:file:large":            "65536 are the most",
		"secret:file:.":                "it is a folder",
		"secret:file:":                 "does not name a file",
		"secret:keychain:gateway/none": `no entry of the service "gateway" and the account "none"`,
		"secret:keychain:gateway/x": "can't be asked for the entry of the service \"gateway\" " +
			"and the account \"x\": no bus",
		"secret:keychain:gateway": "does not name an entry",
		"secret:keychain:/x":      "does not name an entry",
		"secret:keychain:x/":      "does not name an entry",
		"secret:vault:x":          "no such kind of secret",
		"secret:":                 "no such kind of secret",
		"plain":                   "no reference to a secret",
	} {
		value, err := r.Resolve(ref, dir)
		var e *secrets.Error
		if value != "" || !errors.As(err, &e) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %q, %v; want %q", ref, value, err, want)
			continue
		}
		if strings.Contains(err.Error()+e.Hint(), hidden) {
			t.Errorf("%s: a secret is shown: %v", ref, err)
		}
	}
	if _, err := r.Resolve("secret:file:missing", dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the cause is lost: %v", err)
	}
}

func TestAKeyStoreThatAsksSomebodyIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answer := make(chan struct{})
		r := secrets.Resolver{Keychain: func(_, _ string) (string, error) {
			<-answer
			return hidden, nil
		}}
		start := time.Now()
		if _, err := r.Resolve("secret:keychain:a/b", ""); err == nil ||
			!strings.Contains(err.Error(), "did not answer within 10s") {
			t.Error(err)
		}
		if waited := time.Since(start); waited != 10*time.Second {
			t.Errorf("waited %s", waited)
		}
		close(answer)
	})
}

// The whole way from a file to a value, and to everything that must not show it.
func TestADocumentKeepsReferences(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "secrets/token", hidden+"\n")
	path := write(t, dir, "gateway.yaml", `version: 1
listeners:
  - {name: public, address: "secret:env:LISTEN"}
clusters:
  - {name: users, endpoints: [{address: "secret:env:USERS"}]}
routes:
  - name: all
    cluster: users
    headers: {request: {set: {Authorization: "secret:file:secrets/token"}}}
admin: {address: "0.0.0.0:9901", token: "secret:file:secrets/token"}
`)
	env := map[string]string{"LISTEN": "127.0.0.1:8080", "USERS": "users.internal:9001"}
	options := config.Options{
		Secrets: secrets.Resolver{LookupEnv: func(name string) (string, bool) {
			value, ok := env[name]
			return value, ok
		}}.Resolve,
	}
	d, err := options.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := d.Secret(d.Admin.Token); got != hidden {
		t.Errorf("the token is %q", got)
	}
	if d.Secret("plain") != "plain" || d.Secret("secret:env:OTHER") != "" {
		t.Error("a text is not itself, or a reference that is not in the document has a value")
	}
	r := d.Revealed()
	if r.Admin.Token != hidden || r.Routes[0].Headers.Request.Set["Authorization"] != hidden ||
		r.Listeners[0].Address != "127.0.0.1:8080" ||
		r.Clusters[0].Endpoints[0].Address != "users.internal:9001" {
		t.Errorf("%+v", r)
	}
	if ps := config.Validate(r); len(ps) > 0 {
		t.Errorf("revealed, it is not valid: %v", ps)
	}
	for _, shown := range [][]byte{config.Show(d), config.Canonical(d)} {
		for _, value := range append([]string{hidden}, env["LISTEN"], env["USERS"]) {
			if strings.Contains(string(shown), value) {
				t.Errorf("%s is in %s", value, shown)
			}
		}
	}
	if !d.SetPort(9000) || d.Secret(d.Listeners[0].Address) != "127.0.0.1:9000" ||
		strings.Contains(string(config.Show(d)), "127.0.0.1:9000") {
		t.Errorf("with another port the listener is at %q, %q", d.Listeners[0].Address,
			d.Secret(d.Listeners[0].Address))
	}
	if ps := config.Validate(d); len(ps) > 0 {
		t.Error(ps)
	}

	digest := config.Digest(d)
	env["USERS"] = "users.internal:9002"
	again, err := options.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if again.SameSecrets(d) {
		t.Error("another value is the same secret")
	}
	again.SetPort(9000)
	if config.Digest(again) != digest {
		t.Error("the digest tells of values")
	}
	if _, err := config.Load(path); err == nil || !strings.Contains(err.Error(), "E_SECRET") {
		t.Errorf("without a resolver: %v", err)
	}
}

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
