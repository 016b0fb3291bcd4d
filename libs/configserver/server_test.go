package configserver_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/gatewayhomebrew/gateway/libs/configpb"
	"github.com/gatewayhomebrew/gateway/libs/configserver/fleettest"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestAGoodConfigurationReachesEveryNode(t *testing.T) {
	t.Parallel()
	r := start(t, folder(t), nil, nil)
	nodes := fleet(t, 5, r.address)
	first := r.publish(t, &configpb.PublishRequest{
		Config: document("one"), Message: "the first", Author: "ann",
	})
	r.becomes(t, first.GetRevision(), "good")
	testkit.Eventually(t, "all run it", all(nodes, first.GetDigest()))
	second := r.publish(t, &configpb.PublishRequest{
		Config: document("two"), ExpectedDigest: first.GetDigest(),
	})
	if second.GetRevision() <= first.GetRevision() {
		t.Errorf("revision %d after %d", second.GetRevision(), first.GetRevision())
	}
	r.becomes(t, second.GetRevision(), "good")
	testkit.Eventually(t, "all run it", all(nodes, second.GetDigest()))
	if again := r.publish(t, &configpb.PublishRequest{
		Config: document("two"),
	}); !again.GetUnchanged() || again.GetRevision() != second.GetRevision() {
		t.Errorf("the same once more: %v", again)
	}
	ctx := deadline(t)
	if got, err := r.client.Snapshot(ctx, &configpb.SnapshotRequest{
		Digest: first.GetDigest(),
	}); err != nil || string(got.GetConfig()) != string(document("one")) {
		t.Errorf("snapshot: %v, %v", got, err)
	}
	st, err := r.client.Status(ctx, &configpb.StatusRequest{Nodes: true})
	if err != nil || st.GetConnected() != 5 || len(st.GetNodes()) != 5 ||
		st.GetGood().GetRevision() != second.GetRevision() ||
		st.GetRollout().GetState() != configpb.RolloutState_ROLLOUT_STATE_DONE ||
		st.GetDigests()[second.GetDigest()] != 5 {
		t.Errorf("status: %v, %v", st, err)
	}
	if rev := r.outcome(t, first.GetRevision()); rev.GetAuthor() != "ann" ||
		rev.GetMessage() != "the first" {
		t.Errorf("history: %v", rev)
	}
	back, err := r.client.Rollback(ctx, &configpb.RollbackRequest{Author: "bob"})
	if err != nil || back.GetDigest() != first.GetDigest() ||
		back.GetRevision() <= second.GetRevision() {
		t.Fatalf("rollback: %v, %v", back, err)
	}
	r.becomes(t, back.GetRevision(), "good")
	testkit.Eventually(t, "all are back", all(nodes, first.GetDigest()))
}

func deadline(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func TestABadConfigurationStopsAtItsFirstNodes(t *testing.T) {
	t.Parallel()
	for fault, most := range map[string]int{"5xx": 2, "refuse": 1} { // a second bears the first out
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			r := start(t, folder(t), nil, nil)
			nodes := fleet(t, 5, r.address)
			good := r.publish(t, &configpb.PublishRequest{Config: document("good")})
			r.becomes(t, good.GetRevision(), "good")
			began := time.Now()
			bad := r.publish(t, &configpb.PublishRequest{
				Config: document("fail: " + fault), Rollout: steps(5 * time.Second),
			})
			rev := r.becomes(t, bad.GetRevision(), "undone")
			testkit.Eventually(t, "all are back", all(nodes, good.GetDigest()))
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("it took %s", took)
			}
			if rev.GetReason() == "" {
				t.Error("it does not say why")
			}
			touched := 0
			for _, n := range nodes {
				if n.Ran(bad.GetDigest()) {
					touched++
				}
			}
			if touched > most {
				t.Errorf("%d nodes ran it", touched)
			}
			st, err := r.client.Status(deadline(t), &configpb.StatusRequest{})
			if err != nil || st.GetRollout().GetTakenBackBy() != "config-sync" ||
				st.GetGood().GetDigest() != good.GetDigest() {
				t.Errorf("status: %v, %v", st, err)
			}
		})
	}
}

