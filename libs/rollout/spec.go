package rollout

import (
	"errors"
	"fmt"
	"time"
)

// A Spec says how far a revision goes in each step, and what must not become of the nodes it
// reaches.
type Spec struct {
	Steps []Step `json:"steps"`
	Gates Gates  `json:"gates"`
}

// A Step is how far a revision goes before it is looked at. One of Count and Percent is set.
type Step struct {
	// nodes in all, those of earlier steps included
	Count   int               `json:"count,omitempty"`
	Percent int               `json:"percent,omitempty"` // of the connected nodes, rounded up
	Labels  map[string]string `json:"labels,omitempty"`  // that nodes picked at this step have
	Bake    time.Duration     `json:"bake"`
}

// Gates are the limits. A negative one is not looked at. The shares are those of nodes on the new
// snapshot less the worse of those on the old one and of themselves before.
type Gates struct {
	Errors   float64 `json:"max_5xx_increase"`
	P99      float64 `json:"max_p99_increase"` // relative
	Connects float64 `json:"max_connect_failures_increase"`
	Nacks    int     `json:"max_nacks"`
	Restarts int     `json:"max_restarts"`
	Lost     int     `json:"max_lost"`
	// MinRequests is how many requests a group of nodes needs in a window to be judged.
	MinRequests uint64 `json:"min_requests"`
	// Answer is how long a node may take to say whether it has applied what it was given.
	Answer time.Duration `json:"answer_timeout"`
}

// Bounds of a Spec.
const (
	MaxSteps = 32
	MaxBake  = 7 * 24 * time.Hour
)

// DefaultGates are the limits of a rollout that names none.
func DefaultGates() Gates {
	return Gates{Errors: 0.02, P99: 0.5, Connects: 0.02, MinRequests: 20, Answer: 30 * time.Second}
}

// DefaultSteps are one node, a quarter, and all.
func DefaultSteps(bake time.Duration) []Step {
	return []Step{{Count: 1, Bake: bake}, {Percent: 25, Bake: bake}, {Percent: 100, Bake: bake}}
}

// AtOnce is for all nodes in one step, whatever becomes of them: a return to what was good.
func AtOnce() Spec {
	g := DefaultGates()
	g.Errors, g.P99, g.Connects, g.Nacks, g.Restarts, g.Lost = -1, -1, -1, -1, -1, -1
	return Spec{Steps: []Step{{Percent: 100}}, Gates: g}
}

// Check returns what is wrong with a Spec, all of it.
func (s Spec) Check() error {
	var errs []error
	if len(s.Steps) == 0 || len(s.Steps) > MaxSteps {
		errs = append(errs,
			fmt.Errorf("a rollout has 1 to %d steps, and this one %d", MaxSteps, len(s.Steps)))
	}
	for i, step := range s.Steps {
		switch {
		case (step.Count > 0) == (step.Percent > 0) || step.Count < 0 || step.Percent < 0 ||
			step.Percent > 100:
			errs = append(errs,
				fmt.Errorf("step %d: either a count of nodes from 1, or a percentage from 1 to 100",
					i+1))
		case step.Bake < 0 || step.Bake > MaxBake:
			errs = append(errs,
				fmt.Errorf("step %d: the bake time is 0s to %s, not %s", i+1, MaxBake, step.Bake))
		}
	}
	if n := len(s.Steps); n > 0 {
		if last := s.Steps[n-1]; last.Percent != 100 || len(last.Labels) > 0 {
			errs = append(errs,
				errors.New("the last step reaches all nodes, 100 percent without labels"))
		}
	}
	if s.Gates.Answer <= 0 || s.Gates.Answer > time.Hour {
		errs = append(errs, fmt.Errorf("the time to answer is up to 1h, not %s", s.Gates.Answer))
	}
	for _, x := range []float64{s.Gates.Errors, s.Gates.P99, s.Gates.Connects} {
		if x != x {
			errs = append(errs, errors.New("a gate is not a number"))
			break
		}
	}
	return errors.Join(errs...)
}
