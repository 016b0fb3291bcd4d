package shares

import (
	"cmp"
	"slices"
	"time"
)

// balance decides, now and then, what each node should have of a limit. What it gets is up to
// answer: no more than others leave.
//
// A node has a base, which it goes on with for long where it reaches no leader. It is an even part
// of all bases, or less where the node asks for less: a node that asks for nothing keeps an eighth.
// All else goes by demand, so that nobody gets more as long as somebody has less and wants more
// (max-min fairness). What nobody wants is spread evenly, but for an eighth: so a node that comes,
// or wants more, finds some at once.
func (l *limit) balance(now time.Duration, keeps byte) {
	if l.balanced != 0 && now-l.balanced < balance {
		return
	}
	l.balanced = now
	var active []*claim
	pool := uint64(Whole)
	for _, c := range l.claims {
		if now-c.heard <= away && !c.deaf() {
			active = append(active, c)
			continue
		}
		c.wantsBase, c.wantsExtra = 0, 0
		base, extra := c.promised(now)
		if keeps&keepsBase != 0 {
			base = 0
		}
		pool -= min(pool, uint64(base)+uint64(extra))
	}
	unit := uint32(0)
	for _, c := range active {
		unit = max(unit, c.unit)
	}
	for _, c := range active {
		c.wantsBase = evenBase(len(active), unit, c)
		if keeps&keepsBase == 0 {
			pool -= min(pool, uint64(c.wantsBase))
		}
	}
	if keeps&keepsBase != 0 {
		pool -= min(pool, baseTotal)
	}
	s := splitting{now: now, unit: unit, pool: pool}
	for _, c := range active {
		_, had := c.last()
		s.parts = append(s.parts, &part{claim: c, had: had})
	}
	s.split()
	for _, p := range s.parts {
		p.settle(now, len(active))
	}
}

// evenBase is the base of one of n nodes. A base that lets nothing through is none.
func evenBase(n int, unit uint32, c *claim) uint32 {
	even := uint32(baseTotal / n)
	if even < unit || c.leaving {
		return 0
	}
	return min(even, max(c.demand, even/8, unit))
}

// splitting is one division of what is there.
type splitting struct {
	now   time.Duration
	unit  uint32
	pool  uint64
	parts []*part
}

// part is what one node gets beside its base.
type part struct {
	claim *claim
	had   uint32
	least uint64 // less is of no use
	want  uint64
	gets  uint64
}

func (s *splitting) split() {
	for _, p := range s.parts {
		c := p.claim
		if c.wantsBase < s.unit {
			p.least = uint64(s.unit - c.wantsBase)
		}
		if c.demand > 0 {
			want := uint64(c.demand) + uint64(c.demand)/32
			p.want = max(want-min(want, uint64(c.wantsBase)), p.least)
		}
	}
	var wanting []*part
	for _, p := range s.parts {
		if p.want > 0 {
			wanting = append(wanting, p)
		}
	}
	wanting = s.fitting(wanting)
	s.fill(wanting)
	if s.pool == 0 {
		return
	}
	var idle []*part
	for _, p := range s.parts {
		if !p.claim.leaving {
			idle = append(idle, p)
			p.want = p.gets + s.pool
		}
	}
	s.spread(idle)
}

// fitting returns the nodes that get anything: all, or as many as there are useful parts for. A
// node that has had one for a slot gives way to the one that has waited for longest.
func (s *splitting) fitting(all []*part) []*part {
	sum := uint64(0)
	for _, p := range all {
		sum += p.least
	}
	if sum <= s.pool {
		return all
	}
	rank := func(p *part) int {
		switch {
		case p.claim.wantsExtra == 0:
			return 1
		case s.now-p.claim.turned < slot:
			return 0
		}
		return 2
	}
	slices.SortStableFunc(all, func(a, b *part) int {
		if r := cmp.Compare(rank(a), rank(b)); r != 0 {
			return r
		}
		return cmp.Compare(a.claim.turned, b.claim.turned)
	})
	sum = 0
	for i, p := range all {
		if sum += p.least; sum > s.pool {
			return all[:i]
		}
	}
	return all
}

// fill gives each node what it needs least, and then what it wants, the ones that want least first.
func (s *splitting) fill(all []*part) {
	for _, p := range all {
		p.gets = p.least
		s.pool -= min(s.pool, p.least)
	}
	slices.SortStableFunc(all, func(a, b *part) int { return cmp.Compare(a.want, b.want) })
	// The level is what nobody gets more than who wants more.
	for i, p := range all {
		level := s.pool
		for _, q := range all[i:] {
			level += q.gets
		}
		level /= uint64(len(all) - i)
		gets := max(min(p.want, level), p.gets)
		gets = min(gets, p.gets+s.pool)
		s.pool -= gets - p.gets
		p.gets = gets
	}
}

// spread gives seven eighths of what is left to all alike.
func (s *splitting) spread(all []*part) {
	if len(all) == 0 {
		return
	}
	left := s.pool - s.pool/8
	for len(all) > 0 {
		each := left / uint64(len(all))
		useless := slices.IndexFunc(all, func(p *part) bool { return p.gets+each < p.least })
		if useless < 0 {
			for _, p := range all {
				p.gets += each
			}
			return
		}
		// Not enough for all: who has nothing and was served last goes without.
		last := useless
		for i, p := range all {
			if p.gets+each < p.least && p.had <= all[last].had &&
				p.claim.turned >= all[last].claim.turned {
				last = i
			}
		}
		all = slices.Delete(all, last, last+1)
	}
}

// settle says what a node should have. It keeps a little too much, since taking it away and giving
// it to another takes time.
func (p *part) settle(now time.Duration, n int) {
	c, gets := p.claim, uint32(p.gets)
	if had := p.had; had > gets && gets > 0 {
		if had-gets < had/32+Whole/256/uint32(n) {
			gets = had
		}
	}
	if (gets > 0) != (c.wantsExtra > 0) {
		c.turned = now
	}
	c.wantsExtra = gets
}
