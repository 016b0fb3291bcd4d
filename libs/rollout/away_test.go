package rollout

import (
	"testing"
	"time"
)

// A node that is gone was waited for once. When others are given the revision, in the next step or
// to bear it out, nobody waits for it anew: a rollout would take so much longer with each of its
// steps.
func TestANodeThatIsLostIsWaitedForOnce(t *testing.T) {
	t.Parallel()
	lostAfter, answer := DefaultSettings().LostAfter, DefaultGates().Answer
	for name, c := range map[string]struct {
		leaves func(*simulated)
		wait   time.Duration
	}{
		"it is gone":         {func(n *simulated) { n.connected = false }, lostAfter},
		"it says no more":    {func(n *simulated) { n.silent = true }, lostAfter},
		"it does not answer": {func(n *simulated) { n.mute = true }, answer},
	} {
		for _, lost := range []int{0, -1} { // of which gates take note; which do not
			f := good(t, 8)
			began := f.now
			f.publish("B", func(r *Record) {
				r.Spec.Gates.Lost = lost
				r.Spec.Steps = []Step{
					{Count: 1, Bake: time.Second}, {Percent: 30, Bake: time.Second},
					{Percent: 60, Bake: time.Second}, {Percent: 100, Bake: time.Second},
				}
			})
			f.decide()
			picked := f.machine.State().Run.Nodes
			if len(picked) != 1 {
				t.Fatalf("%d nodes are picked", len(picked))
			}
			for _, n := range f.nodes {
				if _, ok := picked[n.name]; ok {
					c.leaves(n)
				}
			}
			f.until("the rollout is over", 300, f.idle)
			// Each of the four steps takes some seconds for itself.
			if took := f.now.Sub(began); took < c.wait || took > c.wait+12*time.Second {
				t.Errorf("%s, max_lost %d: the rollout took %s, though to wait once takes %s", name,
					lost, took, c.wait)
			}
		}
	}
}
