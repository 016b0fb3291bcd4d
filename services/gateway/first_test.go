package main_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// here is a configuration whose answers say which file is served.
func here(up string) string {
	return fmt.Sprintf("version: 1\nlisteners: [{name: public, address: \"127.0.0.1:0\"}]\n"+
		"clusters: [{name: up, endpoints: [{address: %q}]}]\n"+
		"routes: [{name: all, path_prefix: /, cluster: up}]\n"+
		"admin: {address: \"127.0.0.1:0\"}\n", up)
}

// A file beside the command, one that is named, and standard input.
func TestAConfigurationIsFoundOrNamed(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t,
		testkit.Answer("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhere"))
	for name, c := range map[string]struct {
		args  []string
		file  string
		stdin bool
		says  string
	}{
		"beside the command": {[]string{"run"}, "gateway.yaml", false, "config=gateway.yaml"},
		"as an argument":     {[]string{"run", "my.yaml"}, "my.yaml", false, "config=my.yaml"},
		"standard input": {
			[]string{"run", "--config", "-"}, "", true, `config="standard input"`,
		},
		"standard input as an argument": {
			[]string{"run", "-"}, "", true, `config="standard input"`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			cmd := command(t, dir, c.args...)
			if c.file != "" {
				file := filepath.Join(dir, c.file)
				if err := os.WriteFile(file, []byte(here(up.Addr())), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if c.stdin {
				cmd.Stdin = strings.NewReader(here(up.Addr()))
			}
			p := launch(t, cmd)
			p.says(c.says)
			if _, body := get(t, "http://"+p.listener()+"/"); body != "here" {
				t.Errorf("%q", body)
			}
			// A stream is not read again: it is what runs.
			p.send(syscall.SIGHUP)
			p.says("reload: unchanged")
			p.end(syscall.SIGTERM, 0)
		})
	}
}

// The addresses that a container gives, to the demo too.
func TestAddressesOfTheEnvironment(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"gateway", "edge"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := command(t, t.TempDir(), "run")
			if name == "edge" {
				bin, err := testkit.EdgeBinary()
				if err != nil {
					t.Fatal(err)
				}
				cmd = clean(t, t.TempDir(), exec.Command(bin))
			}
			cmd.Env = append(cmd.Env, "GATEWAY_ADDRESS=127.0.0.2:0", "GATEWAY_ADMIN=127.0.0.3:0")
			p := launch(t, cmd)
			at := p.says(`listener public: http://(127\.0\.0\.2:\d+)\n`)[1]
			admin := p.says(`admin: http://(127\.0\.0\.3:\d+)\n`)[1]
			if r, body := get(t, "http://"+at+"/hello"); r.StatusCode != 200 {
				t.Errorf("%d %s", r.StatusCode, body)
			}
			if r, body := get(t, "http://"+admin+"/readyz"); r.StatusCode != 200 {
				t.Errorf("%d %s", r.StatusCode, body)
			}
			p.end(syscall.SIGTERM, 0)
		})
	}
}

// An admin API that anybody could reach is refused, wherever its address comes from.
func TestAnAdminAddressOffLoopbackNeedsAToken(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"run"}, {"run", "--admin", "0.0.0.0:0"}} {
		cmd := command(t, t.TempDir(), args...)
		cmd.Env = append(cmd.Env, "GATEWAY_ADDRESS=127.0.0.1:0", "GATEWAY_ADMIN=0.0.0.0:0")
		var out bytes.Buffer
		cmd.Stderr = &out
		err := cmd.Run()
		if err == nil || !strings.Contains(out.String(), "token") {
			t.Errorf("%v: %v: %s", args, err, out.String())
		}
	}
}
