package main_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/aggregator"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/openspec"
	"github.com/gatewayhomebrew/gateway/openspec/openspectest"
)

// free is an address of loopback where nobody listens.
func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// startEdge runs an edge that joins the ring and sends everything to the endpoints; who is the name
// by which they know it.
func startEdge(t *testing.T, name, join string, endpoints ...string) *testkit.Process {
	t.Helper()
	var list []string
	for _, e := range endpoints {
		list = append(list, fmt.Sprintf("{address: %q}", e))
	}
	return testkit.StartEdge(t, fmt.Sprintf(`version: 1
listeners: [{name: public, address: "127.0.0.1:0"}]
admin: {address: "127.0.0.1:0"}
access_log: {output: "off"}
gossip: {bind: "127.0.0.1:0", join: [%q], name: %s}
clusters: [{name: shop, endpoints: [%s]}]
routes: [{name: all, cluster: shop, headers: {request: {set: {X-Edge: %s}}}}]
`, join, name, strings.Join(list, ", "), name))
}

// An agg is an aggregator in a folder that outlives it.
type agg struct {
	*testkit.Process
	dir, config string
}

func startAgg(t *testing.T, dir, config string) *agg {
	t.Helper()
	e, err := testkit.RunHealthagg(dir, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		e.Kill()
		if t.Failed() {
			t.Logf("the aggregator's stderr:\n%s", e.Stderr())
		}
	})
	return &agg{Process: e, dir: dir, config: config}
}

// document is an aggregator's.
func document(name, bind string, join ...string) string {
	for i := range join {
		join[i] = fmt.Sprintf("%q", join[i])
	}
	return fmt.Sprintf("version: 1\nadmin: {address: \"127.0.0.1:0\"}\n"+
		"healthagg: {address: \"127.0.0.1:0\"}\ngossip: {bind: %q, name: %s, join: [%s]}\n", bind,
		name, strings.Join(join, ", "))
}

// get asks for a path, holds the answer against openspec/health.yaml, and decodes it.
func (a *agg) get(t *testing.T, operation, query string, v any) int {
	t.Helper()
	d, err := openspectest.Load(openspec.Documents(), "health.yaml")
	if err != nil {
		t.Fatal(err)
	}
	path := operation + query
	if before, found := strings.CutSuffix(operation, "{id}"); found {
		path = before + query
	}
	status, header, body, err := a.Ask(http.MethodGet, path)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.CheckAnswer("GET "+operation, status, header, body); err != nil {
		t.Errorf("GET %s%s: %v in %s", operation, query, err, body)
	}
	if v != nil {
		if err := json.Unmarshal(body, v); err != nil {
			t.Fatal(err)
		}
	}
	return status
}

func (a *agg) fleet(t *testing.T) (f aggregator.Fleet) {
	t.Helper()
	if status := a.get(t, "/fleet", "", &f); status != 200 {
		t.Fatalf("status %d", status)
	}
	return f
}

// endpoint is what the fleet says of one, nil if nothing.
func (a *agg) endpoint(t *testing.T, address string) *aggregator.Endpoint {
	t.Helper()
	for _, e := range a.fleet(t).Endpoints {
		if e.Address == address {
			return &e
		}
	}
	return nil
}

// ask sends a request to each edge, again and again until the test ends.
func ask(t *testing.T, edges ...*testkit.Process) {
	t.Helper()
	stop, done := make(chan struct{}), make(chan struct{}, len(edges))
	for _, e := range edges {
		c, err := testkit.DialTimeout(e.Addr("public"), testkit.Deadline)
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			defer func() { c.Close(); done <- struct{}{} }()
			tick := time.NewTicker(5 * time.Millisecond)
			defer tick.Stop()
			for {
				select {
				case <-stop:
					return
				case <-tick.C:
				}
				if c.Send("GET / HTTP/1.1\r\nHost: a\r\n\r\n") != nil {
					return
				}
				if _, err := c.Response("GET"); err != nil {
					return
				}
			}
		}()
	}
	t.Cleanup(func() {
		close(stop)
		for range edges {
			<-done
		}
	})
}
