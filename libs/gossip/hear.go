package gossip

import (
	"errors"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/health"
)

// mergeFor is how long the ring merges what has come before it does something else.
const mergeFor = 50 * time.Millisecond

// receive merges what has come in, and says whether that took long. What is left comes the next
// time. Full states come after what is new, one at a time where they are large.
func (r *Ring) receive(now time.Time) (long bool) {
	begin := time.Now()
	r.counts.in[inDropped].Add(r.inbox.dropped())
	for _, next := range []func() []byte{r.inbox.report, r.inbox.state} {
		for m := next(); m != nil; m = next() {
			r.receiveOne(m, now)
			if time.Since(begin) > mergeFor {
				return true
			}
		}
	}
	return false
}

// receiveOne merges one message, and passes on what was new in it.
func (r *Ring) receiveOne(m []byte, now time.Time) {
	fresh, full, far, queued := false, false, false, 0
	delta := len(m) > 1 && m[1] == kindDelta
	err := decode(m, func(report Report) {
		select {
		case <-r.leaving: // the rest of a long one is for nobody
			return
		default:
		}
		if !report.believed(now) {
			far = true
			return
		}
		if report.Observer == r.name {
			if r.publisher.heard(&report) {
				fresh = true
				r.log().Debug("reports of an earlier life of this node; starting one above it")
			}
			return
		}
		r.makeRoom(report.Observer)
		r.mu.Lock()
		result := r.state.merge(&report, now)
		r.mu.Unlock()
		full, far = full || result == mergedFull, far || result == mergedFar
		if result != mergedNew {
			return
		}
		fresh = true
		f, known := r.fed[report.Observer]
		f.changed = true
		if !known {
			f.since = now
		}
		r.fed[report.Observer] = f
		if report.Sight.Cluster == "" && report.Gone {
			r.members.leaves(report.Observer)
		}
		if delta {
			r.counts.lag.Observe(report.Age.Seconds())
		}
		// What watches what comes to everybody by exchanges; losses are worth telling on.
		if delta || report.Sight.Loss > 0 {
			r.queue.QueueBroadcast(newBroadcast(&report, now))
			if queued++; queued%atMost == 0 {
				r.bound()
			}
		}
		if r.options.Heard != nil {
			r.options.Heard(report)
		}
	})
	r.bound()
	switch {
	case errors.Is(err, errVersion):
		r.counts.in[inVersion].Add(1)
	case err != nil || far:
		r.counts.in[inMalformed].Add(1)
	case full:
		r.counts.in[inLimit].Add(1)
	case fresh:
		r.counts.in[inAccepted].Add(1)
	default:
		r.counts.in[inKnown].Add(1)
	}
}

// makeRoom forgets a node that is not in the ring where there is no room for one that is.
func (r *Ring) makeRoom(name string) {
	if _, known := r.fed[name]; known || len(r.fed) < maxObservers-1 || !r.members.knows(name) {
		return
	}
	for other, f := range r.fed {
		if !r.members.knows(other) {
			r.forgetOne(other, f)
			return
		}
	}
}

// forgetOne drops what a node has said.
func (r *Ring) forgetOne(name string, f feeding) {
	if f.told {
		r.options.Local.Forget(name)
	}
	delete(r.fed, name)
	r.mu.Lock()
	r.state.forget(name)
	r.mu.Unlock()
}

// bound keeps what waits to be sent within its limit.
func (r *Ring) bound() {
	if n := r.queue.NumQueued(); n > maxQueued {
		r.queue.Prune(maxQueued)
		r.counts.unsent.Add(uint64(n - maxQueued))
	}
}

// publish says what has changed here.
func (r *Ring) publish(now time.Time) {
	var sights []health.Sight
	suspect := false
	if r.options.Local != nil {
		sights, suspect = r.options.Local.Sights(now)
	}
	r.say(r.publisher.next(now, sights, suspect), now)
	if r.life.Swap(r.publisher.incarnation) != r.publisher.incarnation {
		r.tellInfo()
	}
}

// say keeps and sends reports of this node.
func (r *Ring) say(reports []Report, now time.Time) {
	for i := range reports {
		report := &reports[i]
		if !report.valid() || len(report.Sight.Cluster) > maxText ||
			len(report.Sight.Address) > maxText {
			continue // the name of a cluster that nobody would take
		}
		r.mu.Lock()
		r.state.merge(report, now)
		r.mu.Unlock()
		r.queue.QueueBroadcast(newBroadcast(report, now))
		if r.options.Heard != nil {
			r.options.Heard(*report)
		}
	}
	r.bound()
}

// feed gives health what others say, where that has changed, or has to be said again
// because it would get old though it still holds.
func (r *Ring) feed(now time.Time) {
	if r.options.Local == nil {
		return
	}
	for name, f := range r.fed {
		last, known := r.members.last(name, now)
		if !known {
			continue // its reports came before it did
		}
		r.mu.Lock()
		o := r.state.observers[name]
		left := o == nil || o.left()
		before := !left && !r.members.speaks(name, o.incarnation)
		r.mu.Unlock()
		switch {
		case (left || before) && f.told:
			r.options.Local.Forget(name)
			f.told, f.changed = false, before
		case left:
		case before:
			f.changed = true // it counts once the node begins the later life that it spoke of
		case f.changed || last.Sub(f.heard) >= r.pace.Holds/2:
			r.mu.Lock()
			sights, suspect := r.state.sights(name, now, r.pace.Stale)
			r.mu.Unlock()
			r.options.Local.Hear(health.Witness{
				Name: name, Heard: last, Holds: r.pace.Holds, Suspect: suspect, Sights: sights,
			})
			f.heard, f.changed, f.told = last, false, true
		}
		if now.Sub(f.reminded) >= remindEvery && r.remind(name, now) {
			f.reminded = now
		}
		r.fed[name] = f
	}
}

// remindEvery is the time between two reminders of one node.
const remindEvery = time.Second

// remind tells a node that is back with a clock that was set back what it has said in a life
// before, where that looks like a later one: until it begins one above it, nobody listens to it.
// The state that it was given when it came has nothing of it where it came from a node that did not
// count it as a member yet.
func (r *Ring) remind(name string, now time.Time) bool {
	life := r.members.life(name)
	r.mu.Lock()
	defer r.mu.Unlock()
	o := r.state.observers[name]
	if life == 0 || o == nil || o.incarnation <= life || name == r.name {
		return false
	}
	all := r.state.reports(name, now)
	if len(all) == 0 {
		return false
	}
	r.queue.QueueBroadcast(newBroadcast(&all[len(all)-1], now))
	return true
}

// forget drops what was said by nodes that have been gone for long.
func (r *Ring) forget(now time.Time) {
	for name, f := range r.fed {
		last, known := r.members.last(name, now)
		if !known {
			last = f.since // reports of a node that never came
		}
		if now.Sub(last) <= r.pace.Forget {
			continue
		}
		r.forgetOne(name, f)
	}
	r.members.forget(now.Add(-2 * r.pace.Forget))
}
