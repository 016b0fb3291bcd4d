package main_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/config/changes"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/openspec"
	"github.com/gatewayhomebrew/gateway/openspec/openspectest"
)

// freeAddress is an address that was free a moment ago.
func freeAddress(t testing.TB) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// listening is a configuration with the given listeners (name, address, …) and a mark.
func listening(upstream, mark string, listeners ...string) string {
	var b strings.Builder
	b.WriteString("version: 1\nlisteners:\n")
	for i := 0; i+1 < len(listeners); i += 2 {
		fmt.Fprintf(&b, "  - {name: %s, address: \"%s\", protocol: http}\n", listeners[i], listeners[i+1])
	}
	fmt.Fprintf(&b, "clusters: [{name: up, protocol: http1, endpoints: [{address: \"%s\"}]}]\n", upstream)
	fmt.Fprintf(&b, "routes: [{name: all, path_prefix: /, cluster: up, headers: {response: {set: {X-Mark: \"%s\"}}}}]\n", mark)
	b.WriteString("admin: {address: \"127.0.0.1:0\"}\ndrain: {timeout: 1s}\n")
	return b.String()
}

const anyPort = "127.0.0.1:0"

func wantSet(t *testing.T, what string, got changes.Set, kept int, added, removed string, changed ...string) {
	t.Helper()
	if got.Kept != kept || strings.Join(got.Added, " ") != added || strings.Join(got.Removed, " ") != removed {
		t.Errorf("%s: kept %d, added %v, removed %v; want %d, [%s], [%s]", what, got.Kept, got.Added, got.Removed, kept, added, removed)
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
	up := testkit.NewUpstream(t, echoing)
	gone, fresh := freeAddress(t), freeAddress(t)
	file := func(listeners, clusters, routes, rest string) string {
		r := strings.NewReplacer("UP", up.Addr(), "GONE", gone, "FRESH", fresh)
		return r.Replace(fmt.Sprintf("version: 1\nlisteners: [%s]\nclusters: [%s]\nroutes: [%s]\nadmin: {address: 127.0.0.1:0}\n%s\n", listeners, clusters, routes, rest))
	}
	e := startReloadable(t, file(
		"{name: public, address: 127.0.0.1:0}, {name: old, address: GONE}, {name: tuned, address: 127.0.0.1:0}",
		"{name: same, endpoints: [{address: UP}]}, {name: old, endpoints: [{address: UP}]}, {name: weighed, endpoints: [{address: UP, weight: 3}]}",
		"{name: same, path_prefix: /, cluster: same}, {name: old, path_prefix: /old, cluster: old}, {name: moved, path_prefix: /moved, cluster: same}",
		"access_log: {output: off}"))
	c, tunnel := testkit.Dial(t, e.Addr("public")), openEcho(t, e.Addr("tuned"))
	before := e.status(t).Digest
	e.replace(t, file(
		"{name: tuned, address: 127.0.0.1:0, limits: {max_headers: 50}}, {name: new, address: FRESH}, {name: public, address: 127.0.0.1:0}",
		"{name: same, endpoints: [{address: UP}]}, {name: new, endpoints: [{address: UP}]}, {name: weighed, endpoints: [{address: UP, weight: 1}]}",
		"{name: same, path_prefix: /, cluster: same}, {name: new, path_prefix: /new, cluster: new}, {name: moved, path_prefix: /moved, cluster: weighed}",
		"access_log: {output: off, sample: 0.5}\ndrain: {timeout: 7s}"))
	status, header, body, err := e.Ask("POST", "/reload")
	must(t, err)
	described(t, "POST /reload", status, header, body)
	var r admin.Receipt
	must(t, json.Unmarshal(body, &r))
	now := e.status(t)
	if status != http.StatusOK || r.Result != admin.Applied || r.Reason != admin.ReasonOK || r.Trigger != admin.ByAPI || r.OldDigest != before || r.NewDigest != now.Digest || before == now.Digest {
		t.Errorf("%d %+v", status, r)
	}
	if r.DurationMS <= 0 || r.DurationMS > 2000 || time.Since(r.Time).Abs() > time.Minute {
		t.Errorf("it took %v ms at %v", r.DurationMS, r.Time)
	}
	wantSet(t, "listeners", r.Listeners, 1, "new", "old", "tuned")
	wantSet(t, "clusters", r.Clusters, 1, "new", "old", "weighed")
	wantSet(t, "routes", r.Routes, 1, "new", "old", "moved")
	if said := strings.Join(r.Other, "\n"); !strings.Contains(said, "access_log") || !strings.Contains(said, "drain") {
		t.Errorf("other: %v", r.Other)
	}
	if said := strings.Join(r.Clusters.Changed[0].What, "\n"); !strings.Contains(said, "3 -> 1") || !strings.Contains(said, up.Addr()) {
		t.Errorf("the cluster's change: %q", said)
	}
	if r.StreamsKept != 2 || len(r.StreamsClosed) != 0 || len(r.NeedsRestart) != 0 || len(r.Problems) != 0 {
		t.Errorf("%d streams kept, closed %v, restart %v, problems %v", r.StreamsKept, r.StreamsClosed, r.NeedsRestart, r.Problems)
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
	if err := echoes(tunnel, "the listener was tuned"); err != nil {
		t.Error(err)
	}
	if r := testkit.Dial(t, now.Listeners[1].Address).Exchange(t, "GET", simpleGet); r.Status != 200 {
		t.Errorf("the new listener answers %d", r.Status)
	}
	testkit.Eventually(t, "the removed listener is closed", func() bool { return !dials(e.Addr("old")) })
}

// described holds an answer of the admin API against openspec/admin.yaml.
func described(t *testing.T, operation string, status int, header http.Header, body []byte) {
	t.Helper()
	d, err := openspectest.Parse(openspec.Admin)
	must(t, err)
	if err := d.CheckAnswer(operation, status, header, body); err != nil {
		t.Error(err)
	}
}

// A listener that goes lets go of its connections: idle ones at once, busy ones after their answer, tunnels when the
// drain timeout has passed. The others notice nothing.
func TestARemovedListenerEndsItsConnections(t *testing.T) {
	t.Parallel()
	answer := make(chan struct{})
	up := testkit.NewUpstream(t, func(c *testkit.Conn) {
		for {
			r, err := c.Request()
			switch {
			case err != nil:
				return
			case r.Fields.Has("Upgrade"):
				if c.Send(upgradeAnswer) == nil {
					_ = c.Echo()
				}
				return
			case r.Target == "/slow":
				<-answer
			}
			if c.Send(simpleOK) != nil {
				return
			}
		}
	})
	release := gate(t, answer)
	e := startReloadable(t, listening(up.Addr(), "1", "public", anyPort, "going", anyPort))
	addr := e.Addr("going")
	fresh, idle, busy, pipelined := testkit.Dial(t, addr), testkit.Dial(t, addr), testkit.Dial(t, addr), testkit.Dial(t, addr)
	idle.Exchange(t, "GET", simpleGet)
	must(t, busy.Send("GET /slow HTTP/1.1\r\nHost: a.test\r\n\r\n"))
	must(t, pipelined.Send("GET /slow HTTP/1.1\r\nHost: a.test\r\n\r\n"+simpleGet))
	gone, stays := openEcho(t, addr), openEcho(t, e.Addr("public"))
	testkit.Eventually(t, "all are connected", func() bool {
		slow := 0
		for _, u := range up.Conns() {
			slow += strings.Count(u.Received(), "GET /slow")
		}
		return slow == 2 && e.listener(t, "going").ActiveConnections == 5
	})

	start := time.Now()
	r := e.change(t, listening(up.Addr(), "2", "public", anyPort))
	wantSet(t, "listeners", r.Listeners, 1, "", "going")
	if r.StreamsKept != 1 || len(r.StreamsClosed) != 1 || r.StreamsClosed[0].Listener != "going" || r.StreamsClosed[0].Count != 5 || r.StreamsClosed[0].Why == "" {
		t.Errorf("%d streams kept, closed %+v", r.StreamsKept, r.StreamsClosed)
	}
	if dials(addr) {
		t.Error("the removed listener takes connections")
	}
	for name, c := range map[string]*testkit.Client{"that sent nothing": fresh, "that is idle": idle} {
		if err := c.ExpectClose(); err != nil {
			t.Errorf("the connection %s: %v", name, err)
		}
	}
	if err := echoes(gone, "until the drain timeout"); err != nil {
		t.Errorf("the tunnel before the timeout: %v", err)
	}
	// Another reload meanwhile tells of its own doings only, and lets the rest end in peace.
	if again := e.change(t, listening(up.Addr(), "3", "public", anyPort)); len(again.StreamsClosed) != 0 || again.StreamsKept != 1 {
		t.Errorf("the next reload: %d streams kept, closed %+v", again.StreamsKept, again.StreamsClosed)
	}
	release()
	for name, c := range map[string]*testkit.Client{"busy": busy, "pipelined": pipelined} {
		r := c.Final(t, "GET")
		if r.Status != 200 || !strings.EqualFold(r.Fields.Get("Connection"), "close") || r.Fields.Get("X-Mark") != "1" {
			t.Errorf("the %s connection is answered %d %v", name, r.Status, r.Fields)
		}
		if err := c.ExpectClose(); err != nil {
			t.Errorf("the %s connection: %v", name, err)
		}
	}
	if err := gone.ExpectClose(); err != nil {
		t.Errorf("the tunnel: %v", err)
	}
	took(t, "the tunnel is cut", start, 900*time.Millisecond, time.Second+grace)
	if err := echoes(stays, "still here"); err != nil {
		t.Errorf("the tunnel of the other listener: %v", err)
	}
	testkit.Eventually(t, "the log tells of the cut", func() bool { return strings.Contains(e.Stderr(), "were cut off") })
}

func TestAChangedAddressIsAnotherListener(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, echoing)
	first, second := freeAddress(t), freeAddress(t)
	e := startReloadable(t, listening(up.Addr(), "1", "public", first))
	c := testkit.Dial(t, e.Addr("public"))
	c.Exchange(t, "GET", simpleGet)
	r := e.change(t, listening(up.Addr(), "2", "public", second))
	wantSet(t, "listeners", r.Listeners, 0, "", "", "public")
	if r.StreamsKept != 0 || len(r.StreamsClosed) != 1 || r.StreamsClosed[0].Count != 1 {
		t.Errorf("%d streams kept, closed %+v", r.StreamsKept, r.StreamsClosed)
	}
	if err := c.ExpectClose(); err != nil {
		t.Error(err)
	}
	if dials(first) {
		t.Error("the old address takes connections")
	}
	if got := markOf(t, testkit.Dial(t, second)); got != "2" {
		t.Errorf("the new address answers with plan %q", got)
	}
	// And back, to an address that was given up just now.
	e.change(t, listening(up.Addr(), "3", "public", first))
	if got := markOf(t, testkit.Dial(t, first)); got != "3" {
		t.Errorf("the first address answers with plan %q", got)
	}
}

// A listener is its address: under another name, or with two names swapped, it keeps its socket and connections.
func TestARenamedListenerKeepsItsConnections(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, echoing)
	first, second := freeAddress(t), freeAddress(t)
	e := startReloadable(t, listening(up.Addr(), "1", "a", first, "b", second))
	c, tunnel := testkit.Dial(t, e.Addr("a")), openEcho(t, e.Addr("b"))
	for i, names := range [][2]string{{"c", "b"}, {"b", "c"}, {"a", "b"}} {
		want := fmt.Sprint(i + 2)
		r := e.change(t, listening(up.Addr(), want, names[0], first, names[1], second))
		if r.StreamsKept != 2 || len(r.StreamsClosed) != 0 {
			t.Errorf("names %v: %d streams kept, closed %+v", names, r.StreamsKept, r.StreamsClosed)
		}
		if got := markOf(t, c); got != want {
			t.Errorf("names %v: plan %q answers", names, got)
		}
		if err := echoes(tunnel, "still here"); err != nil {
			t.Errorf("names %v: %v", names, err)
		}
		for j, addr := range []string{first, second} {
			if l := e.listener(t, names[j]); l.Address != addr || l.ActiveConnections != 1 {
				t.Errorf("names %v: /status has %+v", names, l)
			}
		}
	}
}

