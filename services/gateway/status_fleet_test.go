package main_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/aggregator"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// The fleet as an aggregator sees it: two edges with different configurations, one of which has met
// a dead endpoint. A watcher is told when it is seen, and when the aggregator is back after it
// was killed.
func TestTheFleetIsShown(t *testing.T) {
	t.Parallel()
	path, err := testkit.GatewayBinary()
	if err != nil {
		t.Fatal(err)
	}
	ring, dead := unusedAddress(t), unusedAddress(t)
	dir := t.TempDir()
	document := func(admin string) string {
		return fmt.Sprintf("version: 1\nadmin: {address: %q}\n"+
			"healthagg: {address: \"127.0.0.1:0\"}\ngossip: {bind: %q, name: agg}\n", admin, ring)
	}
	agg, err := testkit.RunHealthagg(dir, document("127.0.0.1:0"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { agg.Kill() })
	admin := agg.Addr("admin")
	up := testkit.NewUpstream(t, testkit.Answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))
	edge := func(name, more string) *testkit.Process {
		return testkit.StartEdge(t,
			fmt.Sprintf("version: 1\nlisteners: [{name: public, address: \"127.0.0.1:0\"}]\n"+
				"admin: {address: \"127.0.0.1:0\"}\ngossip: {bind: \"127.0.0.1:0\", join: [%q], "+
				"name: %s}\nclusters: [{name: shop, endpoints: [{address: %q}, {address: %q}]}]\n"+
				"routes: [{name: all, cluster: shop%s}]\n", ring, name, dead, up.Addr(), more))
	}
	one := edge("edge-1", "")
	edge("edge-2", ", timeouts: {request: 9s}")
	show := func(args ...string) ran {
		cmd := exec.Command(path,
			append([]string{"status", "--fleet", "--admin", admin}, args...)...)
		var out, errout strings.Builder
		cmd.Stdout, cmd.Stderr = &out, &errout
		_ = cmd.Run()
		return ran{cmd.ProcessState.ExitCode(), out.String(), errout.String()}
	}
	testkit.Within(t, time.Minute, "both edges are seen", func() bool {
		r := show()
		return r.code == 0 && strings.Contains(r.out, "edge-1") && strings.Contains(r.out, "edge-2")
	})
	show().want(t, 0, "no node has taken weight", "")
	show().want(t, 0, "(others have ", "")

	cmd := exec.Command(path, "status", "--fleet", "--watch", "--json", "--admin", admin)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	// A fleet that never is what is waited for must not keep the test waiting: it writes on.
	late := time.AfterFunc(3*time.Minute, func() { _ = cmd.Process.Kill() })
	defer late.Stop()
	lines := json.NewDecoder(out)
	until := func(what string, holds func(aggregator.Fleet) bool) {
		t.Helper()
		for {
			var f aggregator.Fleet
			if err := lines.Decode(&f); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			if holds(f) {
				return
			}
		}
	}
	// What a node has met fades within seconds, so it meets it until it is seen.
	meets := func() {
		t.Helper()
		for range 40 {
			c := testkit.Dial(t, one.Addr("public"))
			c.Exchange(t, "GET", "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
			c.Close()
		}
	}
	meets()
	until("the endpoint is seen", func(f aggregator.Fleet) bool {
		if len(f.Endpoints) == 1 && f.Endpoints[0].Address == dead {
			return true
		}
		meets()
		return false
	})
	// What edge-2 watches may be heard of after what edge-1 has met.
	testkit.Within(t, time.Minute, "one of two edges reports it", func() bool {
		r := show()
		if r.code == 0 &&
			strings.Contains(r.out, "1 of 2 nodes report a loss of weight, the largest edge-1") {
			return true
		}
		meets()
		return false
	})
	agg.Kill()
	show().want(t, 1, "", "nothing listens there")
	if agg, err = testkit.RunHealthagg(dir, document(admin)); err != nil {
		t.Fatal(err)
	}
	until("it is back", func(f aggregator.Fleet) bool { return len(f.Nodes) == 3 })
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("it ends with %v", err)
	}

	cmd = exec.Command(path, "status", "--fleet", "--admin", one.Addr("admin"))
	text, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(text), "no health aggregator") {
		t.Errorf("an edge has no view of the fleet: %s", text)
	}
}

