package rollout

import (
	"math"
	"slices"
	"time"
)

// When a 99th percentile can be compared. Below some hundred requests it means nothing, and a
// millisecond means nothing to anybody.
const (
	minForP99   = 200
	minP99Delta = 0.001 // seconds
	minForPiece = 40    // of a piece of time
	// warmUp is the time after a change in which a node opens connections and fills caches.
	warmUp = 2 * time.Second
	// blocks is how many pieces of time a test looks at, if there is as much, leastBlocks how many
	// it needs, and leastAlone how many where one node speaks for a side.
	blocks, leastBlocks, leastAlone = 15, 6, 10
	// leastPair is how many seconds it takes where there is one node on each side.
	leastPair = 50
	// certainty is how many deviations a difference has to have, and lasting by how much the
	// variance of pieces exceeds what it would be if each were another.
	certainty, lasting = 4, 2
	// mostly is the part of the pieces that have to show it.
	mostly = 0.8
	// mostlyPair and certaintyPair are those of a node held against one other: what slows one of
	// them for a while has nobody to be evened out by.
	mostlyPair, certaintyPair = 0.9, 6
)

// A tailGate compares how long the slowest requests take, on nodes with the new snapshot and on
// those still on the old one, in the same seconds. A machine that is busy with something else slows
// both, so that seconds are compared one by one.
type tailGate struct {
	increase float64 // relative
	least    uint64
}

// A timed is a node that can say how long requests take.
type timed struct {
	*witness
	n      float64 // of requests
	factor float64 // at most its share
	own    Traffic
}

// judge looks for nodes on the new snapshot whose slowest requests are slower than they should be,
// by the 99th percentile and by a test of whether chance explains it.
func (g *tailGate) judge(e *evidence) finding {
	f := finding{Comparison: Comparison{Gate: gateP99}}
	warm := e.warm()
	c := warm.common()
	fresh, old := timedOf(warm.fresh, c), trusted(timedOf(warm.old, c))
	least := max(g.least, minForP99)
	newTotal, oldTotal := pooled(fresh, -1), pooled(old, -1)
	f.New, f.Old = newTotal.Quantile(0.99), oldTotal.Quantile(0.99)
	if counted(&newTotal) < least || counted(&oldTotal) < least {
		return f
	}
	f.Judged, f.OldUsed = true, true
	var apart []float64
	for i := range fresh {
		apart = append(apart, max(1, fresh[i].node.apart))
	}
	f.Limit = g.limit(f.Old * middle(apart))
	// Some seconds in which the old side stalled raise its percentile of the whole minute. What the
	// pieces in the middle show is not hidden by that, and is waited for.
	usual := f.Old * middle(apart)
	f.unsure = max(f.New, f.Old*mostly99(fresh, old, c)) > (usual+f.Limit)/2
	for i := range fresh {
		t := &fresh[i]
		if uint64(t.n) < least {
			continue
		}
		mine, limit := t.own.Quantile(0.99), g.limit(f.Old*max(1, t.node.apart))
		if mine <= limit {
			f.clear = append(f.clear, t.node.Name)
		} else if slower(fresh[i:i+1], old, c, limit) {
			f.complain = append(f.complain, t.node.Name)
		}
	}
	f.Breached = f.New > f.Limit && len(fresh) > 1 && slower(fresh, old, c, f.Limit)
	for i := 0; i < len(fresh) && f.Breached; i++ {
		rest := pooled(fresh, i)
		f.Breached = counted(&rest) >= least && rest.Quantile(0.99) > f.Limit &&
			slower(without(fresh, i), old, c, f.Limit)
	}
	return f
}

// pooled is what a group's nodes did, none with more than its share, without the one at an index.
func pooled(group []timed, without int) (t Traffic) {
	for i := range group {
		if i == without {
			continue
		}
		own := group[i].own
		if f := group[i].factor; f < 1 {
			own.Latency = slices.Clone(own.Latency)
			for j := range own.Latency {
				own.Latency[j].Count = uint64(f*float64(own.Latency[j].Count) + 0.5)
			}
		}
		t.add(own)
	}
	return t
}

func without(group []timed, i int) []timed {
	return slices.Delete(slices.Clone(group), i, i+1)
}

func (g *tailGate) limit(base float64) float64 { return base + max(base*g.increase, minP99Delta) }

// warm is the evidence without the first seconds of nodes on their new snapshot.
func (e *evidence) warm() *evidence {
	out := &evidence{now: e.now, fresh: slices.Clone(e.fresh), old: e.old}
	for i := range out.fresh {
		w := &out.fresh[i]
		w.slots = slices.Clone(w.slots)
		for s := range w.slots {
			if w.slots[s] != nil && w.slots[s].began.Before(w.node.changed.Add(warmUp)) {
				w.slots[s] = nil
			}
		}
	}
	return out
}

// Common is the time in which nodes on both sides had requests, and all bounds they count by.
type common struct {
	seconds [slots]bool
	length  int     // seconds
	pieces  [][]int // of them
	bounds  []float64
}

func (e *evidence) common() *common {
	c := &common{bounds: e.bounds()}
	var sides [2][slots]bool
	for side, group := range [][]witness{e.fresh, e.old} {
		for i := range group {
			for s, x := range group[i].slots {
				sides[side][s] = sides[side][s] || x != nil && len(x.traffic.Latency) > 0
			}
		}
	}
	var all []int
	for s := range c.seconds {
		if c.seconds[s] = sides[0][s] && sides[1][s]; c.seconds[s] {
			all = append(all, s)
		}
	}
	size := max(1, (len(all)+blocks-1)/blocks)
	c.length = len(all)
	c.pieces = slices.Collect(slices.Chunk(all, size))
	return c
}

