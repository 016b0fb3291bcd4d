package aggregator

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/gossip"
	"github.com/gatewayhomebrew/gateway/libs/health"
	"github.com/gatewayhomebrew/gateway/libs/timeline"
)

func watching(node string) gossip.Standing {
	return gossip.Standing{
		Report: gossip.Report{Observer: node, Sight: health.Sight{Cluster: "shop"}}, Trust: 1,
	}
}

func lost(node string, loss float64, suspect bool) gossip.Standing {
	return gossip.Standing{
		Trust: 1, Report: gossip.Report{
			Observer: node, Suspect: suspect, Age: 3 * time.Second, Sight: health.Sight{
				Cluster: "shop", Address: "10.0.0.1:80", Loss: loss, Requests: 20,
				Failed: uint64(20 * loss), Main: health.Reset,
			},
		},
	}
}

// The weights are those of the table in docs/health.md.
func TestWhatReportsAreWorth(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		nodes, dead int
		want        float64
	}{
		{2, 1, 0.667}, {3, 2, 0.333}, {5, 1, 0.8}, {5, 4, 0.2}, {10, 9, 0.1}, {100, 1, 0.99},
		{100, 99, 0.01}, {5, 5, 0.01},
	} {
		var reports []gossip.Standing
		for i := range c.nodes {
			name := fmt.Sprintf("edge-%d", i)
			reports = append(reports, watching(name))
			if i < c.dead {
				reports = append(reports, lost(name, 1, false))
			}
		}
		f := fleetOf("agg", time.Now(), nil, reports)
		if len(f.Endpoints) != 1 || math.Abs(f.Endpoints[0].Share-c.want) > 0.001 ||
			len(f.Endpoints[0].Reports) != c.dead || f.Endpoints[0].Watchers != c.nodes {
			t.Errorf("%d of %d: %+v, want %v", c.dead, c.nodes, f.Endpoints, c.want)
		}
	}
}

// A node that was lost counts less and less, and remains a vantage point meanwhile.
func TestALostNodeCountsLess(t *testing.T) {
	t.Parallel()
	half := lost("edge-1", 1, false)
	half.Trust = 0.5
	f := fleetOf("agg", time.Now(), nil, []gossip.Standing{
		watching("edge-1"), watching("edge-2"), watching("edge-3"), watching("edge-4"), half,
	})
	if e := f.Endpoints[0]; e.Share != 0.875 || e.Reports[0].Loss != 1 || e.Watchers != 4 {
		t.Errorf("%+v", e)
	}
}

func TestASuspectNodeIsShownAndDoesNotCount(t *testing.T) {
	t.Parallel()
	members := []gossip.Member{{Name: "edge-2"}, {Name: "edge-1"}}
	f := fleetOf("agg", time.Now(), members, []gossip.Standing{
		watching("edge-1"), watching("edge-2"), watching("edge-3"), lost("edge-1", 1, true),
		lost("edge-2", 0.3, false),
	})
	e := f.Endpoints[0]
	if len(e.Reports) != 2 || e.Reports[0].Node != "edge-1" || !e.Reports[0].Suspect ||
		e.Share != 0.9 || e.State != "weak" || !strings.Contains(e.Reason, "cut off") {
		t.Errorf("%+v", e)
	}
	if f.Nodes[0].Name != "edge-1" || !f.Nodes[0].Suspect || f.Nodes[1].Suspect ||
		f.Nodes[0].ContactAge != nil {
		t.Errorf("%+v", f.Nodes)
	}
}

// An aggregator asks the others whether they are there, and not itself.
func TestWhenNodesWereHeard(t *testing.T) {
	t.Parallel()
	now := time.Now()
	heard := now.Add(-2 * time.Second)
	f := fleetOf("agg", now,
		[]gossip.Member{
			{Name: "agg", Contact: heard},
			{Name: "edge-1", Contact: heard, RoundTrip: time.Millisecond},
		}, nil)
	if f.Nodes[0].ContactAge != nil || f.Nodes[0].RoundTrip != nil ||
		f.Nodes[1].ContactAge == nil || *f.Nodes[1].ContactAge != 2 || *f.Nodes[1].RoundTrip != 1 {
		t.Errorf("%+v", f.Nodes)
	}
}

// Whatever nodes say, in whatever order: shares are between the floor and 1, more reports never
// raise one, and the answer is the same and is JSON.
func TestTheFleetOfAnything(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 9))
	now := time.Now()
	for range 2000 {
		var reports []gossip.Standing
		for i := range random.IntN(30) {
			r := lost(fmt.Sprint("n", i), random.Float64(), random.IntN(5) == 0)
			r.Trust = random.Float64()
			reports = append(reports, r)
		}
		f := fleetOf("agg", now, nil, reports)
		a, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		random.Shuffle(len(reports), func(i, j int) {
			reports[i], reports[j] = reports[j], reports[i]
		})
		if b, err := json.Marshal(fleetOf("agg", now, nil, reports)); err != nil ||
			string(a) != string(b) {
			t.Fatalf("%s\n%s", a, b)
		}
		for _, e := range f.Endpoints {
			if e.Share < floor || e.Share > 1 || e.Reason == "" {
				t.Fatalf("%+v", e)
			}
		}
	}
}

func TestWhatIsRemembered(t *testing.T) {
	t.Parallel()
	now := time.Now()
	if _, ok := eventOf(watching("edge-1").Report, now); ok {
		t.Error("that a node watches is no event")
	}
	for loss, want := range map[float64]timeline.State{
		0: timeline.Up, 0.5: timeline.Weak, 0.99: timeline.Down,
	} {
		e, ok := eventOf(lost("edge-1", loss, true).Report, now)
		if !ok || e.State != want || !e.Observed.Equal(now.Add(-3*time.Second)) ||
			!strings.Contains(e.Reason, "cut off") {
			t.Errorf("%v: %+v", loss, e)
		}
	}
	r := lost("edge-1", 0.5, false).Report
	r.Gone = true
	if e, _ := eventOf(r, now); e.State != timeline.Gone {
		t.Errorf("%+v", e)
	}
}

// A fleet of 200 nodes, of which all have lost 20 endpoints, as one line of a watch.
func BenchmarkALineOfALargeFleet(b *testing.B) {
	var reports []gossip.Standing
	for n := range 200 {
		name := fmt.Sprintf("edge-%d", n)
		reports = append(reports, watching(name))
		for e := range 20 {
			r := lost(name, 1, false)
			r.Sight.Address = fmt.Sprintf("10.0.0.%d:80", e)
			reports = append(reports, r)
		}
	}
	now := time.Now()
	b.ReportAllocs()
	for b.Loop() {
		line, err := json.Marshal(fleetOf("agg", now, nil, reports))
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(len(line)))
	}
}
