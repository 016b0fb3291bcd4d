package main_test

import (
	"fmt"
	"maps"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/configpb"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// edges is how many real edges the tests of this package let follow config-sync.
const edges = 5

// A site is real edges that follow config-sync, an upstream, and clients that ask each edge all the
// time.
type site struct {
	upstream, dead string
	edges          []*testkit.Process
	clients        []*clients // of each edge
	dirs           []string   // of each edge
	servers        []string
}

// startSite starts edges that know config-sync at these addresses.
func startSite(t *testing.T, servers ...string) *site {
	t.Helper()
	up := testkit.NewUpstream(t, testkit.Answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))
	s := &site{upstream: up.Addr(), dead: unused(t), servers: servers}
	for i := range edges {
		s.dirs = append(s.dirs, t.TempDir())
		s.edges = append(s.edges, nil)
		s.clients = append(s.clients, nil)
		s.startEdge(t, i)
	}
	return s
}

// startEdge starts an edge, or starts it again in its folder, where its last good configuration is.
func (s *site) startEdge(t *testing.T, i int) {
	t.Helper()
	e, err := testkit.RunEdge(s.dirs[i],
		fmt.Sprintf("version: 1\nlisteners: [{name: public, address: \"127.0.0.1:0\"}]\n"+
			"admin: {address: \"127.0.0.1:0\"}\naccess_log: {output: \"off\"}\n"+
			"config_sync: {address: %q, replicas: [%s], node: edge-%d, cache: last-good.yaml}\n",
			s.servers[0], quoted(s.servers[1:]), i))
	if err != nil {
		t.Fatal(err)
	}
	s.edges[i] = e
	t.Cleanup(func() {
		e.Kill()
		if t.Failed() {
			t.Logf("edge-%d's stderr:\n%s", i, e.Stderr())
		}
	})
}

// config is a configuration whose answers carry a version; a bad one leads nowhere.
func (s *site) config(version string, bad bool) []byte {
	to := s.upstream
	if bad {
		to = s.dead
	}
	return fmt.Appendf(nil, `version: 1
listeners: [{name: public, address: "127.0.0.1:0"}]
access_log: {output: "off"}
clusters: [{name: c-%[1]s, endpoints: [{address: %[2]q}]}]
routes:
  - name: all
    cluster: c-%[1]s
    headers: {response: {set: {X-Version: %[1]q}}}
`, version, to)
}

// load lets clients ask each edge until the end of the test, from when the edges serve a version.
func (s *site) load(t *testing.T, version string) {
	t.Helper()
	for i, e := range s.edges {
		testkit.Within(t, time.Minute, fmt.Sprintf("edge-%d serves %s", i, version),
			func() bool { return serves(e, version) })
		s.clients[i] = startClients(t, e.Addr("public"), 4, 10*time.Millisecond)
	}
}

// serves asks an edge once which version it has.
func serves(e *testkit.Process, version string) bool {
	c, err := testkit.DialTimeout(e.Addr("public"), testkit.Deadline)
	if err != nil {
		return false
	}
	defer c.Close()
	if c.Send("GET / HTTP/1.1\r\nHost: a\r\n\r\n") != nil {
		return false
	}
	r, err := c.Response("GET")
	return err == nil && versionOf(r) == version
}

// failing is the version of answers that are not 200: the gateway's own have no header fields of a
// route.
const failing = "failing"

func versionOf(r *testkit.Response) string {
	if v := r.Fields.Values("X-Version"); r.Status == 200 && len(v) == 1 {
		return v[0]
	}
	return failing
}

// touched are the edges whose clients have met a version.
func (s *site) touched(version string) (who []int) {
	for i, c := range s.clients {
		if c.met(version) {
			who = append(who, i)
		}
	}
	return who
}

// clients each ask one request after another, with pauses, on a connection that they keep.
type clients struct {
	stop chan struct{}
	done sync.WaitGroup

	mu       sync.Mutex
	requests int             // guarded by mu
	versions map[string]bool // guarded by mu
	last     string          // guarded by mu; the version of the last answer
	failed   []string        // guarded by mu; answers that are no 200
	closed   []string        // guarded by mu; connections that were lost
}