// Nodes whose own files differ in nothing but what each has for itself alone run the same; one that
// runs something else is told apart.
func TestOwnFilesAreComparedByWhatNodesShare(t *testing.T) {
	t.Parallel()
	ring := unusedAddress(t)
	agg, err := testkit.RunHealthagg(t.TempDir(),
		fmt.Sprintf("version: 1\nadmin: {address: \"127.0.0.1:0\"}\n"+
			"healthagg: {address: \"127.0.0.1:0\"}\ngossip: {bind: %q, name: agg}\n", ring))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(agg.Kill)
	edge := func(name, token, timeout string) {
		testkit.StartEdge(t,
			fmt.Sprintf("version: 1\nlisteners: [{name: public, address: \"127.0.0.1:0\"}]\n"+
				"admin: {address: \"127.0.0.1:0\"%s}\n"+
				"gossip: {bind: \"127.0.0.1:0\", join: [%q], name: %s}\n"+
				"clusters: [{name: c, endpoints: [{address: \"127.0.0.1:1\"}]}]\n"+
				"routes: [{name: own, cluster: c, timeouts: {request: %s}}]\n",
				token, ring, name, timeout))
	}
	shows := func(nodes, drift int) {
		t.Helper()
		testkit.Within(t, time.Minute, fmt.Sprintf("%d nodes, %d differ", nodes, drift),
			func() bool {
				_, out := ask(t, "status", "--fleet", "--admin", agg.Addr("admin"))
				return strings.Count(out, "own file, digest ") == nodes+1 &&
					strings.Count(out, "(others have another file)") == drift
			})
	}
	edge("edge-1", "", "9s")
	edge("edge-2", ", token: abcdefghijklmnopqrstuvwxyz", "9s")
	shows(2, 0)
	edge("edge-3", "", "8s")
	shows(3, 1)
}

// Nodes that run one snapshot run the same, though each has a document of its own: with its own
// name in the ring, its own admin address. Another snapshot of the same meaning is another one.
func TestNodesOfOneSnapshotAreTheSame(t *testing.T) {
	t.Parallel()
	s := testkit.StartConfigsync(t, "--store", filepath.Join(t.TempDir(), "store"), "--heartbeat",
		"50ms")
	ring := unusedAddress(t)
	agg, err := testkit.RunHealthagg(t.TempDir(),
		fmt.Sprintf("version: 1\nadmin: {address: \"127.0.0.1:0\"}\n"+
			"healthagg: {address: \"127.0.0.1:0\"}\ngossip: {bind: %q, name: agg}\n", ring))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(agg.Kill)
	var last *testkit.Process
	for _, name := range []string{"edge-1", "edge-2"} {
		last = testkit.StartEdge(t,
			fmt.Sprintf("version: 1\nlisteners: [{name: public, address: \"127.0.0.1:0\"}]\n"+
				"admin: {address: \"127.0.0.1:0\"}\n"+
				"gossip: {bind: \"127.0.0.1:0\", join: [%q], name: %s}\n"+
				"config_sync: {address: %q, node: %s, cache: %q}\n"+
				"clusters: [{name: c, endpoints: [{address: \"127.0.0.1:1\"}]}]\n"+
				"routes: [{name: own, cluster: c}]\n",
				ring, name, s.Address, name, filepath.Join(t.TempDir(), "cache")))
	}
	shows := func(what, line string) {
		t.Helper()
		testkit.Within(t, time.Minute, what, func() bool {
			_, out := ask(t, "status", "--fleet", "--admin", agg.Addr("admin"))
			return strings.Count(out, line) == 2 && !strings.Contains(out, "(others have")
		})
	}
	publish := func(comment string) (snapshot string) {
		t.Helper()
		file := filepath.Join(t.TempDir(), "published.yaml")
		text := strings.NewReplacer("admin: {address: 127.0.0.1:0}\n", "", "name: all",
			"name: shared").Replace(document)
		if err := os.WriteFile(file, []byte(text+"# "+comment+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		fleet(t, s.Address, "publish", file, "--rollout", "100%", "--bake", "0s").want(t, 0,
			"is good", "")
		return syncDigest(t, file)
	}
	shows("both run the first snapshot", "snapshot "+publish("one"))
	second := publish("two")
	shows("both run the second one, which means the same", "snapshot "+second)

	var status struct {
		Digest     string
		ConfigSync struct {
			SnapshotDigest string `json:"snapshot_digest"`
		} `json:"config_sync"`
	}
	_, body := get(t, "http://"+last.Addr("admin")+"/status")
	if err := json.Unmarshal([]byte(body), &status); err != nil ||
		!strings.HasPrefix(status.ConfigSync.SnapshotDigest, second) ||
		status.Digest == "" || status.Digest == status.ConfigSync.SnapshotDigest {
		t.Errorf("/status has two digests: %+v, %v", status, err)
	}
}

// syncDigest is as much of the snapshot digest of a file as is shown.
func syncDigest(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", sha256.Sum256(data))[:12]
}

// unusedAddress is one that nothing listens on.
func unusedAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
