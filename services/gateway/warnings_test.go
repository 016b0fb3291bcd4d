package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// What a file is warned about is in the log of a service once at the start and once a reload that
// brings a file into force, with its place; it starts and reloads all the same.
func TestWarningsAreLoggedOnceAStartAndAReload(t *testing.T) {
	t.Parallel()
	const text = "version: 1\nlisteners: [{name: public, address: 127.0.0.1:0}]\n" +
		"clusters:\n  - {name: users, endpoints: [{address: 127.0.0.1:1}], security: {mode: tls, " +
		"insecure_skip_verify: true}}\n  - {name: old, endpoints: [{address: 127.0.0.1:2}]}\n" +
		"routes: [{name: users, cluster: users}]\nadmin: {address: 127.0.0.1:0}\n"
	file := filepath.Join(t.TempDir(), "gateway.yaml")
	save := func(text string) {
		t.Helper()
		if err := os.WriteFile(file+"~", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(file+"~", file); err != nil {
			t.Fatal(err)
		}
	}
	save(text)
	p := start(t, t.TempDir(), "run", "--config", file)
	p.says(`level=warning msg="\S+gateway\.yaml:5:5: clusters\[1\]: W_UNUSED_CLUSTER: `)
	p.says(`gateway\.yaml:4:\d+: clusters\[0\]\.security\.insecure_skip_verify: W_INSECURE_TLS: `)
	p.says("ready")
	times := func(code string, want int) {
		t.Helper()
		if n := strings.Count(p.said(), code+": "); n != want {
			t.Errorf("%s is logged %d times, want %d, in\n%s", code, n, want, p.said())
		}
	}
	times("W_UNUSED_CLUSTER", 1)

	save(strings.Replace(text, "name: users, cluster: users", "name: all, cluster: users", 1))
	testkit.Within(t, patience, "a second warning", func() bool {
		return strings.Count(p.said(), "W_UNUSED_CLUSTER: ") == 2
	})

	save(strings.Replace(text, "cluster: users}]", "cluster: users}, {name: old, path_prefix: /o, "+
		"cluster: old}]", 1))
	testkit.Within(t, patience, "a third warning", func() bool {
		return strings.Count(p.said(), "W_INSECURE_TLS: ") == 3
	})
	times("W_UNUSED_CLUSTER", 2)
	p.end(syscall.SIGTERM, 0)
}
