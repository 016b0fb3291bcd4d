package quota

import (
	"fmt"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/shares"
)

// A Status is how a node stands in dividing limits.
type Status struct {
	shares.Status
	Limits int    // that this node has a share of, or waits for one
	Wrong  string // why no shares are to be had, and what to do; "" is nothing
	// Waits says that the node has just started and has no share of some limit yet.
	Waits bool
}

// Patience of a node that has started, and of a log.
const (
	// startUp is how long a node counts as one that has just started: as long as the first leader
	// of a fleet waits before it gives anything, and some more.
	startUp = 10 * time.Second
	// quiet is how long nobody has to lead before that is told.
	quiet = 10 * time.Second
)

// teller remembers what was said.
type teller struct {
	ready bool
	leads bool
	since time.Duration // when somebody led last
	alone bool          // that nobody leads was told
}

// Status says how the node stands.
func (r *Runner) Status() Status { return *r.status.Load() }

// tell notes how the node stands, and tells of what has changed.
func (r *Runner) tell(now time.Duration, waits bool) {
	s := Status{Status: r.node.Status(now), Limits: len(r.uses)}
	if !waits || now-r.began >= startUp {
		r.told.ready = true
	}
	s.Waits = !r.told.ready
	if len(r.uses) > 0 {
		s.Wrong = r.wrong(&s)
	}
	r.status.Store(&s)
	log := r.log.WithField("part", "fleet limits")
	if s.Leads != r.told.leads {
		if r.told.leads = s.Leads; s.Leads {
			log.Info("this node gives out the shares of the fleet's limits")
		} else {
			log.Info("this node gives out no shares any more")
		}
	}
	if s.Leader != "" || len(r.uses) == 0 {
		r.told.since = now
	}
	switch alone := now-r.told.since >= quiet; {
	case alone && !r.told.alone:
		log.Warn("nobody gives out shares of the fleet's limits: " + s.Wrong)
		r.told.alone = true
	case !alone && r.told.alone:
		log.WithField("leader", s.Leader).Info("the fleet's limits are shared again")
		r.told.alone = false
	}
}

// wrong says why nobody leads.
func (r *Runner) wrong(s *Status) string {
	const write = "; write the names of 3 or 5 nodes that stay into gossip.voters, the same at " +
		"every node"
	e := r.electors.Load()
	switch {
	case s.Leader != "" && s.Others > 0:
		return fmt.Sprintf("%d of %d nodes know other voters; give all the same", s.Others, s.Nodes)
	case s.Leader != "" || e == nil:
		return ""
	case e.wrong != "":
		return e.wrong + write
	case s.Found <= s.Voters/2:
		return fmt.Sprintf("only %d of %d voters are in the ring, and it takes more than half",
			s.Found, s.Voters)
	}
	return fmt.Sprintf("no leader answers; %d of %d voters are in the ring", s.Found, s.Voters)
}