func TestWhatIsWrongIsSaidAllOfItAndNothingIsPublished(t *testing.T) {
	t.Parallel()
	r := start(t, folder(t), nil, nil)
	out := r.publish(t, &configpb.PublishRequest{
		FileName: "gateway.yaml",
		Config: []byte("version: 1\nlisteners: [{name: a, address: nowhere}]\n" +
			"routes: [{name: r, cluster: user}]\n"),
	})
	if out.GetRevision() != 0 || len(out.GetProblems()) != 2 {
		t.Fatalf("%v", out)
	}
	for i, want := range []struct {
		line int32
		code string
	}{{2, "E_ADDRESS"}, {3, "E_UNKNOWN_CLUSTER"}} {
		if p := out.GetProblems()[i]; p.GetFile() != "gateway.yaml" || p.GetLine() != want.line ||
			p.GetCode() != want.code || p.GetColumn() == 0 || p.GetSeverity() != "error" {
			t.Errorf("problem %d: %v", i, p)
		}
	}
	dry := r.publish(t, &configpb.PublishRequest{Config: document("dry"), DryRun: true})
	if dry.GetRevision() != 0 || len(dry.GetProblems()) != 0 || dry.GetDigest() == "" {
		t.Errorf("dry run: %v", dry)
	}
	h, err := r.client.History(deadline(t), &configpb.HistoryRequest{})
	if err != nil || len(h.GetRevisions()) != 0 {
		t.Errorf("history: %v, %v", h, err)
	}
	if _, err := r.client.Publish(deadline(t), &configpb.PublishRequest{
		Config: document("x"), Rollout: &configpb.Rollout{Steps: []*configpb.Step{{}}},
	}); status.Code(err) != codes.InvalidArgument {
		t.Errorf("a step without a reach: %v", err)
	}
}

// The nodes' certificates and secrets are not on the server, and the server's own must not be read
// for a publisher.
func TestFilesAndSecretsOfNodesAreLeftToThem(t *testing.T) {
	t.Parallel()
	r := start(t, folder(t), nil, nil)
	out := r.publish(t, &configpb.PublishRequest{Config: []byte(`
version: 1
listeners: [{name: a, address: ":8443", tls: {certificates: [{cert: /etc/passwd, key: "secret:env:KEY"}]}}]
clusters: [{name: c, endpoints: [{address: "secret:file:/etc/shadow"}], security: {mode: tls, ca: ca.pem, server_name: x.example}}]
routes: [{name: r, cluster: c}]
`)})
	if out.GetRevision() == 0 || len(out.GetProblems()) != 1 ||
		out.GetProblems()[0].GetSeverity() != "warning" ||
		!strings.Contains(out.GetProblems()[0].GetMessage(), "/etc/passwd, ca.pem") {
		t.Errorf("%v", out)
	}
}

func TestTwoPublishesAtOnce(t *testing.T) {
	t.Parallel()
	r := start(t, folder(t), nil, nil)
	nodes := fleet(t, 4, r.address)
	a := r.publish(t, &configpb.PublishRequest{Config: document("a")})
	r.becomes(t, a.GetRevision(), "good")
	b := r.publish(t, &configpb.PublishRequest{Config: document("b"), Rollout: steps(time.Second)})
	r.becomes(t, b.GetRevision(), "rolling")
	if _, err := r.client.Publish(deadline(t), &configpb.PublishRequest{
		Config: document("c"),
	}); status.Code(err) != codes.Aborted {
		t.Errorf("beside a rollout: %v", err)
	}
	if _, err := r.client.Publish(deadline(t), &configpb.PublishRequest{
		Config: document("c"), ExpectedDigest: a.GetDigest(), IfBusy: configpb.IfBusy_IF_BUSY_WAIT,
	}); status.Code(err) != codes.Aborted {
		t.Errorf("on top of what is not the newest: %v", err)
	}
	c := r.publish(t, &configpb.PublishRequest{
		Config: document("c"), ExpectedDigest: b.GetDigest(), IfBusy: configpb.IfBusy_IF_BUSY_WAIT,
	})
	if c.GetWaitsFor() != 1 {
		t.Errorf("waits for %d", c.GetWaitsFor())
	}
	d := r.publish(t, &configpb.PublishRequest{
		Config: document("d"), IfBusy: configpb.IfBusy_IF_BUSY_REPLACE,
	})
	r.becomes(t, d.GetRevision(), "good")
	testkit.Eventually(t, "all run the last", all(nodes, d.GetDigest()))
	r.becomes(t, b.GetRevision(), "replaced")
	r.becomes(t, c.GetRevision(), "dropped")
	for _, n := range nodes {
		if n.Ran(c.GetDigest()) {
			t.Error("what was dropped was run")
		}
	}
}

