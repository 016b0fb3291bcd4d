package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestImportWritesWhatValidates(t *testing.T) {
	dir := t.TempDir()
	file, out := filepath.Join(dir, "nginx.conf"), filepath.Join(dir, "gateway.yaml")
	if err := os.WriteFile(file, []byte("server {\n  listen 127.0.0.1:0;\n  sub_filter a b;\n"+
		"  location / { proxy_pass http://127.0.0.1:9000; }\n}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := invoke(t, "config", "import", "nginx", file)
	r.want(t, 0, "version: 1\n", "nginx.conf:3: `sub_filter` is left out: this gateway does not "+
		"change bodies")
	if strings.Contains(r.stdout, `\n`) {
		t.Errorf("the lines are escaped: %s", r.stdout)
	}
	r = invoke(t, "config", "import", "nginx", file, "-o", out)
	r.want(t, 0, "", "gateway.yaml is written")
	invoke(t, "config", "validate", out).want(t, 0, "ok: 1 listener, 1 cluster, 1 route", "")
	invoke(t, "config", "import", "nginx", file, "-o", out).want(t, 1, "", "is there already")
	invoke(t, "config", "import", "nginx", file, "-o", out, "--force").want(t, 0, "", "written")
	var body struct {
		Config string
		Notes  []struct {
			File, What, Why string
			Line            int
			LeftOut         bool `json:"left_out"`
		}
		Files []any
	}
	r = invoke(t, "config", "import", "nginx", file, "--json")
	r.json(t, &body)
	if !strings.Contains(body.Config, "version: 1") || len(body.Notes) != 3 ||
		body.Notes[2].Line != 3 || !body.Notes[2].LeftOut {
		t.Errorf("--json says %+v", body)
	}
}

func TestEachProductIsImportedIntoWhatValidates(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	secure := "listen 443 ssl; ssl_certificate absent.pem; ssl_certificate_key absent.key;"
	for product, files := range map[string][]string{
		"nginx": {write("nginx.conf", "server { "+secure+
			" location / { proxy_pass http://127.0.0.1:9000; } }")},
		"caddy": {write("Caddyfile", "example.com\nreverse_proxy localhost:9000\n")},
		"traefik": {
			write("dynamic.yaml", "http:\n  routers: {a: {rule: Path(`/`), service: a}}\n  "+
				"services: "+
				"{a: {loadBalancer: {servers: [{url: 'http://127.0.0.1:9000'}]}}}\n"),
			write("traefik.toml", "[entryPoints.web]\naddress = \":8000\"\n"),
		},
	} {
		out := filepath.Join(dir, product+".yaml")
		args := append([]string{"config", "import", product, "-o", out}, files...)
		invoke(t, args...).want(t, 0, "", "is written")
		invoke(t, "config", "validate", out).want(t, 0, ": ok: ", "")
	}
	if got, _ := os.ReadFile(filepath.Join(dir, "traefik.yaml")); !strings.Contains(string(got),
		`address: ":8000"`) {
		t.Errorf("the second file is not read:\n%s", got)
	}
}

func TestImportSaysWhatItCannotRead(t *testing.T) {
	dir := t.TempDir()
	broken := filepath.Join(dir, "broken.conf")
	if err := os.WriteFile(broken, []byte("server {\n  listen 80\n}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{nil, 2, "PRODUCT is missing: caddy"},
		{[]string{"apache", broken}, 2, `knows no product "apache"; it knows caddy`},
		{[]string{"nginx"}, 2, "FILE is missing"},
		{[]string{"nginx", ""}, 2, "the name of a file is empty"},
		{[]string{"nginx", "a", "b"}, 2, `"b" is one argument too many`},
		{[]string{"nginx", filepath.Join(dir, "absent.conf")}, 1, "no such file"},
		{[]string{"nginx", dir}, 1, "is a folder"},
		{[]string{"nginx", broken}, 1,
			`broken.conf:3:1: unexpected "}": the directive "listen" has no`},
	} {
		invoke(t, append([]string{"config", "import"}, c.args...)...).want(t, c.code, "", c.want)
	}
}

// Users that stand in the other product's file go into one beside the configuration, which then is
// valid; what is there already is not overwritten.
func TestImportWritesFilesOfUsers(t *testing.T) {
	dir := t.TempDir()
	file, out := filepath.Join(dir, "Caddyfile"), filepath.Join(dir, "gateway.yaml")
	users := filepath.Join(dir, "restricted.htpasswd")
	const line = "$2a$14$Zkx19XLiW6VYouLHR5NmfOFU0z2GTNmpkT/5qqR7hx4IjWJPDhjvG"
	if err := os.WriteFile(file, []byte("http://a.example {\n bind 127.0.0.1\n basic_auth {\n"+
		"  alice "+line+"\n }\n reverse_proxy 127.0.0.1:9\n}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := invoke(t, "config", "import", "caddy", file)
	r.want(t, 0, "file: restricted.htpasswd", "which -o writes beside")
	if strings.Contains(r.stdout+r.stderr, line) {
		t.Errorf("a hash is shown: %s%s", r.stdout, r.stderr)
	}
	if _, err := os.Lstat(users); err == nil {
		t.Error("a file is written without -o")
	}
	invoke(t, "config", "import", "caddy", file, "-o", out).want(t, 0, "", users+" is written")
	invoke(t, "config", "validate", out).want(t, 0, "ok: 1 listener, 1 cluster, 1 route", "")
	if info, err := os.Stat(users); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("others may read the file: %v %v", info, err)
	}
	if err := os.Remove(out); err != nil {
		t.Fatal(err)
	}
	invoke(t, "config", "import", "caddy", file, "-o", out).want(t, 1, "",
		"restricted.htpasswd: it is there already")
	if _, err := os.Lstat(out); err == nil {
		t.Error("the configuration is written without its users")
	}
	invoke(t, "config", "import", "caddy", file, "-o", out, "--force").want(t, 0, "", "written")
	var body struct {
		Config string
		Notes  any
		Files  []struct{ Name, Text string }
	}
	invoke(t, "config", "import", "caddy", file, "--json").json(t, &body)
	if len(body.Files) != 1 || body.Files[0].Name != "restricted.htpasswd" ||
		body.Files[0].Text != "alice:"+line+"\n" {
		t.Errorf("--json has %+v", body.Files)
	}
}
