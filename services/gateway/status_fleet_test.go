package main_test

import (
	"encoding/json"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/aggregator"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// The fleet as an aggregator sees it: two edges with different configurations, one of which has met a dead endpoint. Who
// watches is told when it is seen, and when the aggregator is back after it was killed.
func TestTheFleetIsShown(t *testing.T) {
	t.Parallel()
	path, err := testkit.GatewayBinary()
	if err != nil {
		t.Fatal(err)
	}
	unused := func() string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		return l.Addr().String()
	}
	ring, dead := unused(), unused()
	dir := t.TempDir()
	document := func(admin string) string {
		return fmt.Sprintf("version: 1\nadmin: {address: %q}\nhealthagg: {address: \"127.0.0.1:0\"}\ngossip: {bind: %q, name: agg}\n", admin, ring)
	}
	agg, err := testkit.RunHealthagg(dir, document("127.0.0.1:0"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { agg.Kill() })
	admin := agg.Addr("admin")
	up := testkit.NewUpstream(t, testkit.Answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))
	edge := func(name, more string) *testkit.Edge {
		return testkit.StartEdge(t, fmt.Sprintf("version: 1\nlisteners: [{name: public, address: \"127.0.0.1:0\"}]\nadmin: {address: \"127.0.0.1:0\"}\ngossip: {bind: \"127.0.0.1:0\", join: [%q], name: %s}\nclusters: [{name: shop, endpoints: [{address: %q}, {address: %q}]}]\nroutes: [{name: all, cluster: shop%s}]\n", ring, name, dead, up.Addr(), more))
	}
	one := edge("edge-1", "")
	edge("edge-2", ", timeouts: {request: 9s}")
	show := func(args ...string) ran {
		cmd := exec.Command(path, append([]string{"status", "--fleet", "--admin", admin}, args...)...)
		var out, errout strings.Builder
		cmd.Stdout, cmd.Stderr = &out, &errout
		_ = cmd.Run()
		return ran{cmd.ProcessState.ExitCode(), out.String(), errout.String()}
	}
	testkit.Within(t, 15*time.Second, "both edges are seen", func() bool {
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
	for range 40 {
		c := testkit.Dial(t, one.Addr("public"))
		c.Exchange(t, "GET", "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
		c.Close()
	}
	until("the endpoint is seen", func(f aggregator.Fleet) bool { return len(f.Endpoints) == 1 && f.Endpoints[0].Address == dead })
	// What edge-2 watches may be heard of after what edge-1 has met.
	testkit.Within(t, 15*time.Second, "one of two edges reports it", func() bool {
		r := show()
		return r.code == 0 && strings.Contains(r.out, "1 of 2 nodes report a loss of weight, the largest edge-1")
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
