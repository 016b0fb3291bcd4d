package fromnginx_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/fromnginx"
)

// importText imports a text as nginx.conf in a folder of its own.
func importText(t testing.TB, text string, more ...string) (string, *draft.Draft, error) {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i+1 < len(more); i += 2 {
		write(t, filepath.Join(dir, more[i]), more[i+1])
	}
	file := filepath.Join(dir, "nginx.conf")
	write(t, file, text)
	d := draft.New("nginx", dir)
	if err := fromnginx.Import(file, d); err != nil {
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
		{"server { listen 80;", "nginx.conf:1:8: the block that begins here has no end"},
		{"server { listen 80 }",
			`nginx.conf:1:20: unexpected "}": the directive "listen" has no ";"`},
		{"}", `nginx.conf:1:1: unexpected "}"`},
		{";", `nginx.conf:1:1: unexpected ";"`},
		{"a\nb 'c;\n", "nginx.conf:2:3: the quote that begins here has no end"},
		{"a\nb", `nginx.conf:1:1: the directive "a" has no ";"`},
		{`a "b"c;`, `nginx.conf:1:6: a blank, ";" or "{" has to follow a quoted word`},
		{"include;", "nginx.conf:1: include needs one path"},
		{"include nginx.conf;", "nginx.conf:1: the file nginx.conf includes itself"},
		{"include other.conf;", "other.conf:2:1: unexpected"},
		{"include [;", "nginx.conf:1: the pattern [ can't be read"},
		{"x_by_lua_block { a", "nginx.conf:1:16: the block that begins here has no end"},
		{strings.Repeat("a {", 100) + strings.Repeat("}", 100), "nested too deep"},
		{strings.Repeat("a;", 300_000), "too many words"},
		{strings.Repeat("#", draft.MaxFileBytes+1), "has more than"},
		{"", "no listener is left"},
		{"http { upstream a { server b; } }", "no listener is left"},
	} {
		_, _, err := importText(t, c.text, "other.conf", "\n}")
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.40q: %v, want %q", c.text, err, c.want)
		}
	}
}

func TestOnlyRegularFilesAreRead(t *testing.T) {
	_, _, err := importText(t, "include /dev/zero;")
	if err == nil || !strings.Contains(err.Error(), "is no regular file") {
		t.Errorf("a device: %v", err)
	}
	d := draft.New("nginx", t.TempDir())
	if err := fromnginx.Import(t.TempDir(), d); err == nil {
		t.Error("a folder was taken for a file")
	}
	var many strings.Builder
	for range draft.MaxFiles + 1 {
		many.WriteString("include other.conf;")
	}
	if _, _, err := importText(t, many.String(), "other.conf", ""); err == nil {
		t.Error("more files were read than the bound")
	}
}

func TestSecretsAreNeverInTheList(t *testing.T) {
	const secret = "hunter2hunter2"
	_, d, err := importText(t, `server {
		listen 80;
		auth_jwt_key_request `+secret+`;
		unknown_directive "`+secret+`";
		proxy_set_header X-$bad "`+secret+`\n";
		location / {
			proxy_pass http://127.0.0.1:1;
			proxy_set_header Authorization "Bearer `+secret+` $unknown";
			add_header X-Token "`+secret+` $unknown";
			set $token $unknown`+secret+`;
		}
	}`)
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Notes()) < 4 {
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
		`auth_basic "x";`, `auth_request /a;`, `auth_jwt "x";`, `auth_pam "x";`,
		`auth_ldap "x";`, `auth_gss on;`, `modsecurity on;`,
		`satisfy any; allow 10.0.0.0/8; deny all; auth_basic x;`,
		`allow nobody.example; deny all;`, `access_by_lua_block { ngx.exit(403) }`,
		`ssl_verify_client on;`, `if ($ssl_client_verify != SUCCESS) { return 403; }`,
		`secure_link $arg_md5;`, `deny all;`,
	} {
		for _, form := range []string{
			"server { listen 443 ssl; ssl_certificate a; ssl_certificate_key b; %s location / { " +
				"proxy_pass http://127.0.0.1:1; } }",
			"server { listen 443 ssl; ssl_certificate a; ssl_certificate_key b; location / { %s " +
				"proxy_pass http://127.0.0.1:1; } }",
			"server { listen 443 ssl; ssl_certificate a; ssl_certificate_key b; } server { " +
				"listen 443 ssl; server_name x; %s location / { proxy_pass http://127.0.0.1:1; } " +
				"}",
		} {
			got, _, err := importText(t, fmt.Sprintf(form, guard))
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

func TestDirectivesWithoutWhatTheyNeedAreNoMatter(t *testing.T) {
	for _, text := range []string{
		"location { }", "error_page 502 /x; location { } location / { proxy_pass http://a; }",
		"mirror /m; location { } location / { proxy_pass http://a; }",
		"try_files $uri @a; location / { } location @a { }",
		"location / { proxy_pass; }", "location / { return; }", "location / { rewrite; }", "if { }",
		"location / { if () { return; } }", "listen;", "set;", "allow; location / { proxy_pass " +
			"http://a; }",
		"add_header; proxy_set_header; location / { proxy_pass http://a; }", "limit_except;",
		"location ~ { }", "location = { }", "location @ { }", "location / { location { } }",
	} {
		_, _, err := importText(t, "upstream { server; hash; sticky; } upstream a { server; "+
			"server b; }"+
			"map { } map a; server { listen 80; "+text+" }")
		var broken *draft.SyntaxError
		if err != nil && !errors.As(err, &broken) && !errors.Is(err, draft.ErrNothing) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func FuzzImport(f *testing.F) {
	files, err := filepath.Glob("testdata/*.conf")
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
	f.Add("server{listen 80;location ~ (a|b){proxy_pass http://$x;}}map a $x{b c;}")
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "include") {
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
