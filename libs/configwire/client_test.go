package configwire_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/configpb"
	"github.com/gatewayhomebrew/gateway/libs/configwire"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestAnAssignmentIsAppliedKeptAndAnswered(t *testing.T) {
	t.Parallel()
	s, n, cache := serve(t, "127.0.0.1:0"), &node{}, cacheFile(t)
	c, stop := run(t, n, options(n, s.address, func(o *configwire.Options) { o.Cache = cache }))
	st := s.next(t)
	if h := st.hello; h.GetNode() != "edge-1" || h.GetDigest() != "" || h.GetRevision() != 0 ||
		h.GetBootId() == "" || h.GetLabels()["zone"] != "a" || len(h.GetLatencyBounds()) != 2 {
		t.Errorf("hello: %v", h)
	}
	n.change(func(n *node) {
		n.counts = configwire.Counts{
			Requests: 7, Failures: 2, Connects: 1, Latency: []uint64{5, 1, 1},
		}
	})
	st.assign(t, revision(3, "a"))
	r, beats := st.report(t)
	if !r.GetApplied() || r.GetRevision() != 3 || r.GetDigest() != digest("a") {
		t.Fatalf("report: %v", r)
	}
	// All that was counted before the assignment was told under what ran then.
	requests, slow := uint64(0), uint64(0)
	for _, b := range beats {
		if b.GetDigest() != "" {
			t.Errorf("a heartbeat before the report: %v", b)
		}
		requests += b.GetRequests()
		slow += b.GetLatency()[2]
	}
	if requests != 7 || slow != 1 {
		t.Errorf("%d requests, %d slow", requests, slow)
	}
	n.change(func(n *node) { n.counts.Requests = 4 }) // of the new plan, whose counters began anew
	for {
		m := <-st.heard
		if b := m.GetHeartbeat(); b.GetRequests() > 0 {
			if b.GetRequests() != 4 || b.GetDigest() != digest("a") || b.GetRevision() != 3 {
				t.Errorf("a heartbeat after it: %v", b)
			}
			break
		}
	}
	state := c.State()
	if !state.Connected || state.Running.Revision != 3 || state.Highest != 3 ||
		state.Server != s.address {
		t.Errorf("%+v", state)
	}
	if info, err := os.Stat(cache); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the cache: %v, %v", info, err)
	}
	stop()
	s.stop()

	// Without config-sync it starts with that, and with it again it is not given the bytes anew.
	again := &node{}
	c, _ = run(t, again, options(again, s.address, func(o *configwire.Options) { o.Cache = cache }))
	if got, ok := c.Cached(); !ok || string(got.Data) != "a" || got.Revision != 3 {
		t.Fatalf("cached: %+v", got)
	}
	if state := c.State(); !state.FromCache || state.Highest != 3 {
		t.Errorf("%+v", state)
	}
	testkit.Eventually(t, "it says why there is no connection", func() bool {
		return strings.Contains(c.State().LastError, "refused")
	})
	s = serve(t, s.address)
	st = s.next(t)
	if h := st.hello; h.GetDigest() != digest("a") || h.GetRevision() != 3 ||
		!slices.Contains(h.GetHas(), digest("a")) {
		t.Errorf("hello: %v", h)
	}
	st.assign(t, &configpb.Assignment{Revision: 3, Digest: digest("a")})
	if r, _ := st.report(t); !r.GetApplied() || len(again.all()) != 0 {
		t.Errorf("report %v, applied %q: it runs already", r, again.all())
	}
	st.assign(t, &configpb.Assignment{Revision: 4, Digest: digest("a")})
	if r, _ := st.report(t); !r.GetApplied() || !slices.Equal(again.all(), []string{"a"}) {
		t.Errorf("report %v, applied %q: another revision of the same bytes", r, again.all())
	}
	if state := c.State(); state.FromCache || state.Running.Revision != 4 {
		t.Errorf("%+v", state)
	}
}

