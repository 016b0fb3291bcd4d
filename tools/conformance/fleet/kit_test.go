package fleet_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/libs/testkit/netlab"
)

const (
	gossipPort   = 7946
	upstreamPort = 9001
	// size is how many edges a fleet has.
	size = 5
	// pollEvery is how exactly times are measured: asking five processes is not for nothing.
	pollEvery = 50 * time.Millisecond
	// exchanged is how long it takes at most, without loss, until each edge has exchanged all with
	// some other: it knows who watches the cluster then (docs/gossip.md).
	exchanged = 25 * time.Second

	request     = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"
	answer      = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
	unavailable = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy"
)

// fleet is edges with one cluster of three endpoints. Every edge and every endpoint has a network
// of its own.
type fleet struct {
	lab       *netlab.Lab
	nodes     []*netlab.Node     // of the edges
	edges     []*testkit.Process // nil: not running
	upstreams []*netlab.Node
	// health is the block of the cluster.
	health string
	mu     sync.Mutex // that edges are guarded by where clients come and go meanwhile
	// sick says for each edge whether the first endpoint answers it with failures.
	sick [size]atomic.Bool
}

// newFleet makes the networks, without edges.
func newFleet(t *testing.T, seed uint64) *fleet {
	t.Helper()
	f := &fleet{lab: netlab.New(t, seed), edges: make([]*testkit.Process, size)}
	for i := range size {
		f.nodes = append(f.nodes, f.lab.Node(t, fmt.Sprintf("edge-%d", i)))
	}
	for i, serve := range []func(*testkit.Conn){
		f.moody, testkit.Answer(answer), testkit.Answer(answer),
	} {
		n := f.lab.Node(t, fmt.Sprintf("upstream-%d", i))
		n.Upstream(t, upstreamPort, serve)
		f.upstreams = append(f.upstreams, n)
	}
	return f
}

// moody serves the edges that it is not sick for.
func (f *fleet) moody(c *testkit.Conn) {
	from := 0
	for i, n := range f.nodes {
		if strings.HasPrefix(n.At(0), c.Remote().IP.String()+":") {
			from = i
		}
	}
	for {
		if _, err := c.Request(); err != nil {
			return
		}
		say := answer
		if f.sick[from].Load() {
			say = unavailable
		}
		if c.Send(say) != nil {
			return
		}
	}
}

// startFleet starts all edges and waits until each has heard of what the others watch.
func startFleet(t *testing.T, seed uint64) *fleet {
	t.Helper()
	f := newFleet(t, seed)
	for i := range size {
		f.start(t, i)
	}
	f.acquainted(t)
	return f
}

// start starts an edge, which looks for the first two.
func (f *fleet) start(t *testing.T, i int) {
	t.Helper()
	var endpoints []string
	for _, u := range f.upstreams {
		endpoints = append(endpoints, fmt.Sprintf("{address: %q}", u.At(upstreamPort)))
	}
	e, err := testkit.RunEdgeAt(f.nodes[i], t.TempDir(), fmt.Sprintf(`
version: 1
listeners: [{name: public, address: "127.0.0.1:0"}]
clusters:
  - name: up
    endpoints: [%s]
    timeouts: {connect: 1s, response: 1s}
    health: {%s}
routes: [{name: r, cluster: up}]
admin: {address: "127.0.0.1:0"}
gossip: {name: edge-%d, bind: %q, join: [%q, %q], key: 00112233445566778899aabbccddeeff}
`, strings.Join(endpoints, ", "), f.health, i, f.nodes[i].At(gossipPort), f.nodes[0].At(gossipPort),
		f.nodes[1].At(gossipPort)))
	if err != nil {
		t.Fatal(err)
	}
	f.edges[i] = e
	t.Cleanup(func() {
		e.Kill()
		text := e.Stderr()
		for _, bad := range []string{"DATA RACE", "panic"} {
			if strings.Contains(text, bad) {
				t.Errorf("edge %d reports: %s", i, bad)
			}
		}
		if t.Failed() {
			t.Logf("the end of the stderr of edge %d, in %s:\n%s", i, filepath.Dir(e.Config()),
				text[max(0, len(text)-3000):])
		}
	})
}

// running are the numbers of the edges that run.
func (f *fleet) running() (all []int) {
	for i, e := range f.edges {
		if e != nil {
			all = append(all, i)
		}
	}
	return all
}

// kill ends an edge without a word.
func (f *fleet) kill(i int) {
	f.edges[i].Kill()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.edges[i] = nil
}

// edge is an edge that runs, or nil.
func (f *fleet) edge(i int) *testkit.Process {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.edges[i]
}

// members is how many nodes an edge has in its ring.
func (f *fleet) members(t *testing.T, i int) int {
	t.Helper()
	return int(f.edges[i].Metrics(t)["gateway_gossip_members"])
}

