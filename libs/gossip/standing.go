package gossip

import (
	"slices"
	"time"
)

// A Standing is a report that counts at this moment, by the rules by which health is told.
type Standing struct {
	Report // Suspect is the observer's last word, also where this report is older
	// Trust is how far the observer is believed: 1 while it is in the ring and for a while after,
	// then less and less.
	Trust float64
}

// Standing returns the reports that count at this moment, by observer and in the order in which
// each said them: which clusters it watches, and which endpoints have lost weight there. What was
// said by nodes that have left or were lost, in a life before, or for the last time too long ago is
// not among them.
func (r *Ring) Standing() (all []Standing) {
	now := time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	for name, o := range r.state.observers {
		trust := r.trust(name, o, now)
		if trust == 0 {
			continue
		}
		suspect := o.suspect()
		for _, report := range r.state.reports(name, now) {
			lasting := report.Sight.Address == "" ||
				report.Sight.Loss > 0 && report.Age <= r.pace.Stale
			if report.Gone || report.Sight.Cluster == "" || !lasting {
				continue
			}
			report.Suspect = suspect
			all = append(all, Standing{Report: report, Trust: trust})
		}
	}
	slices.SortStableFunc(all, func(a, b Standing) int {
		return about{a.Observer, ""}.compare(about{b.Observer, ""})
	})
	return all
}

// trust is how far what an observer has said counts, 0 to 1, as health has it of a witness. r.mu is
// held.
func (r *Ring) trust(name string, o *observer, now time.Time) float64 {
	last, known := r.members.last(name, now)
	if !known || o.left() || name != r.name && !r.members.speaks(name, o.incarnation) {
		return 0
	}
	return min(1, max(0, 2-float64(now.Sub(last))/float64(r.pace.Holds)))
}
