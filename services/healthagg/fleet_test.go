package main_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/gatewayhomebrew/gateway/libs/aggregator"
	"github.com/gatewayhomebrew/gateway/libs/healthpb"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// switched answers 200, or 500 to the edges that it is told to, "all" for all of them.
func switched(t *testing.T) (address string, fail func(edge string)) {
	t.Helper()
	var to atomic.Value
	to.Store("")
	up := testkit.NewUpstream(t, func(c *testkit.Conn) {
		for {
			r, err := c.Request()
			if err != nil {
				return
			}
			status := "200 OK"
			if who := to.Load().(string); who == "all" ||
				who != "" && strings.Join(r.Fields.Values("X-Edge"), "") == who {
				status = "500 Internal Server Error"
			}
			if c.Send("HTTP/1.1 "+status+"\r\nContent-Length: 2\r\n\r\nok") != nil {
				return
			}
		}
	})
	return up.Addr(), func(edge string) { to.Store(edge) }
}

// Three edges and two aggregators: an endpoint that fails for one edge, then for all, and is well
// again. Both aggregators say who reports what; the history says so after one of them was killed
// and is back.
func TestTheFleetIsSeen(t *testing.T) {
	shaky, fail := switched(t)
	sound, _ := switched(t)
	ring := free(t)
	one := startAgg(t, t.TempDir(), document("agg-1", ring))
	var edges []*testkit.Process
	for _, name := range []string{"edge-1", "edge-2", "edge-3"} {
		edges = append(edges, startEdge(t, name, ring, shaky, sound))
	}
	two := startAgg(t, t.TempDir(), document("agg-2", "127.0.0.1:0", ring))
	for _, a := range []*agg{one, two} {
		testkit.Within(t, time.Minute, "all five are seen, and who looks at the cluster",
			func() bool {
				f := a.fleet(t)
				return len(f.Nodes) == 5 && len(f.Clusters) == 1 && f.Clusters[0].Watchers == 3
			})
		if f := a.fleet(t); len(f.Endpoints) != 0 || f.Nodes[2].Name != "edge-1" ||
			f.Nodes[2].Role != "edge" || f.Nodes[2].Digest == "" {
			t.Errorf("%+v", f)
		}
	}
	ask(t, edges...)

	fail("edge-2")
	for _, a := range []*agg{one, two} {
		testkit.Within(t, time.Minute, "one reports it", func() bool {
			e := a.endpoint(t, shaky)
			return e != nil && len(e.Reports) == 1 && e.Reports[0].Node == "edge-2" &&
				e.Reports[0].Loss > 0.4
		})
		if e := a.endpoint(t, shaky); e.State != "weak" || e.Share < 0.6 || e.Watchers != 3 ||
			!strings.Contains(e.Reports[0].Reason, "5xx") ||
			!strings.Contains(e.Reason, "1 of 3 nodes") {
			t.Errorf("%+v", e)
		}
	}
	fail("all")
	for _, a := range []*agg{one, two} {
		testkit.Within(t, time.Minute, "all report it", func() bool {
			e := a.endpoint(t, shaky)
			return e != nil && len(e.Reports) == 3 && e.Share < 0.5
		})
	}
	fail("")
	testkit.Within(t, time.Minute, "it is well again", func() bool {
		return one.endpoint(t, shaky) == nil && two.endpoint(t, shaky) == nil
	})

	var before aggregator.Timeline
	// An endpoint that is no longer reported may have one node's last word still on its way.
	testkit.Eventually(t, "the timeline has edge-1 up, edge-2 weak, edge-3 up", func() bool {
		one.get(t, "/fleet/endpoints/timeline", "?cluster=shop&endpoint="+shaky, &before)
		seen := map[string]bool{}
		for _, e := range before.Events {
			seen[e.Node+" "+e.State] = true
		}
		return seen["edge-1 up"] && seen["edge-2 weak"] && seen["edge-3 up"]
	})
	one.Kill()
	// It is told of another node to ask. An aggregator that knows none, and is back before it was
	// missed, waits for an exchange.
	one = startAgg(t, one.dir, document("agg-1", ring, two.Addr("gossip")))
	var after aggregator.Timeline
	one.get(t, "/fleet/endpoints/timeline", "?limit=1000&endpoint="+shaky, &after)
	if len(after.Events) < len(before.Events) {
		t.Errorf("%d events were there before it was killed, and %d are now", len(before.Events),
			len(after.Events))
	}
	var page aggregator.Timeline
	one.get(t, "/fleet/endpoints/timeline", "?node=edge-2&limit=1", &page)
	if len(page.Events) != 1 || !page.More || page.Events[0].Node != "edge-2" {
		t.Errorf("a page: %+v", page)
	}
	var flapping aggregator.Flapping
	one.get(t, "/fleet/flapping", "?within=10m&changes=1", &flapping)
	if len(flapping.Endpoints) != 1 || flapping.Endpoints[0].Endpoint != shaky ||
		flapping.Endpoints[0].Changes < 1 {
		t.Errorf("flapping: %+v", flapping)
	}
	testkit.Within(t, time.Minute, "it is in the ring again", func() bool {
		return len(one.fleet(t).Nodes) == 5
	})
	if m := one.Metrics(t); m[`gateway_healthagg_nodes{role="edge"}`] != 3 ||
		m["gateway_healthagg_history_events"] < 1 || m["gateway_gossip_members"] != 5 {
		t.Errorf("metrics: %v", m)
	}
	if code := one.Stop(t, testkit.Deadline); code != 0 {
		t.Errorf("exit code %d", code)
	}
	testkit.Eventually(t, "it has left, and is not missed", func() bool {
		return len(two.fleet(t).Nodes) == 4
	})
}

