package fromcaddy_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/fromcaddy"
)

// importText imports a text as Caddyfile in a folder of its own.
func importText(t testing.TB, text string, more ...string) (string, *draft.Draft, error) {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i+1 < len(more); i += 2 {
		write(t, filepath.Join(dir, more[i]), more[i+1])
	}
	file := filepath.Join(dir, "Caddyfile")
	write(t, file, text)
	d := draft.New("caddy", dir)
	if err := fromcaddy.Import(file, d); err != nil {
		return "", d, err
	}
	got, err := d.Finish()
	return got, d, err
}

func write(t testing.TB, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestBrokenFilesAreToldWithLineAndColumn(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{":80 {\n\trespond x\n", "Caddyfile:1:5: the block that begins here has no end"},
		{":80 {\n}\n}\n", `Caddyfile:3:1: unexpected "}"`},
		{":80 {\n\trespond \"x\n}\n", "Caddyfile:2:10: the quote that begins here has no end"},
		{":80 {\n\trespond `x\n}\n", "Caddyfile:2:10: the quote that begins here has no end"},
		{":80 {\n\trespond <<X\n}\n", "Caddyfile:2:10: the text that begins here has no line X"},
		{":80 {\n\trespond <<X y\n}\n", "Caddyfile:2:10: a line has to end after <<X"},
		{":80 {\n\trespond x }\n}\n", `Caddyfile:2:12: "}" has to stand on a line of its own`},
		{":80 {\n}\nrespond x\n", "Caddyfile:3: a block of a site has to follow its addresses"},
		{":80 {\n\timport\n}\n", "Caddyfile:2:2: import needs the name"},
		{":80 {\n\timport a {\n\t}\n}\n", "Caddyfile:2:2: import with a block"},
		{":80 {\n\timport Caddyfile\n}\n", "Caddyfile"},
		{"(a) {\n\timport a\n}\n:80 {\n\timport a\n}\n", "import each other too deep"},
		{"(a) {\n\timport a\n\timport a\n}\n:80 {\n\timport a\n}\n", "too many words"},
		{
			":80 {\n" + strings.Repeat("a {\n", 100) + strings.Repeat("}\n", 101),
			"nested too deep",
		},
		{strings.Repeat("a ", 520_000), "too many words"},
		{strings.Repeat("#", draft.MaxFileBytes+1), "has more than"},
		{"", "no listener is left"},
		{"{\n\tadmin off\n}\n", "no listener is left"},
	} {
		_, _, err := importText(t, c.text)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.40q: %v, want %q", c.text, err, c.want)
		}
	}
}

func TestSecretsAreNeverInTheList(t *testing.T) {
	const secret = "hunter2hunter2"
	t.Setenv("CADDY_TEST_SECRET", secret)
	_, d, err := importText(t, `{
	acme_dns cloudflare `+secret+`
	unknown `+secret+`
}
http://a.example {
	basic_auth {
		alice `+secret+`
	}
	header X-Token "`+secret+` {unknown}"
	unknown {$CADDY_TEST_SECRET}
	reverse_proxy localhost:1 localhost:2 {
		lb_policy cookie x `+secret+`
		header_up Authorization "Bearer `+secret+` {unknown}"
	}
}
`)
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Notes()) < 5 {
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
		"crowdsec", "coraza_waf {\n}",
		"basic_auth {\n a b\n}", "basicauth /* {\n a b\n}", "forward_auth localhost:9 {\n uri /\n}",
		"forward_auth localhost:9 {\n uri /\n copy_headers A>B\n}", "forward_auth {env.X}",
		"forward_auth a:1 b:2", "forward_auth localhost:9 {\n method POST\n}",
		"@x expression 1\n basic_auth @x {\n a b\n}", "authorize with x", "@absent path_unknown\n" +
			"abort @absent", "@x expression 1\n respond @x 403", "@x not path /a\n error @x 401",
	} {
		for _, form := range []string{
			"http://a.example {\n%\n reverse_proxy localhost:1\n}\n",
			"http://a.example {\n%\n handle /a/* {\n reverse_proxy localhost:1\n }\n}\n",
			"http://a.example {\n handle /a/* {\n%\n reverse_proxy localhost:1\n }\n}\n",
			"http://a.example {\n route {\n%\n reverse_proxy localhost:1\n }\n}\n",
		} {
			if strings.Contains(form, "%\n handle") && !strings.Contains(guard, "auth") {
				continue // handle comes before what answers, in Caddy too
			}
			got, _, err := importText(t, strings.ReplaceAll(form, "%", guard))
			if err != nil {
				t.Fatal(err)
			}
			doc, ps := config.Options{Elsewhere: true}.Decode("x.yaml", []byte(got))
			if len(ps) > 0 {
				t.Fatal(ps)
			}
			for _, r := range doc.Routes {
				if r.Cluster != "" && r.Auth == nil &&
					(r.Clients == nil || len(r.Clients.Deny) != 2) {
					t.Errorf("%s: route %s is open in\n%s", guard, r.Name, got)
				}
			}
		}
	}
}

func TestClientsOutsideOfRangesAreRefused(t *testing.T) {
	for _, refusal := range []string{
		"respond @x 403", "abort @x", "error @x 401", "handle @x {\n respond 403\n}",
		"handle @x {\n reverse_proxy localhost:2\n}", "route @x {\n abort\n}",
		"redir @x https://b.example{uri}", "respond @x \"no\" 404",
	} {
		got, _, err := importText(t, "http://a.example {\n @x not remote_ip 10.0.0.0/8\n"+refusal+
			"\n reverse_proxy localhost:1\n}\n")
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(got, "clients: {allow: [10.0.0.0/8]}") {
			t.Errorf("%s is open in\n%s", refusal, got)
		}
	}
}

func FuzzImport(f *testing.F) {
	files, err := filepath.Glob("testdata/*.caddyfile")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "import") && strings.ContainsAny(text, "/.*?[") {
			return // of the machine's own files
		}
		_, d, err := importText(t, text)
		var broken *draft.SyntaxError
		switch {
		case errors.As(err, &broken):
			if broken.Line == 0 {
				t.Errorf("without a line: %v", err)
			}
		case err != nil && !errors.Is(err, draft.ErrNothing):
			t.Errorf("%v\n%v", err, d.Notes())
		}
	})
}
