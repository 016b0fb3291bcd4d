package main_test

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// named are endpoints that say their name, a, b and so on, and then echo.
func named(t *testing.T, n int) (all []*testkit.Upstream) {
	t.Helper()
	for i := range n {
		name := string(rune('a' + i))
		all = append(all, testkit.NewUpstream(t, func(c *testkit.Conn) {
			if c.Send(name) == nil {
				echo(c)
			}
		}))
	}
	return all
}

func shared(all []*testkit.Upstream, keys string, more ...string) string {
	var list []string
	for i, u := range all {
		extra := ""
		if i < len(more) {
			extra = more[i]
		}
		list = append(list, fmt.Sprintf("{address: %q%s}", u.Addr(), extra))
	}
	return fmt.Sprintf(`
version: 1
listeners:
  - {name: db, address: "127.0.0.1:0", protocol: tcp, cluster: db, proxy_protocol: true,
     proxy_protocol_from: [127.0.0.1/32]}
clusters: [{name: db, endpoints: [%s]%s}]
admin: {address: "127.0.0.1:0"}
`, strings.Join(list, ", "), keys)
}

// from begins a session of a client, and says which endpoint has it.
func from(t *testing.T, e *testkit.Process, client string) (net.Conn, string) {
	t.Helper()
	c := dial(t, e)
	if _, err := fmt.Fprintf(c, "PROXY TCP4 %s 10.0.0.1 4711 5432\r\n", client); err != nil {
		t.Fatal(err)
	}
	name := make([]byte, 1)
	if _, err := io.ReadFull(c, name); err != nil {
		t.Fatal(err)
	}
	return c, string(name)
}

func TestSessionsOfOneClientGoToOneEndpoint(t *testing.T) {
	t.Parallel()
	e := testkit.StartRelay(t, shared(named(t, 3), ", balance: {policy: hash}"))
	used := map[string]bool{}
	for i := range 20 {
		client := fmt.Sprintf("192.0.2.%d", i)
		first := ""
		for range 3 {
			c, name := from(t, e, client)
			c.Close()
			if first == "" {
				first = name
			}
			if name != first {
				t.Errorf("sessions of %s go to %s and %s", client, first, name)
			}
		}
		used[first] = true
	}
	if len(used) != 3 {
		t.Errorf("20 clients use %v", used)
	}
}

func TestOpenSessionsCountForLeastRequest(t *testing.T) {
	t.Parallel()
	e := testkit.StartRelay(t, shared(named(t, 3), ", balance: {policy: least_request}"))
	got := map[string]int{}
	for range 60 {
		_, name := from(t, e, "192.0.2.1") // it stays open
		got[name]++
	}
	for name, n := range got {
		if n < 15 || n > 25 {
			t.Errorf("%s has %d of 60 open sessions: %v", name, n, got)
		}
	}
}

func TestSessionsGoToABackupWhenNobodyElseIsThere(t *testing.T) {
	t.Parallel()
	all := named(t, 2)
	e := testkit.StartRelay(t, shared(all, "", "", ", backup: true"))
	for range 10 {
		if c, name := from(t, e, "192.0.2.1"); name != "a" {
			t.Errorf("%s has a session", name)
		} else {
			c.Close()
		}
	}
	all[0].StopAccepting()
	for range 10 {
		c, name := from(t, e, "192.0.2.1")
		c.Close()
		if name != "b" {
			t.Errorf("%s has a session", name)
		}
	}
}

// A session has nothing to hash but its client: what else is asked for is refused at the start.
func TestOtherKeysAreRefused(t *testing.T) {
	t.Parallel()
	binary, err := testkit.RelayBinary()
	if err != nil {
		t.Fatal(err)
	}
	for keys, want := range map[string]string{
		", balance: {policy: hash, key: path}": "a TCP session has nothing to hash but its " +
			"client's address",
		", balance: {policy: hash, key: 'header:X-A'}": "E_CONFLICT",
		", sticky: {cookie: gw}":                       "a TCP session has no cookies",
	} {
		file := filepath.Join(t.TempDir(), "gateway.yaml")
		text := shared(nil, keys)
		text = strings.Replace(text, "endpoints: []", "endpoints: [{address: '127.0.0.1:1'}]", 1)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.CommandContext(t.Context(), binary, "--config", file).CombinedOutput()
		if err == nil || !strings.Contains(string(out), want) {
			t.Errorf("%s: %v, %s", keys, err, out)
		}
	}
}
