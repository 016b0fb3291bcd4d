package health

import (
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Scale is what configured weights are multiplied by in [Cluster.Weights], so that 1 % of a weight
// of 1 is a whole number.
const Scale = 100

const (
	// healthy is the share of its configured weight that a cluster never falls below. So no
	// endpoint ever gets more than 1/healthy times the traffic it was configured for because others
	// are weak.
	healthy = 0.5

	// doubling is how long a weight takes to double on its way back.
	doubling = time.Second

	// All endpoints fail alike when each fails at least alikeShare of its requests and no two
	// shares are further apart than alikeSpread. It is over when one share is below unlikeShare or
	// two are further apart than unlikeSpread.
	alikeShare, alikeSpread   = 0.5, 0.1
	unlikeShare, unlikeSpread = 0.4, 0.2
)

// Cluster is the endpoints of one cluster as one plan has them. All its methods may be called at
// the same time.
type Cluster struct {
	settings Settings
	members  []member
	distinct []*Endpoint // without repetition
	shared   *judging
	weights  atomic.Pointer[[]int] // the last verdict; what it points to never changes

	backups bool // there are some

	next   []int // guarded by shared.mu; scratch for the next verdict
	capped bool  // guarded by shared.mu; deficits were scaled down for healthy
	// onBackups says that backups serve. Guarded by shared.mu.
	onBackups bool
}

type member struct {
	*Endpoint
	address    string
	configured int
	backup     bool
}

// judging is what the verdicts on all endpoints of one cluster name share.
type judging struct {
	mu    sync.Mutex // guards also the fields of the endpoints that name it as their guard
	alike bool       // guarded by mu; all endpoints fail alike
	rose  time.Time  // guarded by mu; when weights last rose

	watchers []*Witness // guarded by mu; that look at the cluster too
}

// Len returns the number of endpoints.
func (c *Cluster) Len() int { return len(c.members) }

// Endpoint returns the state of the endpoint with the given index.
func (c *Cluster) Endpoint(i int) *Endpoint { return c.members[i].Endpoint }

// Weights returns the effective weight of each endpoint by the last verdict, times Scale. The
// caller must not change it. Two calls without a change in between return the same slice.
func (c *Cluster) Weights() []int { return *c.weights.Load() }

// start publishes what is known of the endpoints from before. joins says that new ones come beside
// others.
func (c *Cluster) start(joins bool) {
	c.shared.mu.Lock()
	defer c.shared.mu.Unlock()
	for i := range c.members {
		c.members[i].join(joins, &c.settings)
	}
	c.next = make([]int, len(c.members))
	c.limit()
	weights := slices.Clone(c.next)
	c.weights.Store(&weights)
}

// Judge works out new verdicts, and tells whether Weights has changed. One goroutine should call it
// every 250 to 500 ms; now should come from a monotonic clock and be the same for all clusters of a
// round. It allocates only when weights change.
func (c *Cluster) Judge(now time.Time) (changed bool) {
	c.shared.mu.Lock()
	defer c.shared.mu.Unlock()
	for _, e := range c.distinct {
		e.look(now, &c.settings)
	}
	did := c.shared.alike
	c.shared.alike = c.failAlike(did)
	for _, e := range c.distinct {
		switch {
		case did && !c.shared.alike:
			e.forgive()
			e.returns = now.Add(c.settings.Window)
		case !c.shared.alike && e.told.Equal(now) && e.lately == working && now.Before(e.returns):
			e.forgive()
			e.returns = now
		}
	}
	since := now.Sub(c.shared.rose)
	rises := since >= doubling || since < 0 // below zero: a clock that was set back
	if rises {
		c.shared.rose = now
	}
	vantage := c.shared.vantage(now)
	for _, e := range c.distinct {
		if c.backups && !c.shared.alike {
			c.expect(e, now)
		}
		switch {
		case c.shared.alike:
			e.weight = 1
		case c.onBackups && e.out:
			e.try(now, &c.settings, rises)
		default:
			e.weigh(&c.settings, rises)
		}
		e.consider(now, vantage, &c.settings, rises)
		if c.settings.SlowStart > 0 {
			e.slowly(now, &c.settings, c.shared.alike)
		}
	}
	c.limit()
	if slices.Equal(c.next, c.Weights()) {
		return false
	}
	weights := slices.Clone(c.next)
	c.weights.Store(&weights)
	return true
}

// failAlike tells whether all endpoints fail alike, given whether they did at the last look.
// c.shared.mu is held.
func (c *Cluster) failAlike(did bool) bool {
	least, most, judged, weighted := 1.0, 0.0, 0, 0
	for i := range c.members {
		m := &c.members[i]
		if m.configured == 0 {
			continue
		}
		weighted++
		if m.recent == 0 && m.lately == working {
			return false // nothing was asked of it but checks, and they find it well
		}
		if did && m.backup && m.recent == 0 && !m.down {
			return false // it gets no traffic, so what it would do is unknown by now
		}
		if m.enough {
			judged++
			least, most = min(least, m.share), max(most, m.share)
		}
	}
	if did {
		return judged > 0 && weighted > 1 && least >= unlikeShare && most-least <= unlikeSpread
	}
	return judged == weighted && weighted > 1 && least >= alikeShare && most-least <= alikeSpread
}

// limit fills next: it applies the limits of the cluster to what each endpoint deserves.
// c.shared.mu is held.
func (c *Cluster) limit() {
	c.turnTo(c.backups && c.needsBackups())
	keep := 1.0 // of each deficit
	var sum, deficit float64
	weighted := 0
	for i := range c.members {
		m := &c.members[i]
		if c.serves(m) {
			weighted++
			sum += float64(m.configured)
			deficit += float64(m.configured) * (1 - m.deserved())
		}
	}
	most := (1 - healthy) * sum
	if c.capped = deficit > most; c.capped {
		keep = most / deficit
	}
	if weighted == 1 {
		keep, c.capped = 0, false
	}
	slow := c.slowed(keep, weighted)
	for i := range c.members {
		m := &c.members[i]
		if m.backup != c.onBackups {
			c.next[i] = c.trial(m, sum)
			continue
		}
		share := 1 - (1-m.deserved())*keep
		if slow > 0 {
			share *= 1 - (1-m.slowness())*slow
		}
		c.next[i] = scaled(m.configured, share)
	}
}

// serves says whether an endpoint is one of those that share the traffic. c.shared.mu is held.
func (c *Cluster) serves(m *member) bool { return m.configured > 0 && m.backup == c.onBackups }

// scaled returns a share of a configured weight times Scale, rounded up, so that limits that hold
// before rounding hold after it and no endpoint is rounded out of the cluster.
func scaled(configured int, share float64) int {
	const dust = 1e-6 // what floating point may add to a whole number
	full := min(configured, math.MaxInt/Scale) * Scale
	if share >= 1 {
		return full
	}
	return min(max(int(math.Ceil(float64(full)*share-dust)), 1), full)
}
