package fleet_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/libs/testkit/netlab"
)

// The limit of the fleet: so many a second, and so many at once.
const (
	limitRate  = 100
	limitBurst = 100
	// offered is how many requests a second all clients send together.
	offered = 150
)

// passing is a request that was let through: it was decided on between these two times.
type passing struct{ sent, got time.Duration }

// crowd is clients of all edges, whose requests one edge gets most of.
type crowd struct {
	begin time.Time
	hot   atomic.Int64 // the edge that nine of ten go to
	stop  chan struct{}
	group sync.WaitGroup

	mu      sync.Mutex
	passed  []passing // guarded by mu
	refused []passing // guarded by mu
	odd     []string  // guarded by mu; other answers
}

// startLimited starts an edge that answers by itself, within a limit of the fleet.
func (f *fleet) startLimited(t *testing.T, i int) {
	t.Helper()
	e, err := testkit.RunEdgeAt(f.nodes[i], t.TempDir(), fmt.Sprintf(`
version: 1
listeners: [{name: public, address: "127.0.0.1:0"}]
clusters: []
routes:
  - name: r
    respond: {status: 200, body: "ok"}
    rate_limit: {requests: %d, per: 1s, burst: %d, key: route, scope: fleet}
admin: {address: "127.0.0.1:0"}
gossip:
  name: edge-%d
  bind: %q
  join: [%q, %q]
  key: 00112233445566778899aabbccddeeff
  voters: [edge-0, edge-2, edge-4]
`, limitRate, limitBurst, i, f.nodes[i].At(gossipPort), f.nodes[0].At(gossipPort),
		f.nodes[2].At(gossipPort)))
	if err != nil {
		t.Fatal(err)
	}
	f.edges[i] = e
	t.Cleanup(func() {
		e.Kill()
		if text := e.Stderr(); strings.Contains(text, "panic") || t.Failed() {
			t.Logf("the end of the stderr of edge %d:\n%s", i, text[max(0, len(text)-2000):])
		}
	})
}

// each is how many clients an edge has, one after another in time.
const each = 4

// visit sends requests to all edges that run, until the test ends.
func (f *fleet) visit(t *testing.T) *crowd {
	c := &crowd{begin: time.Now(), stop: make(chan struct{})}
	for i := range size {
		for range each {
			c.group.Go(func() { c.client(f, i) })
		}
	}
	t.Cleanup(c.end)
	return c
}

func (c *crowd) end() {
	select {
	case <-c.stop:
	default:
		close(c.stop)
	}
	c.group.Wait()
}

// client is one of an edge's: it sends when it is due, as often as the edge is hot or not.
func (c *crowd) client(f *fleet, i int) {
	const step = 15 * time.Millisecond
	tick := time.NewTicker(step)
	defer tick.Stop()
	var conn *testkit.Client
	defer func() {
		if conn != nil {
			conn.Close()
		}
	}()
	due, last := 0.0, time.Now()
	for {
		select {
		case <-c.stop:
			return
		case <-tick.C:
		}
		rate := 0.1 * offered / (size - 1)
		if c.hot.Load() == int64(i) {
			rate = 0.9 * offered
		}
		now := time.Now()
		due = min(due+rate/each*now.Sub(last).Seconds(), 2)
		last = now
		if due < 1 {
			continue
		}
		due--
		if conn == nil {
			f.nodes[i].Do(func() {
				if e := f.edge(i); e != nil {
					conn, _ = testkit.DialTimeout(e.Addr("public"), time.Second)
				}
			})
			if conn == nil {
				continue
			}
		}
		sent := time.Since(c.begin)
		err := conn.Send(request)
		var r *testkit.Response
		if err == nil {
			r, err = conn.Response("GET")
		}
		if err != nil {
			conn.Close()
			conn = nil
			continue
		}
		c.note(r.Status, passing{sent, time.Since(c.begin)})
	}
}

func (c *crowd) note(status int, p passing) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch status {
	case 200:
		c.passed = append(c.passed, p)
	case 429:
		c.refused = append(c.refused, p)
	default:
		c.odd = append(c.odd, fmt.Sprint(status))
	}
}

// used measures for a while how much of the limit passes, of what could.
func (c *crowd) used(d time.Duration) float64 {
	from := time.Since(c.begin)
	<-time.After(d)
	to := time.Since(c.begin)
	c.mu.Lock()
	defer c.mu.Unlock()
	count := func(all []passing) (n float64) {
		for _, p := range all {
			if p.got >= from && p.got < to {
				n++
			}
		}
		return n
	}
	passed, refused := count(c.passed), count(c.refused)
	return passed / min(limitRate*(to-from).Seconds(), passed+refused)
}