// An address that somebody else has: nothing is changed, and what could be had is given back.
func TestAnAddressInUseRefusesTheReload(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, echoing)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer taken.Close()
	free := freeAddress(t)
	e := startReloadable(t, listening(up.Addr(), "1", "public", anyPort))
	c := testkit.Dial(t, e.Addr("public"))
	c.Exchange(t, "GET", simpleGet)
	before, files := e.status(t), e.Metrics(t)["process_open_fds"]
	e.replace(t, listening(up.Addr(), "2", "public", anyPort, "fresh", free, "taken", taken.Addr().String()))
	for range 20 {
		status, header, body, err := e.Ask("POST", "/reload")
		must(t, err)
		described(t, "POST /reload", status, header, body)
		var r admin.Receipt
		must(t, json.Unmarshal(body, &r))
		if status != 422 || r.Result != admin.Refused || r.Reason != admin.ReasonListen || !strings.Contains(r.Message, taken.Addr().String()) {
			t.Fatalf("%d %+v", status, r)
		}
	}
	now := e.status(t)
	if now.Digest != before.Digest || len(now.Listeners) != 1 || now.LastError == nil || now.LastError.Reason != admin.ReasonListen {
		t.Errorf("/status: %+v", now)
	}
	if dials(free) {
		t.Error("the listener that could be bound takes connections")
	}
	if got := markOf(t, c); got != "1" {
		t.Errorf("plan %q answers", got)
	}
	testkit.Eventually(t, "no file is left open", func() bool { return e.Metrics(t)["process_open_fds"] <= files+1 })
	must(t, taken.Close())
	if status, r := e.post(t, "/reload"); status != 200 || r.Result != admin.Applied {
		t.Errorf("with the address free: %d %+v", status, r)
	}
	if !dials(free) || !dials(taken.Addr().String()) {
		t.Error("the new listeners take no connections")
	}
}

