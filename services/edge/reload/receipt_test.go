//go:build unix

package reload_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/config/changes"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/openspec"
	"github.com/gatewayhomebrew/gateway/openspec/openspectest"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

func wantSet(
	t *testing.T, what string, got changes.Set, kept int, added, removed string, changed ...string,
) {
	t.Helper()
	if got.Kept != kept || strings.Join(got.Added, " ") != added ||
		strings.Join(got.Removed, " ") != removed {
		t.Errorf("%s: kept %d, added %v, removed %v; want %d, [%s], [%s]", what, got.Kept,
			got.Added, got.Removed, kept, added, removed)
	}
	var names []string
	for _, c := range got.Changed {
		names = append(names, c.Name)
		if len(c.What) == 0 {
			t.Errorf("%s: nothing is said about what changed in %s", what, c.Name)
		}
	}
	if !slices.Equal(names, changed) {
		t.Errorf("%s: changed %v, want %v", what, names, changed)
	}
}

func TestAReceiptTellsWhatChanged(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, edgetest.Echoing)
	gone, fresh := freeAddress(t), freeAddress(t)
	file := func(listeners, clusters, routes, rest string) string {
		r := strings.NewReplacer("UP", up.Addr(), "GONE", gone, "FRESH", fresh)
		return r.Replace(fmt.Sprintf("version: 1\nlisteners: [%s]\nclusters: [%s]\nroutes: [%s]\n"+
			"admin: {address: 127.0.0.1:0}\n%s\n", listeners, clusters, routes, rest))
	}
	e := edgetest.StartReloadable(t, file(
		"{name: public, address: 127.0.0.1:0}, {name: old, address: GONE}, {name: tuned, "+
			"address: 127.0.0.1:0}",
		"{name: same, endpoints: [{address: UP}]}, {name: old, endpoints: [{address: UP}]}, "+
			"{name: weighed, endpoints: [{address: UP, weight: 3}]}",
		"{name: same, path_prefix: /, cluster: same}, {name: old, path_prefix: /old, cluster: "+
			"old}, {name: moved, path_prefix: /moved, cluster: same}",
		"access_log: {output: off}"))
	c, tunnel := testkit.Dial(t, e.Addr("public")), edgetest.OpenEcho(t, e.Addr("tuned"))
	before := e.Status(t).Digest
	e.Replace(t, file(
		"{name: tuned, address: 127.0.0.1:0, limits: {max_headers: 50}}, {name: new, address: "+
			"FRESH}, {name: public, address: 127.0.0.1:0}",
		"{name: same, endpoints: [{address: UP}]}, {name: new, endpoints: [{address: UP}]}, "+
			"{name: weighed, endpoints: [{address: UP, weight: 1}]}",
		"{name: same, path_prefix: /, cluster: same}, {name: new, path_prefix: /new, cluster: "+
			"new}, {name: moved, path_prefix: /moved, cluster: weighed}",
		"access_log: {output: off, sample: 0.5}\ndrain: {timeout: 7s}"))
	status, header, body, err := e.Ask("POST", "/reload")
	edgetest.Must(t, err)
	described(t, "POST /reload", status, header, body)
	var r admin.Receipt
	edgetest.Must(t, json.Unmarshal(body, &r))
	now := e.Status(t)
	if status != http.StatusOK || r.Result != admin.Applied || r.Reason != admin.ReasonOK ||
		r.Trigger != admin.ByAPI || r.OldDigest != before || r.NewDigest != now.Digest ||
		before == now.Digest {
		t.Errorf("%d %+v", status, r)
	}
	if r.DurationMS <= 0 || r.DurationMS > 2000 || time.Since(r.Time).Abs() > time.Minute {
		t.Errorf("it took %v ms at %v", r.DurationMS, r.Time)
	}
	wantSet(t, "listeners", r.Listeners, 1, "new", "old", "tuned")
	wantSet(t, "clusters", r.Clusters, 1, "new", "old", "weighed")
	wantSet(t, "routes", r.Routes, 1, "new", "old", "moved")
	if said := strings.Join(r.Other, "\n"); !strings.Contains(said, "access_log") ||
		!strings.Contains(said, "drain") {
		t.Errorf("other: %v", r.Other)
	}
	if said := strings.Join(r.Clusters.Changed[0].What, "\n"); !strings.Contains(said, "3 -> 1") ||
		!strings.Contains(said, up.Addr()) {
		t.Errorf("the cluster's change: %q", said)
	}
	if r.StreamsKept != 2 || len(r.StreamsClosed) != 0 || len(r.NeedsRestart) != 0 ||
		len(r.Problems) != 0 {
		t.Errorf("%d streams kept, closed %v, restart %v, problems %v", r.StreamsKept,
			r.StreamsClosed, r.NeedsRestart, r.Problems)
	}
	if len(now.Reloads) == 0 || now.Reloads[len(now.Reloads)-1].ID != r.ID || now.LastError != nil {
		t.Errorf("/status has %+v", now.Reloads)
	}
	var names []string
	for _, l := range now.Listeners {
		names = append(names, l.Name)
	}
	if strings.Join(names, " ") != "tuned new public" {
		t.Errorf("the listeners are %v", names)
	}
	if r := c.Exchange(t, "GET", "GET /new HTTP/1.1\r\nHost: a.test\r\n\r\n"); r.Status != 200 {
		t.Errorf("the connection of a listener that was moved in the file gets %d", r.Status)
	}
	if err := edgetest.Echoes(tunnel, "the listener was tuned"); err != nil {
		t.Error(err)
	}
	if r := testkit.Dial(t, now.Listeners[1].Address).Exchange(t, "GET",
		edgetest.Get); r.Status != 200 {
		t.Errorf("the new listener answers %d", r.Status)
	}
	testkit.Eventually(t, "the removed listener is closed", func() bool {
		return !edgetest.Dials(e.Addr("old"))
	})
}

