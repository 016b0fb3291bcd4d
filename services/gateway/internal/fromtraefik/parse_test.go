package fromtraefik_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/fromtraefik"
)

// importText imports a text as the file of a name.
func importText(t testing.TB, name, text string) (string, *draft.Draft, error) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	d := draft.New("traefik", dir)
	if err := one(file, d); err != nil {
		return "", d, err
	}
	got, err := d.Finish()
	return got, d, err
}

func TestBrokenFilesAreToldWithLineAndColumn(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"x.yaml", "http:\n  - a\n b: c\n", "x.yaml:"},
		{"x.yaml", "a: [\n", "x.yaml:"},
		{"x.yaml", "{{ range . }}\na: b\n", "templates of Go are not read"},
		{"x.yaml", "- a\n", "x.yaml:1:1: the file is no mapping"},
		{"x.yaml", "a: &a {b: *a}\n", "x.yaml:1:"},
		{"x.yaml", strings.Repeat("[", 1000), "nested too deep"},
		{"x.yaml", strings.Repeat("- a\n", 200_000), "too many values"},
		{"x.yaml", "a: &a [b,b,b,b,b,b,b,b]\nc: &c [*a,*a,*a,*a,*a,*a,*a,*a]\nd: &d " +
			"[*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d]\nf: &f " +
			"[*e,*e,*e,*e,*e,*e,*e]\ng: [*f,*f,*f,*f,*f]\n",
			"too many values"},
		{"x.toml", "a = \n", "x.toml:1:5: there has to be a value here"},
		{"x.toml", "a\n", `x.toml:1:2: there has to be "=" here`},
		{"x.toml", "a = 'b\n", "x.toml:1:7: the text that begins here has no end"},
		{"x.toml", "a = \"\\q\"\n", "x.toml:1:8: there is no such escape"},
		{"x.toml", "a = \"\\u12\n", "x.toml:1:"},
		{"x.toml", "a = 1\na = 2\n", `x.toml:2:6: "a" is there twice`},
		{"x.toml", "a = 1\n[a]\n", `x.toml:2:4: "a" is no table`},
		{"x.toml", "[a\n", `x.toml:1:3: there has to be "]" here`},
		{"x.toml", "a = [1, 2\n", "x.toml:2:1: there has to be"},
		{"x.toml", "a = {b = 1\n", "x.toml:1:11: there has to be"},
		{"x.toml", "a = 1 b = 2\n", "x.toml:1:7: a line has to end here"},
		{"x.toml", "a = " + strings.Repeat("[", 1000), "nested too deep"},
		{"x.toml", strings.Repeat("#", draft.MaxFileBytes+1), "has more than"},
		{"x.yaml", "", "no listener is left"},
		{"x.toml", "", "no listener is left"},
	} {
		_, _, err := importText(t, c.name, c.text)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.40q: %v, want %q", c.text, err, c.want)
		}
	}
}

func TestSecretsAreNeverInTheList(t *testing.T) {
	const secret = "hunter2hunter2"
	_, d, err := importText(t, "x.yaml", `
entryPoints: {web: {address: ":80"}}
http:
  routers: {a: {rule: "Path(`+"`/`"+`)", service: a, middlewares: [auth, fields, plug, odd]}}
  services: {a: {loadBalancer: {servers: [{url: "http://user:`+secret+`@127.0.0.1:1"}, {url: "ftp://`+
		secret+`@b"}], odd: `+secret+`}}}
  middlewares:
    auth: {basicAuth: {users: ["a:`+secret+`"]}}
    fields: {headers: {customRequestHeaders: {X-Forwarded-For: `+secret+`, Connection: `+secret+`}}}
    plug: {plugin: {x: {key: `+secret+`}}}
    odd: {unheard: {key: `+secret+`}}
certificatesResolvers: {x: {acme: {email: `+secret+`}}}
`)
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Notes()) < 6 {
		t.Errorf("only %v", d.Notes())
	}
	for _, n := range d.Notes() {
		if strings.Contains(n.String(), secret) {
			t.Errorf("a secret is in %s", n)
		}
	}
}

