package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// What init writes validates and runs, and is never written over without being asked.
func TestInitWritesAConfigurationThatRuns(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	run := func(args ...string) (string, error) {
		out, err := command(t, dir, args...).CombinedOutput()
		return string(out), err
	}
	if out, err := run("init"); err != nil {
		t.Fatal(out, err)
	}
	if out, err := run("config", "validate", "--strict"); err != nil {
		t.Errorf("it does not validate: %s", out)
	}
	file := filepath.Join(dir, "gateway.yaml")
	if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := run("init"); err == nil || !strings.Contains(out, "--force replaces it") {
		t.Errorf("a file that is there: %s %v", out, err)
	}
	if b, err := os.ReadFile(file); string(b) != "mine" {
		t.Errorf("the file is %q, %v", b, err)
	}
	if out, err := run("init", "--force"); err != nil {
		t.Error(out, err)
	}
	p := launch(t, command(t, dir, "run", "--port", "0", "--admin", "off"))
	p.says("msg=ready")
	if _, body := get(t, "http://"+p.listener()+"/"); body != "hello from the gateway\n" {
		t.Errorf("%q", body)
	}
}

// A proxy needs no file; what it prints is a file that does the same.
func TestAProxyWithoutAFile(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t,
		testkit.Answer("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhere")).Addr()
	other := testkit.NewUpstream(t,
		testkit.Answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nother")).Addr()
	for _, args := range [][]string{
		{"--listen", "127.0.0.1:0", up}, {"127.0.0.1:0", "->", "http://" + up + "/"},
		{"127.0.0.1:0 -> " + up}, {"127.0.0.1:0=>" + up},
	} {
		args = append([]string{"proxy"}, args...)
		dir := t.TempDir()
		p := launch(t, command(t, dir, args...))
		p.says("msg=ready")
		if _, body := get(t, "http://"+p.listener()+"/"); body != "here" {
			t.Errorf("%q: %q", args, body)
		}
		printed, err := command(t, dir, append(args, "--print")...).Output()
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, "gateway.yaml")
		if err := os.WriteFile(file, printed, 0o600); err != nil {
			t.Fatal(err)
		}
		q := launch(t, command(t, dir, "run"))
		q.says("msg=ready")
		if _, body := get(t, "http://"+q.listener()+"/"); body != "here" {
			t.Errorf("%q with what was printed: %q\n%s", args, body, printed)
		}
	}
	p := launch(t, command(t, t.TempDir(), "proxy", "--listen", "127.0.0.1:0", up, other))
	p.says("msg=ready")
	seen := map[string]bool{}
	for range 4 {
		_, body := get(t, "http://"+p.listener()+"/")
		seen[body] = true
	}
	if !seen["here"] || !seen["other"] {
		t.Errorf("two upstreams: %v", seen)
	}
	for line, want := range map[string]string{
		"":                     "name an upstream",
		"a":                    "has no port",
		"ftp://a":              "neither http:// nor https://",
		"http://a/p":           "has a path",
		"http://a https://b":   "either all upstreams are https",
		":1 -> :2 -> :3":       "one arrow",
		":1 ->":                "name an upstream",
		"-> :1":                "before the arrow",
		":1 - ":                "the shell has taken",
		":1 -> :99999":         "a number from 0 to 65535",
		"--listen :1 :2 -> :3": "both say where to listen",
	} {
		cmd := command(t, t.TempDir(), append([]string{"proxy", "--print"},
			strings.Fields(line)...)...)
		out, err := cmd.CombinedOutput()
		if cmd.ProcessState.ExitCode() != 2 || !strings.Contains(string(out), want) {
			t.Errorf("%s: %v, %s; want %s", line, err, out, want)
		}
	}
}
