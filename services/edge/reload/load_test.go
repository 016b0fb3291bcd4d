//go:build unix

package reload_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// reloadsEnv is how many times the load test reloads; the whole proof is 1000.
const reloadsEnv = "GATEWAY_TEST_RELOADS"

const (
	loadClients = 8
	loadTunnels = 6
	// settled is the reload after which nothing may grow any more.
	settled = 100
)

// loadConfig is configuration i: each differs from the one before in most of what a file can say.
// Of what the load runs through, the listener public, the route all and two endpoints of its
// cluster are in all of them.
func loadConfig(i int, ups [4]string) string {
	var b strings.Builder
	add := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	add("version: 1")
	add("listeners:")
	add("  - {name: public, address: 127.0.0.1:0, protocol: http, limits: {max_headers: %d, "+
		"max_header_bytes: %d}, timeouts: {keepalive: %ds}}", 100+i%7, 32768+i%3*1024, 60+i%2)
	if i%5 < 2 {
		add("  - {name: second, address: 127.0.0.1:0, protocol: http}")
	}
	add("clusters:")
	add("  - name: main")
	add("    protocol: http1")
	add("    limits: {max_pending: %d}", 100+i%4)
	add("    endpoints:")
	add("      - {address: %q, weight: %d}", ups[0], 1+i%5)
	add("      - {address: %q, weight: %d}", ups[1], 1+i*7%5)
	if i%6 == 0 {
		add("      - {address: %q, weight: 1}", ups[2])
	}
	if i%4 < 2 {
		add("  - {name: spare, protocol: http1, endpoints: [{address: %q}]}", ups[3])
	}
	add("routes:")
	add("  - {name: all, path_prefix: /, cluster: main, headers: {response: {set: "+
		"{X-Mark: \"%d\"}}}}", i)
	if i%4 < 2 {
		add("  - {name: half, path_prefix: /half, split: [{cluster: main, weight: %d}, {cluster: "+
			"spare, weight: 1}], headers: {response: {set: {X-Mark: \"%d\"}}}}", 1+i%3, i)
	}
	for j := range i % 3 {
		add("  - {name: extra-%d, hosts: [extra-%d-%d.test], path_prefix: /, cluster: main}", j, i,
			j)
	}
	add("access_log: {output: %s, sample: 0.%d}", []string{"off", "requests.log"}[i%2], 1+i%9)
	add("admin: {address: 127.0.0.1:0}")
	return b.String()
}

// load runs clients and tunnels against a gateway until it is stopped.
type load struct {
	group sync.WaitGroup
	stop  chan struct{}

	requests, echoes atomic.Int64

	mu       sync.Mutex
	failures []string // guarded by mu
}

func (l *load) fail(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.failures) < 20 {
		l.failures = append(l.failures, fmt.Sprintf(format, args...))
	}
}

func (l *load) failed() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.failures
}

// every calls do now and then until the load is stopped or do fails.
func (l *load) every(pause time.Duration, what string, do func(n int) error) {
	l.group.Go(func() {
		tick := time.NewTicker(pause)
		defer tick.Stop()
		for n := 0; ; n++ {
			if err := do(n); err != nil {
				l.fail("%s, round %d: %v", what, n, err)
				return
			}
			select {
			case <-tick.C:
			case <-l.stop:
				return
			}
		}
	})
}

const loadBody = 100_000

// loadUpstream answers by path: /big with a large body, anything else with what was sent. A tunnel
// echoes.
func loadUpstream(c *testkit.Conn) {
	big := "HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + edgetest.BodyOf(300_000)
	for {
		r, err := c.Request()
		switch {
		case err != nil:
			return
		case r.Fields.Has("Upgrade"):
			if c.Send(edgetest.UpgradeAnswer) == nil {
				_ = c.Echo()
			}
			return
		case r.Target == "/big":
			err = c.Send(big)
		default:
			err = c.Send("HTTP/1.1 200 OK\r\nContent-Length: " + strconv.Itoa(len(r.Body)) +
				"\r\n\r\n" + string(r.Body))
		}
		if err != nil {
			return
		}
	}
}

// exchanger is a client that keeps its one connection, and checks everything about each answer.
func exchanger(c *testkit.Client, newest *atomic.Int64) func(int) error {
	last := int64(-1)
	long := edgetest.BodyOf(loadBody)
	return func(n int) error {
		method, request, want := "GET", edgetest.Get, 0
		switch n % 8 {
		case 1:
			method, request, want = "POST",
				"POST /a HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhello", 5
		case 3:
			method, request, want = "GET", "GET /big HTTP/1.1\r\nHost: a.test\r\n\r\n", 300_000
		case 5:
			method, request, want = "GET", "GET /half HTTP/1.1\r\nHost: a.test\r\n\r\n", 0
		case 7:
			method, request, want = "POST",
				"POST /b HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n"+
					strconv.FormatInt(loadBody, 16)+"\r\n"+long+"\r\n0\r\n\r\n", loadBody
		}
		least := newest.Load()
		if err := c.Send(request); err != nil {
			return err
		}
		r, err := c.Response(method)
		if err != nil {
			return err
		}
		if r.Status != 200 || len(r.Body) != want {
			return fmt.Errorf("%s is answered %d with %d bytes: %.200s", request[:10], r.Status,
				len(r.Body), r.Body)
		}
		if r.Fields.Has("Connection") {
			return fmt.Errorf("the connection is to end: %v", r.Fields)
		}
		// A request that begins after a reload was answered is the new plan's.
		mark, err := strconv.ParseInt(r.Fields.Get("X-Mark"), 10, 64)
		if err != nil || mark < least || mark < last {
			return fmt.Errorf("the answer is of plan %q, after %d, when %d was in force",
				r.Fields.Get("X-Mark"), last, least)
		}
		last = mark
		return nil
	}
}