// What a node has said counts no more when it has left, for the aggregator as for any other node.
func TestWhatANodeSaidThatHasLeftIsNotShown(t *testing.T) {
	t.Parallel()
	shaky, fail := switched(t)
	sound, _ := switched(t)
	ring := free(t)
	a := startAgg(t, t.TempDir(), document("agg", ring))
	edges := []*testkit.Process{
		startEdge(t, "edge-1", ring, shaky, sound), startEdge(t, "edge-2", ring, shaky, sound),
	}
	testkit.Within(t, time.Minute, "all are seen", func() bool {
		return len(a.fleet(t).Nodes) == 3
	})
	ask(t, edges...)
	fail("edge-2")
	testkit.Within(t, time.Minute, "one reports it", func() bool {
		e := a.endpoint(t, shaky)
		return e != nil && e.Reports[0].Loss > 0.4
	})
	if code := edges[1].Stop(t, testkit.Deadline); code != 0 {
		t.Errorf("exit code %d", code)
	}
	testkit.Eventually(t, "it is forgotten", func() bool {
		f := a.fleet(t)
		return len(f.Nodes) == 2 && len(f.Endpoints) == 0 && f.Clusters[0].Watchers == 1
	})
}

// A watcher is told at once, and after every change, over HTTP and over gRPC; a drain ends the
// streams.
func TestWhoWatchesIsToldOfChanges(t *testing.T) {
	t.Parallel()
	ring := free(t)
	a := startAgg(t, t.TempDir(), document("agg", ring))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet,
		"http://"+a.Addr("admin")+"/fleet/watch", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != 200 || answer.Header.Get("Content-Type") != "application/jsonl" {
		t.Fatalf("%d %v", answer.StatusCode, answer.Header)
	}
	lines := bufio.NewScanner(answer.Body)
	next := func() (f aggregator.Fleet) {
		t.Helper()
		if !lines.Scan() {
			t.Fatalf("the stream has ended: %v", lines.Err())
		}
		if err := json.Unmarshal(lines.Bytes(), &f); err != nil {
			t.Fatal(err)
		}
		return f
	}
	conn, err := grpc.NewClient(a.Addr("grpc"),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	client := healthpb.NewHealthClient(conn)
	w, err := client.Watch(ctx, &healthpb.GetFleetRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if f := next(); len(f.Nodes) != 1 {
		t.Errorf("at first: %+v", f)
	}
	if f, err := w.Recv(); err != nil || len(f.GetNodes()) != 1 {
		t.Errorf("at first: %v, %v", f, err)
	}
	edge := startEdge(t, "edge-1", ring, free(t))
	for len(next().Nodes) != 2 {
	}
	for {
		f, err := w.Recv()
		if err != nil {
			t.Fatal(err)
		}
		if len(f.GetNodes()) == 2 {
			break
		}
	}
	if code := edge.Stop(t, testkit.Deadline); code != 0 {
		t.Errorf("exit code %d", code)
	}
	for len(next().Nodes) != 1 {
	}
	page, err := client.GetTimeline(ctx, &healthpb.GetTimelineRequest{})
	if err != nil || page.GetMore() {
		t.Errorf("%v, %v", page, err)
	}
	if _, err := client.GetTimeline(ctx, &healthpb.GetTimelineRequest{Limit: 5000}); err == nil {
		t.Error("a page of 5000 was given")
	}
	if _, err := client.GetFlapping(ctx, &healthpb.GetFlappingRequest{}); err != nil {
		t.Error(err)
	}
	if err := a.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() {
	}
	for {
		if _, err := w.Recv(); err != nil {
			break
		}
	}
	if code := a.Wait(t, testkit.Deadline); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// The endpoints of a cluster are asked by the aggregator alone, and the edges hear of it.
func TestChecksForAll(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	up := testkit.NewUpstream(t, func(c *testkit.Conn) {
		for {
			if _, err := c.Request(); err != nil {
				return
			}
			asked.Add(1)
			if c.Send("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n") != nil {
				return
			}
		}
	})
	sound, _ := switched(t)
	ring := free(t)
	cluster := `clusters: [{name: shop, endpoints: [{address: "` + up.Addr() + `"}, {address: "` +
		sound +
		`"}], health: {active: {path: /healthz, interval: 200ms, timeout: 100ms, from: aggregator}}}]` + "\n"
	edge := testkit.StartEdge(t, `version: 1
listeners: [{name: public, address: "127.0.0.1:0"}]
admin: {address: "127.0.0.1:0"}
gossip: {bind: "127.0.0.1:0", join: ["`+ring+`"], name: edge-1}
routes: [{name: all, cluster: shop}]
`+cluster)
	a := startAgg(t, t.TempDir(), document("agg", ring)+cluster)
	testkit.Within(t, time.Minute, "the aggregator reports the endpoint", func() bool {
		e := a.endpoint(t, up.Addr())
		return e != nil && len(e.Reports) == 1 && e.Reports[0].Node == "agg" &&
			strings.Contains(e.Reports[0].Reason, "active checks")
	})
	if asked.Load() == 0 {
		t.Error("nobody has asked it")
	}
	var status struct {
		Clusters []struct {
			Endpoints []struct {
				Address         string  `json:"address"`
				EffectiveWeight float64 `json:"effective_weight"`
				Reason          string  `json:"reason"`
			} `json:"endpoints"`
		} `json:"clusters"`
	}
	testkit.Within(t, time.Minute, "the edge has heard of it", func() bool {
		edge.Decode(t, http.MethodGet, "/status", &status)
		e := status.Clusters[0].Endpoints[0]
		return e.EffectiveWeight < 1 && strings.Contains(e.Reason, "agg")
	})
	if m := edge.Metrics(t); m[`gateway_active_checks_total{cluster="shop",endpoint="`+up.Addr()+
		`",result="answer"}`] != 0 {
		t.Error("the edge has asked it too")
	}
}

func TestQueriesThatMakeNoSense(t *testing.T) {
	t.Parallel()
	a := startAgg(t, t.TempDir(), document("agg", "127.0.0.1:0"))
	for _, c := range []struct{ path, query, says string }{
		{"/fleet", "?cluster=a", "there is no"},
		{"/fleet/endpoints/timeline", "?limit=0", "from 1 to 1000"},
		{"/fleet/endpoints/timeline", "?limit=1001", "from 1 to 1000"},
		{"/fleet/endpoints/timeline", "?before=x", "id"},
		{"/fleet/endpoints/timeline", "?since=yesterday", "time"},
		{"/fleet/endpoints/timeline", "?until=-5m", "time"},
		{"/fleet/endpoints/timeline", "?clsuter=a", "clsuter"},
		{"/fleet/endpoints/timeline", "?limit=1&limit=2", "twice"},
		{"/fleet/endpoints/timeline", "?a=%zz", "query"},
		{"/fleet/flapping", "?within=0s", "duration"}, {"/fleet/flapping", "?changes=0", "number"},
		{"/fleet/watch", "?since=1m", "there is no"},
	} {
		var e struct {
			Error struct{ Code, Message string }
		}
		if status := a.get(t, c.path, c.query, &e); status != 400 ||
			e.Error.Code != "GW_BAD_REQUEST" || !strings.Contains(e.Error.Message, c.says) {
			t.Errorf("%s%s: %d %+v", c.path, c.query, status, e)
		}
	}
	if status, _, body, err := a.Ask(http.MethodPost, "/fleet"); err != nil || status != 405 {
		t.Errorf("POST /fleet: %d %s %v", status, body, err)
	}
}

// A history that is damaged is set aside; a document without gossip is refused with what to do.
func TestWhatItStartsWith(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := testkit.Replace(dir+"/health-history.db",
		strings.Repeat("garbage", 10000)); err != nil {
		t.Fatal(err)
	}
	a := startAgg(t, dir, document("agg", "127.0.0.1:0"))
	a.fleet(t)
	if !strings.Contains(a.Stderr(), "the history was damaged") {
		t.Errorf("it does not say so:\n%s", a.Stderr())
	}
	for _, c := range []struct{ config, says string }{
		{"version: 1\nhealthagg: {}\n", "gossip is missing"},
		{
			"version: 1\nhealthagg: {address: \"0.0.0.0:1\"}\ngossip: {bind: \"127.0.0.1:0\"}\n",
			"not on loopback",
		},
	} {
		e, err := testkit.RunHealthagg(t.TempDir(), c.config)
		if err == nil {
			e.Kill()
		}
		if err == nil || !strings.Contains(err.Error(), c.says) ||
			!strings.Contains(err.Error(), "code 2") {
			t.Errorf("%s: %v", c.config, err)
		}
	}
}