// described holds an answer of the admin API against openspec/admin.yaml.
func described(t *testing.T, operation string, status int, header http.Header, body []byte) {
	t.Helper()
	d, err := openspectest.Parse(openspec.Admin)
	edgetest.Must(t, err)
	if err := d.CheckAnswer(operation, status, header, body); err != nil {
		t.Error(err)
	}
}

func TestRollbackReturnsToThePlanBefore(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, edgetest.Echoing)
	e := edgetest.StartReloadable(t, listening(up.Addr(), "1", "public", anyPort, "going", anyPort))
	c, tunnel := testkit.Dial(t, e.Addr("public")), edgetest.OpenEcho(t, e.Addr("public"))
	first := e.Status(t).Digest
	e.Change(t, listening(up.Addr(), "2", "public", anyPort))

	status, header, body, err := e.Ask("POST", "/rollback")
	edgetest.Must(t, err)
	described(t, "POST /rollback", status, header, body)
	var r admin.Receipt
	edgetest.Must(t, json.Unmarshal(body, &r))
	if status != 200 || r.Result != admin.RolledBack || r.Reason != admin.ReasonRequest ||
		r.Trigger != admin.ByAPI || r.NewDigest != first {
		t.Errorf("%d %+v", status, r)
	}
	wantSet(t, "listeners", r.Listeners, 1, "going", "")
	if got := edgetest.MarkOf(t, c); got != "1" {
		t.Errorf("plan %q answers after the rollback", got)
	}
	if err := edgetest.Echoes(tunnel, "still here"); err != nil {
		t.Error(err)
	}
	if got := edgetest.MarkOf(t, testkit.Dial(t, e.Listener(t, "going").Address)); got != "1" {
		t.Errorf("the listener that is back answers with plan %q", got)
	}
	// Twice would be forward again.
	status, header, body, err = e.Ask("POST", "/rollback")
	edgetest.Must(t, err)
	described(t, "POST /rollback", status, header, body)
	edgetest.Must(t, json.Unmarshal(body, &r))
	if status != 409 || r.Result != admin.Refused || r.Reason != admin.ReasonNothing {
		t.Errorf("the second rollback: %d %+v", status, r)
	}
	if s := e.Status(t); s.Digest != first || s.LastError != nil {
		t.Errorf("digest %s, last error %+v", s.Digest, s.LastError)
	}

	// The file still has what was rolled back from. The watcher ignores that it is touched; POST
	// /reload takes it.
	seen := newest(t, e)
	e.Replace(t, listening(up.Addr(), "2", "public", anyPort)+"# touched\n")
	testkit.Within(t, edgetest.ReloadDeadline, "the file was looked at", func() bool {
		return newest(t, e) > seen
	})
	if last := e.Status(t).Reloads[0]; last.Result != admin.Unchanged ||
		!strings.Contains(last.Message, "rolled back") {
		t.Errorf("the touched file: %+v", last)
	}
	testkit.Eventually(t, "the log tells why the file is not taken", func() bool {
		return strings.Contains(e.Stderr(), "was rolled back from")
	})
	if got := edgetest.MarkOf(t, c); got != "1" {
		t.Errorf("plan %q answers after the file was touched", got)
	}
	e.HangUp(t)
	becomes(t, e, c, "2")

	// Once something else was in force, it is a configuration like any other.
	if status, _ := e.Post(t, "/rollback"); status != 200 {
		t.Fatalf("rollback: %d", status)
	}
	e.Change(t, listening(up.Addr(), "3", "public", anyPort))
	e.Replace(t, listening(up.Addr(), "2", "public", anyPort))
	becomes(t, e, c, "2")
}

