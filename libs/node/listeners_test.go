package node

import (
	"context"
	"io"
	"net"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/memlimit"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/libs/plan"
	"github.com/gatewayhomebrew/gateway/libs/program"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// listeners0 are listeners on any port.
func listeners0(names ...string) (out []config.Listener) {
	for _, n := range names {
		out = append(out, config.NewListener(n, "127.0.0.1:0"))
	}
	return out
}

func newPlan(t testing.TB, ls []config.Listener) *plan.Plan {
	t.Helper()
	d := config.New()
	d.Listeners = ls
	d.Clusters = []config.Cluster{config.NewCluster("c", "127.0.0.1:1")}
	d.Routes = []config.Route{config.NewRoute("r", "c")}
	p, err := plan.Build(d)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// newEdge is an edge with an engine and listeners that serve, and nothing else.
func newEdge(t testing.TB, ls []config.Listener) (*edge, *plan.Plan) {
	t.Helper()
	log := logrus.New()
	log.SetOutput(io.Discard)
	p := newPlan(t, ls)
	e := &edge{Options: Options{Process: &program.Process{Log: log}}, registry: metrics.New()}
	e.engine = newEngines(p, memlimit.New(0), []string{config.ProtocolHTTP}, log, e.registry,
		nil, 100, nil, nil, nil)
	e.listen = newListeners(e.engine, log)
	ctx, cancel := context.WithCancel(context.Background())
	for i := range p.Listeners {
		l, err := e.engine.listen(ctx, p, i)
		if err != nil {
			t.Fatal(err)
		}
		e.listen.add(l)
	}
	done := make(chan error, 2)
	go func() { done <- e.listen.run(ctx) }()
	go func() { done <- e.engine.run(ctx) }()
	<-e.listen.up
	t.Cleanup(func() {
		cancel()
		for range 2 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		now, stop := context.WithCancel(context.Background())
		stop()
		e.engine.drain(now, now)
	})
	return e, p
}

func free(t testing.TB) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

func takes(addr string) bool {
	c, err := net.DialTimeout("tcp", addr, testkit.Deadline)
	if err != nil {
		return false
	}
	c.Close()
	return true
}

// A listener that goes on is one with the same address; where several have it, the name decides.
func TestListenersAreMatchedByAddressThenName(t *testing.T) {
	t.Parallel()
	x, y := free(t), free(t)
	const any = "127.0.0.1:0"
	list := func(pairs ...string) (out []config.Listener) {
		for i := 0; i < len(pairs); i += 2 {
			out = append(out, config.NewListener(pairs[i], pairs[i+1]))
		}
		return out
	}
	e, _ := newEdge(t, list("a", x, "b", any, "c", any))
	for _, step := range []struct {
		what string
		want []config.Listener
		kept map[int]int // index now: index before
	}{
		{"nothing changed", list("a", x, "b", any, "c", any), map[int]int{0: 0, 1: 1, 2: 2}},
		{"another order", list("c", any, "b", any, "a", x), map[int]int{0: 2, 1: 1, 2: 0}},
		{"one renamed", list("c", any, "b", any, "d", x), map[int]int{0: 0, 1: 1, 2: 2}},
		{
			"one of two without a port renamed", list("c", any, "e", any, "d", x),
			map[int]int{0: 0, 1: 1, 2: 2},
		},
		{"names swapped", list("e", any, "c", any, "d", x), map[int]int{0: 1, 1: 0, 2: 2}},
		{"one removed", list("c", any, "d", x), map[int]int{0: 1, 1: 2}},
		{"one more without a port", list("f", any, "c", any, "d", x), map[int]int{1: 0, 2: 1}},
		{"a changed address", list("f", any, "c", any, "d", y), map[int]int{0: 0, 1: 1}},
		{"and back", list("f", any, "c", any, "d", x), map[int]int{0: 0, 1: 1}},
		{"none", nil, nil},
		{"some again", list("a", x, "b", any), nil},
	} {
		before := e.listen.all()
		p := newPlan(t, step.want)
		out, fresh, err := bind(t, e, p)
		if err != nil {
			t.Fatalf("%s: %v", step.what, err)
		}
		if len(out) != len(step.want) || len(fresh) != len(step.want)-len(step.kept) {
			t.Fatalf("%s: %d listeners, %d of them new", step.what, len(out), len(fresh))
		}
		for i, l := range out {
			if j, ok := step.kept[i]; ok && l != before[j] {
				t.Errorf("%s: listener %d is not number %d of before", step.what, i, j)
			}
		}
		e.engine.swap(p, out)
		e.listen.keep(out, time.Second)
		addrs := map[string]bool{}
		for i, l := range e.listen.all() {
			if l != out[i] || l.Name() != step.want[i].Name ||
				l.Configured() != step.want[i].Address {
				t.Errorf("%s: listener %d is %s on %s", step.what, i, l.Name(), l.Configured())
			}
			addrs[l.Addr().String()] = true
			if !takes(l.Addr().String()) {
				t.Errorf("%s: %s takes no connections", step.what, l.Name())
			}
		}
		if len(addrs) != len(out) {
			t.Errorf("%s: %d addresses for %d listeners", step.what, len(addrs), len(out))
		}
		for _, l := range before {
			if addr := l.Addr().String(); !addrs[addr] && takes(addr) {
				t.Errorf("%s: %s still takes connections", step.what, addr)
			}
		}
	}
}

// What could be bound before an address that could not is given back, and those that serve notice
// nothing.
func TestABindThatFailsLeavesNothingBound(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	e, _ := newEdge(t, listeners0("a"))
	addr := free(t)
	p := newPlan(t, []config.Listener{
		config.NewListener("a", "127.0.0.1:0"), config.NewListener("b", addr),
		config.NewListener("c", taken.Addr().String()),
	})
	for range 3 {
		if _, _, err := bind(t, e, p); err == nil {
			t.Fatal("an address in use was bound")
		}
		ln, err := net.Listen("tcp", addr)
		if err != nil {
			t.Fatalf("after the failure: %v", err)
		}
		ln.Close()
	}
	if all := e.listen.all(); len(all) != 1 || !takes(all[0].Addr().String()) {
		t.Errorf("%d listeners serve", len(all))
	}
}

// bind binds the listeners of a plan whose document has no secrets.
func bind(t *testing.T, e *edge, p *plan.Plan) (out, fresh []listener, err error) {
	t.Helper()
	return e.listen.bind(t.Context(), &config.Document{Listeners: p.Listeners}, p)
}
