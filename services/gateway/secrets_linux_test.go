package main_test

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// planted are the secrets of a test: values that come nowhere else, each with its reference.
type planted struct {
	t      *testing.T
	dir    string
	env    []string
	values map[string]string // by the name of the variable or file
}

// address is a loopback address with a port that was free a moment ago. The address is one of
// millions, so that it is found wherever it is shown.
func (p *planted) address(name string) string {
	p.t.Helper()
	ip := fmt.Sprintf("127.%d.%d.%d", 100+rand.IntN(100), 100+rand.IntN(100), 100+rand.IntN(100))
	l, err := net.Listen("tcp", ip+":0")
	if err != nil {
		p.t.Fatal(err)
	}
	defer l.Close()
	return p.text(name, l.Addr().String())
}

// text plants a value in the environment.
func (p *planted) text(name, value string) string {
	p.values[name] = value
	p.env = append(p.env, name+"="+value)
	return value
}

// file plants a value in a file.
func (p *planted) file(name, value string) {
	p.t.Helper()
	p.values[name] = value
	if err := os.WriteFile(filepath.Join(p.dir, name), []byte(value+"\n"), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// absent fails the test where an output has a value, in any of the forms that outputs write.
func (p *planted) absent(what, output string) {
	p.t.Helper()
	for name, value := range p.values {
		host, _, err := net.SplitHostPort(value)
		if err == nil {
			value = host // also without its port
		}
		for _, form := range []string{
			value, base64.StdEncoding.EncodeToString([]byte(value)),
			hex.EncodeToString([]byte(value)),
			strings.ReplaceAll(value, "/", "%2F"), fmt.Sprintf("%q", value),
		} {
			if at := strings.Index(output, form); at >= 0 {
				p.t.Errorf("%s has the value of %s: …%s", what, name,
					output[max(at-200, 0):min(at+200, len(output))])
			}
		}
	}
}

// ask gets a path of the admin API.
func (p *planted) ask(method, address, path, token string) string {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, "http://"+address+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	r.Host = "localhost" // what a client says is in the access log
	r.Header.Set("Authorization", "Bearer "+token)
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
	if err != nil {
		return "" // a relay resets what has no endpoint, and the admin API may be full
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return fmt.Sprint(resp.Header) + string(body)
}

// run runs the command line to its end, and returns all that it says.
func (p *planted) run(args ...string) string {
	p.t.Helper()
	cmd := command(p.t, p.dir, args...)
	cmd.Env = append(cmd.Env, p.env...)
	out, err := cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		p.t.Fatal(err)
	}
	return string(out)
}

// What a configuration has as secrets is in no output of a program that runs with it, nor of the
// command line that asks it: when all is well, when endpoints refuse, and when a reload is refused.
func TestNoOutputHasTheValueOfASecret(t *testing.T) {
	t.Parallel()
	for _, program := range programs(t) {
		if program.name == "configsync" {
			continue // it has flags, and no configuration
		}
		t.Run(program.name, func(t *testing.T) {
			t.Parallel()
			p := &planted{t: t, dir: t.TempDir(), values: map[string]string{}}
			up := testkit.NewUpstream(t,
				testkit.Answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))
			public, admin := p.address("PUBLIC"), p.address("ADMIN")
			p.address("GONE")
			p.address("BIND")
			p.address("JOIN")
			p.file("token", fmt.Sprintf("tok%016xen-%016x", rand.Uint64(), rand.Uint64()))
			p.text("FIELD", fmt.Sprintf("fie%016xld", rand.Uint64()))
			p.text("KEY", fmt.Sprintf("%016x%016x", rand.Uint64(), rand.Uint64()))
			p.text("LOG", filepath.Join(p.dir, fmt.Sprintf("l%016xog", rand.Uint64())))
			p.text("HISTORY", filepath.Join(p.dir, fmt.Sprintf("h%016xist", rand.Uint64())))
			config := secretDocument(program.name, up.Addr())
			file := filepath.Join(p.dir, "gateway.yaml")
			write := func(text string) {
				t.Helper()
				if err := os.WriteFile(file+".new", []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
				if err := os.Rename(file+".new", file); err != nil {
					t.Fatal(err)
				}
			}
			write(config)
			path, err := program.find()
			if err != nil {
				t.Fatal(err)
			}
			cmd := clean(t, p.dir, exec.Command(path, append(append([]string{}, program.verb...),
				"--config", file, "--log-level", "debug")...))
			cmd.Env = append(cmd.Env, p.env...)
			run := launch(t, cmd)
			run.says(`ready`)
			token := p.values["token"]
			views := func(when string) {
				t.Helper()
				for _, path := range []string{
					"/status", "/config", "/metrics", "/catalog", "/fleet", "/timeline", "/readyz",
					"/why/planted",
				} {
					p.absent(when+": "+path, p.ask("GET", admin, path, token))
				}
				for _, args := range [][]string{
					{"status"}, {"status", "--json"}, {"status", "--fleet"}, {"why", "planted"},
				} {
					p.absent(when+": gateway "+strings.Join(args, " "),
						p.run(append(args, "--config", file)...))
				}
				for _, args := range [][]string{
					{"config", "validate", file}, {"config", "validate", "--json", file},
					{"config", "show", file}, {"config", "show", "--json", file},
					{"config", "show", "--route", "GET a.test/gone", file},
					{"config", "show", "--json", "--route", "GET a.test/", file},
				} {
					p.absent(when+": gateway "+strings.Join(args[:3], " "), p.run(args...))
				}
			}
			if status := p.ask("GET", admin, "/status", token); !strings.Contains(status, "ready") {
				t.Fatalf("the admin API says %q", status)
			}
			for _, path := range []string{"/", "/gone", "/nowhere"} {
				p.ask("GET", public, path, "")
			}
			views("at work")
			write(config + "drain: {timeout: 1s}\n")
			p.absent("a reload", p.ask("POST", admin, "/reload", token))
			old := filepath.Join(p.dir, "old.yaml")
			if err := os.WriteFile(old, []byte(config), 0o600); err != nil {
				t.Fatal(err)
			}
			p.absent("a comparison", p.run("config", "diff", old, file))
			write(strings.ReplaceAll(config, "secret:env:GONE", "secret:env:FIELD"))
			p.absent("a refused reload", p.ask("POST", admin, "/reload", token))
			p.file("token", "\ufeff\""+token+"\"")
			write(config)
			p.absent("a refused token", p.ask("POST", admin, "/reload", token))
			views("after refused reloads")
			run.end(syscall.SIGTERM, 0)
			p.absent("stderr", run.said())
			p.absent("stdout", run.stdout.String())
			if log, err := os.ReadFile(p.values["LOG"]); err == nil {
				p.absent("the access log", string(log))
				if !strings.Contains(string(log), "secret:env:GONE") {
					t.Errorf("the access log does not name the endpoint: %s", log)
				}
			}
		})
	}
}

// secretDocument has a secret wherever the program takes one and goes on.
func secretDocument(program, up string) string {
	common := "version: 1\n" +
		"admin: {address: \"secret:env:ADMIN\", token: \"secret:file:token\"}\n" +
		"gossip: {bind: \"secret:env:BIND\", join: [\"secret:env:JOIN\"], " +
		"key: \"secret:env:KEY\"}\n"
	if program == "healthagg" {
		return common + "healthagg: {address: \"secret:env:PUBLIC\", " +
			"history: \"secret:env:HISTORY\"}\n" +
			"clusters: [{name: gone, endpoints: [{address: \"secret:env:GONE\"}],\n" +
			"  health: {active: {type: tcp, interval: 100ms, timeout: 50ms, from: aggregator}}}]\n"
	}
	common += "access_log: {output: \"secret:env:LOG\"}\nclusters:\n" +
		"  - {name: gone, endpoints: [{address: \"secret:env:GONE\"}],\n" +
		"     health: {active: {type: tcp, interval: 100ms, timeout: 50ms}}}\n" +
		"  - {name: users, endpoints: [{address: \"" + up + "\"}]}\n"
	if program == "relay" {
		return common + "listeners: [{name: public, address: \"secret:env:PUBLIC\",\n" +
			"  protocol: tcp, cluster: gone}]\n"
	}
	return common + "listeners: [{name: public, address: \"secret:env:PUBLIC\"}]\nroutes:\n" +
		"  - {name: all, cluster: users,\n" +
		"     headers: {request: {set: {X-Key: \"secret:env:FIELD\"}}}}\n" +
		"  - {name: gone, path_prefix: /gone, cluster: gone}\n"
}
