package health

import "time"

// slowBegin is the share of its weight that a slow start begins with. An endpoint that has less is
// gone.
const slowBegin = 0.1

// join begins a slow start for an endpoint that is new beside others, or had no weight before.
// judging.mu is held.
func (m *member) join(joins bool, s *Settings) {
	if m.absent && joins && m.configured > 0 && s.SlowStart > 0 {
		m.fresh, m.slow = true, slowBegin
	}
	m.absent = m.configured == 0
}

// slowly works out what a slow start leaves of the weight of an endpoint: a tenth when it is back,
// and then more in a line. alike says that all endpoints fail alike, which is nobody's return.
// judging.mu is held.
func (e *Endpoint) slowly(now time.Time, s *Settings, alike bool) {
	if alike {
		e.gone, e.fresh, e.since, e.slow = false, false, time.Time{}, 1
		return
	}
	switch {
	case e.down || e.out || e.deserved() < slowBegin:
		e.gone, e.since, e.slow = true, time.Time{}, 1
		return
	case e.gone || e.fresh || now.Before(e.since): // before: a clock that was set back
		e.gone, e.fresh, e.since = false, false, now
	}
	if e.since.IsZero() {
		return
	}
	e.slow = slowBegin + (1-slowBegin)*float64(now.Sub(e.since))/float64(s.SlowStart)
	if e.slow >= 1 {
		e.slow, e.since = 1, time.Time{}
	}
}

// leaves is what a slow start leaves of the weight of an endpoint; 1: there is none.
// c.shared.mu is held.
func (c *Cluster) leaves(m *member) float64 {
	if c.settings.SlowStart == 0 {
		return 1
	}
	return m.slow
}

// slowness is what a slow start leaves of the weight that health leaves: the lesser of the two
// counts. judging.mu is held.
func (e *Endpoint) slowness() float64 { return min(1, e.slow/e.deserved()) }

// slowed returns the share of what slow starts take that they may: no more than half of the weight
// that health leaves of the cluster, so that nobody gets more than twice its share because others
// begin; and nothing of the only endpoint. keep is the share of the deficits that counts.
// c.shared.mu is held.
func (c *Cluster) slowed(keep float64, weighted int) float64 {
	if c.settings.SlowStart == 0 || weighted == 1 {
		return 0
	}
	var sum, deficit float64
	for i := range c.members {
		if m := &c.members[i]; c.serves(m) {
			has := float64(m.configured) * (1 - (1-m.deserved())*keep)
			sum += has
			deficit += has * (1 - m.slowness())
		}
	}
	if most := (1 - healthy) * sum; deficit > most {
		return most / deficit
	}
	return 1
}