// sample is what must not grow.
type sample struct {
	goroutines, files, heap float64
	accepted                int // connections by the two endpoints that stay
}

func sampleOf(t *testing.T, r *edgetest.Reloadable, ups []*testkit.Upstream) (s sample) {
	t.Helper()
	m := r.Metrics(t)
	// The goal of the next collection is twice what the last one found alive, whatever garbage
	// there is just now.
	s = sample{
		goroutines: m["go_goroutines"], files: m["process_open_fds"],
		heap: m["go_memstats_next_gc_bytes"] / 2,
	}
	for _, u := range ups[:2] {
		s.accepted += len(u.Conns())
	}
	return s
}

// Reloads drop nothing: no request fails and no stream closes on a listener that stays, however
// many there are, and the process stays as large as it was.
func TestReloadsUnderLoadDropNothing(t *testing.T) {
	reloads := 200
	if n, err := strconv.Atoi(os.Getenv(reloadsEnv)); err == nil {
		reloads = n
	}
	var ups []*testkit.Upstream
	var addrs [4]string
	for i := range addrs {
		u := testkit.NewUpstream(t, loadUpstream)
		ups, addrs[i] = append(ups, u), u.Addr()
	}
	e := edgetest.StartReloadable(t, loadConfig(0, addrs))
	l := &load{stop: make(chan struct{})}
	var newest atomic.Int64 // the plan that is in force for certain
	for i := range loadClients {
		exchange := exchanger(testkit.Dial(t, e.Addr("public")), &newest)
		l.every(2*time.Millisecond, fmt.Sprintf("client %d", i), func(n int) error {
			l.requests.Add(1)
			return exchange(n + i)
		})
	}
	for i := range loadTunnels {
		c := edgetest.OpenEcho(t, e.Addr("public"))
		l.every(2*time.Millisecond, fmt.Sprintf("tunnel %d", i), func(n int) error {
			l.echoes.Add(1)
			return edgetest.Echoes(c, fmt.Sprintf("tunnel %d says %d", i, n))
		})
	}
	t.Cleanup(l.group.Wait)
	stop := sync.OnceFunc(func() { close(l.stop) })
	t.Cleanup(stop)

	control := testkit.Dial(t, e.Addr("public"))
	var early sample
	start := time.Now()
	for i := 1; i <= reloads && len(l.failed()) == 0; i++ {
		e.Replace(t, loadConfig(i, addrs))
		if i%2 == 0 {
			if status, receipt := e.Post(t, "/reload"); status != 200 {
				t.Fatalf("reload %d: %d %s %s", i, status, receipt.Reason, receipt.Message)
			} else if len(receipt.StreamsClosed) > 0 {
				t.Errorf("reload %d closes streams: %+v", i, receipt.StreamsClosed)
			}
			if got := edgetest.MarkOf(t, control); got != strconv.Itoa(i) {
				t.Fatalf("after reload %d plan %s is in force", i, got)
			}
		} else {
			e.HangUp(t)
			testkit.Within(t, edgetest.ReloadDeadline, fmt.Sprintf("plan %d is in force", i),
				func() bool { return edgetest.MarkOf(t, control) == strconv.Itoa(i) })
		}
		newest.Store(int64(i))
		if i == settled {
			early = sampleOf(t, e, ups)
		}
	}
	took := time.Since(start)
	for _, f := range l.failed() {
		t.Error(f)
	}
	var late sample
	grown := func() error {
		late = sampleOf(t, e, ups)
		switch {
		case late.goroutines > early.goroutines+5:
			return fmt.Errorf("%v goroutines, were %v", late.goroutines, early.goroutines)
		case late.files > early.files+float64(max(late.accepted-early.accepted, 0))+5:
			return fmt.Errorf("%v open files, were %v", late.files, early.files)
		case late.heap > 1.3*early.heap+4<<20:
			return fmt.Errorf("%.1f MB alive, were %.1f", late.heap/1e6, early.heap/1e6)
		}
		return nil
	}
	if reloads > settled {
		// What reloads have left is taken down in its own time, on a busy machine a longer one.
		testkit.Within(t, 3*testkit.Deadline, "the process is as large as after reload 100",
			func() bool { return grown() == nil })
		// At most one for each that may be busy at a time, on either endpoint; they are kept, not
		// made anew.
		if most := 2 * (loadClients + 1 + loadTunnels); late.accepted > most {
			t.Errorf("%d connections to the endpoints that stay, want %d at most", late.accepted,
				most)
		}
	}
	stop()
	l.group.Wait()
	s := e.Status(t)
	if s.Reloads[0].ID < reloads || s.LastError != nil {
		t.Errorf("%d reloads, last error %+v", s.Reloads[0].ID, s.LastError)
	}
	for _, r := range s.Reloads {
		switch {
		case r.Result == admin.Unchanged: // by the watcher of the file, which came after
		case r.Result != admin.Applied, r.StreamsKept < loadClients+loadTunnels,
			len(r.StreamsClosed) > 0:
			t.Errorf("receipt %d: %s %s, %d streams kept, closed: %v", r.ID, r.Result, r.Reason,
				r.StreamsKept, r.StreamsClosed)
		}
	}
	t.Logf("%d reloads in %v, %d requests, %d echoes; after %d: %+v; at the end: %+v",
		reloads, took.Round(time.Millisecond), l.requests.Load(), l.echoes.Load(), settled, early,
		late)
}
