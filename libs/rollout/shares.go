package rollout

import "math"

// A shareGate looks at a part of the requests, such as those that failed.
type shareGate struct {
	name     string
	increase float64
	least    uint64 // requests, to judge by
	part     func(*Traffic) uint64
}

func errorsOf(t *Traffic) uint64   { return t.Errors }
func connectsOf(t *Traffic) uint64 { return t.Connects }

// of is the part of some traffic, and the whole.
func (g *shareGate) of(t *Traffic) (part, whole float64) {
	// A session whose endpoint can't be reached may never count as a request.
	part = float64(g.part(t))
	return part, max(float64(t.Requests), part)
}

// A voice is what one node on the new snapshot says, held against what it should say.
type voice struct {
	name         string
	share, whole float64
	weight       float64 // of its requests, at most its share
	before       float64 // its share before; NaN: not known
	base         float64 // what it would have without the new snapshot
	excess       float64 // of share above base, bounded below
	variance     float64 // of excess, by chance
}

// judge holds the nodes on the new snapshot against those on the old one, and each against its own
// past. The worse of the two excuses it.
func (g *shareGate) judge(e *evidence) finding {
	f := finding{Comparison: Comparison{Gate: g.name}}
	voices := g.voices(e)
	if len(voices) == 0 {
		return f
	}
	f.Old, f.OldUsed = g.excuse(e, voices)
	for i := range voices {
		v := &voices[i]
		if v.base = 0; f.OldUsed {
			v.base = f.Old
		}
		if v.before == v.before {
			v.base = max(v.base, v.before)
		}
		q := (v.base*v.whole + 1) / (v.whole + 2) // not sure of a base either
		q = min(max(q, v.base)+g.increase, 1)
		v.variance = q * (1 - q) / v.whole
		// A node that does far better than it should makes up for no other.
		v.excess = max(v.share-v.base, -g.increase-sigmas*math.Sqrt(v.variance))
	}
	g.summarize(&f, voices)
	over, requests := g.over(voices, -1)
	f.Judged = requests >= float64(g.least)
	for i := range voices {
		switch alone, n := g.over(voices[i:i+1], -1); {
		case n < float64(g.least):
		case alone:
			f.complain = append(f.complain, voices[i].name)
		case voices[i].share <= voices[i].base+g.increase:
			f.clear = append(f.clear, voices[i].name)
		}
	}
	f.Breached = over && len(voices) > 1
	for i := 0; i < len(voices) && f.Breached; i++ {
		f.Breached, _ = g.over(voices, i)
	}
	return f
}

// voices are the nodes on the new snapshot, none with more than its share.
func (g *shareGate) voices(e *evidence) (all []voice) {
	var requests []float64
	for i := range e.fresh {
		w := &e.fresh[i]
		part, whole := g.of(&w.total)
		if whole == 0 {
			continue
		}
		v := voice{name: w.node.Name, share: part / whole, whole: whole, before: math.NaN()}
		if part, n := g.of(&w.node.before); n > 0 && n >= float64(g.least) {
			v.before = part / n
		}
		all, requests = append(all, v), append(requests, whole)
	}
	most := share(requests)
	for i := range all {
		all[i].weight = min(all[i].whole, most)
	}
	return all
}

// over says whether nodes exceed the gate together by more than chance explains, without the one at
// an index, and how many requests say so.
func (g *shareGate) over(voices []voice, without int) (yes bool, requests float64) {
	var sum, weight, variance float64
	for i := range voices {
		if v := &voices[i]; i != without {
			sum += v.weight * v.excess
			variance += v.weight * v.weight * v.variance
			weight += v.weight
			requests += v.whole
		}
	}
	if requests == 0 || requests < float64(g.least) {
		return false, requests
	}
	return sum/weight > g.increase+sigmas*math.Sqrt(variance)/weight, requests
}

// summarize fills in what people are shown.
func (g *shareGate) summarize(f *finding, voices []voice) {
	var weight, share, base, before, known, variance float64
	for i := range voices {
		v := &voices[i]
		weight += v.weight
		share += v.weight * v.share
		base += v.weight * v.base
		variance += v.weight * v.weight * v.variance
		if v.before == v.before {
			before += v.weight * v.before
			known += v.weight
		}
	}
	f.New = share / weight
	f.Limit = min(base/weight+g.increase, 1) + sigmas*math.Sqrt(variance)/weight
	if known > 0 {
		f.Before, f.BeforeUsed = before/known, true
	}
}

// excuse is the share of nodes on the old snapshot: what each had at each second, by how many
// requests the new ones had then. Nodes come to the new snapshot at several times, and an outage
// may begin at any; the share of the whole time would blame the revision for it. Of several nodes
// the middle one counts, and one alone excuses nothing but one other.
func (g *shareGate) excuse(e *evidence, voices []voice) (share float64, used bool) {
	var when [slots]float64
	caps := map[string]float64{}
	for i := range voices {
		caps[voices[i].name] = voices[i].weight / voices[i].whole
	}
	for i := range e.fresh {
		w := &e.fresh[i]
		for s := range w.slots {
			if w.slots[s] != nil {
				_, n := g.of(&w.slots[s].traffic)
				when[s] += n * caps[w.node.Name]
			}
		}
	}
	var shares, small, sizes []float64
	for i := range e.old {
		w := &e.old[i]
		var sum, weight, requests float64
		for s := range w.slots {
			if w.slots[s] == nil || when[s] == 0 {
				continue
			}
			part, n := g.of(&w.slots[s].traffic)
			sum += when[s] * part / n
			weight += when[s]
			requests += n
		}
		switch {
		case weight == 0:
		case requests >= float64(g.least):
			shares = append(shares, sum/weight)
		default:
			small, sizes = append(small, sum/weight), append(sizes, requests)
		}
	}
	if len(shares) > 1 || len(shares) == 1 && len(small) == 0 && len(voices) == 1 {
		return middle(shares), true
	}
	// Many nodes with few requests each say together what none can say alone.
	var sum, weight float64
	for i := range small {
		sum += small[i] * sizes[i]
		weight += sizes[i]
	}
	if len(small) > 1 && weight >= float64(g.least) {
		return sum / weight, true
	}
	return 0, false
}
