package configserver_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/configserver"
)

func TestWrongUsageIsRefusedBeforeAnythingStarts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "flags.yaml")
	if err := os.WriteFile(file, []byte("bake: 10s\nbakes: 3s\nlisten: [a]\nheartbeat: soon\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		says []string
	}{
		{[]string{"--listen", "0.0.0.0:9500"}, []string{"not on loopback", "--client-ca"}},
		{[]string{"--listen", ":9500"}, []string{"not on loopback"}},
		{[]string{"--listen", "example.com:9500"}, []string{"not on loopback"}},
		{[]string{"--tls-cert", "a.pem"}, []string{"go together"}},
		{[]string{"--http2=false"}, []string{"gRPC"}},
		{[]string{"--bake", "0s"}, []string{"--bake is above"}},
		{[]string{"--lost-after", "1s"}, []string{"two heartbeats"}},
		{[]string{"--log-level", "loud"}, []string{"--log-level"}},
		{[]string{"--port", "70000"}, []string{"no port"}},
		{[]string{"publish"}, []string{"no arguments"}},
		{[]string{"--config", file}, []string{file + ":2:1", `"bakes"`, file + ":3:9", file + ":4:12"}},
		{[]string{"--signers", file}, []string{"holds no public key"}},
		{[]string{"--name", "a b", "--port", "0"}, []string{"--name"}},
	} {
		var out, errs bytes.Buffer
		command := configserver.Command{Version: "test", Env: func(string) string { return "" }, Stdout: &out, Stderr: &errs}
		ctx, cancel := context.WithCancel(t.Context())
		code := command.Run(ctx, append([]string{"--store", filepath.Join(t.TempDir(), "store"), "--admin", "off"}, c.args...))
		cancel()
		if code != 2 {
			t.Errorf("%q: exit code %d", c.args, code)
		}
		for _, want := range c.says {
			if !strings.Contains(errs.String(), want) {
				t.Errorf("%q does not say %q: %s", c.args, want, &errs)
			}
		}
	}
}

func TestFlagsComeBeforeTheFileAndItBeforeDefaults(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "flags.yaml")
	if err := os.WriteFile(file, []byte("admin: off\nlisten: 0.0.0.0:1\nstore: "+dir+"/store\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	out := &lines{found: func(line string) {
		if strings.Contains(line, "nodes and operators on 127.0.0.1:") && strings.Contains(line, dir+"/store") {
			cancel()
		}
	}}
	defer cancel()
	var errs bytes.Buffer
	command := configserver.Command{Env: func(string) string { return "" }, Stdout: out, Stderr: &errs}
	if code := command.Run(ctx, []string{"--config", file, "--listen", "127.0.0.1:0"}); code != 0 || ctx.Err() == nil {
		t.Errorf("exit code %d: %s", code, &errs)
	}
}

// lines shows what is printed.
type lines struct{ found func(string) }

func (l *lines) Write(p []byte) (int, error) {
	l.found(string(p))
	return len(p), nil
}