func TestRollbackReturnsToThePlanBefore(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, echoing)
	e := startReloadable(t, listening(up.Addr(), "1", "public", anyPort, "going", anyPort))
	c, tunnel := testkit.Dial(t, e.Addr("public")), openEcho(t, e.Addr("public"))
	first := e.status(t).Digest
	e.change(t, listening(up.Addr(), "2", "public", anyPort))

	status, header, body, err := e.Ask("POST", "/rollback")
	must(t, err)
	described(t, "POST /rollback", status, header, body)
	var r admin.Receipt
	must(t, json.Unmarshal(body, &r))
	if status != 200 || r.Result != admin.RolledBack || r.Reason != admin.ReasonRequest || r.Trigger != admin.ByAPI || r.NewDigest != first {
		t.Errorf("%d %+v", status, r)
	}
	wantSet(t, "listeners", r.Listeners, 1, "going", "")
	if got := markOf(t, c); got != "1" {
		t.Errorf("plan %q answers after the rollback", got)
	}
	if err := echoes(tunnel, "still here"); err != nil {
		t.Error(err)
	}
	if got := markOf(t, testkit.Dial(t, e.listener(t, "going").Address)); got != "1" {
		t.Errorf("the listener that is back answers with plan %q", got)
	}
	// Twice would be forward again.
	status, header, body, err = e.Ask("POST", "/rollback")
	must(t, err)
	described(t, "POST /rollback", status, header, body)
	must(t, json.Unmarshal(body, &r))
	if status != 409 || r.Result != admin.Refused || r.Reason != admin.ReasonNothing {
		t.Errorf("the second rollback: %d %+v", status, r)
	}
	if s := e.status(t); s.Digest != first || s.LastError != nil {
		t.Errorf("digest %s, last error %+v", s.Digest, s.LastError)
	}

	// The file still has what was rolled back from. That it is touched is no news; whoever asks gets it.
	seen := e.newest(t)
	e.replace(t, listening(up.Addr(), "2", "public", anyPort)+"# touched\n")
	testkit.Within(t, reloadDeadline, "the file was looked at", func() bool { return e.newest(t) > seen })
	if last := e.status(t).Reloads[0]; last.Result != admin.Unchanged || !strings.Contains(last.Message, "rolled back") {
		t.Errorf("the touched file: %+v", last)
	}
	testkit.Eventually(t, "the log tells why the file is not taken", func() bool { return strings.Contains(e.Stderr(), "was rolled back from") })
	if got := markOf(t, c); got != "1" {
		t.Errorf("plan %q answers after the file was touched", got)
	}
	e.hangUp(t)
	e.becomes(t, c, "2")

	// Once something else was in force, it is a configuration like any other.
	if status, _ := e.post(t, "/rollback"); status != 200 {
		t.Fatalf("rollback: %d", status)
	}
	e.change(t, listening(up.Addr(), "3", "public", anyPort))
	e.replace(t, listening(up.Addr(), "2", "public", anyPort))
	e.becomes(t, c, "2")
}