func TestPauseForceAndAbort(t *testing.T) {
	t.Parallel()
	r := start(t, folder(t), nil, nil)
	nodes := fleet(t, 3, r.address)
	ctx := deadline(t)
	act := func(a configpb.ControlAction) codes.Code {
		_, err := r.client.Control(ctx, &configpb.ControlRequest{
			Action: a, Author: "op", Reason: "because",
		})
		return status.Code(err)
	}
	if got := act(configpb.ControlAction_CONTROL_ACTION_PAUSE); got != codes.FailedPrecondition {
		t.Errorf("nothing runs: %s", got)
	}
	a := r.publish(t, &configpb.PublishRequest{Config: document("a")})
	r.becomes(t, a.GetRevision(), "good")
	b := r.publish(t, &configpb.PublishRequest{Config: document("b"), Rollout: steps(time.Hour)})
	testkit.Eventually(t, "one runs it", func() bool {
		return nodes[0].Ran(b.GetDigest()) || nodes[1].Ran(b.GetDigest()) ||
			nodes[2].Ran(b.GetDigest())
	})
	if got := act(configpb.ControlAction_CONTROL_ACTION_PAUSE); got != codes.OK {
		t.Errorf("pause: %s", got)
	}
	if got := act(configpb.ControlAction_CONTROL_ACTION_FORCE); got != codes.OK {
		t.Errorf("force: %s", got)
	}
	testkit.Eventually(t, "all run it", all(nodes, b.GetDigest()))
	if got := act(configpb.ControlAction_CONTROL_ACTION_ABORT); got != codes.OK {
		t.Errorf("abort: %s", got)
	}
	if rev := r.becomes(t, b.GetRevision(), "undone"); rev.GetReason() != "because" {
		t.Errorf("%v", rev)
	}
	testkit.Eventually(t, "all are back", all(nodes, a.GetDigest()))
}

func TestFollowersHearOfEveryStep(t *testing.T) {
	t.Parallel()
	r := start(t, folder(t), nil, nil)
	fleet(t, 3, r.address)
	w, err := r.client.Follow(deadline(t), &configpb.StatusRequest{Nodes: true})
	if err != nil {
		t.Fatal(err)
	}
	r.publish(t, &configpb.PublishRequest{
		Config: document("a"), Rollout: steps(600 * time.Millisecond),
	})
	seen := map[uint32]bool{}
	for {
		st, err := w.Recv()
		if err != nil {
			t.Fatal(err)
		}
		seen[st.GetRollout().GetStep()] = true
		if st.GetRollout().GetState() == configpb.RolloutState_ROLLOUT_STATE_DONE {
			break
		}
	}
	if !seen[1] || !seen[2] {
		t.Errorf("steps seen: %v", seen)
	}
	r.stop()
	for err == nil {
		_, err = w.Recv()
	}
	if errors.Is(err, io.EOF) {
		t.Error("it ends as if all was said")
	}
}

// A node that comes back under its name is not kept out by its own dead connection.
func TestANewStreamTakesTheOldOnesPlace(t *testing.T) {
	t.Parallel()
	r := start(t, folder(t), nil, nil)
	old := &fleettest.Node{Name: "n"}
	ended := make(chan error, 1)
	go func() { ended <- old.Watch(deadline(t), r.client) }()
	connected := func() bool {
		st, err := r.client.Status(deadline(t), &configpb.StatusRequest{})
		return err == nil && st.GetConnected() == 1
	}
	testkit.Eventually(t, "the first is there", connected)
	ctx, cancel := context.WithCancel(deadline(t))
	second := make(chan error, 1)
	go func() { second <- (&fleettest.Node{Name: "n"}).Watch(ctx, r.client) }()
	if err := <-ended; status.Code(err) != codes.Aborted {
		t.Errorf("the first ends with %v", err)
	}
	if !connected() {
		t.Error("the second is not there")
	}
	cancel()
	<-second
}

