package rollout

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// A Kind is what a record says has happened.
type Kind string

// The kinds of records.
const (
	Published Kind = "published" // Revision waits its turn, which may be now
	Began     Kind = "began"     // it is Revision's turn
	Stepped   Kind = "stepped"   // it goes to Nodes too, or to all
	Asked     Kind = "asked"     // it goes to Nodes too, in the same step, to bear a node out
	Paused    Kind = "paused"
	Resumed   Kind = "resumed"
	// Revision is taken back: all nodes get Return, which has the last good digest
	Returned Kind = "returned"
	Ended    Kind = "ended" // Revision is good, or every node is back from it
)

// A Record is one entry of the journal. Which fields it has follows from its kind.
type Record struct {
	Kind     Kind      `json:"kind"`
	Time     time.Time `json:"time"`
	Revision uint64    `json:"revision"`
	By       string    `json:"by,omitempty"`     // who wanted it; "" is the machine
	Reason   string    `json:"reason,omitempty"` // a sentence

	Digest    string `json:"digest,omitempty"`    // Published
	Message   string `json:"message,omitempty"`   // Published
	Signature []byte `json:"signature,omitempty"` // Published
	// What of the signed text is not said elsewhere.
	Number uint64 `json:"signed_number,omitempty"` // Published
	Floor  uint64 `json:"signed_floor,omitempty"`  // Published
	Spec   *Spec  `json:"rollout,omitempty"`       // Published
	From   uint64 `json:"from,omitempty"`          // Published: the revision that it takes back
	// Replace is a Published that takes back what runs, as the revision Return, and drops what
	// waits.
	Replace bool `json:"replace,omitempty"`
	// Returned, and Published with Replace while something runs
	Return uint64 `json:"return,omitempty"`

	Step int  `json:"step,omitempty"` // Stepped: from 1
	All  bool `json:"all,omitempty"`  // Stepped: every node there is and will be
	// Stepped, Asked: those it goes to now, with the boot ID of each
	Nodes map[string]string `json:"nodes,omitempty"`
}

// An Outcome is how far a revision has come.
type Outcome string

// The outcomes.
const (
	Waiting  Outcome = "waiting"
	Rolling  Outcome = "rolling"
	Good     Outcome = "good"     // it has reached every node, and no gate minded
	Undone   Outcome = "undone"   // it was taken back
	Replaced Outcome = "replaced" // it was taken back for a later one
	Dropped  Outcome = "dropped"  // it never began
)

// A Revision is one entry of the history.
type Revision struct {
	Number    uint64
	Digest    string // "": the nodes' own files
	Signature []byte
	Signed    uint64 // the number it was signed under; 0: it was not
	Floor     uint64 // the lowest that nodes may be taken back to from it
	Time      time.Time
	By        string
	Message   string
	From      uint64 // the revision that it takes back; 0: none
	Outcome   Outcome
	Reason    string
	Ended     time.Time
	Spec      Spec
}

// A Run is the rollout of one revision.
type Run struct {
	Revision  uint64
	Since     time.Time
	Step      int // from 1; 0: it has reached nobody
	All       bool
	Nodes     map[string]string    // whom it goes to, with the boot ID each had
	Given     map[string]time.Time // since when each of Nodes is to run it
	StepSince time.Time
	Paused    bool
	// Returning is the revision that takes this one back; 0: it goes on.
	Returning uint64
	By        string // who took it back; "" is the machine
	Reason    string
}

// State is what the records so far amount to. The zero State is that of no record.
type State struct {
	Last    uint64 // the highest revision there is
	Good    uint64 // what nodes run that no rollout has reached; 0: nothing was ever good
	Run     *Run   // the rollout that runs; nil: none
	Former  *Run   // the rollout before, so that its end can be shown
	Waiting []uint64
	History []Revision // by number, growing
}

// MaxWaiting is how many revisions may wait for their turn.
const MaxWaiting = 16

// MaxLeap is by how much a revision may exceed the highest before it. Numbers leave some out only
// when nodes know higher ones, which a store that was lost had given them.
const MaxLeap = 1 << 20

// Find returns the revision of a number, nil if there is none.
func (s *State) Find(number uint64) *Revision {
	i, ok := slices.BinarySearchFunc(s.History, number, func(r Revision, n uint64) int {
		switch {
		case r.Number < n:
			return -1
		case r.Number > n:
			return 1
		}
		return 0
	})
	if !ok {
		return nil
	}
	return &s.History[i]
}

// Signed is the highest number that anything was signed under.
func (s *State) Signed() (highest uint64) {
	for i := range s.History {
		highest = max(highest, s.History[i].Signed)
	}
	return highest
}

// Newest is the revision that a publication now follows: the last that waits, else the one that
// runs, else the good one. It is nil when nothing was published, and while a rollout without
// anything before it is taken back.
func (s *State) Newest() *Revision {
	switch {
	case len(s.Waiting) > 0:
		return s.Find(s.Waiting[len(s.Waiting)-1])
	case s.Run != nil && s.Run.Returning == 0:
		return s.Find(s.Run.Revision)
	}
	return s.Find(s.Good)
}

var errSense = errors.New("the record makes no sense here")