func TestAReloadWhileDrainingIsRefused(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, echoing)
	e := startReloadable(t, strings.Replace(listening(up.Addr(), "1", "public", anyPort), "timeout: 1s", "timeout: 10s", 1))
	tunnel := openEcho(t, e.Addr("public"))
	e.replace(t, listening(up.Addr(), "2", "public", anyPort))
	e.becomes(t, testkit.Dial(t, e.Addr("public")), "2")
	e.replace(t, strings.Replace(listening(up.Addr(), "3", "public", anyPort), "timeout: 1s", "timeout: 10s", 1))
	e.becomes(t, testkit.Dial(t, e.Addr("public")), "3")
	status, _, body, err := e.Ask("POST", "/drain")
	if err != nil || status != 202 {
		t.Fatalf("POST /drain: %d %s %v", status, body, err)
	}
	testkit.Eventually(t, "it drains", func() bool { return e.status(t).State == admin.Draining })
	digest := e.status(t).Digest
	for _, path := range []string{"/reload", "/rollback"} {
		status, header, body, err := e.Ask("POST", path)
		must(t, err)
		described(t, "POST "+path, status, header, body)
		var answer admin.Error
		must(t, json.Unmarshal(body, &answer))
		if status != 503 || answer.Error.Code != "GW_DRAINING" || header.Get("X-Request-Id") != answer.Error.CorrelationID {
			t.Errorf("POST %s is answered %d %s", path, status, body)
		}
	}
	e.hangUp(t) // neither is this the end of the process
	e.replace(t, listening(up.Addr(), "4", "public", anyPort))
	if err := echoes(tunnel, "the drain goes on"); err != nil {
		t.Error(err)
	}
	if got := e.status(t).Digest; got != digest {
		t.Errorf("the configuration changed during the drain")
	}
	tunnel.Close()
	if code := e.Wait(t, testkit.Deadline); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func TestWhatAReloadCannotChangeNeedsARestart(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, echoing)
	e := startReloadable(t, listening(up.Addr(), "1", "public", anyPort))
	other := freeAddress(t)
	r := e.change(t, strings.Replace(listening(up.Addr(), "2", "public", anyPort), `admin: {address: "127.0.0.1:0"}`, fmt.Sprintf("admin: {address: %q}", other), 1))
	if len(r.NeedsRestart) != 1 || !strings.Contains(r.NeedsRestart[0], "admin") {
		t.Errorf("needs a restart: %q", r.NeedsRestart)
	}
	if dials(other) {
		t.Error("the admin API is at the new address without a restart")
	}
	if s := e.status(t); s.State != admin.Ready || s.Digest != r.NewDigest {
		t.Errorf("/status at the old address: %+v", s)
	}
	testkit.Eventually(t, "the log says so", func() bool { return strings.Contains(e.Stderr(), "need a restart") })
	// Nothing new about that in a reload of something else.
	if r := e.change(t, strings.Replace(listening(up.Addr(), "3", "public", anyPort), `admin: {address: "127.0.0.1:0"}`, fmt.Sprintf("admin: {address: %q}", other), 1)); r.Result != admin.Applied {
		t.Errorf("%+v", r)
	}
}

