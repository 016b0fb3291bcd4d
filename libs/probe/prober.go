package probe

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/sirupsen/logrus"
)

// DefaultMaxConcurrent is how many checks a Prober makes at a time. It is enough for a
// thousand endpoints of which none answers, at the default interval and timeout.
const DefaultMaxConcurrent = 256

// idle is how long a Prober sleeps when nothing waits. Set wakes it.
const idle = time.Hour

// Options are what a Prober is made from.
type Options struct {
	Log           *logrus.Logger
	MaxConcurrent int // DefaultMaxConcurrent if 0
	// Ask makes a check; nil is the package's Ask.
	Ask func(context.Context, *Target) Result
}

// A Prober makes the checks of a node. Its methods may be called from any goroutine.
type Prober struct {
	options Options
	wake    chan struct{} // holds one

	mu      sync.Mutex
	checks  map[key]*check // guarded by mu
	waiting queue          // guarded by mu; those of checks that are not being made
	running int            // guarded by mu
}

// A check is a target with its history. It is guarded by Prober.mu.
type check struct {
	target *Target // replaced, never changed
	due    time.Time
	place  int // in the queue; -1: being made
	gone   bool

	last   Result
	counts [kinds]uint64
	made   bool // at least once
}

// NewProber makes a Prober without targets.
func NewProber(o Options) *Prober {
	if o.MaxConcurrent == 0 {
		o.MaxConcurrent = DefaultMaxConcurrent
	}
	if o.Ask == nil {
		o.Ask = Ask
	}
	return &Prober{options: o, wake: make(chan struct{}, 1), checks: map[key]*check{}}
}

// Set makes these the targets. Those it has already go on: what they are asked next is
// what is given here, when they are asked stays. New ones are asked for the first time
// at some moment of their interval, so that no plan begins with all of them at once.
func (p *Prober) Set(targets []Target) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	before := p.checks
	p.checks = make(map[key]*check, len(targets))
	for i := range targets {
		t := &targets[i]
		if p.checks[t.key()] != nil {
			continue // once is enough
		}
		soon := now.Add(rand.N(t.interval())) //nolint:gosec // nobody gains by guessing it
		c := before[t.key()]
		switch {
		case c == nil:
			c = &check{due: soon}
			p.waiting.add(c)
		case !c.target.asksAs(t) && c.place >= 0 && soon.Before(c.due):
			c.due = soon // what is known answers another question
			p.waiting.moved(c)
		}
		delete(before, t.key())
		c.target = t
		p.checks[t.key()] = c
	}
	for _, c := range before {
		c.gone = true
		if c.place >= 0 {
			p.waiting.remove(c)
		}
	}
	p.awake()
}

// awake lets Run look again.
func (p *Prober) awake() {
	select {
	case p.wake <- struct{}{}:
	default: // it will
	}
}

// Run makes checks until ctx ends, and returns when none is being made any more.
func (p *Prober) Run(ctx context.Context) error {
	var group sync.WaitGroup
	defer group.Wait()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-p.wake:
		case <-timer.C:
		}
		timer.Reset(p.begin(ctx, &group))
	}
}

// begin starts the checks that are due, and returns when to look again.
func (p *Prober) begin(ctx context.Context, group *sync.WaitGroup) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	for len(p.waiting) > 0 && p.running < p.options.MaxConcurrent {
		c := p.waiting[0]
		if wait := c.due.Sub(now); wait > 0 {
			return wait
		}
		p.waiting.take()
		p.running++
		t := c.target
		group.Go(func() {
			r := p.options.Ask(ctx, t)
			r.Reason = t.Veil.Text(r.Reason)
			p.done(c, t, r, ctx.Err() == nil)
		})
	}
	return idle
}

// done takes the result of a check that was made for a target. It does not count where
// the target is gone, or asks something else, or the check was broken off.
func (p *Prober) done(c *check, t *Target, r Result, counts bool) {
	p.mu.Lock()
	p.running--
	defer p.awake()
	if c.gone {
		p.mu.Unlock()
		return
	}
	began := r.Began
	if began.IsZero() {
		began = time.Now()
	}
	c.due = began.Add(period(c.target.interval()))
	p.waiting.add(c)
	if counts = counts && c.target.asksAs(t); !counts {
		p.mu.Unlock()
		return
	}
	before, first := c.last.Kind, !c.made
	c.last, c.made = r, true
	c.counts[r.Kind]++
	if c.target.Health != nil {
		c.target.Health.RecordActive(r.Kind.Outcome())
	}
	p.mu.Unlock()
	p.tell(t, r, first, before)
}

// tell logs a result that is not like the one before.
func (p *Prober) tell(t *Target, r Result, first bool, before Kind) {
	failed, did := r.Kind != Passed, before != Passed && !first
	if failed == did || p.options.Log == nil {
		return
	}
	entry := p.options.Log.WithFields(logrus.Fields{
		"cluster": t.Cluster, "endpoint": t.shown(), "reason": r.Reason,
	})
	if failed {
		entry.Warn("an endpoint fails its active checks")
	} else {
		entry.Info("an endpoint passes its active checks again")
	}
}

// period is the time between the starts of two checks: never more than the interval,
// which is what people count on, and a little less by chance, so that the checks of many
// nodes and endpoints do not fall into step.
func period(interval time.Duration) time.Duration {
	return interval - rand.N(interval/10+1) //nolint:gosec // no secret
}

// Last returns what came of the last check of an endpoint, by what it is shown as; false: there was
// none.
func (p *Prober) Last(cluster, shown string) (Result, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.checks[key{cluster, shown}]
	if c == nil || !c.made {
		return Result{}, false
	}
	return c.last, true
}