// Apply changes the state as a record says. A record that does not fit is an error and changes
// nothing; a machine makes no such record, so it means that the journal is not whole.
func (s *State) Apply(r Record) error {
	var err error
	switch r.Kind {
	case Published:
		err = s.published(r)
	case Began:
		if s.Run != nil || len(s.Waiting) == 0 || s.Waiting[0] != r.Revision {
			err = errSense
			break
		}
		s.Waiting = slices.Clone(s.Waiting[1:])
		s.Find(r.Revision).Outcome = Rolling
		s.Run = &Run{Revision: r.Revision, Since: r.Time, StepSince: r.Time}
	case Stepped, Asked, Paused, Resumed, Returned:
		if s.Run == nil || s.Run.Revision != r.Revision || s.Run.Returning != 0 {
			err = errSense
			break
		}
		err = s.steered(r)
	case Ended:
		if s.Run == nil || s.Run.Revision != r.Revision || s.Run.Returning == 0 && !s.Run.All {
			err = errSense
			break
		}
		s.ended(r)
	default:
		err = errors.New("there is no such kind")
	}
	if err != nil {
		return fmt.Errorf("record %q of revision %d: %w", r.Kind, r.Revision, err)
	}
	return nil
}

func (s *State) published(r Record) error {
	returns := r.Replace && s.Run != nil && s.Run.Returning == 0
	first := r.Revision
	if returns {
		first = r.Return
	}
	switch {
	case r.Spec == nil || len(r.Spec.Steps) == 0:
		return errors.New("it has no rollout")
	case first <= s.Last || first > s.Last+MaxLeap || r.Revision < first ||
		r.Revision > first+MaxLeap || returns && r.Revision == first:
		return fmt.Errorf("the highest revision is %d: %w", s.Last, errSense)
	case !r.Replace && len(s.Waiting) >= MaxWaiting:
		return errSense
	}
	if r.Replace {
		why := fmt.Sprintf("revision %d came in its place", r.Revision)
		if returns {
			s.takeBack(r.Return, r.Time, r.By, why, Replaced)
		} else {
			s.drop(r.Time, why)
		}
	}
	s.History = append(s.History, Revision{
		Number: r.Revision, Digest: r.Digest, Signature: r.Signature, Signed: r.Number,
		Floor: r.Floor, Time: r.Time, By: r.By,
		Message: r.Message, From: r.From,
		Outcome: Waiting, Spec: *r.Spec,
	})
	s.Last = r.Revision
	s.Waiting = append(slices.Clone(s.Waiting), r.Revision)
	return nil
}

func (s *State) steered(r Record) error {
	run := *s.Run
	switch r.Kind {
	case Stepped:
		if r.Step != run.Step+1 || run.All {
			return errSense
		}
		run.Step, run.All, run.StepSince = r.Step, r.All, r.Time
		run.reach(r.Nodes, r.Time)
	case Asked:
		if run.Step == 0 || run.All || len(r.Nodes) == 0 {
			return errSense
		}
		run.StepSince = r.Time
		run.reach(r.Nodes, r.Time)
	case Paused, Resumed:
		run.Paused = r.Kind == Paused
	case Returned:
		if r.Return <= s.Last || r.Return > s.Last+MaxLeap {
			return errSense
		}
		s.takeBack(r.Return, r.Time, r.By, r.Reason, Undone)
		return nil
	}
	s.Run = &run
	return nil
}

// reach adds nodes to those that a run goes to, which others may still look at.
func (r *Run) reach(nodes map[string]string, at time.Time) {
	all := make(map[string]string, len(r.Nodes)+len(nodes))
	maps.Copy(all, r.Nodes)
	given := make(map[string]time.Time, len(all))
	maps.Copy(given, r.Given)
	for name, boot := range nodes {
		all[name], given[name] = boot, at
	}
	r.Nodes, r.Given = all, given
}

// given is since when a node is to run it. One that no step has named has been given it with the
// step that reaches all.
func (r *Run) given(name string) time.Time {
	if at, ok := r.Given[name]; ok {
		return at
	}
	return r.StepSince
}

// takeBack gives every node the last good digest again, under a number above all that nodes may
// have. What waits was made on top of what is taken back, so it is dropped.
func (s *State) takeBack(number uint64, at time.Time, by, reason string, outcome Outcome) {
	run := *s.Run
	run.Returning, run.By, run.Reason = number, by, reason
	ended := s.Find(run.Revision)
	ended.Outcome, ended.Reason, ended.Ended = outcome, reason, at
	s.drop(at, fmt.Sprintf("revision %d, which it was to follow, was taken back", run.Revision))
	back := Revision{
		Number: number, Time: at, By: by, From: run.Revision, Outcome: Good, Reason: reason,
		Ended: at, Spec: AtOnce(),
		Message: fmt.Sprintf("take back revision %d", run.Revision),
	}
	if good := s.Find(s.Good); good != nil {
		back.Digest, back.Signature = good.Digest, good.Signature
		back.Signed, back.Floor = good.Signed, good.Floor
	}
	s.History = append(s.History, back)
	s.Last, s.Good, s.Run = number, number, &run
}

func (s *State) drop(at time.Time, why string) {
	for _, n := range s.Waiting {
		r := s.Find(n)
		r.Outcome, r.Reason, r.Ended = Dropped, why, at
	}
	s.Waiting = nil
}

func (s *State) ended(r Record) {
	run := *s.Run
	if run.Returning == 0 {
		run.Reason = r.Reason
		good := s.Find(run.Revision)
		good.Outcome, good.Reason, good.Ended = Good, r.Reason, r.Time
		s.Good = run.Revision
	}
	s.Run, s.Former = nil, &run
}