// windows finds windows in which more has passed than may. A request counts where it surely was
// decided on in the window: it was sent and answered in it.
func (c *crowd) windows(t *testing.T) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	all := slices.Clone(c.passed)
	slices.SortFunc(all, func(a, b passing) int { return cmp.Compare(a.got, b.got) })
	for _, length := range []time.Duration{
		100 * time.Millisecond, time.Second, 3 * time.Second, 10 * time.Second, 30 * time.Second,
	} {
		may := int(limitRate*length.Seconds()) + limitBurst
		most := 0
		for i, first := range all {
			n := 0
			for _, p := range all[i:] {
				if p.got > first.sent+length {
					break
				}
				if p.sent >= first.sent {
					n++
				}
			}
			if most = max(most, n); n > may {
				t.Fatalf("%d passed in %v, from %v on, and %d may", n, length, first.sent, may)
			}
		}
		t.Logf("at most %d passed in a window of %v, where %d may", most, length, may)
	}
	t.Logf("%d passed and %d were refused in %v", len(c.passed), len(c.refused),
		time.Since(c.begin).Round(time.Second))
	if len(c.odd) > 0 {
		t.Errorf("other answers: %v", c.odd)
	}
}

// shares are what the edges that run have of the limit.
func (f *fleet) shares(t *testing.T) (all []string) {
	t.Helper()
	for _, i := range f.running() {
		m := f.edges[i].Metrics(t)
		all = append(all, fmt.Sprintf("%d: %.3f", i,
			m[`gateway_rate_limit_share{limit="1",route="r"}`]))
	}
	return all
}

// leader is the edge that gives out the shares, -1 for none.
func (f *fleet) leader(t *testing.T) int {
	t.Helper()
	for _, i := range f.running() {
		if f.edges[i].Metrics(t)["gateway_fleet_limits_leads"] == 1 {
			return i
		}
	}
	return -1
}

// A fleet passes no more than its limit in any window, wherever the load goes, and while packets
// get lost, the network is cut in two, and the edge that gives out the shares is killed; and it
// uses nearly all of it. With -long the network is cut for a minute, and what is used after the
// kill is measured when the new leader knows all shares. That takes a machine that is not busy: a
// leader that waits for a processor for two seconds is none any more.
func TestAFleetSharesALimit(t *testing.T) {
	t.Parallel()
	settle, measure, cut := 5*time.Second, 5*time.Second, 8*time.Second
	if *long {
		settle, measure, cut = 6*time.Second, 30*time.Second, time.Minute
	}
	f := newFleet(t, 70)
	f.lab.Set(between(netlab.Link{
		Loss: 0.1, Delay: time.Millisecond, Jitter: 4 * time.Millisecond,
	}))
	for i := range size {
		f.startLimited(t, i)
	}
	took := within(t, 20*time.Second, "all have shares", func() bool {
		for i := range size {
			if status, _, _, err := f.edges[i].Ask("GET", "/readyz"); err != nil || status != 200 {
				return false
			}
		}
		return f.leader(t) >= 0
	})
	t.Logf("all have shares after %v", took)
	c := f.visit(t)
	<-time.After(settle)
	// A new leader gives out nine tenths. On a busy machine processes wait for longer than shares
	// take to move, so how much is used is looked at closely with -long only.
	enough, nearlyAll := 0.3, 0.3
	if *long {
		enough, nearlyAll = 0.8, 0.95
	}
	use := func(when string, least float64) {
		t.Helper()
		u := c.used(measure)
		t.Logf("%s %.3f of the limit is used; shares %v", when, u, f.shares(t))
		if u < least {
			t.Errorf("%s %.3f of the limit is used, and it should be %v", when, u, least)
		}
	}
	use("with a new leader", enough)
	if *long {
		<-time.After(95 * time.Second)
	}
	for _, hot := range []int64{3, 1, 0} {
		c.hot.Store(hot)
		<-time.After(settle)
		use(fmt.Sprintf("with edge %d hot", hot), nearlyAll)
	}
	small := map[string]bool{"edge-0": true, "edge-1": true}
	f.lab.Set(func(from, to string) netlab.Link {
		l := between(netlab.Link{Loss: 0.1})(from, to)
		l.Cut = l.Loss > 0 && small[from] != small[to]
		return l
	})
	c.hot.Store(3)
	<-time.After(cut / 2)
	c.hot.Store(0)
	<-time.After(cut / 2)
	f.lab.Set(between(netlab.Link{Loss: 0.1}))
	leader := -1
	within(t, 20*time.Second, "somebody leads", func() bool {
		leader = f.leader(t)
		return leader >= 0
	})
	f.kill(leader)
	c.hot.Store(3)
	within(t, 20*time.Second, "somebody else leads", func() bool { return f.leader(t) >= 0 })
	t.Logf("edge %d led and was killed; edge %d leads", leader, f.leader(t))
	<-time.After(6*time.Second + settle)
	use("after the kill", enough)
	if *long {
		<-time.After(95 * time.Second)
		use("when the new leader knows all", nearlyAll)
	}
	c.end()
	c.windows(t)
}
