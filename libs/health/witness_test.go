package health_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/health"
)

const holds = 10 * time.Second

// witness is what a node says that watches the cluster and has the given losses.
func (t *trial) witness(i int, losses ...float64) health.Witness {
	w := health.Witness{
		Name: fmt.Sprintf("edge-%d", i), Heard: t.now, Holds: holds,
		Sights: []health.Sight{{Cluster: "c"}},
	}
	for j, loss := range losses {
		w.Sights = append(w.Sights, health.Sight{Cluster: "c", Address: address(j), Loss: loss})
	}
	return w
}

// newFleet is a node of n: the others watch the cluster, and the first reporters say that its first
// endpoint is dead.
func newFleet(n, reporters int) *trial {
	t := newTrial(1, 1, 1, 1)
	for i := 1; i < n; i++ {
		if i <= reporters {
			t.registry.Hear(t.witness(i, 1))
		} else {
			t.registry.Hear(t.witness(i))
		}
	}
	return t
}

// The table of docs/health.md.
func TestReportsMoveAWeightByTheirShareOfTheNodes(t *testing.T) {
	for _, c := range []struct{ nodes, reporters, weight int }{
		{1, 0, 100}, {2, 1, 67}, {3, 1, 67}, {3, 2, 34}, {5, 1, 80}, {5, 2, 60}, {5, 4, 20},
		{10, 1, 90}, {10, 5, 50}, {10, 9, 10}, {100, 1, 99}, {100, 10, 90}, {100, 51, 49},
		{100, 99, 1},
	} {
		tr := newFleet(c.nodes, c.reporters)
		tr.judge()
		if got := tr.Weights(); got[0] != c.weight || got[1] != 100 {
			t.Errorf("%d of %d nodes report: weights are %v, want %d first", c.reporters, c.nodes,
				got, c.weight)
		}
		tr.must(t)
	}
}

// Whatever the others say, one node more or less moves no weight by more than its share; and no
// limit of the cluster is broken.
func TestOneNodeNeverMovesMoreThanItsShare(t *testing.T) {
	for nodes := 2; nodes <= 100; nodes++ {
		r := rand.New(rand.NewPCG(7, uint64(nodes)))
		says := make([][]float64, nodes-1)
		for i := range says {
			for range 4 {
				says[i] = append(says[i], []float64{0, 0, 1, r.Float64()}[r.IntN(4)])
			}
		}
		weigh := func(liar []float64) []int {
			tr := newTrial(1, 1, 1, 1)
			tr.registry.Hear(tr.witness(1, liar...))
			for i, losses := range says[1:] {
				tr.registry.Hear(tr.witness(i+2, losses...))
			}
			tr.judge()
			tr.must(t)
			sum := 0
			for _, w := range tr.Weights() {
				sum += w
			}
			// scaled down for the cluster: one endpoint's loss is another's gain
			if sum <= 2*health.Scale+4 {
				return nil
			}
			return tr.Weights()
		}
		honest, lying := weigh([]float64{0, 0, 0, 0}), weigh([]float64{1, 1, 1, 1})
		if honest == nil || lying == nil {
			continue
		}
		most := health.Scale/max(nodes, 3) + 1 + 1 // rounded up twice
		for i := range honest {
			if d := honest[i] - lying[i]; d < 0 || d > most {
				t.Fatalf("one of %d nodes moves endpoint %d from %d to %d, more than %d", nodes, i,
					honest[i], lying[i], most)
			}
		}
	}
}

func TestSuspectWitnessesCountNothing(t *testing.T) {
	tr := newTrial(1, 1, 1)
	for i := 1; i < 5; i++ {
		w := tr.witness(i, 1, 1, 1)
		w.Suspect = true
		tr.registry.Hear(w)
	}
	tr.judge()
	if got := tr.Weights(); got[0] != 100 || got[1] != 100 || got[2] != 100 {
		t.Errorf("weights are %v", got)
	}
}

func TestOldReportsCountLessAndLessAndThenNothing(t *testing.T) {
	tr := newFleet(5, 4)
	tr.pass(holds)
	if got := tr.Weights()[0]; got != 20 {
		t.Fatalf("while the reports hold the weight is %d, want 20", got)
	}
	last := 20
	for tr.now.Before(time.Unix(1_800_000_000, 0).Add(2 * holds)) {
		tr.judge()
		if got := tr.Weights()[0]; got < last {
			t.Fatalf("the weight falls from %d to %d while the reports get old", last, got)
		} else {
			last = got
		}
	}
	tr.pass(2 * time.Second)
	if got := tr.Weights()[0]; got != 100 {
		t.Errorf("with only old reports the weight is %d", got)
	}
}

func TestAWeightThatOthersTookReturnsGradually(t *testing.T) {
	tr := newFleet(10, 9)
	tr.judge()
	for i := 1; i < 10; i++ {
		tr.registry.Hear(tr.witness(i, 0))
	}
	tr.pass(time.Second)
	if got := tr.Weights()[0]; got > 40 {
		t.Errorf("after a second the weight is %d", got)
	}
	tr.pass(5 * time.Second)
	if got := tr.Weights()[0]; got != 100 {
		t.Errorf("after six seconds the weight is %d", got)
	}
}

func TestAnotherPlanStillKnowsWhatOthersSaid(t *testing.T) {
	tr := newFleet(5, 4)
	tr.registry.Hear(tr.witness(9, 0, 0, 0, 0, 1)) // an endpoint that only the next plan has
	tr.judge()
	tr.configured = append(tr.configured, health.Configured{Address: address(4), Weight: 1})
	tr.reload()
	tr.judge()
	if got := tr.Weights(); got[0] != 34 || got[4] != 84 {
		t.Errorf("weights are %v", got)
	}
	tr.registry.Forget("edge-9")
	tr.pass(5 * time.Second)
	if got := tr.Weights(); got[4] != 100 {
		t.Errorf("without the node that said so the weight is %d", got[4])
	}
}

