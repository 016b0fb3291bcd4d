package cluster

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/health"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
)

// several has a cluster for requests, one for sessions, one for both and one for nobody.
func several() *config.Document {
	d := config.New()
	web, db := config.NewListener("web", "127.0.0.1:0"), config.NewListener("db", "127.0.0.1:0")
	db.Protocol, db.Cluster = config.ProtocolTCP, "sessions"
	also := config.NewListener("also", "127.0.0.1:0")
	also.Protocol, also.Cluster = config.ProtocolTCP, "both"
	d.Listeners = []config.Listener{web, db, also}
	for i, name := range []string{"requests", "sessions", "both", "nobody"} {
		d.Clusters = append(d.Clusters, config.NewCluster(name, fmt.Sprintf("127.0.0.1:%d", i+1)))
	}
	one, two := config.NewRoute("one", "requests"), config.NewRoute("two", "both")
	one.PathPrefix = "/one"
	d.Routes = []config.Route{one, two}
	return d
}

// Each process has what it sends something to, and each of those once.
func TestWhichClustersRun(t *testing.T) {
	p := build(t, several())
	for _, c := range []struct {
		requests, sessions bool
		want               []string
	}{
		{true, false, []string{"requests", "both", "nobody"}},
		{false, true, []string{"sessions", "both"}},
		{true, true, []string{"requests", "sessions", "both", "nobody"}},
		{false, false, nil},
	} {
		s := NewSet(p, Options{
			Metrics: metrics.New(), Health: health.NewRegistry(),
			Requests: c.requests, Sessions: c.sessions,
		})
		var got []string
		for _, state := range s.States() {
			got = append(got, state.Name)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%+v: %v run", c, got)
		}
		for i := range p.Clusters {
			name := p.Clusters[i].Name
			if runs := s.At(i) != nil; runs != slices.Contains(c.want, name) {
				t.Errorf("%+v: %s runs: %v", c, name, runs)
			}
		}
	}
}

// Between Swap and Retire some still begin with the plan before.
func TestConnectionsOfThePlanBeforeLastUntilRetire(t *testing.T) {
	a, b := listen(t), listen(t)
	s := newSet(t, document(a))
	old := s.At(0)
	release := func() {
		c, err := old.Pick().Dial(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		c.Release()
	}
	release()
	s.Swap(build(t, document(b)))
	if n := old.endpoints[0].IdleConns(); n != 1 {
		t.Errorf("%d idle connections before Retire, want 1", n)
	}
	s.Retire()
	release() // by a request that began with it
	if n := old.endpoints[0].Conns(); n != 0 {
		t.Errorf("%d connections after Retire", n)
	}
}

func TestRunClosesIdleConnectionsAtItsEnd(t *testing.T) {
	s := newSet(t, document(listen(t)))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	c, err := s.At(0).Pick().Dial(ctx)
	if err != nil {
		t.Fatal(err)
	}
	c.Release()
	if n := s.States()[0].Endpoints[0].Idle; n != 1 {
		t.Errorf("%d idle connections", n)
	}
	s.look(after(1), true)
	if active, idle := s.At(0).endpoints[0].Metrics.Connections(); idle != 1 || active != 0 {
		t.Errorf("the metrics have %d idle and %d active", idle, active)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if n := s.Watch().Sockets(); n != 0 {
		t.Errorf("%d sockets are left", n)
	}
}

// A split goes on where it was, by the names of its clusters.
func TestASplitGoesOnThroughReloads(t *testing.T) {
	doc := func(clusters ...string) *config.Document {
		d := several()
		r := config.NewRoute("split", "")
		for _, c := range clusters {
			r.Split = append(r.Split, config.Share{Cluster: c, Weight: 1})
		}
		d.Routes = []config.Route{r}
		return d
	}
	var prev *Split
	var got []string
	one, other := []string{"requests", "both"}, []string{"both", "requests"}
	for _, order := range [][]string{one, other, other, one} {
		p := build(t, doc(order...))
		prev = NewSplit(p, &p.Routes[0], prev)
		for range 3 {
			got = append(got, order[prev.Pick()])
		}
	}
	for i, name := range got {
		if name != one[i%2] {
			t.Fatalf("the picks are %v, want both in turn", got)
		}
	}
}
