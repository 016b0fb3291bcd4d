//go:build unix

package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
)

// A named pipe gives nothing until somebody writes to it, so reading one would stop a start, a
// reload and the end of the process. Every file that leads to one is a problem instead.
func TestANamedPipeIsAProblemWhereverAFileIsNamed(t *testing.T) {
	t.Parallel()
	dir := certificates(t)
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	const head = "version: 1\nroutes: []\nlisteners: [{name: l, address: '127.0.0.1:0'%s}]\n%s\n"
	for name, c := range map[string]struct{ listener, rest, code string }{
		"certificate": {", tls: {certificates: [{cert: pipe, key: a.key}]}", "", "E_FILE"},
		"key":         {", tls: {certificates: [{cert: a.pem, key: pipe}]}", "", "E_FILE"},
		"client_ca": {
			", tls: {certificates: [{cert: a.pem, key: a.key}], client_ca: pipe}", "", "E_FILE",
		},
		"ocsp": {", tls: {certificates: [{cert: a.pem, key: a.key, ocsp: pipe}]}", "", "E_FILE"},
		"log":  {"", "access_log: {output: pipe}", "E_FILE"},
		"a log in a folder that is not there": {
			"", "access_log: {output: none/log}", "E_FILE",
		},
		"a log in its place": {"", "access_log: {output: log}", ""},
	} {
		file := write(t, dir, strings.ReplaceAll(name, " ", "-")+".yaml",
			fmt.Sprintf(head, c.listener, c.rest))
		_, err := config.Load(file)
		if c.code == "" && err != nil ||
			c.code != "" && (err == nil || !strings.Contains(err.Error(), c.code+": ")) {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "large.yaml"),
		[]byte(strings.Repeat("# comment\n", 1<<19)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := config.Load(filepath.Join(dir, "large.yaml")); err == nil || !strings.Contains(
		err.Error(), "E_TOO_LARGE: the file is too large: it has 5242880 bytes, and 4194304 are") {
		t.Errorf("a large file: %v", err)
	}
	for name, env := range map[string]string{"pipe": "", "a.yaml": "over"} {
		write(t, dir, "a.yaml", sparse(minimal))
		if name == "a.yaml" {
			if err := syscall.Mkfifo(filepath.Join(dir, "over.yaml"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		_, err := config.Resolve(filepath.Join(dir, name), func(key string) string {
			return map[string]string{config.EnvName: env}[key]
		})
		if err == nil || !strings.Contains(err.Error(), "E_READ: the file can't be read: it is a "+
			"named pipe") {
			t.Errorf("%s with overlay %q: %v", name, env, err)
		}
	}
}