func TestBadMessagesEndAStream(t *testing.T) {
	t.Parallel()
	r := start(t, folder(t), nil, nil)
	hello := func(edit func(*configpb.Hello)) *configpb.NodeMessage {
		h := &configpb.Hello{Node: "n", BootId: "b", LatencyBounds: []float64{1, 2}}
		edit(h)
		return &configpb.NodeMessage{Message: &configpb.NodeMessage_Hello{Hello: h}}
	}
	beat := func(h *configpb.Heartbeat) *configpb.NodeMessage {
		return &configpb.NodeMessage{Message: &configpb.NodeMessage_Heartbeat{Heartbeat: h}}
	}
	ok := hello(func(*configpb.Hello) {})
	for name, messages := range map[string][]*configpb.NodeMessage{
		"no hello":         {beat(&configpb.Heartbeat{})},
		"hello twice":      {ok, ok},
		"no name":          {hello(func(h *configpb.Hello) { h.Node = "" })},
		"a path as a name": {hello(func(h *configpb.Hello) { h.Node = "../n" })},
		"no boot id":       {hello(func(h *configpb.Hello) { h.BootId = "" })},
		"bounds that fall": {hello(func(h *configpb.Hello) { h.LatencyBounds = []float64{2, 1} })},
		"too many buckets": {ok, beat(&configpb.Heartbeat{Latency: make([]uint64, 4)})},
		"a wild counter":   {ok, beat(&configpb.Heartbeat{Requests: 1 << 60})},
		"nothing":          {ok, {}},
	} {
		w, err := r.client.Watch(deadline(t))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range messages {
			_ = w.Send(m) // the stream may have ended; Recv says why
		}
		for err == nil {
			_, err = w.Recv()
		}
		if status.Code(err) != codes.InvalidArgument {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAdminEndpoints(t *testing.T) {
	t.Parallel()
	store := folder(t)
	r := start(t, store, nil, nil)
	fleet(t, 2, r.address)
	p := r.publish(t, &configpb.PublishRequest{Config: document("a")})
	r.becomes(t, p.GetRevision(), "good")
	h := r.server.Admin("open sesame").Handler()
	get := func(path, token string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		in := httptest.NewRequest(http.MethodGet, path, nil)
		if token != "" {
			in.Header.Set("Authorization", "Bearer "+token)
		}
		h.ServeHTTP(w, in)
		return w
	}
	for path, want := range map[string]string{
		"/healthz": `"ok"`, "/readyz": `"ready"`,
		"/metrics": "gateway_configsync_nodes{state=\"connected\"} 2", "/status": `"node":`,
	} {
		if w := get(path, "open sesame"); w.Code != http.StatusOK ||
			!strings.Contains(strings.ReplaceAll(w.Body.String(), " ", ""),
				strings.ReplaceAll(want, " ", "")) {
			t.Errorf("%s: %d, %s", path, w.Code, w.Body)
		}
	}
	for path, want := range map[string]int{
		"/healthz": 200, "/readyz": 200, "/metrics": 401, "/status": 401,
	} {
		if w := get(path, "wrong"); w.Code != want {
			t.Errorf("%s without the token: %d", path, w.Code)
		}
	}
	// A page of another name that was made to resolve to loopback learns nothing, and errors have
	// the one form.
	w := httptest.NewRecorder()
	r.server.Admin("").Handler().ServeHTTP(w,
		httptest.NewRequest(http.MethodGet, "http://elsewhere.example/status", nil))
	if w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "GW_FORBIDDEN") {
		t.Errorf("for another host: %d, %s", w.Code, w.Body)
	}
	r.stop()
	if w := get("/readyz", ""); w.Code != http.StatusServiceUnavailable {
		t.Errorf("after the end: %d", w.Code)
	}
}

// A node whose numbers can't be lets no bad configuration pass and takes no good one back, and the
// status names it.
func TestANodeThatLiesIsNamed(t *testing.T) {
	t.Parallel()
	r := start(t, folder(t), nil, nil)
	nodes := fleet(t, 5, r.address)
	nodes[3].Lie(1 << 39)
	good := r.publish(t, &configpb.PublishRequest{Config: document("good")})
	r.becomes(t, good.GetRevision(), "good")
	bad := r.publish(t, &configpb.PublishRequest{
		Config: document("fail: 5xx"), Rollout: steps(5 * time.Second),
	})
	r.becomes(t, bad.GetRevision(), "undone")
	testkit.Eventually(t, "all are back", all(nodes, good.GetDigest()))
	next := r.publish(t, &configpb.PublishRequest{
		Config: document("better"), Rollout: steps(time.Second),
		IfBusy: configpb.IfBusy_IF_BUSY_WAIT,
	})
	r.becomes(t, next.GetRevision(), "good")
	st, err := r.client.Status(deadline(t), &configpb.StatusRequest{Nodes: true})
	if err != nil {
		t.Fatal(err)
	}
	events := st.GetRollout().GetEvents()
	if len(events) != 1 || events[0].GetNode() != "n3" ||
		!strings.Contains(events[0].GetText(), "549755813888 requests") {
		t.Errorf("events: %v", events)
	}
	for _, n := range st.GetNodes() {
		if (n.GetNode() == "n3") != strings.Contains(n.GetTrouble(), "not believed") {
			t.Errorf("%s: %q", n.GetNode(), n.GetTrouble())
		}
	}
}
