package main_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// echo sends back what it gets, and its end.
func echo(c *testkit.Conn) {
	buf := make([]byte, 4096)
	for {
		n, err := c.Reader().Read(buf)
		if n > 0 && c.Send(string(buf[:n])) != nil {
			return
		}
		if err != nil {
			_ = c.CloseWrite()
			return
		}
	}
}

func config(upstream, extra string) string {
	return fmt.Sprintf(`
version: 1
listeners:
  - {name: db, address: "127.0.0.1:0", protocol: tcp, cluster: db, timeouts: {connect: 1s, idle: 60s}}
  - {name: web, address: "127.0.0.1:0"}
clusters: [{name: db, endpoints: [{address: "%s"}]%s}]
routes: []
admin: {address: "127.0.0.1:0"}
drain: {timeout: 2s}
`, upstream, extra)
}

func dial(t *testing.T, e *testkit.Process) *net.TCPConn {
	t.Helper()
	c, err := net.DialTimeout("tcp", e.Addr("db"), testkit.Deadline)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(testkit.Deadline)); err != nil {
		t.Fatal(err)
	}
	return c.(*net.TCPConn)
}

func says(t *testing.T, c net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(text))
	if _, err := io.ReadFull(c, got); err != nil || string(got) != text {
		t.Fatalf("got %q, %v", got, err)
	}
}

// The binary carries sessions, half-closes included, leaves http listeners to the edge,
// keeps sessions through a reload, and tells of them in log, status and metrics.
func TestTheRelayCarriesSessions(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, echo)
	e := testkit.StartRelay(t, config(up.Addr(), ""))
	testkit.Eventually(t, "it says that the http listener is not its own", func() bool {
		return strings.Contains(e.Stderr(), "another binary")
	})
	c := dial(t, e)
	says(t, c, "hello")

	if err := e.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	var s admin.Status
	testkit.Eventually(t, "the reload is told of", func() bool {
		e.Decode(t, "GET", "/status", &s)
		return len(s.Reloads) == 1
	})
	if s.Listeners[0].Protocol != "tcp" || s.Listeners[0].ActiveConnections != 1 ||
		s.Clusters[0].Endpoints[0].ActiveConnections != 1 {
		t.Errorf("/status: %+v", s)
	}
	says(t, c, "still here")
	if err := c.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(c); err != nil || len(rest) != 0 {
		t.Errorf("after a half-close: %q, %v", rest, err)
	}
	testkit.Eventually(t, "the session is logged", func() bool {
		line := e.Stdout()
		return strings.Contains(line, `"close_reason":"client_closed"`) &&
			strings.Contains(line, `"bytes_in":15`) && strings.Contains(line, `"cluster":"db"`)
	})
	const closed = `gateway_relay_sessions_total{close_reason="client_closed",listener="db"}`
	if m := e.Metrics(t); m[closed] != 1 {
		t.Errorf("the session is not counted: %v", m)
	}
	if code := e.Stop(t, testkit.Deadline); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// A reload that moves the cluster elsewhere leaves sessions where they are; new ones go
// to the new place.
func TestAReloadMovesNewSessionsOnly(t *testing.T) {
	t.Parallel()
	one, two := testkit.NewUpstream(t, echo), testkit.NewUpstream(t, echo)
	e := testkit.StartRelay(t, config(one.Addr(), ""))
	c := dial(t, e)
	says(t, c, "one")
	if err := testkit.Replace(e.Config(), config(two.Addr(), "")); err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, "a new session goes to the other endpoint", func() bool {
		d := dial(t, e)
		defer d.Close()
		says(t, d, "two")
		return len(two.Conns()) > 0
	})
	says(t, c, "one still")
}

func TestWithoutATCPListenerItSaysSo(t *testing.T) {
	t.Parallel()
	bin, err := testkit.RelayBinary()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "gateway.yaml")
	if err := os.WriteFile(file,
		[]byte("version: 1\nlisteners: [{name: web, address: \"127.0.0.1:0\"}]\n"+
			"routes: []\nadmin: {address: off}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), testkit.Deadline)
	defer cancel()
	out, err := exec.CommandContext(ctx, bin, "--config", file).CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 2 ||
		!strings.Contains(string(out), "web (http)") {
		t.Errorf("%v: %s", err, out)
	}
}

// Sessions of a cluster that a reload takes away may finish within the drain time; then
// they are cut, though their listener stays.
func TestSessionsOfARemovedClusterEndInTime(t *testing.T) {
	t.Parallel()
	one, two := testkit.NewUpstream(t, echo), testkit.NewUpstream(t, echo)
	e := testkit.StartRelay(t, config(one.Addr(), ""))
	c := dial(t, e)
	says(t, c, "one")
	start := time.Now()
	if err := testkit.Replace(e.Config(),
		strings.NewReplacer("cluster: db", "cluster: other", "name: db, endpoints",
			"name: other, endpoints").Replace(config(two.Addr(), ""))); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(make([]byte, 1)); err == nil || testkit.IsTimeout(err) {
		t.Errorf("the session is still there: %v", err)
	}
	if took := time.Since(start); took < time.Second {
		t.Errorf("cut after %v, before the drain time of 2s", took)
	}
	says(t, dial(t, e), "two")
}
