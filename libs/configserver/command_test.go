package configserver_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/configserver"
	"github.com/gatewayhomebrew/gateway/libs/program"
)

func TestWrongUsageIsRefusedBeforeAnythingStarts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "flags.yaml")
	if err := os.WriteFile(file, []byte("bake: 10s\nbakes: 3s\nlisten: [a]\nheartbeat: soon\n"),
		0o600); err != nil {
		t.Fatal(err)
	}
	short, words := filepath.Join(dir, "short"), filepath.Join(dir, "words")
	for file, token := range map[string]string{
		short: "x\n", words: "correct horse battery staple",
	} {
		if err := os.WriteFile(file, []byte(token), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		args []string
		says []string
	}{
		{
			[]string{"--admin", "0.0.0.0:0", "--admin-token-file", short, "--port", "0"},
			[]string{"--admin-token-file", "not made of 16 to 4096", "openssl"},
		},
		{
			[]string{"--admin", "127.0.0.1:0", "--admin-token-file", short, "--port", "0"},
			[]string{"not made of 16 to 4096"},
		},
		{[]string{"--admin-token-file", words, "--port", "0"}, []string{"not made of 16"}},
		{[]string{"--max-per-address", "0"}, []string{"--max-per-address"}},
		{[]string{"--listen", "0.0.0.0:9500"}, []string{"not on loopback", "--client-ca"}},
		{[]string{"--listen", ":9500"}, []string{"not on loopback"}},
		{[]string{"--listen", "example.com:9500"}, []string{"not on loopback"}},
		{[]string{"--tls-cert", "a.pem"}, []string{"go together"}},
		{[]string{"--http2=false"}, []string{"gRPC"}},
		{[]string{"--bake", "0s"}, []string{"--bake is above"}},
		{[]string{"--lost-after", "1s"}, []string{"two heartbeats"}},
		{[]string{"--log-level", "loud"}, []string{"--log-level"}},
		{[]string{"--log-level", ""}, []string{"-log-level", "empty"}},
		{[]string{"--log-level", "debug", "--store", ""}, []string{"--store is empty"}},
		{[]string{"--port", "70000"}, []string{"from 0 to 65535"}},
		{[]string{"publish"}, []string{"no arguments"}},
		{
			[]string{"--config", file},
			[]string{file + ":2:1", `"bakes"`, file + ":3:9", file + ":4:12"},
		},
		{[]string{"--signers", file}, []string{"holds no public key"}},
		{[]string{"--name", "a b", "--port", "0"}, []string{"--name"}},
	} {
		errs := new(lines)
		ctx, cancel := context.WithCancel(t.Context())
		code := shell(errs).Run(ctx,
			append([]string{"--store", filepath.Join(t.TempDir(), "store"), "--admin", "off"},
				c.args...), new(configserver.Service))
		cancel()
		if code != 2 {
			t.Errorf("%q: exit code %d", c.args, code)
		}
		for _, want := range c.says {
			if !strings.Contains(errs.String(), want) {
				t.Errorf("%q does not say %q: %s", c.args, want, errs)
			}
		}
	}
}

func TestFlagsComeBeforeTheFileAndItBeforeDefaults(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "flags.yaml")
	if err := os.WriteFile(file, []byte("admin: off\nlisten: 0.0.0.0:1\nstore: "+dir+"/store\n"),
		0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	out := new(lines)
	out.found = func(line string) {
		if strings.Contains(line, "msg=ready") {
			cancel()
		}
	}
	defer cancel()
	code := shell(out).Run(ctx, []string{"--config", file, "--listen", "127.0.0.1:0"},
		new(configserver.Service))
	if code != 0 || ctx.Err() == nil {
		t.Errorf("exit code %d: %s", code, out)
	}
	for _, want := range []string{
		"configsync: listener grpc: grpc://127.0.0.1:", "history=" + dir + "/store",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("it does not say %q: %s", want, out)
		}
	}
}

// shell is the shell of a program that says everything to stderr.
func shell(stderr *lines) program.Program {
	return program.Program{
		Name: "configsync", Version: "test", Env: func(string) string {
			return ""
		}, Stdout: io.Discard, Stderr: stderr,
	}
}

// lines keeps what is printed, and shows it to found unless that is nil.
type lines struct {
	found func(string)
	mu    sync.Mutex
	text  bytes.Buffer // guarded by mu
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	l.text.Write(p)
	l.mu.Unlock()
	if l.found != nil {
		l.found(string(p))
	}
	return len(p), nil
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