// lines is how many lines a file has.
func lines(file string) int {
	b, err := os.ReadFile(file)
	if err != nil {
		return -1
	}
	return strings.Count(string(b), "\n")
}

func TestTheAccessLogGoesWhereAReloadSays(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, echoing)
	dir := t.TempDir()
	one, two, three := filepath.Join(dir, "one.log"), filepath.Join(dir, "two.log"), filepath.Join(dir, "three.log")
	logging := func(mark, settings string) string {
		return listening(up.Addr(), mark, "public", anyPort) + "access_log: {" + settings + "}\n"
	}
	e := startReloadable(t, logging("1", "output: "+one))
	c := testkit.Dial(t, e.Addr("public"))
	// Each line must be somewhere, and only once; an output is used after the flush of what was logged before.
	sent := 0
	send := func(n int) {
		for range n {
			c.Exchange(t, "GET", fmt.Sprintf("GET /%d HTTP/1.1\r\nHost: a.test\r\n\r\n", sent))
			sent++
		}
	}
	all := func() (n int) {
		for _, file := range []string{one, two, two + ".1", three} {
			n += max(lines(file), 0)
		}
		return n + strings.Count(e.Stdout(), "\n")
	}
	goesTo := func(what string, count func() int) {
		t.Helper()
		before := count()
		testkit.Eventually(t, what, func() bool {
			send(1)
			return count() > before
		})
		testkit.Eventually(t, "every line is somewhere", func() bool { return all() == sent })
		before = count()
		send(10)
		testkit.Eventually(t, what+", all of it", func() bool { return count() == before+10 && all() == sent })
	}
	into := func(file string) func() int { return func() int { return lines(file) } }

	goesTo("the first file has the log", into(one))
	e.change(t, logging("2", "output: "+two))
	goesTo("the second file has the log", into(two))

	// A rotation: the file is moved away, then the signal asks for a new one.
	must(t, os.Rename(two, two+".1"))
	goesTo("what is logged before the signal goes with the file", into(two+".1"))
	must(t, e.Signal(syscall.SIGUSR1))
	testkit.Eventually(t, "the log says so", func() bool { return strings.Contains(e.Stderr(), "was reopened") })
	goesTo("the file is there again", into(two))

	// An output that cannot be opened: refused, and nothing is lost.
	e.replace(t, logging("3", "output: "+filepath.Join(dir, "missing", "log")))
	if status, r := e.post(t, "/reload"); status != 422 || r.Result != admin.Refused || !strings.Contains(r.Message, "missing") {
		t.Errorf("%d %+v", status, r)
	}
	goesTo("the log goes on", into(two))

	e.change(t, logging("4", "output: stdout"))
	goesTo("stdout has the log", func() int { return strings.Count(e.Stdout(), "\n") })

	e.change(t, logging("5", "output: off"))
	written := sent
	send(10)
	e.change(t, logging("6", "output: "+three+", sample: 0, errors: never"))
	send(10)
	e.change(t, logging("7", "output: "+three))
	sent = written // the others are to be nowhere
	goesTo("the third file has the log", into(three))
	if got := e.status(t).AccessLog; got.Output != three || got.Dropped != 0 {
		t.Errorf("/status: %+v", got)
	}
}

// Whoever asks while the edge starts waits for the rest of it, and is not told that it shuts down.
func TestAReloadDuringTheStartWaits(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, echoing)
	for range 20 {
		e := startReloadable(t, marked(up.Addr(), "0")) // returns when the admin API is there
		if status, r := e.post(t, "/reload"); status != 200 || r.Result != admin.Unchanged {
			t.Fatalf("%d %+v", status, r)
		}
		e.Kill()
	}
}
