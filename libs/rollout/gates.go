package rollout

import (
	"fmt"
	"strings"
)

// A Comparison is what one gate saw in the last minute.
type Comparison struct {
	Gate string
	New  float64 // of nodes on the new snapshot
	// Old is of nodes on the old one in the same time, and Before of those on the new one before
	// they had it. What was not known, or not used, says so.
	Old, Before         float64
	OldUsed, BeforeUsed bool
	Limit               float64 // of New
	Judged              bool    // false: too few requests
	Breached            bool
}

// How sure a gate wants to be. A share of a few requests jumps by chance alone, so it may exceed
// its limit by as much as chance explains.
const sigmas = 3

// A finding is what a gate makes of the nodes on the new snapshot. No node decides alone: a gate is
// broken only where it is whichever one of them is left out.
type finding struct {
	Comparison
	complain []string // nodes that break the gate by themselves
	clear    []string // nodes that could tell, and do not
	unsure   bool     // it looks broken, and more requests will tell
}

// share is the part that a node may have in what its group says: twice as many requests as the
// node in the middle. Counting more would let one node drown the others out.
func share(requests []float64) (most float64) { return 2 * middle(requests) }

// middle is the lower of the two in the middle, so that of two nodes neither speaks for both. 0 is
// that of none.
func middle(all []float64) float64 {
	if len(all) == 0 {
		return 0
	}
	return ranked(all)[(len(all)-1)/2]
}

// String says what was seen, in words.
func (c Comparison) String() string {
	show := func(x float64) string { return fmt.Sprintf("%.1f%%", x*100) }
	what := "responses with 5xx or without a route"
	switch c.Gate {
	case gateConnects:
		what = "connect failures for each request"
	case gateP99:
		what = "the 99th percentile of the time requests take"
		show = milliseconds
	}
	seen := []string{show(c.New) + " on nodes with the new snapshot"}
	if c.OldUsed {
		seen = append(seen, show(c.Old)+" on those with the old one")
	}
	if c.BeforeUsed {
		seen = append(seen, show(c.Before)+" on the same nodes before")
	}
	return fmt.Sprintf("%s: %s; the limit is %s (%s)", what, strings.Join(seen, ", "),
		show(c.Limit), c.Gate)
}

// Names of gates, as those who publish write them.
const (
	gateErrors   = "max_5xx_increase"
	gateConnects = "max_connect_failures_increase"
	gateP99      = "max_p99_increase"
)

func milliseconds(seconds float64) string {
	if seconds < 0.01 {
		return fmt.Sprintf("%.1f ms", seconds*1000)
	}
	return fmt.Sprintf("%.0f ms", seconds*1000)
}