// TestWhatKeepsClientsAwayIsNeverLost imports guards, of which this version has some.
func TestWhatKeepsClientsAwayIsNeverLost(t *testing.T) {
	for _, guard := range []string{
		"basicAuth: {users: [x]}", "digestAuth: {users: [x]}", "forwardAuth: {address: x}",
		"forwardAuth: {address: \"http://127.0.0.1:9/\"}", "oidc: {}",
		"forwardAuth: {address: \"http://127.0.0.1:9/\", forwardBody: true}",
		"forwardAuth: {address: \"http://127.0.0.1:9/\", authResponseHeaders: [Host]}",
		"forwardAuth: {address: \"https://a/\", tls: {insecureSkipVerify: true}}",
		"plugin: {x: {}}", "jwt: {}", "ipAllowList: {sourceRange: [x]}", "ipWhiteList: {}",
		"chain: {middlewares: [inner]}", "chain: {middlewares: [nowhere]}",
		"chain: {middlewares: [guard]}",
	} {
		for _, where := range []string{"middlewares: [guard]", "middlewares: [strip, guard@file]",
			"middlewares: [guard, strip]", "middlewares: [elsewhere@docker]"} {
			got, _, err := importText(t, "x.yaml", `
entryPoints: {web: {address: ":80"}}
http:
  routers: {a: {rule: "Host(`+"`a`) || Host(`b`"+`)", service: a, `+where+`}}
  services: {a: {loadBalancer: {servers: [{url: "http://127.0.0.1:1"}]}}}
  middlewares:
    strip: {stripPrefix: {prefixes: [/x, /y]}}
    inner: {forwardAuth: {}}
    guard: {`+guard+`}
`)
			if err != nil {
				t.Fatal(err)
			}
			doc, ps := config.Options{Elsewhere: true}.Decode("x.yaml", []byte(got))
			if len(ps) > 0 {
				t.Fatal(ps)
			}
			if len(doc.Routes) == 0 {
				t.Errorf("%s: there is no route", guard)
			}
			for _, r := range doc.Routes {
				if r.Auth == nil && (r.Clients == nil || len(r.Clients.Deny) != 2) {
					t.Errorf("%s, %s: route %s is open in\n%s", guard, where, r.Name, got)
				}
			}
		}
	}
}

func FuzzImport(f *testing.F) {
	files, err := filepath.Glob("testdata/*.*ml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text), filepath.Ext(file) == ".toml")
	}
	f.Fuzz(func(t *testing.T, text string, toml bool) {
		name := "x.yaml"
		if toml {
			name = "x.toml"
		}
		_, d, err := importText(t, name, text)
		fits(t, d, err)
	})
}

// FuzzRules imports a router with a rule.
func FuzzRules(f *testing.F) {
	for _, rule := range []string{
		"Host(`a`) && (PathPrefix(`/b`) || !Header(`c`, `d`))", "!(Query(`a`) || Query(`b`, `c`))",
		"HostRegexp(`{a:.+}.b`)", "((((Host(`a`))))", "!!!ClientIP(`::1`)", "Path(`/{a:b}`)",
	} {
		f.Add(rule)
	}
	f.Fuzz(func(t *testing.T, rule string) {
		_, d, err := importText(t, "x.toml", "entryPoints.web.address = ':80'\n[http.routers.a]\n"+
			"service = 'a'\nrule = '''\n"+strings.ReplaceAll(rule, "'''", "")+"'''\n"+
			"[[http.services.a.loadBalancer.servers]]\nurl = 'http://127.0.0.1:1'\n")
		fits(t, d, err)
	})
}

func fits(t *testing.T, d *draft.Draft, err error) {
	t.Helper()
	var broken *draft.SyntaxError
	switch {
	case errors.As(err, &broken):
		if broken.Line == 0 {
			t.Errorf("without a line: %v", err)
		}
	case err != nil && !errors.Is(err, draft.ErrNothing):
		t.Errorf("%v\n%v", err, d.Notes())
	}
}

func TestManyFilesAreOne(t *testing.T) {
	dir := t.TempDir()
	var files []string
	for name, text := range map[string]string{
		"a.yaml": "entryPoints: {web: {address: ':8000'}}\n",
		"b.toml": "[http.routers.a]\nrule = 'Path(`/`)'\nservice = 'a'\n",
		"c.yml": "http: {services: {a: {loadBalancer: {servers: [{url: " +
			"'http://127.0.0.1:1'}]}}}}\n",
	} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	d := draft.New("traefik", dir)
	if err := fromtraefik.Import(files, d); err != nil {
		t.Fatal(err)
	}
	got, err := d.Finish()
	if err != nil || !strings.Contains(got, "path: /, cluster: a") {
		t.Errorf("%v\n%s", err, got)
	}
}
