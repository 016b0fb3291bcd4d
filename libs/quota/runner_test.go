package quota

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/policy"
	"github.com/gatewayhomebrew/gateway/libs/policy/ratelimit"
	limits "github.com/gatewayhomebrew/gateway/libs/ratelimit"
)

// office is what carries messages between the nodes of a test: at once, and nothing gets lost.
type office struct {
	mu    sync.Mutex
	nodes map[string]*node // guarded by mu
}

// node is one of them, with a route that has a limit of the fleet.
type node struct {
	name   string
	office *office
	*Runner
	state  *ratelimit.State
	policy policy.Policy
	plan   int
	ends   context.CancelFunc
	done   chan error
}

func (n *node) Name() string { return n.name }

func (n *node) Send(name string, body []byte) {
	n.office.mu.Lock()
	defer n.office.mu.Unlock()
	if to := n.office.nodes[name]; to != nil {
		to.Take(body)
	}
}

func (n *node) NodeAt(string) string { return "" }

// use puts a plan in force that has a limit of so many a second, of the fleet or of the node.
func (n *node) use(t *testing.T, requests int, scope string) {
	t.Helper()
	n.plan++
	n.state.NextPlan(n.plan)
	c := config.NewRoute("r", "c")
	one := config.NewRateLimit(requests)
	one.Key, one.Scope, one.Headers = config.KeyRoute, scope, false
	c.RateLimit = []config.RateLimit{one}
	p, err := ratelimit.New(&c, n.state)
	if err != nil {
		t.Fatal(err)
	}
	n.state.InForce(n.plan, 1000)
	n.policy = p
}

// share is what the node has now of the limit.
func (n *node) share() float64 {
	for _, u := range n.state.Uses() {
		return float64(u.Share) / limits.Whole
	}
	return -1
}

// ask sends so many requests, and returns how many pass.
func (n *node) ask(requests int) (passed int) {
	for range requests {
		if n.policy.(policy.OnRequest).OnRequest(&policy.Request{Start: time.Now()}) == nil {
			passed++
		}
	}
	return passed
}

func start(t *testing.T, o *office, name string) *node {
	t.Helper()
	log := logrus.New()
	log.SetOutput(t.Output())
	n := &node{name: name, office: o, state: ratelimit.NewState(), done: make(chan error, 1)}
	n.Runner = New(log, n.state)
	n.use(t, 100, config.ScopeFleet)
	n.SetVoters([]config.FleetVoter{{Name: "a"}, {Name: "b"}, {Name: "c"}})
	o.mu.Lock()
	o.nodes[name] = n
	o.mu.Unlock()
	ctx, cancel := context.WithCancel(context.Background())
	n.ends = cancel
	go func() { n.done <- n.Run(ctx, context.Background(), n) }()
	return n
}

func (n *node) stop(t *testing.T) {
	t.Helper()
	n.ends()
	if err := <-n.done; err != nil {
		t.Error(err)
	}
}

func pass(d time.Duration) { <-time.After(d) }

// fleet runs a test with three nodes that have their shares.
func fleet(t *testing.T, f func(t *testing.T, o *office, nodes []*node)) {
	synctest.Test(t, func(t *testing.T) {
		o := &office{nodes: make(map[string]*node)}
		var nodes []*node
		for _, name := range []string{"a", "b", "c"} {
			nodes = append(nodes, start(t, o, name))
		}
		for _, n := range nodes {
			if pass(100 * time.Millisecond); !n.Status().Waits {
				t.Errorf("%s does not wait for its share", n.name)
			}
		}
		pass(10 * time.Second)
		f(t, o, nodes)
		for _, n := range nodes {
			n.stop(t)
		}
	})
}

