package rollout

import (
	"fmt"
	"math"
	"time"
)

// A Comparison is what one gate saw: the same number of nodes on the new snapshot, of nodes on the
// old one in the same time, and of those on the new one before. It is about the last minute.
type Comparison struct {
	Gate             string
	New, Old, Before float64
	Limit            float64 // of New
	Judged           bool    // false: too few requests
	Breached         bool
}

// How sure a gate wants to be. A share of a few requests jumps by chance alone, so it may exceed
// its limit by as much as chance explains; a 99th percentile means nothing below some hundred
// requests, and a few milliseconds nothing to anybody.
const (
	sigmas      = 2
	minForP99   = 200
	minP99Delta = 0.010 // seconds
)

// groups are the nodes of a run, as traffic.
type groups struct {
	fresh, old, before   Traffic
	freshSlots, oldSlots bySlot
}

// bySlot is traffic by the slot that it falls into, without latencies.
type bySlot [slots]Traffic

func (b *bySlot) add(n *Node, now time.Time, wanted func(*slot) bool) {
	for i := range n.slots {
		if s := &n.slots[i]; s.current(now) && wanted(s) {
			b[i].Requests += s.traffic.Requests
			b[i].Errors += s.traffic.Errors
			b[i].Connects += s.traffic.Connects
		}
	}
}

// expected is the share that nodes on the new snapshot would have had with the old one: what nodes
// on the old one had at each time, by how many requests the new ones had then. Nodes come to the
// new snapshot at several times, and an outage may begin at any; the share of the whole time would
// blame the revision for it.
func (g *groups) expected(part func(*Traffic) uint64) float64 {
	var sum, weight float64
	for i := range g.freshSlots {
		fresh, old := &g.freshSlots[i], &g.oldSlots[i]
		if share, n := shareOf(old, part); n > 0 {
			_, w := shareOf(fresh, part)
			sum += share * w
			weight += w
		}
	}
	if weight == 0 {
		return 0
	}
	return sum / weight
}

func shareOf(t *Traffic, part func(*Traffic) uint64) (share, whole float64) {
	// A session whose endpoint can't be reached may never count as a request.
	whole = float64(max(t.Requests, part(t)))
	if whole == 0 {
		return 0, 0
	}
	return float64(part(t)) / whole, whole
}

// compare holds what nodes do against the gates.
func (g *groups) compare(gates Gates) []Comparison {
	errors := func(t *Traffic) uint64 { return t.Errors }
	connects := func(t *Traffic) uint64 { return t.Connects }
	var out []Comparison
	if gates.Errors >= 0 {
		out = append(out, g.share("max_5xx_increase", gates.Errors, gates.MinRequests, errors))
	}
	if gates.Connects >= 0 {
		out = append(out,
			g.share("max_connect_failures_increase", gates.Connects, gates.MinRequests, connects))
	}
	if gates.P99 >= 0 {
		out = append(out, g.p99(gates))
	}
	return out
}

func (g *groups) share(
	gate string, increase float64, least uint64, part func(*Traffic) uint64,
) Comparison {
	c := Comparison{Gate: gate}
	var n, old, before float64
	c.New, n = shareOf(&g.fresh, part)
	_, old = shareOf(&g.old, part)
	c.Old = g.expected(part)
	c.Before, before = shareOf(&g.before, part)
	base := 0.0
	if old >= float64(least) {
		base = c.Old
	}
	if before >= float64(least) {
		base = max(base, c.Before)
	}
	q := min(base+increase, 1)
	c.Limit = q
	if n > 0 {
		c.Limit += sigmas * math.Sqrt(q*(1-q)/n)
	}
	c.Judged = n > 0 && n >= float64(least)
	c.Breached = c.Judged && c.New > c.Limit
	return c
}

func (g *groups) p99(gates Gates) Comparison {
	least := max(gates.MinRequests, minForP99)
	c := Comparison{
		Gate: "max_p99_increase", New: g.fresh.Quantile(0.99), Old: g.old.Quantile(0.99),
		Before: g.before.Quantile(0.99),
	}
	base := 0.0
	if counted(&g.old) >= least {
		base = c.Old
	}
	if counted(&g.before) >= least {
		base = max(base, c.Before)
	}
	if base == 0 || counted(&g.fresh) < least {
		return c
	}
	c.Limit = base + max(base*gates.P99, minP99Delta)
	c.Judged, c.Breached = true, c.New > c.Limit
	return c
}

func counted(t *Traffic) (n uint64) {
	for _, b := range t.Latency {
		n += b.Count
	}
	return n
}

// String says what was seen, in words.
func (c Comparison) String() string {
	show := func(x float64) string { return fmt.Sprintf("%.1f%%", x*100) }
	what := "responses with 5xx"
	switch c.Gate {
	case "max_connect_failures_increase":
		what = "connect failures for each request"
	case "max_p99_increase":
		what = "the 99th percentile of the time requests take"
		show = func(x float64) string { return fmt.Sprintf("%.0f ms", x*1000) }
	}
	return fmt.Sprintf("%s: %s on nodes with the new snapshot, %s on those with the old one, %s "+
		"on the same nodes before; the limit is %s (%s)",
		what, show(c.New), show(c.Old), show(c.Before), show(c.Limit), c.Gate)
}
