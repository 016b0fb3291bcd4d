package health

import (
	"math"
	"time"
)

// hopeless is the share of failures in a window from which on an endpoint is out.
const hopeless = 0.99

// An endpoint that is out rests after a failure: for leastRest at first, and then for twice as long
// each time, up to mostRest.
const leastRest, mostRest = time.Second, 10 * time.Second

// expect works out whether anything is to be expected of an endpoint of a cluster that has backups.
// Nothing is while active checks find it down, once min_requests in a row have failed, and when
// nearly all in its window did. A success without a failure beside it ends that, and so does time:
// when the weight has risen to all of it again and nothing has failed meanwhile. If backups serve
// in its place it is back at once, with all of its weight. c.shared.mu is held.
func (c *Cluster) expect(e *Endpoint, now time.Time) {
	works := e.lately == working && e.clean && e.told.Equal(now)
	switch {
	case e.out && !e.down && (works || e.weight == 1 && e.counts.failures() == 0):
		e.out, e.inRow = false, 0
		if c.onBackups {
			e.forgive()
		}
	case e.down, e.inRow >= uint64(c.settings.MinRequests), e.enough && e.share >= hopeless:
		e.out = true
	}
}

// try moves the weight with which an endpoint that is out tries itself while backups serve. It
// doubles until a request comes by, whatever the window remembers, so that there is one every few
// seconds however few there are. A failure takes it to the floor for a rest, each longer than the
// one before. judging.mu is held.
func (e *Endpoint) try(now time.Time, s *Settings, rises bool) {
	switch {
	case e.lately == failing && e.told.Equal(now):
		e.weight = s.Floor
		e.rest = min(max(2*e.rest, leastRest), mostRest)
		e.rested = now.Add(e.rest)
	case rises && !e.down && !now.Before(e.rested):
		e.weight = min(2*e.weight, 1)
	}
}

// needsBackups says whether the backups of the cluster serve: no other endpoint with a weight is
// anything to be expected of, and of a backup something is. When all endpoints are out, or fail
// alike, it is as if there were no backups. c.shared.mu is held.
func (c *Cluster) needsBackups() bool {
	usable, weighted := false, false
	for i := range c.members {
		m := &c.members[i]
		switch {
		case m.configured == 0:
		case !m.backup && (!m.out || c.shared.alike):
			return false
		case !m.backup:
			weighted = true
		default:
			usable = usable || !m.out
		}
	}
	if !weighted { // in maintenance: there is nothing to go back to
		return true
	}
	return usable
}

// turnTo lets backups serve, or ends that. Then those that are out begin to try themselves with the
// least that they can have. c.shared.mu is held.
func (c *Cluster) turnTo(backups bool) {
	if backups && !c.onBackups {
		for i := range c.members {
			if m := &c.members[i]; m.out && !m.backup {
				m.weight, m.rest = c.settings.Floor, 0
			}
		}
	}
	c.onBackups = backups
}

// trial is the weight of an endpoint that is not one of those that serve: none, but for one that is
// out and has to prove itself on a share of the traffic, since nobody else asks it. sum is the
// configured weight of those that serve. c.shared.mu is held.
func (c *Cluster) trial(m *member, sum float64) int {
	if m.backup || m.down || m.configured == 0 {
		return 0
	}
	all := 0.0
	for i := range c.members {
		if o := &c.members[i]; !o.backup {
			all += float64(o.configured)
		}
	}
	weight := math.Ceil(sum * Scale * m.deserved() * float64(m.configured) / all)
	return int(min(max(weight, 1), math.MaxInt32))
}