func TestAReloadWhileDrainingIsRefused(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, edgetest.Echoing)
	e := edgetest.StartReloadable(t,
		strings.Replace(listening(up.Addr(), "1", "public", anyPort), "timeout: 1s", "timeout: 10s",
			1))
	tunnel := edgetest.OpenEcho(t, e.Addr("public"))
	first := e.Status(t).Digest
	var second string
	e.Replace(t, listening(up.Addr(), "2", "public", anyPort))
	becomes(t, e, testkit.Dial(t, e.Addr("public")), "2")
	testkit.Eventually(t, "that reload is over", func() bool {
		second = e.Status(t).Digest
		return second != first
	})
	e.Replace(t,
		strings.Replace(listening(up.Addr(), "3", "public", anyPort), "timeout: 1s", "timeout: 10s",
			1))
	becomes(t, e, testkit.Dial(t, e.Addr("public")), "3")
	testkit.Eventually(t, "the reload is over, which serves a moment before", func() bool {
		return e.Status(t).Digest != second
	})
	status, _, body, err := e.Ask("POST", "/drain")
	if err != nil || status != 202 {
		t.Fatalf("POST /drain: %d %s %v", status, body, err)
	}
	testkit.Eventually(t, "it drains", func() bool { return e.Status(t).State == admin.Draining })
	digest := e.Status(t).Digest
	for _, path := range []string{"/reload", "/rollback"} {
		status, header, body, err := e.Ask("POST", path)
		edgetest.Must(t, err)
		described(t, "POST "+path, status, header, body)
		var answer admin.Error
		edgetest.Must(t, json.Unmarshal(body, &answer))
		if status != 503 || answer.Error.Code != "GW_DRAINING" ||
			header.Get("X-Request-Id") != answer.Error.CorrelationID {
			t.Errorf("POST %s is answered %d %s", path, status, body)
		}
	}
	e.HangUp(t) // neither is this the end of the process
	e.Replace(t, listening(up.Addr(), "4", "public", anyPort))
	if err := edgetest.Echoes(tunnel, "the drain goes on"); err != nil {
		t.Error(err)
	}
	if got := e.Status(t).Digest; got != digest {
		t.Errorf("the configuration changed during the drain")
	}
	tunnel.Close()
	if code := e.Wait(t, testkit.Deadline); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func TestWhatAReloadCannotChangeNeedsARestart(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, edgetest.Echoing)
	e := edgetest.StartReloadable(t, listening(up.Addr(), "1", "public", anyPort))
	other := freeAddress(t)
	r := e.Change(t,
		strings.Replace(listening(up.Addr(), "2", "public", anyPort),
			`admin: {address: "127.0.0.1:0"}`, fmt.Sprintf("admin: {address: %q}", other), 1))
	if len(r.NeedsRestart) != 1 || !strings.Contains(r.NeedsRestart[0], "admin") {
		t.Errorf("needs a restart: %q", r.NeedsRestart)
	}
	if edgetest.Dials(other) {
		t.Error("the admin API is at the new address without a restart")
	}
	if s := e.Status(t); s.State != admin.Ready || s.Digest != r.NewDigest {
		t.Errorf("/status at the old address: %+v", s)
	}
	testkit.Eventually(t, "the log says so", func() bool {
		return strings.Contains(e.Stderr(), "need a restart")
	})
	// Nothing new about that in a reload of something else.
	if r := e.Change(t,
		strings.Replace(listening(up.Addr(), "3", "public", anyPort),
			`admin: {address: "127.0.0.1:0"}`, fmt.Sprintf("admin: {address: %q}", other),
			1)); r.Result != admin.Applied {
		t.Errorf("%+v", r)
	}
}

// A reload that is asked for while the edge starts waits for the rest of the start, and is not told
// that the edge shuts down.
func TestAReloadDuringTheStartWaits(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, edgetest.Echoing)
	for range 20 {
		// returns when the admin API is there
		e := edgetest.StartReloadable(t, edgetest.Marked(up.Addr(), "0"))
		if status, r := e.Post(t, "/reload"); status != 200 || r.Result != admin.Unchanged {
			t.Fatalf("%d %+v", status, r)
		}
		e.Kill()
	}
}
