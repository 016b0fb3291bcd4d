package shares

import (
	"flag"
	"testing"
	"time"
)

var search = flag.Int("search", 0,
	"look for a fleet that notices a broken rule among so many seeds; 0: where one is known")

// Each rule is needed: without it, nodes act on more than the whole in some simulated fleet.
//
//	go test ./libs/shares -run TestNoRule -timeout 2h -args -search 4000
func TestNoRuleCanBeLeftOut(t *testing.T) {
	for name, tc := range map[string]struct {
		known  uint64 // a seed that notices
		breaks func(r *rules)
	}{
		"a voter promises right after it has started": {10, func(r *rules) { r.silence = 0 }},
		"a voter promises to several candidates":      {1, func(r *rules) { r.exclusive = false }},
		"voters promise to those with other voters":   {720, func(r *rules) { r.sameSet = false }},
		"half of the voters are enough":               {1, func(r *rules) { r.majority = false }},
		"leases count from the answer": {122, func(r *rules) {
			r.fromAsking = false
		}},
		"a leader goes on when its lease has ended": {1, func(r *rules) { r.leads = false }},
		"a leader gives more right after its election": {1, func(r *rules) {
			r.extraAfter, r.baseAfter = 0, 0
		}},
		"a leader gives larger bases too soon": {1, func(r *rules) { r.baseAfter = r.extraAfter }},
		"a leader goes on with what it knew":   {1, func(r *rules) { r.afresh = false }},
		"what was promised is forgotten":       {1, func(r *rules) { r.keepsOld = false }},
		"answers are applied in any order":     {1, func(r *rules) { r.inOrder = false }},
		"a node that is back is the same one":  {1, func(r *rules) { r.byLife = false }},
		"shares never end":                     {1, func(r *rules) { r.ends = false }},
		"nobody waits for slow clocks": {100, func(r *rules) {
			r.extraKept, r.extraAfter, r.hold, r.silence = r.extra, r.extra, r.lease, r.lease
			r.baseKept, r.baseAfter = r.base, r.base
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := shortRules()
			tc.breaks(&r)
			seed, last := tc.known, tc.known+30
			if *search > 0 {
				seed, last = 1, uint64(*search)
			}
			for ; seed <= last; seed++ {
				voters := []int{3, 5, 4, 2}[seed%4]
				if wrong, _ := simulate(seed, r, voters, 90*time.Second); wrong != "" {
					t.Logf("seed %d: %s", seed, wrong)
					return
				}
			}
			t.Error("no simulated fleet has noticed")
		})
	}
}

// A leader that is new prolongs what a node has said it holds, which may be more than it holds when
// it hears of that: what it gave up meanwhile is somebody else's.
func TestWhatIsProlongedIsNoMoreThanWhatIsHeld(t *testing.T) {
	n := New("n", 7, 1, 0)
	n.SetVoters(NewVoters([]Voter{{ID: "a", Node: "a"}, {ID: "b", Node: "b"}, {ID: "c", Node: "c"}},
		"n"))
	n.Want(0, 1, Whole, 1, true)
	n.Tick(0) // the questions 1 to 3
	give := func(seq uint64, keeps byte, base, extra uint32) {
		g := grant{leader: "a", life: 7, seq: seq, keeps: keeps, entries: []given{{1, base, extra}}}
		if err := n.Receive(time.Millisecond, g.encode()); err != nil {
			t.Fatal(err)
		}
	}
	give(1, 0, 50, 600)
	give(3, keepsBase|keepsExtra, 60, 800)
	if h := n.Holds(1); h.Base != 50 || h.Extra != 600 {
		t.Errorf("it holds %+v", h)
	}
	give(2, 0, 60, 800) // an earlier question
	if h := n.Holds(1); h.Base != 50 || h.Extra != 600 {
		t.Errorf("after an answer that came late it holds %+v", h)
	}
}