func startClients(t *testing.T, address string, count int, pause time.Duration) *clients {
	t.Helper()
	l := &clients{stop: make(chan struct{}), versions: map[string]bool{}}
	for range count {
		c, err := testkit.DialTimeout(address, testkit.Deadline)
		if err != nil {
			t.Fatal(err)
		}
		l.done.Go(func() {
			defer c.Close()
			l.run(c, pause)
		})
	}
	t.Cleanup(l.end)
	return l
}

func (l *clients) run(c *testkit.Client, pause time.Duration) {
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for {
		select {
		case <-l.stop:
			return
		case <-tick.C:
		}
		err := c.Send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		var r *testkit.Response
		if err == nil {
			r, err = c.Response("GET")
		}
		l.mu.Lock()
		l.requests++
		switch {
		case err != nil:
			l.closed = append(l.closed, err.Error())
		default:
			l.last = versionOf(r)
			l.versions[l.last] = true
			if r.Status != 200 {
				l.failed = append(l.failed, fmt.Sprintf("%d %.200s", r.Status, r.Body))
			}
		}
		l.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// end ends the load; it may be called again.
func (l *clients) end() {
	l.mu.Lock()
	select {
	case <-l.stop:
	default:
		close(l.stop)
	}
	l.mu.Unlock()
	l.done.Wait()
}

func (l *clients) met(version string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.versions[version]
}

// now is the version of the last answer.
func (l *clients) now() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
}

// all waits until the clients of every edge are answered by a version, and returns how long it
// took.
func (s *site) all(t *testing.T, within time.Duration, version string) time.Duration {
	t.Helper()
	return testkit.Within(t, within, "every edge serves "+version, func() bool {
		for _, c := range s.clients {
			if c.now() != version {
				return false
			}
		}
		return true
	})
}

// intact ends the load, and wants that no connection was lost, no request at edges that were not
// touched by a bad version, and at those that were only by what it does.
func (s *site) intact(t *testing.T, but ...int) (requests, failed int) {
	t.Helper()
	for i, c := range s.clients {
		c.end()
		requests += c.requests
		failed += len(c.failed)
		if len(c.closed) > 0 {
			t.Errorf("edge-%d lost %d connections: %s", i, len(c.closed), c.closed[0])
		}
		for _, f := range c.failed {
			// what a bad version does, and nothing else here
			if !strings.Contains(f, "GW_UPSTREAM_CONNECT") {
				t.Errorf("edge-%d: %s", i, f)
				break
			}
		}
		if len(c.failed) > 0 && !slices.Contains(but, i) {
			t.Errorf("edge-%d failed %d of %d requests: %s (versions %v)", i, len(c.failed),
				c.requests, c.failed[0], slices.Sorted(maps.Keys(c.versions)))
		}
	}
	return requests, failed
}

// unused is an address that nobody listens on.
func unused(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// publish publishes, and wants it to be taken.
func publish(
	t *testing.T, client configpb.ConfigSyncClient, r *configpb.PublishRequest,
) *configpb.PublishResponse {
	t.Helper()
	out, err := client.Publish(deadline(t), r)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range out.GetProblems() {
		if p.GetSeverity() == "error" {
			t.Fatal(p)
		}
	}
	return out
}

// outcome waits until a revision has one.
func outcome(
	t *testing.T, client configpb.ConfigSyncClient, revision uint64, within time.Duration,
) (outcome, reason string) {
	t.Helper()
	testkit.Within(t, within, fmt.Sprintf("revision %d ends", revision), func() bool {
		h, err := client.History(deadline(t), &configpb.HistoryRequest{Limit: 1000})
		if err != nil {
			return false
		}
		for _, r := range h.GetRevisions() {
			if r.GetRevision() == revision {
				outcome, reason = r.GetOutcome(), r.GetReason()
			}
		}
		return outcome != "" && !slices.Contains([]string{"waiting", "rolling"}, outcome)
	})
	return outcome, reason
}

func store(t *testing.T) string { return filepath.Join(t.TempDir(), "store") }

// quoted is a list of addresses in YAML.
func quoted(addresses []string) string {
	var all []string
	for _, a := range addresses {
		all = append(all, fmt.Sprintf("%q", a))
	}
	return strings.Join(all, ", ")
}

// comma makes one argument of addresses.
func comma(addresses []string) string { return strings.Join(addresses, ",") }
