// Package reload_test does what this folder's README does, step by step, so that the README stays
// true.
package reload_test

import (
	"os"
	"syscall"
	"testing"

	"github.com/gatewayhomebrew/gateway/examples/exampletest"
	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

const get = "GET /color.txt HTTP/1.1\r\nHost: localhost\r\n\r\n"

func TestReload(t *testing.T) {
	blue := testkit.NewUpstream(t, testkit.Answer(exampletest.Text(200, "blue\n")))
	green := testkit.NewUpstream(t, testkit.Answer(exampletest.Text(200, "green\n")))
	edge := exampletest.Start(t, map[string]string{
		"127.0.0.1:9001": blue.Addr(), "127.0.0.1:9002": green.Addr(),
	})

	// These connections last from the first step to the last; none of them may be closed, and no
	// request may fail.
	load := exampletest.StartLoad(t, edge.Addr("public"), 8, get)
	first := edge.Status(t)
	color := func(want string) {
		t.Helper()
		if a := edge.Do(t, "GET", "/color.txt", nil); a.Status != 200 || a.Body != want+"\n" {
			t.Errorf("got %d %q, want %s", a.Status, a.Body, want)
		}
		load.More(t, 20)
	}
	color("blue")

	t.Run("a saved file is in force", func(t *testing.T) {
		edge.Edit(t, "cluster: blue", "cluster: green")
		var now admin.Status
		testkit.Eventually(t, "another configuration is in force", func() bool {
			now = edge.Status(t)
			return now.Digest != first.Digest
		})
		r := now.Reloads[0]
		if r.Trigger != admin.ByFile || r.Result != admin.Applied || r.OldDigest != first.Digest ||
			r.NewDigest != now.Digest {
			t.Errorf("the receipt is %+v", r)
		}
		if len(r.Routes.Changed) != 1 || r.Routes.Changed[0].Name != "site" ||
			r.Listeners.Kept != 1 || r.Clusters.Kept != 2 || len(r.StreamsClosed) != 0 ||
			r.StreamsKept < 8 {
			t.Errorf("the receipt is %+v", r)
		}
		color("green")
	})

	t.Run("a broken file is refused", func(t *testing.T) {
		edge.Edit(t, "cluster: green", "cluster: gren")
		var r admin.Receipt
		if status := edge.Admin(t, "POST /reload", &r); status != 422 ||
			r.Result != admin.Refused || len(r.Problems) != 1 {
			t.Fatalf("status %d, %+v", status, r)
		}
		p := r.Problems[0]
		line, column := edge.Position(t, "gren")
		if p.Code != "E_UNKNOWN_CLUSTER" || p.Line != line || p.Column != column ||
			p.Path != "routes[0].cluster" || p.Hint != `did you mean "green"?` {
			t.Errorf("the problem is %+v, want it at line %d, column %d", p, line, column)
		}
		s := edge.Status(t)
		if s.State != admin.Ready || s.LastError == nil || len(s.LastError.Problems) != 1 ||
			s.Digest == first.Digest {
			t.Errorf("the status is %+v", s)
		}
		color("green")
	})

	t.Run("a repaired file clears the error", func(t *testing.T) {
		edge.Edit(t, "cluster: gren", "cluster: green")
		if r := edge.Reload(t); r.Result != admin.Unchanged {
			t.Errorf("the receipt is %+v", r)
		}
		if e := edge.Status(t).LastError; e != nil {
			t.Errorf("the last error is %+v", e)
		}
	})

	t.Run("a rollback returns to the configuration before", func(t *testing.T) {
		var r admin.Receipt
		if status := edge.Admin(t, "POST /rollback", &r); status != 200 ||
			r.Result != admin.RolledBack || r.NewDigest != first.Digest {
			t.Errorf("status %d, %+v", status, r)
		}
		color("blue")
		if status := edge.Admin(t, "POST /rollback", &r); status != 409 ||
			r.Reason != admin.ReasonNothing {
			t.Errorf("a second one: status %d, %+v", status, r)
		}
		color("blue")
	})

	t.Run("SIGHUP asks for the file again", func(t *testing.T) {
		before := len(edge.Status(t).Reloads)
		if err := edge.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		testkit.Eventually(t, "a receipt of the signal", func() bool {
			r := edge.Status(t).Reloads
			return len(r) > before && r[0].Trigger == admin.BySignal && r[0].Result == admin.Applied
		})
		color("green")
	})

	requests, failures := load.Stop()
	if len(failures) > 0 {
		t.Errorf("%d of %d requests failed: %.5q", len(failures), requests, failures)
	}
	if code := edge.Stop(t, testkit.Deadline); code != 0 {
		t.Errorf("exit code %d", code)
	}
}
