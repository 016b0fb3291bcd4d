package node

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
	// trialRequests is how many requests a verdict takes: one error among the
	// first two would otherwise be half of all.
	trialRequests = 20
	// baselineSeconds is how much of the time before is compared with.
	baselineSeconds = 60
)

// tally is what the engines counted at one moment: requests and TCP sessions.
type tally struct{ requests, failures, connects uint64 }

func tallyOf(c counted) (t tally) {
	if h := c.http; h != nil {
		t = tally{h.Requests.Load(), h.Failures.Load(), h.Connects.Load()}
	}
	if s := c.tcp; s != nil {
		t.requests += s.Sessions.Load()
		t.failures += s.Failures.Load()
		t.connects += s.Connects.Load()
	}
	return t
}

func (t tally) since(before tally) tally {
	return tally{t.requests - before.requests, t.failures - before.failures, t.connects - before.connects}
}

// shares are the shares of requests that ended with a 5xx, and of connections
// that could not be made. Of few requests nothing is known, so nothing is assumed
// to have failed.
func (t tally) shares() (failures, connects float64) {
	if t.requests < trialRequests {
		return 0, 0
	}
	return float64(t.failures) / float64(t.requests), float64(t.connects) / float64(t.requests)
}

// A trial is the time after a reload in which a plan must not do worse than the
// one before.
type trial struct {
	rules    config.Reload
	counts   counted
	baseline tally
	before   *generation // what it is compared with, and returns to
	end      time.Time
}

func newTrial(rules config.Reload, counts counted, baseline tally, before *generation) *trial {
	return &trial{rules: rules, counts: counts, baseline: baseline, before: before, end: time.Now().Add(rules.Trial)}
}

// verdict says what is wrong with the plan, "" if nothing is, as far as it shows.
func (t *trial) verdict() string {
	now := tallyOf(t.counts)
	if now.requests < trialRequests {
		return ""
	}
	failures, connects := now.shares()
	before5xx, beforeConnects := t.baseline.shares()
	limit := float64(t.rules.MaxErrorIncrease)
	tell := func(what string, share, before float64) string {
		return fmt.Sprintf("%s rose from %.1f%% to %.1f%% of %d requests within %s of the reload, and %s more is allowed",
			what, 100*before, 100*share, now.requests, t.rules.Trial, t.rules.MaxErrorIncrease)
	}
	switch {
	case failures > before5xx+limit:
		return tell("5xx answers", failures, before5xx)
	case connects > beforeConnects+limit:
		return tell("failed connections to endpoints", connects, beforeConnects)
	}
	return ""
}

// endTrial needs running held.
func (r *reloads) endTrial() { r.trial = nil }

// watchTrials looks at the plan on trial, if there is one, until ctx ends.
func (r *reloads) watchTrials(ctx context.Context) {
	tick := time.NewTicker(trialLook)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			r.look(ctx)
		}
	}
}

func (r *reloads) look(ctx context.Context) {
	r.running.Lock()
	defer r.running.Unlock()
	r.sample()
	t := r.trial
	if t == nil {
		return
	}
	if why := t.verdict(); why != "" {
		if r.rollbackLocked(ctx, admin.ByTrial, why).Result != admin.RolledBack {
			r.endTrial() // what is in the way will hardly go away within the next look
		}
		return
	}
	if time.Now().After(t.end) {
		r.endTrial()
		r.edge.Log.WithField("digest", short(r.now().plan.Digest)).Info("reload: the trial ended well")
	}
}

// samples are tallies of the plan in force, one a second.
type samples struct {
	counts counted
	ring   [baselineSeconds]tally
	n      int
	last   time.Time
}

// sample needs running held.
func (r *reloads) sample() {
	s, counts := &r.samples, r.edge.engine.counted()
	if s.counts != counts {
		*s = samples{counts: counts}
	}
	if now := time.Now(); now.Sub(s.last) >= time.Second {
		s.last = now
		s.ring[s.n%baselineSeconds] = tallyOf(counts)
		s.n++
	}
}

// baseline is what the plan in force did in the last minute. It needs running
// held.
func (r *reloads) baseline() tally {
	s, counts := &r.samples, r.edge.engine.counted()
	now := tallyOf(counts)
	if s.counts != counts || s.n <= baselineSeconds {
		return now // all of its time
	}
	return now.since(s.ring[s.n%baselineSeconds]) // the oldest
}
