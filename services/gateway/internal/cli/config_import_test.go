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
