package main_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// An aggregator finds a request that failed at any node of its fleet, and says which node it was.
func TestARequestThatFailedIsFoundInTheFleet(t *testing.T) {
	t.Parallel()
	bind, down := free(t), free(t)
	a := startAgg(t, t.TempDir(), document("agg", bind))
	names := []string{"edge-a", "edge-b", "edge-c"}
	var edges []*testkit.Process
	for _, name := range names {
		edges = append(edges, startEdge(t, name, bind, down))
	}
	testkit.Eventually(t, "all are in the ring", func() bool { return len(a.fleet(t).Nodes) == 4 })
	for i, e := range edges {
		r := testkit.Dial(t, e.Addr("public")).Exchange(t, "GET", "GET /x HTTP/1.1\r\nHost: "+
			"a\r\n\r\n")
		id := r.Fields.Get("X-Request-Id")
		if r.Status != 502 || id == "" {
			t.Fatalf("%s answers %d", names[i], r.Status)
		}
		var why, own admin.Explanation
		testkit.Eventually(t, "the edge remembers it", func() bool {
			return e.Decode(t, "GET", "/why/"+id, &own) == 200
		})
		if status := a.get(t, "/why/{id}", id, &why); status != 200 {
			t.Fatalf("the aggregator answers %d", status)
		}
		if why.Node != names[i] || why.Cause != own.Cause || why.ID != id || why.Path != "/x" {
			t.Errorf("the aggregator says %+v, want what %s says, %+v", why, names[i], own)
		}
	}
	if status := a.get(t, "/why/{id}", "nobody-knows", nil); status != 404 {
		t.Errorf("of what nobody knows the aggregator says %d", status)
	}
}

// So it finds a session that failed at a relay.
func TestASessionThatFailedIsFoundInTheFleet(t *testing.T) {
	t.Parallel()
	bind, down := free(t), free(t)
	a := startAgg(t, t.TempDir(), document("agg", bind))
	startEdge(t, "edge-a", bind, down)
	relay := testkit.StartRelay(t, fmt.Sprintf(`version: 1
listeners: [{name: db, address: "127.0.0.1:0", protocol: tcp, cluster: shop}]
admin: {address: "127.0.0.1:0"}
gossip: {bind: "127.0.0.1:0", join: [%q], name: relay-b}
clusters: [{name: shop, endpoints: [{address: %q}, {address: %q, weight: 2}]}]
routes: []
`, bind, down, free(t)))
	testkit.Eventually(t, "all are in the ring", func() bool { return len(a.fleet(t).Nodes) == 3 })
	c := testkit.Dial(t, relay.Addr("db"))
	_, _ = c.Rest()
	var line struct {
		ID string `json:"session_id"`
	}
	testkit.Eventually(t, "the session has its line", func() bool {
		return json.Unmarshal([]byte(relay.Stdout()), &line) == nil
	})
	var why, own admin.Explanation
	if status := relay.Decode(t, "GET", "/why/"+line.ID, &own); status != 200 {
		t.Fatalf("the relay answers %d", status)
	}
	if status := a.get(t, "/why/{id}", line.ID, &why); status != 200 {
		t.Fatalf("the aggregator answers %d", status)
	}
	if why.Node != "relay-b" || why.Cause != own.Cause || why.Session == nil ||
		why.Session.CloseReason != "connect_failed" || len(why.Attempts) != 2 ||
		len(why.Endpoints) != 2 || why.Endpoints[1].Weight != 2 {
		t.Errorf("the aggregator says %+v, want what the relay says, %+v", why, own)
	}
}