func TestSharesComeAndFollowTheLoad(t *testing.T) {
	fleet(t, func(t *testing.T, _ *office, nodes []*node) {
		for _, n := range nodes {
			s := n.Status()
			if n.share() < 0.2 || s.Waits || s.Leader == "" || s.Wrong != "" || s.Limits != 1 {
				t.Errorf("%s has %v: %+v", n.name, n.share(), s)
			}
		}
		passed := 0
		for i := range 1000 {
			if pass(5 * time.Millisecond); i >= 400 {
				passed += nodes[1].ask(1)
			} else {
				nodes[1].ask(1)
			}
		}
		// 3 s of what nine tenths leave, which is all that a leader gives at first.
		if passed < 255 || passed > 400 {
			t.Errorf("%d passed", passed)
		}
		sum := 0.0
		for _, n := range nodes {
			sum += n.share()
		}
		if sum > 1 || nodes[1].share() < 0.85 {
			t.Errorf("%v together, %v where the load is", sum, nodes[1].share())
		}
	})
}

func TestAShareOutlivesReloads(t *testing.T) {
	fleet(t, func(t *testing.T, _ *office, nodes []*node) {
		n := nodes[0]
		before := n.share()
		n.use(t, 1000, config.ScopeFleet)
		if got := n.share(); got != before {
			t.Errorf("%v of the limit became %v by a reload", before, got)
		}
		pass(time.Second)
		if passed := n.ask(2000); passed < 200 || passed > 400 {
			t.Errorf("%d passed of about a third of 1000", passed)
		}
		// A limit that is not there holds nothing back, and begins with nothing when it is there
		// again.
		n.use(t, 100, config.ScopeNode)
		pass(100 * time.Millisecond)
		n.use(t, 100, config.ScopeFleet)
		if got := n.share(); got != 0 {
			t.Errorf("it has %v of a limit that was gone", got)
		}
		pass(time.Second)
		if got := n.share(); got < 0.1 {
			t.Errorf("it has %v a second later", got)
		}
	})
}

func TestANodeThatEndsGivesItsShareBack(t *testing.T) {
	fleet(t, func(t *testing.T, o *office, nodes []*node) {
		gone := nodes[0]
		for _, n := range nodes {
			if n.Status().Leads {
				continue
			}
			gone = n
		}
		gone.stop(t)
		o.mu.Lock()
		delete(o.nodes, gone.name)
		o.mu.Unlock()
		if gone.share() != 0 {
			t.Errorf("it keeps %v", gone.share())
		}
		for _, n := range nodes {
			n.ask(1000)
		}
		pass(2 * time.Second)
		sum := 0.0
		for _, n := range nodes {
			sum += n.share()
		}
		if sum < 0.85 {
			t.Errorf("the others have %v", sum)
		}
		gone.done <- nil // for the end of the test
	})
}

// Where nobody can lead, nothing passes, and it is said why.
func TestWithoutVotersItIsSaidWhatToWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := start(t, &office{nodes: make(map[string]*node)}, "a")
		pass(11 * time.Second)
		if s := n.Status(); s.Waits || n.ask(5) > 0 ||
			!strings.Contains(s.Wrong, "only 0 of 3 voters") && s.Wrong == "" {
			t.Errorf("%+v", s)
		}
		n.SetVoters(nil)
		pass(time.Second)
		if s := n.Status(); !strings.Contains(s.Wrong, "gossip.voters") {
			t.Errorf("%+v", s)
		}
		n.stop(t)
	})
}

func TestAddressesOfVoters(t *testing.T) {
	at := func(addresses ...string) (all []config.FleetVoter) {
		for _, a := range addresses {
			all = append(all, config.FleetVoter{Address: a})
		}
		return all
	}
	e := lookUp(t.Context(), net.DefaultResolver, at("127.0.0.1:1", "[::1]:2"))
	if e.wrong != "" || e.at[0] != "127.0.0.1:1" || e.at[1] != "[::1]:2" {
		t.Errorf("%+v", e)
	}
	var many []string
	for i := range 8 {
		many = append(many, fmt.Sprintf("127.0.0.1:%d", i+1))
	}
	if e := lookUp(t.Context(), net.DefaultResolver, at(many...)); e.wrong == "" {
		t.Error("eight are not too many")
	}
	if e := lookUp(t.Context(), net.DefaultResolver, nil); e.wrong == "" {
		t.Error("none is enough")
	}
}