func TestWhatIsNotWhatItSaysIsRefused(t *testing.T) {
	t.Parallel()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, other, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	sign := func(key ed25519.PrivateKey, text string) []byte {
		return ed25519.Sign(key, configpb.SignedText("", 1, 0, digest(text)))
	}
	s, n := serve(t, "127.0.0.1:0"), &node{}
	c, _ := run(t, n, options(n, s.address, func(o *configwire.Options) { o.PublicKey = public }))
	st := s.next(t)
	signed := func(a *configpb.Assignment, signature []byte) *configpb.Assignment {
		a.Signature, a.SignedNumber = signature, 1
		return a
	}
	for i, bad := range []struct {
		a    *configpb.Assignment
		want string
	}{
		{
			signed(&configpb.Assignment{Digest: digest("a"), Config: []byte("b")},
				sign(private, "a")), "not what it says",
		},
		{signed(&configpb.Assignment{Digest: digest("a")}, sign(private, "a")), "did not send"},
		{signed(revision(0, "a"), nil), "not signed"},
		{signed(revision(0, "a"), sign(other, "a")), "not by config_sync.public_key"},
		{signed(revision(0, "a"), sign(private, "b")), "not by config_sync.public_key"},
		{signed(revision(0, strings.Repeat("x", configwire.MaxConfig+1)), nil), "are the most"},
	} {
		bad.a.Revision = uint64(i + 1)
		st.assign(t, bad.a)
		if r, _ := st.report(t); r.GetApplied() || !strings.Contains(r.GetReason(), bad.want) {
			t.Errorf("%d: %v", i, r)
		}
	}
	if state := c.State(); state.Running.Revision != 0 || state.Highest != 6 ||
		state.RefusedRevision != 6 || len(n.all()) > 0 {
		t.Errorf("%+v, applied %q", state, n.all())
	}
	st.assign(t, signed(revision(7, "a"), sign(private, "a")))
	if r, _ := st.report(t); !r.GetApplied() {
		t.Errorf("%v", r)
	}
}

// A revision that is lower than one the node was given is not taken, refused ones and those of its
// life before included; one it has answered is answered again.
func TestRevisionsOnlyGrow(t *testing.T) {
	t.Parallel()
	s, n, cache := serve(t, "127.0.0.1:0"), &node{}, cacheFile(t)
	with := func(o *configwire.Options) { o.Cache = cache }
	_, stop := run(t, n, options(n, s.address, with))
	st := s.next(t)
	st.assign(t, revision(5, "a"))
	st.report(t)
	n.change(func(n *node) { n.refuse = errNo })
	st.assign(t, revision(6, "b"))
	if r, _ := st.report(t); r.GetApplied() || r.GetReason() != errNo.Error() {
		t.Errorf("%v", r)
	}
	n.change(func(n *node) { n.refuse = nil })
	st.assign(t, revision(6, "b"))
	if r, _ := st.report(t); r.GetApplied() || r.GetReason() != errNo.Error() {
		t.Errorf("asked again: %v", r)
	}
	st.assign(t, revision(4, "c"))
	st.assign(t, revision(5, "a"))
	st.assign(t, revision(7, "d"))
	if r, _ := st.report(t); r.GetRevision() != 7 || !r.GetApplied() {
		t.Errorf("lower ones were answered: %v", r)
	}
	if got := n.all(); !slices.Equal(got, []string{"a", "d"}) {
		t.Errorf("applied %q", got)
	}
	n.change(func(n *node) { n.refuse = errNo })
	st.assign(t, revision(9, "e"))
	st.report(t)
	stop()
	again := &node{}
	run(t, again, options(again, s.address, with))
	st = s.next(t)
	if h := st.hello; h.GetRevision() != 9 || h.GetDigest() != digest("d") {
		t.Errorf("after a restart: %v", h)
	}
	st.assign(t, revision(8, "f"))
	st.assign(t, revision(10, "g"))
	if r, _ := st.report(t); r.GetRevision() != 10 || !slices.Equal(again.all(), []string{"g"}) {
		t.Errorf("%v, applied %q", r, again.all())
	}
}

func TestBackToTheNodesOwnFile(t *testing.T) {
	t.Parallel()
	s, n, cache := serve(t, "127.0.0.1:0"), &node{}, cacheFile(t)
	_, stop := run(t, n, options(n, s.address, func(o *configwire.Options) { o.Cache = cache }))
	st := s.next(t)
	st.assign(t, revision(1, "a"))
	st.report(t)
	st.assign(t, &configpb.Assignment{Revision: 2})
	if r, _ := st.report(t); !r.GetApplied() || !slices.Equal(n.all(), []string{"a", ""}) {
		t.Errorf("%v, applied %q", r, n.all())
	}
	stop()
	again := &node{}
	c := configwire.New(options(again, s.address, func(o *configwire.Options) { o.Cache = cache }))
	if _, ok := c.Cached(); ok || c.State().Highest != 2 {
		t.Errorf("%+v", c.State())
	}
}

