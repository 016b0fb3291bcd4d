package gossip

import (
	"errors"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/health"
)

// receive merges what has come in.
func (r *Ring) receive(now time.Time) {
	messages, dropped := r.inbox.take()
	r.counts.in[inDropped].Add(dropped)
	for _, m := range messages {
		r.receiveOne(m, now)
	}
}

// receiveOne merges one message, and passes on what was new in it.
func (r *Ring) receiveOne(m []byte, now time.Time) {
	fresh, full := false, false
	delta := len(m) > 1 && m[1] == kindDelta
	err := decode(m, func(report Report) {
		if report.Observer == r.name {
			if r.publisher.heard(&report) {
				fresh = true
				r.log().Debug("reports of an earlier life of this node; starting one above it")
			}
			return
		}
		r.mu.Lock()
		result := r.state.merge(&report, now)
		r.mu.Unlock()
		full = full || result == mergedFull
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
		}
		if r.options.Heard != nil {
			r.options.Heard(report)
		}
	})
	r.bound()
	switch {
	case errors.Is(err, errVersion):
		r.counts.in[inVersion].Add(1)
	case err != nil:
		r.counts.in[inMalformed].Add(1)
	case full:
		r.counts.in[inLimit].Add(1)
	case fresh:
		r.counts.in[inAccepted].Add(1)
	default:
		r.counts.in[inKnown].Add(1)
	}
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
		if f.told {
			r.options.Local.Forget(name)
		}
		delete(r.fed, name)
		r.mu.Lock()
		delete(r.state.observers, name)
		r.mu.Unlock()
	}
	r.members.forget(now.Add(-2 * r.pace.Forget))
}
