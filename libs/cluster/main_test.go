package cluster

import (
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/health"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/libs/plan"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// listen accepts connections, and keeps them until the test ends.
func listen(t testing.TB) (address string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			defer c.Close()
		}
	})
	t.Cleanup(func() {
		ln.Close()
		serving.Wait()
	})
	return ln.Addr().String()
}

// document has one cluster, which requests go to.
func document(endpoints ...string) *config.Document {
	d := config.New()
	d.Listeners = []config.Listener{config.NewListener("web", "127.0.0.1:0")}
	d.Clusters = []config.Cluster{config.NewCluster("c", endpoints...)}
	d.Routes = []config.Route{config.NewRoute("r", "c")}
	return d
}

// sessions has one cluster, which TCP sessions go to.
func sessions(endpoints ...string) *config.Document {
	d := document(endpoints...)
	d.Listeners[0].Protocol, d.Listeners[0].Cluster = config.ProtocolTCP, "c"
	d.Routes = nil
	return d
}

func build(t testing.TB, d *config.Document) *plan.Plan {
	t.Helper()
	p, err := plan.Build(d)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// newSet makes a Set for a process that serves both protocols.
func newSet(t testing.TB, d *config.Document) *Set {
	t.Helper()
	return NewSet(build(t, d), Options{
		Metrics: metrics.New(), Health: health.NewRegistry(), Requests: true, Sessions: true,
	})
}

// swap puts another document in force, as a node does.
func swap(t testing.TB, s *Set, d *config.Document) {
	t.Helper()
	s.Metrics.NextPlan()
	s.Health.NextPlan()
	s.Swap(build(t, d))
	s.Retire()
}

// picks are the addresses that the next n picks give.
func picks(c *Cluster, n int) (all []string) {
	for range n {
		all = append(all, c.Pick().Address)
	}
	return all
}

// names are addresses, none of which anybody listens on.
func names(n int) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprintf("127.0.0.1:%d", i+1))
	}
	return all
}

var began = time.Now()

// after is a time of judging, in seconds.
func after(seconds int) time.Time { return began.Add(time.Duration(seconds) * time.Second) }
