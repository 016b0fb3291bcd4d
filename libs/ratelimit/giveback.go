package ratelimit

import "time"

// GiveBack puts a request back that Take has just taken out of a key's bucket, for one that is not
// let through after all. It returns what is left, as a Verdict that has passed. A key that gave way
// meanwhile has a full bucket again, and nothing to put back.
func (t *Table) GiveBack(p *Pot, k Key, now time.Duration) Verdict {
	tag := uint64(k)
	s := &t.parts[tag>>56]
	if tag == 0 {
		tag = 1
	}
	ticks := int64(now) * tick
	s.mu.Lock()
	defer s.mu.Unlock()
	o := p.portion(ticks)
	in := &s.sets[int(tag)&(len(s.sets)-1)]
	i := in.find(tag)
	if i < 0 {
		return o.left(o.at(ticks)-o.span, ticks)
	}
	in.empty[i] -= o.interval
	return o.left(in.empty[i], ticks)
}

// left is what a bucket has that was empty at a time of the pot's own.
func (o *portion) left(empty, now int64) Verdict {
	at := o.at(now)
	empty = max(empty, o.floor, at-o.span)
	v := Verdict{Passed: true, Remaining: int(max((at-empty)/o.interval, 0))}
	v.Full = o.real(o.span - (at - empty))
	if wait := empty + o.interval - at; wait > 0 {
		v.Wait = o.real(wait)
	}
	return v
}
