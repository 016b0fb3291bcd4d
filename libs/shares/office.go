package shares

import (
	"cmp"
	"slices"
	"time"
)

// office is what a leader knows. It begins with nothing.
type office struct {
	since  time.Duration
	limits map[ID]*limit
	takers map[uint64]*taker // by life
	claims int               // of all limits

	swept time.Duration
}

// taker is a node that has shares.
type taker struct {
	name   string
	heard  time.Duration
	digest uint64 // of the voters that it knows
}

// limit is one limit that is shared.
type limit struct {
	claims   []*claim // by life
	balanced time.Duration
}

func newOffice(now time.Duration) *office {
	return &office{since: now, limits: make(map[ID]*limit), takers: make(map[uint64]*taker)}
}

// reported answers the report of a node, if this node leads.
func (n *Node) reported(now time.Duration, r *report) {
	n.needed = now + idle
	o := n.office
	if o == nil || n.rules.leads && !n.Leads(now) {
		return
	}
	o.sweep(now)
	t := o.takers[r.life]
	if t == nil {
		if len(o.takers) >= maxTakers {
			return
		}
		if !n.rules.byLife {
			o.replace(r.name)
		}
		t = &taker{}
		o.takers[r.life] = t
	}
	t.name, t.heard, t.digest = r.name, now, r.digest
	g := grant{leader: n.name, life: r.life, seq: r.seq, pace: o.pace()}
	if now < o.since+n.rules.baseAfter {
		g.keeps |= keepsBase
	}
	if now < o.since+n.rules.extraAfter {
		g.keeps |= keepsExtra
	}
	for i := range r.entries {
		w := &r.entries[i]
		l := o.limits[w.id]
		if l == nil {
			l = &limit{}
			o.limits[w.id] = l
		}
		c := l.claim(r.life)
		if c == nil {
			if o.claims >= maxClaims {
				continue
			}
			c = l.add(r.life)
			c.turned = now
			o.claims++
		}
		if r.seq <= c.seq {
			continue // it was overtaken, or came twice
		}
		c.seq, c.heard, c.leaving = r.seq, now, r.leaving
		c.demand, c.unit = w.demand, w.unit
		c.applied(w.applied, now)
		p := l.answer(now, c, w, g.keeps, &n.rules)
		c.give(p, n.rules.keepsOld)
		g.entries = append(g.entries, given{w.id, p.base, p.extra})
	}
	if len(g.entries) > 0 {
		n.send(r.name, g.encode())
	}
}

// answer decides what a node gets of a limit.
func (l *limit) answer(now time.Duration, c *claim, w *wish, keeps byte, rules *rules) promise {
	var bases, extras uint64 // what others may act on
	for _, other := range l.claims {
		if other != c {
			b, e := other.promised(now)
			bases, extras = bases+uint64(b), extras+uint64(e)
		}
	}
	l.balance(now, keeps)
	ownBase, ownExtra := c.promised(now)
	p := promise{
		seq: c.seq, baseUntil: now + rules.baseKept, extraUntil: now + rules.extraKept,
	}
	p.base = c.wantsBase
	if keeps&keepsBase != 0 {
		p.base = w.base
	}
	inUse := extras + uint64(ownExtra)
	p.base = atMost(p.base, min(baseTotal, Whole-min(inUse, Whole)), bases)
	p.extra = c.wantsExtra
	if keeps&keepsExtra != 0 {
		p.extra = w.extra
	}
	most := Whole - min(bases+uint64(max(ownBase, p.base)), Whole)
	if keeps&keepsBase != 0 {
		most = Whole - baseTotal
	}
	p.extra = atMost(p.extra, most, extras)
	return p
}

// atMost is a part, or what others leave of the most that there is.
func atMost(part uint32, most, others uint64) uint32 {
	return uint32(min(uint64(part), most-min(others, most)))
}

func (l *limit) find(life uint64) (int, bool) {
	return slices.BinarySearchFunc(l.claims, life, func(c *claim, life uint64) int {
		return cmp.Compare(c.life, life)
	})
}

func (l *limit) claim(life uint64) *claim {
	if i, found := l.find(life); found {
		return l.claims[i]
	}
	return nil
}

func (l *limit) add(life uint64) *claim {
	i, _ := l.find(life)
	c := &claim{life: life}
	l.claims = slices.Insert(l.claims, i, c)
	l.balanced = 0
	return c
}

// release forgets a node that holds nothing any more, and will not.
func (o *office) release(life uint64) {
	delete(o.takers, life)
	for _, l := range o.limits {
		if i, found := l.find(life); found {
			l.claims = slices.Delete(l.claims, i, i+1)
			l.balanced = 0
			o.claims--
		}
	}
}

// replace takes a node that has started again for proof that it has ended before, which it is not.
func (o *office) replace(name string) {
	for life, t := range o.takers {
		if t.name == name {
			o.release(life)
		}
	}
}

// sweep forgets, once a second, what has ended.
func (o *office) sweep(now time.Duration) {
	if now-o.swept < time.Second {
		return
	}
	o.swept = now
	for id, l := range o.limits {
		before := len(l.claims)
		l.claims = slices.DeleteFunc(l.claims, func(c *claim) bool { return c.ended(now) })
		o.claims -= before - len(l.claims)
		if len(l.claims) == 0 {
			delete(o.limits, id)
		}
	}
	for life, t := range o.takers {
		if now-t.heard > away {
			delete(o.takers, life)
		}
	}
}

// pace is how often nodes are to report, in milliseconds.
func (o *office) pace() uint64 {
	pace := time.Duration(len(o.takers)) * perNode
	return uint64(min(max(pace, leastPace), mostPace) / time.Millisecond)
}

// nodes is how many nodes have reported lately, and how many of them know other voters.
func (o *office) nodes(now time.Duration, digest uint64) (all, others int) {
	for _, t := range o.takers {
		if now-t.heard <= away {
			all++
			if t.digest != digest {
				others++
			}
		}
	}
	return all, others
}