// What a node reports is what it saw, never what it heard: rumours would feed themselves.
func TestSightsAreFirstHand(t *testing.T) {
	tr := newFleet(5, 4)
	tr.record(1, health.ConnectFailure, 10)
	tr.record(2, health.Success, 10)
	tr.judge()
	sights, suspect := tr.registry.Sights(tr.now)
	if suspect || len(sights) != 2 || sights[0] != (health.Sight{Cluster: "c"}) {
		t.Fatalf("sights are %+v, suspect %t", sights, suspect)
	}
	want := health.Sight{
		Cluster: "c", Address: address(1), Loss: 0.99, Share: 1, Requests: 10, Failed: 10,
		Main: health.ConnectFailure,
	}
	if sights[1] != want {
		t.Errorf("the sight is %+v, want %+v", sights[1], want)
	}
	if sights, _ := tr.registry.Sights(tr.now.Add(time.Minute)); len(sights) != 0 {
		t.Errorf("a cluster that nobody judges any more is still told of: %+v", sights)
	}
}

func TestANodeThatIsCutOffSuspectsItself(t *testing.T) {
	tr := newTrial(1, 1, 1)
	tr.pass(20*time.Second, [2]int{5, 0}, [2]int{5, 0}, [2]int{5, 0})
	if _, suspect := tr.registry.Sights(tr.now); suspect {
		t.Fatal("it suspects itself while all is well")
	}
	worst := 0.0
	for range 40 { // ten seconds
		for i := range 3 {
			tr.record(i, health.ConnectFailure, 5)
		}
		tr.judge()
		sights, suspect := tr.registry.Sights(tr.now)
		for _, s := range sights {
			if !suspect {
				worst = max(worst, s.Loss)
			}
		}
	}
	if worst > 0 {
		t.Errorf("before it suspected itself it reported a loss of %v", worst)
	}
	believed := 0.0
	for range 4 * 40 {
		for i := range 3 {
			tr.record(i, health.Success, 5)
		}
		tr.judge()
		if sights, suspect := tr.registry.Sights(tr.now); !suspect {
			believed++
			if len(sights) != 1 {
				t.Fatalf("once believed again it reports what it saw when it was cut off: %+v",
					sights)
			}
		}
	}
	if believed == 0 {
		t.Error("it still suspects itself")
	}
}

// One endpoint that is dead, or all of the endpoints that nothing was asked of, is no reason to
// suspect oneself.
func TestANodeWithOneDeadEndpointDoesNotSuspectItself(t *testing.T) {
	tr := newTrial(1, 1, 1)
	for range 80 {
		tr.record(0, health.ConnectFailure, 3)
		tr.record(1, health.Success, 1)
		tr.judge()
		if _, suspect := tr.registry.Sights(tr.now); suspect {
			t.Fatal("it suspects itself")
		}
	}
	for range 80 { // the dead one is all that is asked, for longer than the others are remembered
		tr.record(0, health.ConnectFailure, 3)
		tr.judge()
		if _, suspect := tr.registry.Sights(tr.now); suspect {
			t.Fatal("it suspects itself for one endpoint")
		}
	}
}

// Two that failed at some time are no reason once only one of them is still being asked.
func TestSuspicionNeedsEndpointsThatWereAskedLately(t *testing.T) {
	tr := newTrial(1, 1, 1)
	tr.pass(time.Second, [2]int{0, 3}, [2]int{0, 3})
	if _, suspect := tr.registry.Sights(tr.now); !suspect {
		t.Fatal("it does not suspect itself while all fails")
	}
	tr.pass(35*time.Second, [2]int{0, 3})
	if _, suspect := tr.registry.Sights(tr.now); suspect {
		t.Error("it suspects itself for what it saw half a minute ago")
	}
}

func TestALossIsReportedWithoutWhatOthersAddedToIt(t *testing.T) {
	tr := newFleet(5, 4)
	tr.record(0, health.Success, 70)
	tr.record(0, health.Reset, 30)
	tr.record(1, health.Success, 10)
	tr.judge()
	if got := tr.Weights()[0]; got != 20 {
		t.Fatalf("the weight is %d, want the 20 that the others leave", got)
	}
	sights, _ := tr.registry.Sights(tr.now)
	if len(sights) != 2 || sights[1].Loss < 0.299 || sights[1].Loss > 0.301 {
		t.Errorf("it reports %+v, want a loss of 0.3", sights)
	}
}

// Nodes that were silent for too long are no vantage points any more.
func TestSilentNodesDoNotDiluteWhatOthersSay(t *testing.T) {
	tr := newFleet(10, 0)
	tr.pass(2*holds + time.Second)
	tr.registry.Hear(tr.witness(1, 1))
	tr.judge()
	if got := tr.Weights()[0]; got != 67 {
		t.Errorf("the weight is %d, want 67: one of three", got)
	}
}

func TestReasonsNameThoseWhoReported(t *testing.T) {
	tr := newFleet(5, 2)
	tr.judge()
	got := tr.Verdicts()[0].Reason
	want := "no requests in the last 10s; 2 of 4 other nodes reported a loss of weight: edge-1 " +
		"100%, edge-2 100%; weight 1 -> 0.6"
	if got != want {
		t.Errorf("the reason is %q, want %q", got, want)
	}
	if other := tr.Verdicts()[1].Reason; strings.Contains(other, "reported") {
		t.Errorf("the other's reason is %q", other)
	}
}
