package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
)

const document = `version: 1
listeners: [{name: public, address: 127.0.0.1:0}]
clusters: [{name: nobody, endpoints: [{address: 127.0.0.1:1}]}]
routes: [{name: all, cluster: nobody}]
admin: {address: 127.0.0.1:0}
`

func TestWithoutAConfigurationTheDemoRuns(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir(), "run", "--port", "0", "--admin", "127.0.0.1:0")
	if resp, body := get(t, "http://"+p.listener()+"/hello"); resp.StatusCode != 200 ||
		!strings.Contains(body, "Hello, world!") {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	p.says(`a built-in demo is served`)
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code := p.wait(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if !strings.Contains(p.stdout.String(), `"path":"/hello"`) {
		t.Errorf("the access log is not on stdout: %q", p.stdout.String())
	}
}

func TestABadConfigurationEndsWith2AndItsProblems(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "gateway.yaml")
	if err := os.WriteFile(file,
		[]byte(strings.Replace(document, "cluster: nobody", "cluster: nobdy", 1)+"x: 1\n"),
		0o600); err != nil {
		t.Fatal(err)
	}
	_, err := config.Load(file)
	if code, out := ask(t, "run", "--config", file); code != 2 || out != err.Error()+"\n" {
		t.Errorf("exit code %d, got\n%s\nwant\n%v", code, out, err)
	}
}

func TestAClusterOfBothProtocolsIsShownOnce(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "gateway.yaml")
	db := "{name: db, address: 127.0.0.1:0, protocol: tcp, cluster: nobody}"
	const web = "address: 127.0.0.1:0}"
	text := strings.Replace(document, web, web+", "+db, 1)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, t.TempDir(), "run", "--config", file)
	code, out := ask(t, "status", "--admin", p.admin())
	if n := strings.Count(out, "127.0.0.1:1 "); code != 0 || n != 1 {
		t.Errorf("exit code %d, the endpoint is shown %d times\n%s", code, n, out)
	}
}

func TestARunningGatewayIsAskedAndChanged(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "gateway.yaml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(document)
	p := start(t, t.TempDir(), "run", "--config", file)
	admin := p.admin()
	resp, _ := get(t, "http://"+p.listener()+"/")
	want := func(code int, text string, args ...string) {
		t.Helper()
		if got, out := ask(t, append(args, "--admin", admin)...); got != code ||
			!strings.Contains(out, text) {
			t.Errorf("gateway %s: exit code %d, want %d with %q\n%s", strings.Join(args, " "), got,
				code, text, out)
		}
	}
	want(0, " is ready", "status")
	want(0, "nobody", "status")
	want(0, "502 GW_UPSTREAM_CONNECT", "why", resp.Header.Get("X-Request-Id"))
	want(1, "404 GW_NO_ROUTE", "why", "ffffffffffffffffffffffffffffffff")
	want(1, "there is no configuration to return to", "rollback")
	want(0, "unchanged", "reload")

	// the gateway may see it by itself before it is asked
	write(strings.Replace(document, "name: all", "name: everything", 1))
	want(0, "reload ", "reload")
	want(0, "applied", "status")
	write("version: 1\nlisteners: [{name: public, address: 127.0.0.1:0}]\n" +
		"routes: [{name: a, cluster: b}]\n")
	want(1, `no cluster is named "b"`, "reload")
	want(0, "the last change was refused", "status")
	want(0, "rolled back", "rollback")
	want(0, "has ended", "drain", "--wait")
	if code := p.wait(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	want(1, "nothing listens there", "status")
}