// A node that leaves what it has applied, because its own trial failed, reports that.
func TestANodeThatGoesBackByItselfSaysSo(t *testing.T) {
	t.Parallel()
	s, n, cache := serve(t, "127.0.0.1:0"), &node{}, cacheFile(t)
	with := func(o *configwire.Options) { o.Cache = cache }
	_, stop := run(t, n, options(n, s.address, with))
	st := s.next(t)
	st.assign(t, revision(1, "a"))
	st.report(t)
	st.assign(t, revision(2, "b"))
	st.report(t)
	n.change(func(n *node) {
		n.running, n.why = configwire.Config{Revision: 1, Digest: digest("a")}, "errors rose"
	})
	if r, _ := st.report(t); r.GetRevision() != 2 || r.GetApplied() ||
		r.GetReason() != "errors rose" {
		t.Errorf("%v", r)
	}
	st.assign(t, revision(2, "b"))
	if r, _ := st.report(t); r.GetApplied() || len(n.all()) != 2 {
		t.Errorf("asked again: %v", r)
	}
	stop()
	if got, _ := configwire.New(options(&node{}, s.address, with)).
		Cached(); string(got.Data) != "a" {
		t.Errorf("it would start with %q", got.Data)
	}
}

// A stream that ends while the node applies a configuration changes nothing about that: the node
// has it, with its bytes, and answers on the next stream.
func TestAStreamThatEndsMeanwhile(t *testing.T) {
	t.Parallel()
	s, n := serve(t, "127.0.0.1:0"), &node{}
	began, goOn := make(chan struct{}), make(chan struct{})
	run(t, n, options(n, s.address, func(o *configwire.Options) {
		o.Apply = func(ctx context.Context, c configwire.Config) error {
			close(began)
			<-goOn
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return n.apply(ctx, c)
		}
	}))
	st := s.next(t)
	st.assign(t, revision(1, "a"))
	<-began
	st.end <- status.Error(codes.Unavailable, "config-sync is stopping")
	for range st.heard { // until the node has noticed
	}
	close(goOn)
	st = s.next(t)
	if h := st.hello; h.GetDigest() != digest("a") || h.GetRevision() != 1 {
		t.Errorf("hello: %v", h)
	}
	st.assign(t, &configpb.Assignment{Revision: 1, Digest: digest("a")})
	if r, _ := st.report(t); !r.GetApplied() || !slices.Equal(n.all(), []string{"a"}) {
		t.Errorf("%v, applied %q", r, n.all())
	}
}

// Problems go to the operator who published, with their places; a long list is cut.
func TestProblemsAreReported(t *testing.T) {
	t.Parallel()
	s, n := serve(t, "127.0.0.1:0"), &node{}
	var all config.Problems
	for i := range 30 {
		all = append(all, config.Problem{
			File: "revision-1.yaml", Line: i +
				1, Column: 2, Path: "routes", Code: config.CodeValue, Message: fmt.Sprint("no ", i),
		})
	}
	n.refuse = all
	run(t, n, options(n, s.address, nil))
	st := s.next(t)
	st.assign(t, revision(1, "a"))
	r, _ := st.report(t)
	if len(r.GetProblems()) != 20 || r.GetProblems()[3].GetLine() != 4 ||
		r.GetProblems()[3].GetCode() != config.CodeValue ||
		!strings.Contains(r.GetReason(), "30 problems") {
		t.Errorf("%v", r)
	}
}

// The node goes from one replica to the next, and comes back to one that is there again.
func TestReplicasAreTriedInTurn(t *testing.T) {
	t.Parallel()
	a, b := serve(t, "127.0.0.1:0"), serve(t, "127.0.0.1:0")
	n := &node{}
	c, _ := run(t, n, options(n, a.address, func(o *configwire.Options) {
		o.Addresses = []string{a.address, b.address}
	}))
	var st *stream
	first, second := a, b
	select {
	case st = <-a.streams:
	case st = <-b.streams:
		first, second = b, a
	}
	st.assign(t, revision(1, "a"))
	st.report(t)
	first.stop()
	st = second.next(t)
	if st.hello.GetRevision() != 1 {
		t.Errorf("hello: %v", st.hello)
	}
	first = serve(t, first.address)
	st.end <- status.Error(codes.Unavailable, "config-sync is stopping")
	second.stop()
	st = first.next(t)
	st.assign(t, revision(2, "b"))
	if r, _ := st.report(t); !r.GetApplied() {
		t.Errorf("%v", r)
	}
	if got := c.State(); got.Server != first.address || got.LastError != "" {
		t.Errorf("%+v", got)
	}
}

// A disk that takes nothing keeps no configuration, and keeps no node from serving.
func TestACacheThatCanNotBeWritten(t *testing.T) {
	t.Parallel()
	s, n := serve(t, "127.0.0.1:0"), &node{}
	c, _ := run(t, n, options(n, s.address, func(o *configwire.Options) {
		o.Cache = "/dev/null/last-good.yaml"
	}))
	st := s.next(t)
	st.assign(t, revision(1, "a"))
	if r, _ := st.report(t); !r.GetApplied() {
		t.Errorf("%v", r)
	}
	if got := c.State(); got.CacheError == "" || got.Running.Revision != 1 {
		t.Errorf("%+v", got)
	}
}
