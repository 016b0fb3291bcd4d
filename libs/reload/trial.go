package reload

import (
	"context"
	"fmt"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/config"
)

const (
	// trialLook is how often a plan on trial is looked at.
	trialLook = 100 * time.Millisecond
	// trialRequests is how many requests it takes to judge a plan: one error among the
	// first two would otherwise be half of all.
	trialRequests = 20
	// baselineSeconds is how much of the time before is compared with.
	baselineSeconds = 60
)

// A Tally is what was counted up to one moment: requests and TCP sessions, those of them that
// failed, and connections to endpoints that could not be made.
type Tally struct{ Requests, Failures, Connects uint64 }

// Counters count what one generation does. Those of another generation are not equal to them.
type Counters interface{ Tally() Tally }

func (t Tally) since(before Tally) Tally {
	return Tally{
		t.Requests - before.Requests, t.Failures - before.Failures, t.Connects - before.Connects,
	}
}

// shares are the shares of requests that failed, and of connections
// that could not be made. Of few requests nothing is known, so nothing is assumed
// to have failed.
func (t Tally) shares() (failures, connects float64) {
	if t.Requests < trialRequests {
		return 0, 0
	}
	return float64(t.Failures) / float64(t.Requests), float64(t.Connects) / float64(t.Requests)
}

// A trial is the time after a reload in which a plan must not do worse than the
// one before.
type trial struct {
	rules    config.Reload
	counts   Counters
	baseline Tally
	before   *Generation // what it is compared with, and returns to
	end      time.Time
}

func newTrial(rules config.Reload, counts Counters, baseline Tally, before *Generation) *trial {
	return &trial{
		rules: rules, counts: counts, baseline: baseline, before: before,
		end: time.Now().Add(rules.Trial),
	}
}

// failing says what is wrong with the plan, "" if nothing is, as far as it shows.
func (t *trial) failing() string {
	now := t.counts.Tally()
	if now.Requests < trialRequests {
		return ""
	}
	failures, connects := now.shares()
	before5xx, beforeConnects := t.baseline.shares()
	limit := float64(t.rules.MaxErrorIncrease)
	tell := func(what string, share, before float64) string {
		return fmt.Sprintf("%s rose from %.1f%% to %.1f%% of %d requests within %s of the "+
			"reload, and %s more is allowed",
			what, 100*before, 100*share, now.Requests, t.rules.Trial, t.rules.MaxErrorIncrease)
	}
	switch {
	case failures > before5xx+limit:
		return tell("failed requests", failures, before5xx)
	case connects > beforeConnects+limit:
		return tell("failed connections to endpoints", connects, beforeConnects)
	}
	return ""
}

// endTrial needs running held.
func (m *Machine) endTrial() { m.trial = nil }

// watchTrials looks at the plan on trial, if there is one, until ctx ends.
func (m *Machine) watchTrials(ctx context.Context) {
	tick := time.NewTicker(trialLook)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			m.look(ctx)
		}
	}
}

func (m *Machine) look(ctx context.Context) {
	m.running.Lock()
	defer m.running.Unlock()
	m.sample()
	t := m.trial
	if t == nil {
		return
	}
	if why := t.failing(); why != "" {
		if m.rollbackLocked(ctx, admin.ByTrial, why).Result != admin.RolledBack {
			m.endTrial() // what is in the way will hardly go away within the next look
		}
		return
	}
	if time.Now().After(t.end) {
		m.endTrial()
		m.Log.WithField("digest", short(m.Now().Plan.Digest)).Info("reload: the trial ended well")
	}
}

// samples are tallies of the plan in force, one a second.
type samples struct {
	counts Counters
	ring   [baselineSeconds]Tally
	n      int
	last   time.Time
}

// sample needs running held.
func (m *Machine) sample() {
	if m.Counts == nil {
		return // there will be no trial
	}
	s, counts := &m.samples, m.Counts()
	if s.counts != counts {
		*s = samples{counts: counts}
	}
	if now := time.Now(); now.Sub(s.last) >= time.Second {
		s.last = now
		s.ring[s.n%baselineSeconds] = counts.Tally()
		s.n++
	}
}

// baseline is what the plan in force did in the last minute. It needs running
// held.
func (m *Machine) baseline() Tally {
	if m.Counts == nil {
		return Tally{}
	}
	s, counts := &m.samples, m.Counts()
	now := counts.Tally()
	if s.counts != counts || s.n <= baselineSeconds {
		return now // all of its time
	}
	return now.since(s.ring[s.n%baselineSeconds]) // the oldest
}
