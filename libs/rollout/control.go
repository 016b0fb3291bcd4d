package rollout

import (
	"errors"
	"fmt"
	"time"
)

// An Action steers the rollout that runs.
type Action string

// The actions.
const (
	Pause  Action = "pause"
	Resume Action = "resume"
	Abort  Action = "abort"
	Force  Action = "force"
)

// Errors of Control.
var (
	ErrNotRunning = errors.New("no such rollout runs")
	ErrState      = errors.New("this can't be done to it now")
)

// Control returns the record of what an operator wants of the rollout that runs. Revision 0
// means whichever rollout runs.
func (m *Machine) Control(
	now time.Time, action Action, revision uint64, by, reason string,
) (Record, error) {
	run := m.state.Run
	if run == nil || revision != 0 && run.Revision != revision {
		return Record{}, ErrNotRunning
	}
	r := Record{Time: now, Revision: run.Revision, By: by, Reason: reason}
	if run.Returning > 0 {
		if action != Force {
			return Record{},
				fmt.Errorf("revision %d is being taken back: %w", run.Revision, ErrState)
		}
		r.Kind = Ended // nodes that are not back are not waited for
		return r, nil
	}
	spec := m.state.Find(run.Revision).Spec
	switch action {
	case Pause, Resume:
		if run.Paused == (action == Pause) {
			return Record{}, fmt.Errorf("revision %d: %w", run.Revision, ErrState)
		}
		r.Kind = Resumed
		if action == Pause {
			r.Kind = Paused
		}
	case Abort:
		if r.Reason == "" {
			r.Reason = "aborted"
		}
		r.Kind, r.Return = Returned, m.Next()
	case Force:
		switch next := run.Step + 1; {
		case run.All:
			r.Kind = Ended
			if r.Reason == "" {
				r.Reason = "forced"
			}
		case next >= len(spec.Steps):
			r.Kind, r.Step, r.All = Stepped, next, true
		default:
			r.Kind, r.Step, r.Nodes = Stepped, next, m.pick(now, run, spec.Steps[next-1])
		}
	default:
		return Record{}, fmt.Errorf("there is no action %q", action)
	}
	return r, nil
}

// Progress is how the rollout that runs stands, or the last one did.
type Progress struct {
	Run         *Run
	Steps       int
	Reached     int
	Applied     int
	Baking      time.Time // since when; zero: nodes have not all answered
	BakeUntil   time.Time
	Reason      string // what it waits for, or why it ended as it did
	Comparisons []Comparison
}

// Progress returns it; its Run is nil when there never was a rollout.
func (m *Machine) Progress() Progress {
	run := m.state.Run
	if run == nil {
		run = m.state.Former
	}
	if run == nil {
		return Progress{}
	}
	rev := m.state.Find(run.Revision)
	p := Progress{
		Run: run, Steps: len(rev.Spec.Steps), Comparisons: m.comparisons, Reason: run.Reason,
	}
	for name := range m.reached(run) {
		p.Reached++
		if n := m.nodes[name]; n != nil && n.Digest == rev.Digest {
			p.Applied++
		}
	}
	if run != m.state.Run || run.Returning > 0 {
		return p
	}
	p.Reason = m.waits
	if !m.baking.IsZero() && run.Step > 0 {
		p.Baking = m.baking
		p.BakeUntil = m.baking.Add(rev.Spec.Steps[min(run.Step, len(rev.Spec.Steps))-1].Bake)
	}
	return p
}

// Waits says what the rollout that runs waits for; "" for nothing but time.
func (m *Machine) Waits() string { return m.waits }
