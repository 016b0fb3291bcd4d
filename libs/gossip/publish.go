package gossip

import (
	"math"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/health"
)

const (
	// step is by how much a loss has to change before it is said again.
	step = 0.05
	// atMost is how many reports are made at a time; the rest are made the next time.
	atMost = 256
	// soonest is the part of Repeat after which a loss is said for the second time.
	soonest = 8
	// takenBack is how many reports that were taken back a node keeps before it starts a
	// new life, in which it says what holds and no more.
	takenBack = 2000
)

// publisher works out what this node has to say. It is used by one goroutine.
type publisher struct {
	name        string
	incarnation uint64
	sequence    uint64
	said        map[about]*saying
	back        int // of those, how many were taken back
	pace        *Pace
	jitter      func() float64 // 0 to 1
}

// saying is what was said last of something.
type saying struct {
	sight   health.Sight
	suspect bool
	gone    bool
	when    time.Time
	again   time.Time // when it is to be repeated
	wait    time.Duration
}

func newPublisher(name string, incarnation uint64, pace *Pace, jitter func() float64) *publisher {
	return &publisher{
		name: name, incarnation: incarnation, said: make(map[about]*saying), pace: pace,
		jitter: jitter,
	}
}

// next returns the reports to make now, given all that this node has seen.
func (p *publisher) next(now time.Time, sights []health.Sight, suspect bool) (reports []Report) {
	if p.back > takenBack && 2*p.back > len(p.said) {
		p.restart(p.incarnation + 1)
	}
	say := func(key about, s health.Sight, gone bool) {
		reports = append(reports, p.say(key, s, suspect, gone, now))
	}
	// First what says how far the rest is to be believed.
	if old := p.said[about{}]; old == nil || old.suspect != suspect || old.gone {
		say(about{}, health.Sight{}, false)
	}
	current := make(map[about]bool, len(sights))
	for _, s := range sights {
		key := about{s.Cluster, s.Address}
		current[key] = true
		if len(reports) < atMost && p.due(p.said[key], s, now) {
			say(key, s, false)
		}
	}
	for key, old := range p.said {
		if len(reports) >= atMost {
			break
		}
		if key == (about{}) || current[key] || old.back() {
			continue
		}
		// An endpoint without a loss is well again, or not known any more; a cluster that
		// is not listed is not watched.
		say(key, health.Sight{Cluster: key.cluster, Address: key.address}, key.address == "")
	}
	return reports
}

// back says whether this takes back what was said before.
func (s *saying) back() bool { return s.gone || s.sight.Address != "" && s.sight.Loss == 0 }

// due says whether a sight is to be said, given what was said of it.
func (p *publisher) due(old *saying, s health.Sight, now time.Time) bool {
	switch {
	case old == nil:
		return true
	case s.Address == "":
		return old.gone
	case (old.sight.Loss > 0) != (s.Loss > 0):
		return true
	case s.Loss == 0:
		return false
	case old.sight.Down != s.Down || !now.Before(old.again):
		return true
	}
	return math.Abs(old.sight.Loss-s.Loss) >= step && now.Sub(old.when) >= p.pace.Tick
}

func (p *publisher) say(key about, s health.Sight, suspect, gone bool, now time.Time) Report {
	p.sequence++
	old := p.said[key]
	if old != nil && key != (about{}) && old.back() {
		p.back--
	}
	// Soon for the first time, in case a node has missed it; then less and less often.
	wait := p.pace.Repeat / soonest
	if old != nil && old.sight.Loss > 0 && s.Loss > 0 && !now.Before(old.again) {
		wait = min(2*old.wait, p.pace.Repeat)
	}
	again := time.Duration((0.75 + p.jitter()/2) * float64(wait))
	fresh := &saying{
		sight: s, suspect: suspect, gone: gone, when: now, again: now.Add(again), wait: wait,
	}
	if key != (about{}) && fresh.back() {
		p.back++
	}
	p.said[key] = fresh
	return Report{
		Observer: p.name, Incarnation: p.incarnation, Sequence: p.sequence, Sight: s,
		Suspect: suspect, Gone: gone,
	}
}

// restart begins another life, in which nothing has been said.
func (p *publisher) restart(incarnation uint64) {
	p.incarnation, p.back = incarnation, 0
	clear(p.said)
}

// heard is told what comes in under this node's own name. Something that it has not said
// is from a life before, and would hold over all it says: it starts one that is later.
func (p *publisher) heard(r *Report) bool {
	if r.Incarnation < p.incarnation || r.Incarnation == p.incarnation && r.Sequence <= p.sequence {
		return false
	}
	p.restart(min(r.Incarnation, maxNumber-1) + 1)
	return true
}

// leave is the last report of this life.
func (p *publisher) leave(now time.Time) Report {
	return p.say(about{}, health.Sight{}, false, true, now)
}
