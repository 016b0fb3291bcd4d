package shares

import "time"

// claim is what a leader has promised to one node of one limit, and what it knows of that node.
type claim struct {
	life    uint64
	seq     uint64 // of the last report
	heard   time.Duration
	demand  uint32
	unit    uint32
	leaving bool
	given   []promise // the oldest first; all of them may still come to be in use
	heeds   uint64    // the last question whose answer the node has applied
	unheard int       // answers since it was another one

	wantsBase, wantsExtra uint32        // what it should have
	turned                time.Duration // when it began or ceased to have something
}

// promise is one answer to a node.
type promise struct {
	seq                   uint64
	base, extra           uint32
	baseUntil, extraUntil time.Duration
}

// applied forgets what the node cannot come to act on any more: it applies answers in the order of
// its questions, and has applied that to seq.
func (c *claim) applied(seq uint64, now time.Duration) {
	if seq != c.heeds {
		c.heeds, c.unheard = seq, 0
	}
	keep := c.given[:0]
	for _, p := range c.given {
		if p.seq >= seq && now < max(p.baseUntil, p.extraUntil) {
			keep = append(keep, p)
		}
	}
	c.given = keep
}

// promised is the most of each part that the node may act on.
func (c *claim) promised(now time.Duration) (base, extra uint32) {
	for i := range c.given {
		p := &c.given[i]
		if now < p.baseUntil {
			base = max(base, p.base)
		}
		if now < p.extraUntil {
			extra = max(extra, p.extra)
		}
	}
	return base, extra
}

// deaf says whether the node has applied none of the last answers. It gets nothing until it has
// applied that.
func (c *claim) deaf() bool { return c.unheard > maxGiven/2 }

// last is what the node was given last.
func (c *claim) last() (base, extra uint32) {
	if len(c.given) == 0 {
		return 0, 0
	}
	p := &c.given[len(c.given)-1]
	return p.base, p.extra
}

// give notes an answer.
func (c *claim) give(p promise, keepsOld bool) {
	c.unheard++
	if !keepsOld {
		c.given = c.given[:0]
	}
	if len(c.given) >= maxGiven { // two become one that is as much as either, for as long
		a, b := &c.given[0], &c.given[1]
		b.base, b.extra = max(a.base, b.base), max(a.extra, b.extra)
		b.baseUntil = max(a.baseUntil, b.baseUntil)
		b.extraUntil = max(a.extraUntil, b.extraUntil)
		c.given = append(c.given[:0], c.given[1:]...)
	}
	c.given = append(c.given, p)
}

// ended says whether nothing is left of a claim.
func (c *claim) ended(now time.Duration) bool {
	base, extra := c.promised(now)
	return base == 0 && extra == 0 && now-c.heard > away
}