// bounds are all by which nodes count.
func (e *evidence) bounds() (all []float64) {
	for _, group := range [][]witness{e.fresh, e.old} {
		for i := range group {
			for _, s := range group[i].slots {
				if s == nil {
					continue
				}
				for _, b := range s.traffic.Latency {
					if at, ok := slices.BinarySearch(all, b.Bound); !ok {
						all = slices.Insert(all, at, b.Bound)
					}
				}
			}
		}
	}
	return all
}

func timedOf(group []witness, c *common) (all []timed) {
	var requests []float64
	for i := range group {
		t := timed{witness: &group[i]}
		for s, x := range group[i].slots {
			if x != nil && c.seconds[s] {
				t.own.add(x.traffic)
			}
		}
		if t.n = float64(counted(&t.own)); t.n > 0 {
			all, requests = append(all, t), append(requests, t.n)
		}
	}
	most := share(requests)
	for i := range all {
		all[i].factor = min(1, most/all[i].n)
	}
	return all
}

// trusted are the nodes on the old snapshot without the slowest of three or more: not one alone is
// to excuse all others.
func trusted(old []timed) []timed {
	slowest, most, n := 0, 0.0, 0
	for i := range old {
		if old[i].n >= minForP99 {
			n++
			if p99 := old[i].own.Quantile(0.99); p99 > most {
				slowest, most = i, p99
			}
		}
	}
	if n < 3 {
		return old
	}
	return without(old, slowest)
}

// slower reports whether more requests on one side take longer than some time than chance explains.
// Times from the middle of the other side up to a limit are tried: what slows all requests shows
// below the limit, and what slows a few only close to it.
func slower(fresh, old []timed, e *common, limit float64) bool {
	var total Traffic
	for i := range old {
		total.add(old[i].own)
	}
	least := total.Quantile(0.5)
	for i, bound := range e.bounds {
		next := math.Inf(1)
		if i+1 < len(e.bounds) {
			next = e.bounds[i+1]
		}
		if next > least && bound < limit && exceeds(fresh, old, e, bound) {
			return true
		}
	}
	return false
}

// A unit is what one node did in a piece of time: how many requests took longer than a bound, and
// how many there were.
type unit struct{ x, n float64 }

// exceeds is the test at one bound. Each piece of time is held against the same one of the other
// side: what slows both is nobody's. How much nodes and pieces of a side differ says how much is
// chance. A piece of one node is not as good as another for that, since what slows a node lasts.
func exceeds(fresh, old []timed, e *common, bound float64) bool {
	a, b := unitsOf(fresh, e, bound), unitsOf(old, e, bound)
	var sum, requests, chance float64
	pieces, slow := 0, 0
	for p := range e.pieces {
		x, y := a.piece(p), b.piece(p)
		if x.n == 0 || y.n == 0 {
			continue
		}
		pieces++
		usual := y.x / y.n
		if x.x > x.n*usual {
			slow++
		}
		sum += x.x - x.n*usual
		requests += x.n
		// of the old side, by node, and at least that of single requests
		var spread float64
		for i := range b {
			d := b[i][p].x - b[i][p].n*usual
			spread += d * d
		}
		q := (x.x + y.x + 1) / (x.n + y.n + 2)
		chance += max(spread, y.n*q*(1-q)) * x.n * x.n / (y.n * y.n)
		chance += x.n * q * (1 - q)
	}
	// What stalls a node for a while is not what makes its requests slow.
	least := leastBlocks
	if len(a) == 1 || len(b) == 1 {
		least = leastAlone
	}
	part, sure := mostly, float64(certainty)
	if len(a) == 1 && len(b) == 1 {
		if e.length < leastPair {
			return false
		}
		part, sure = mostlyPair, certaintyPair
	}
	if pieces < least || float64(slow) < part*float64(pieces) {
		return false
	}
	mean := sum / requests // excess of a request
	var spread, apart float64
	for i := range a {
		var all, own float64
		for p := range e.pieces {
			y := b.piece(p)
			if a[i][p].n == 0 || y.n == 0 {
				continue
			}
			d := a[i][p].x - a[i][p].n*(y.x/y.n) - a[i][p].n*mean
			spread += d * d
			own += a[i][p].n
			all += d
		}
		apart += all * all
	}
	chance = max(chance, lasting*max(spread, apart))
	return sum > sure*(1+4/float64(pieces-1))*math.Sqrt(chance)
}

// units are those of a side: by node, then by piece.
type units [][]unit

func unitsOf(group []timed, e *common, bound float64) units {
	all := make(units, len(group))
	for i := range group {
		all[i] = make([]unit, len(e.pieces))
		for p, piece := range e.pieces {
			for _, s := range piece {
				x := group[i].slots[s]
				if x == nil {
					continue
				}
				for _, b := range x.traffic.Latency {
					n := group[i].factor * float64(b.Count)
					all[i][p].n += n
					if b.Bound > bound {
						all[i][p].x += n
					}
				}
			}
		}
	}
	return all
}

// piece is all of a side's nodes in one.
func (u units) piece(p int) (sum unit) {
	for i := range u {
		sum.x += u[i][p].x
		sum.n += u[i][p].n
	}
	return sum
}

func counted(t *Traffic) (n uint64) {
	for _, b := range t.Latency {
		n += b.Count
	}
	return n
}
