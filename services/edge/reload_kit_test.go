package main_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// reloadDeadline is how soon a changed file must be in force, or refused (see libs/filewatch): a loaded machine takes its time.
const reloadDeadline = testkit.Deadline

// reloadable is an edge whose configuration file a test changes.
type reloadable struct {
	*testkit.Edge
	file string
}

func startReloadable(t testing.TB, config string) *reloadable {
	t.Helper()
	return startReloadableIn(t, t.TempDir(), config)
}

func startReloadableIn(t testing.TB, dir, config string) *reloadable {
	t.Helper()
	e, err := testkit.RunEdge(dir, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		e.Kill()
		text := e.Stderr()
		for _, bad := range []string{"DATA RACE", "panic", "a request failed", "a connection failed"} {
			if strings.Contains(text, bad) {
				t.Errorf("the edge reports: %s", bad)
			}
		}
		if t.Failed() {
			t.Logf("the end of the edge's stderr:\n%s", text[max(0, len(text)-6000):])
		}
	})
	return &reloadable{Edge: e, file: filepath.Join(dir, "gateway.yaml")}
}

// replace puts another configuration in the place of the file.
func (r *reloadable) replace(t testing.TB, config string) {
	t.Helper()
	if err := testkit.Replace(r.file, config); err != nil {
		t.Fatal(err)
	}
}

// post asks for a change and returns its receipt.
func (r *reloadable) post(t testing.TB, path string) (int, admin.Receipt) {
	t.Helper()
	var receipt admin.Receipt
	status := r.Decode(t, "POST", path, &receipt)
	return status, receipt
}

// change replaces the file and reloads, which must work. The watcher of the file may be first.
func (r *reloadable) change(t testing.TB, config string) admin.Receipt {
	t.Helper()
	before := r.status(t).Digest
	r.replace(t, config)
	status, receipt := r.post(t, "/reload")
	if status != 200 || receipt.Result != admin.Applied && receipt.Result != admin.Unchanged {
		t.Fatalf("the reload is answered %d: %s %s %s %v", status, receipt.Result, receipt.Reason, receipt.Message, receipt.Problems)
	}
	for _, receipt := range r.status(t).Reloads {
		if receipt.Result == admin.Applied && receipt.OldDigest == before {
			return receipt
		}
	}
	t.Fatalf("no change was applied to %s", before)
	return receipt
}

func (r *reloadable) status(t testing.TB) admin.Status {
	t.Helper()
	var s admin.Status
	if status := r.Decode(t, "GET", "/status", &s); status != 200 {
		t.Fatalf("/status is %d", status)
	}
	return s
}

// reloads is how often a reload had a result and reason.
func (r *reloadable) reloads(t testing.TB, result admin.Result, reason admin.Reason) int {
	t.Helper()
	return int(r.Metrics(t)[fmt.Sprintf(`gateway_reloads_total{reason="%s",result="%s"}`, reason, result)])
}

func (r *reloadable) hangUp(t testing.TB) {
	t.Helper()
	if err := r.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
}

// listener returns a listener as /status has it.
func (r *reloadable) listener(t testing.TB, name string) admin.Listener {
	t.Helper()
	for _, l := range r.status(t).Listeners {
		if l.Name == name {
			return l
		}
	}
	t.Fatalf("/status has no listener %s", name)
	return admin.Listener{}
}

// marked is a configuration whose answers carry a mark, so that a test sees which one is in force.
func marked(upstream, mark string, more ...string) string {
	return fmt.Sprintf(`
listeners: [{name: public, address: "127.0.0.1:0", protocol: http}]
clusters: [{name: up, protocol: http1, endpoints: [{address: "%s"}]}]
routes: [{name: all, path_prefix: /, cluster: up, headers: {response: {set: {X-Mark: "%s"}}}}]
admin: {address: "127.0.0.1:0"}
%s
version: 1
`, upstream, mark, strings.Join(more, "\n"))
}

// markOf makes one request on a connection and returns the mark of the answer.
func markOf(t testing.TB, c *testkit.Client) string {
	t.Helper()
	r := c.Exchange(t, "GET", simpleGet)
	if r.Status != 200 {
		t.Fatalf("a request is answered %d %s", r.Status, r.Body)
	}
	return r.Fields.Get("X-Mark")
}

// echoing is an upstream that switches protocols when asked to and then sends back what comes; other requests it answers.
func echoing(c *testkit.Conn) {
	for {
		r, err := c.Request()
		if err != nil {
			return
		}
		if r.Fields.Has("Upgrade") {
			if c.Send(upgradeAnswer) == nil {
				_ = c.Echo()
			}
			return
		}
		if c.Send(simpleOK) != nil {
			return
		}
	}
}

// openEcho opens a tunnel to an upstream that echoes.
func openEcho(t testing.TB, addr string) *testkit.Client {
	t.Helper()
	c := testkit.Dial(t, addr)
	if r := c.Exchange(t, "GET", upgradeRequest); r.Status != 101 {
		t.Fatalf("the upgrade is answered %d", r.Status)
	}
	return c
}

// echoes sends a text through a tunnel and reports what is wrong with what comes back.
func echoes(c *testkit.Client, text string) error {
	if err := c.Send(text); err != nil {
		return err
	}
	if got, err := c.Bytes(len(text)); err != nil || got != text {
		return fmt.Errorf("sent %q, came %q, %v", text, got, err)
	}
	return nil
}