// ringsOf says whether each of the edges has so many in its ring.
func (f *fleet) ringsOf(t *testing.T, n int, edges ...int) func() bool {
	return func() bool {
		for _, i := range edges {
			if f.members(t, i) != n {
				return false
			}
		}
		return true
	}
}

// acquainted waits until all running edges are one ring, and each knows what the others watch.
func (f *fleet) acquainted(t *testing.T) {
	t.Helper()
	all := f.running()
	within(t, exchanged, "all know what the others watch", func() bool {
		for _, i := range all {
			m := f.edges[i].Metrics(t)
			if int(m["gateway_gossip_members"]) != len(all) ||
				int(m["gateway_gossip_reports"]) < len(all) {
				return false
			}
		}
		return true
	})
}

// endpoint is one endpoint in /status.
type endpoint struct {
	Weight          float64 `json:"weight"`
	EffectiveWeight float64 `json:"effective_weight"`
	Reason          string  `json:"reason"`
}

// share is what an edge leaves of the weight.
func (e endpoint) share() float64 { return e.EffectiveWeight / e.Weight }

// endpoints are those that an edge has.
func (f *fleet) endpoints(t *testing.T, i int) []endpoint {
	t.Helper()
	var s struct {
		Clusters []struct {
			Endpoints []endpoint `json:"endpoints"`
		} `json:"clusters"`
	}
	if status := f.edges[i].Decode(t, "GET", "/status", &s); status != 200 || len(s.Clusters) != 1 {
		t.Fatalf("/status of edge %d is %d, with %d clusters", i, status, len(s.Clusters))
	}
	return s.Clusters[0].Endpoints
}

// sickAt is what each of the edges leaves the first endpoint.
func (f *fleet) sickAt(t *testing.T, edges ...int) (shares []float64) {
	t.Helper()
	for _, i := range edges {
		shares = append(shares, f.endpoints(t, i)[0].share())
	}
	return shares
}

// follow says whether each of the edges leaves the first endpoint so much, or less.
func (f *fleet) follow(t *testing.T, most float64, edges ...int) func() bool {
	return func() bool {
		for _, s := range f.sickAt(t, edges...) {
			if s > most {
				return false
			}
		}
		return true
	}
}

// sicken makes the first endpoint fail for edges, or makes it well.
func (f *fleet) sicken(sick bool, edges ...int) {
	for _, i := range edges {
		f.sick[i].Store(sick)
	}
}

// load lets clients of edges send requests until the test ends: each has some clients, each of
// which sends one after another, at most twenty a second.
func (f *fleet) load(t *testing.T, edges ...int) {
	t.Helper()
	stop := make(chan struct{})
	var group sync.WaitGroup
	for _, i := range edges {
		n, address := f.nodes[i], f.edges[i].Addr("public")
		for range 4 {
			group.Go(func() { client(n, address, stop) })
		}
	}
	t.Cleanup(func() {
		close(stop)
		group.Wait()
	})
}

func client(n *netlab.Node, address string, stop <-chan struct{}) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	var c *testkit.Client
	for {
		select {
		case <-stop:
			if c != nil {
				c.Close()
			}
			return
		case <-tick.C:
		}
		if c == nil {
			n.Do(func() { c, _ = testkit.DialTimeout(address, testkit.Deadline) })
		}
		if c == nil {
			continue // it is gone
		}
		err := c.Send(request)
		if err == nil {
			_, err = c.Response("GET")
		}
		if err != nil {
			c.Close()
			c = nil
		}
	}
}

// within polls until a condition holds, and returns how long it took.
func within(t *testing.T, d time.Duration, what string, holds func() bool) time.Duration {
	t.Helper()
	d = onThisMachine(d)
	begin := time.Now()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for !holds() {
		if time.Since(begin) > d {
			t.Fatalf("not within %v: %s", d, what)
		}
		<-tick.C
	}
	if took := time.Since(begin); took > d {
		t.Fatalf("within %v, and not %v: %s", took, d, what)
	}
	return time.Since(begin)
}

// onThisMachine is what a bound becomes here and now: as many times as long as there are programs
// that want to run for each core. A machine that is not busy leaves it as it is.
func onThisMachine(d time.Duration) time.Duration {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return d
	}
	load, _, _ := strings.Cut(string(text), " ")
	wanting, err := strconv.ParseFloat(load, 64)
	if err != nil {
		return d
	}
	return time.Duration(float64(d) * max(1, wanting/float64(runtime.NumCPU())))
}

// always checks a condition again and again for d.
func always(t *testing.T, d time.Duration, check func()) {
	t.Helper()
	tick := time.NewTicker(4 * pollEvery)
	defer tick.Stop()
	for begin := time.Now(); time.Since(begin) < d; {
		check()
		<-tick.C
	}
}

// between puts links between edges; those to endpoints stay whole.
func between(link netlab.Link) func(from, to string) netlab.Link {
	return func(from, to string) netlab.Link {
		if strings.HasPrefix(from, "edge-") && strings.HasPrefix(to, "edge-") {
			return link
		}
		return netlab.Link{}
	}
}
