package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
)

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func env(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

// The search is in the working directory, so this test is not parallel with others.
func TestFilesAreFoundInTheStatedOrder(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	resolve := func(explicit string, e func(string) string, want string) {
		t.Helper()
		s, err := config.Resolve(explicit, e)
		if err != nil || s.String() != want {
			t.Errorf("got %q, %v; want %q", s.String(), err, want)
		}
	}
	resolve("", env(), "the embedded default")
	write(t, dir, "config/default.json",
		`{"version": 1, "listeners": [{"name": "a", "address": "127.0.0.1:0"}], "routes": []}`)
	resolve("", env(), "config/default.json")
	write(t, dir, "config/default.yaml", sparse(minimal))
	resolve("", env(), "config/default.yaml")
	write(t, dir, "gateway.yaml", sparse(minimal))
	resolve("", env(), "gateway.yaml")
	write(t, dir, "env.yaml", sparse(minimal))
	resolve("", env(config.EnvConfig, "env.yaml"), "env.yaml")
	write(t, dir, "flag.yaml", sparse(minimal))
	resolve("flag.yaml", env(config.EnvConfig, "env.yaml"), "flag.yaml")
	write(t, dir, "config/prod.yaml", "drain: {timeout: 1s}")
	write(t, dir, "prod.yaml", "drain: {timeout: 1s}")
	resolve("", env(config.EnvName, "prod"), "gateway.yaml with prod.yaml")
	resolve("config/default.yaml", env(config.EnvName, "prod"),
		"config/default.yaml with config/prod.yaml")
}

// A stream is read once, and means the same at every reload.
func TestAnInputIsReadOnce(t *testing.T) {
	t.Parallel()
	in := &config.Input{From: strings.NewReader(sparse(minimal))}
	for range 2 {
		s, err := config.Options{Input: in}.Resolve(config.FromInput, env())
		if err != nil || s.String() != "standard input" || s.Embedded() || s.Document == nil {
			t.Errorf("%s: %v", s, err)
		}
	}
	for want, o := range map[string]config.Options{
		"standard input: E_READ: standard input can't be read here; name a file": {},
		"standard input:2:1: versoin: E_UNKNOWN_KEY": {
			Input: &config.Input{From: strings.NewReader("version: 1\nversoin: 2\n")},
		},
		"E_READ: standard input can't be read: it has more than": {
			Input: &config.Input{From: endless{}},
		},
	} {
		_, err := o.Resolve(config.FromInput, env())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want %s", err, want)
		}
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestMissingFilesAreErrors(t *testing.T) {
	dir := t.TempDir()
	base := write(t, dir, "a.yaml", sparse(minimal))
	for want, c := range map[string][2]string{
		"E_READ: the file can't be read: no such file": {filepath.Join(dir, "none.yaml"), ""},
		"there is no overlay":                          {base, "prod"},
		"has only letters":                             {base, "../prod"},
	} {
		_, err := config.Resolve(c[0], env(config.EnvName, c[1]))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if _, err := config.Load(dir); err == nil {
		t.Error("a folder was loaded")
	}
}

func TestOverlayIsMergedByKeyAndName(t *testing.T) {
	dir := t.TempDir()
	base := write(t, dir, "base.yaml", minimal+`routes:
  - {name: a, cluster: users, path_prefix: /a, timeouts: {request: 1s}}
  - {name: b, cluster: users, methods: [GET, PUT]}
drain: {timeout: 1s}
`)
	write(t, dir, "prod.yaml", `
clusters:
  - {name: extra, endpoints: [{address: 10.0.0.1:80}]}
  - {name: users, endpoints: [{address: 10.0.0.2:80}], timeouts: {connect: 1s}}
routes:
  - {name: b, methods: [POST], cluster: extra}
access_log: {output: "off"}
drain:
`)
	s, err := config.Resolve(base, env(config.EnvName, "prod"))
	if err != nil {
		t.Fatal(err)
	}
	d := s.Document
	want := minimal + `routes:
  - {name: a, cluster: users, path_prefix: /a, timeouts: {request: 1s}}
  - {name: b, cluster: extra, methods: [POST]}
drain: {timeout: 1s}
access_log: {output: "off"}
`
	want = strings.Replace(want, "endpoints: [{address: 127.0.0.1:9001}]}",
		"endpoints: [{address: 10.0.0.2:80}], timeouts: {connect: 1s}}\n  - {name: extra, "+
			"endpoints: [{address: 10.0.0.1:80}]}", 1)
	if got, want := string(config.Canonical(d)),
		string(config.Canonical(decode(t, "w.yaml", want))); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestProblemNamesTheFileThatHoldsIt(t *testing.T) {
	dir := t.TempDir()
	base := write(t, dir, "base.yaml", minimal+"routes: [{name: a, cluster: users}]\n")
	over := write(t, dir, "prod.yaml", "routes:\n  - name: a\n    cluster: usres\n")
	_, err := config.Resolve(base, env(config.EnvName, "prod"))
	var ps config.Problems
	if !errors.As(err, &ps) || len(ps) != 1 {
		t.Fatal(err)
	}
	if p := ps[0]; p.File != over || p.Line != 3 || p.Column != 14 ||
		p.Hint != `did you mean "users"?` {
		t.Errorf("%+v", p)
	}
}

// A path of a unix socket is relative to the file that names it, as that of every file.
func TestTheAddressOfAUnixSocket(t *testing.T) {
	dir := t.TempDir()
	file := write(t, dir, "conf/gateway.yaml", `
version: 1
listeners: [{name: a, address: "unix:run/../a.sock"}, {name: b, address: "unix:@b"}]
clusters: [{name: c, endpoints: [{address: "unix:///run//c.sock"}]}]
routes: []
`)
	d, err := config.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range [][2]string{
		{d.Listeners[0].Address, "unix:" + filepath.Join(dir, "conf", "a.sock")},
		{d.Listeners[1].Address, "unix:@b"},
		{d.Clusters[0].Endpoints[0].Address, "unix:/run/c.sock"},
	} {
		if x[0] != x[1] {
			t.Errorf("got %s, want %s", x[0], x[1])
		}
	}
	if d.SetPort(80) || !strings.HasPrefix(d.Listeners[0].Address, "unix:") {
		t.Errorf("a port was set: %s", d.Listeners[0].Address)
	}
}
