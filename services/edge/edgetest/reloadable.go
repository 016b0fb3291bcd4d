package edgetest

import (
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// ReloadDeadline is how soon a changed file must be in force, or refused. The edge looks at a file
// within a second of its change; a loaded machine takes its time.
const ReloadDeadline = testkit.Deadline

// Status is what the edge's admin API says of the edge.
func Status(t testing.TB, e *testkit.Process) (s admin.Status) {
	t.Helper()
	if status := e.Decode(t, "GET", "/status", &s); status != 200 {
		t.Fatalf("/status is %d", status)
	}
	return s
}

// Reloadable is an edge whose configuration file a test changes.
type Reloadable struct {
	*testkit.Process
	File string // the path of the configuration
}

// StartReloadable runs an edge in a folder of its own. The end of the test ends it, and fails the
// test if its log tells of a panic or of a request or connection that failed without a reason.
func StartReloadable(t testing.TB, config string) *Reloadable {
	t.Helper()
	return StartReloadableIn(t, t.TempDir(), config)
}

// StartReloadableIn is StartReloadable with the configuration in the given folder.
func StartReloadableIn(t testing.TB, dir, config string) *Reloadable {
	t.Helper()
	e, err := testkit.RunEdge(dir, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		e.Kill()
		text := e.Stderr()
		for _, bad := range []string{
			"DATA RACE", "panic", "a request failed", "a connection failed",
		} {
			if strings.Contains(text, bad) {
				t.Errorf("the edge reports: %s", bad)
			}
		}
		if t.Failed() {
			t.Logf("the end of the edge's stderr:\n%s", text[max(0, len(text)-6000):])
		}
	})
	return &Reloadable{Process: e, File: filepath.Join(dir, "gateway.yaml")}
}

// Replace puts another configuration in the place of the file.
func (r *Reloadable) Replace(t testing.TB, config string) {
	t.Helper()
	if err := testkit.Replace(r.File, config); err != nil {
		t.Fatal(err)
	}
}

// Post asks for a change and returns its receipt.
func (r *Reloadable) Post(t testing.TB, path string) (int, admin.Receipt) {
	t.Helper()
	var receipt admin.Receipt
	status := r.Decode(t, "POST", path, &receipt)
	return status, receipt
}

// Change replaces the file and reloads, which must work. It returns the receipt of the reload that
// applied the change; that may be the one of the file's watcher, which can be faster than Change.
func (r *Reloadable) Change(t testing.TB, config string) admin.Receipt {
	t.Helper()
	before := r.Status(t).Digest
	r.Replace(t, config)
	status, receipt := r.Post(t, "/reload")
	if status != 200 || receipt.Result != admin.Applied && receipt.Result != admin.Unchanged {
		t.Fatalf("the reload is answered %d: %s %s %s %v",
			status, receipt.Result, receipt.Reason, receipt.Message, receipt.Problems)
	}
	for _, receipt := range r.Status(t).Reloads {
		if receipt.Result == admin.Applied && receipt.OldDigest == before {
			return receipt
		}
	}
	t.Fatalf("no change was applied to %s", before)
	return receipt
}

// Status is what the admin API says of the edge.
func (r *Reloadable) Status(t testing.TB) admin.Status {
	t.Helper()
	return Status(t, r.Process)
}

// Reloads is how often a reload had a result and reason.
func (r *Reloadable) Reloads(t testing.TB, result admin.Result, reason admin.Reason) int {
	t.Helper()
	name := fmt.Sprintf(`gateway_reloads_total{reason="%s",result="%s"}`, reason, result)
	return int(r.Metrics(t)[name])
}

// HangUp sends SIGHUP, which asks for a reload.
func (r *Reloadable) HangUp(t testing.TB) {
	t.Helper()
	if err := r.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
}

// Listener is a listener as the admin API describes it.
func (r *Reloadable) Listener(t testing.TB, name string) admin.Listener {
	t.Helper()
	for _, l := range r.Status(t).Listeners {
		if l.Name == name {
			return l
		}
	}
	t.Fatalf("/status has no listener %s", name)
	return admin.Listener{}
}
