package gossip

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/health"
)

// Limits of what is kept of others.
const (
	maxObservers = 1024
	// maxReports is how many reports of one observer are kept: those on the first
	// clusters and addresses in order, so that all nodes keep the same.
	maxReports = 20_000
)

// about is what a report is about. The zero value is the observer itself.
type about struct{ cluster, address string }

func (a about) compare(b about) int {
	return cmp.Or(strings.Compare(a.cluster, b.cluster), strings.Compare(a.address, b.address))
}

// held is one report that holds.
type held struct {
	sequence uint64
	sight    health.Sight
	suspect  bool
	gone     bool
	found    time.Time // when the observer found it, by the clock here
	came     time.Time // when it came here
}

// observer is what one node has said.
type observer struct {
	incarnation uint64
	reports     map[about]*held
}

// state is what all nodes have said. Merging is commutative, associative and
// idempotent: whatever the order and the number of times reports come in, the same ones
// hold at the end. Times are not part of that; they are for forgetting and for metrics.
type state struct {
	observers map[string]*observer
	most      int // reports of one observer
}

func newState() *state { return &state{observers: make(map[string]*observer), most: maxReports} }

// merged is what became of a report.
type merged uint8

const (
	mergedNew  merged = iota // it holds now
	mergedOld                // it, or a later one, was known
	mergedFull               // there is no room for it
)

// merge takes a report in.
func (s *state) merge(r *Report, now time.Time) merged {
	o := s.observers[r.Observer]
	switch {
	case o == nil && len(s.observers) >= maxObservers:
		return mergedFull
	case o == nil || r.Incarnation > o.incarnation:
		o = &observer{incarnation: r.Incarnation, reports: make(map[about]*held)}
		s.observers[r.Observer] = o
	case r.Incarnation < o.incarnation:
		return mergedOld
	}
	key := about{r.Sight.Cluster, r.Sight.Address}
	fresh := &held{
		sequence: r.Sequence, sight: r.Sight, suspect: r.Suspect, gone: r.Gone,
		found: now.Add(-r.Age), came: now,
	}
	if old := o.reports[key]; old != nil {
		if !fresh.after(old) {
			return mergedOld
		}
	} else if len(o.reports) >= s.most {
		last := slices.MaxFunc(slices.Collect(maps.Keys(o.reports)), about.compare)
		if key.compare(last) > 0 {
			return mergedFull
		}
		delete(o.reports, last)
	}
	o.reports[key] = fresh
	return mergedNew
}

// after says whether h holds rather than the other. Two of the same sequence that differ
// come from no honest node; which of them holds is the same everywhere.
func (h *held) after(other *held) bool {
	if h.sequence != other.sequence {
		return h.sequence > other.sequence
	}
	return bytes.Compare(h.content(), other.content()) > 0
}

// content is what is sent of a report.
func (h *held) content() []byte {
	return appendBody(nil, &Report{
		Sequence: h.sequence, Sight: h.sight, Suspect: h.suspect, Gone: h.gone,
	})
}

// suspect says whether an observer's last word was that it may be cut off itself.
func (o *observer) suspect() (suspect bool) {
	var last uint64
	for _, h := range o.reports {
		if h.sequence > last {
			last, suspect = h.sequence, false
		}
		if h.sequence == last {
			suspect = suspect || h.suspect
		}
	}
	return suspect
}

// left says whether an observer has said that it leaves.
func (o *observer) left() bool {
	h := o.reports[about{}]
	return h != nil && h.gone
}

// reports returns what an observer has said, in order.
func (s *state) reports(name string, now time.Time) []Report {
	o := s.observers[name]
	if o == nil {
		return nil
	}
	out := make([]Report, 0, len(o.reports))
	for _, h := range o.reports {
		out = append(out, Report{
			Observer: name, Incarnation: o.incarnation, Sequence: h.sequence,
			Sight: h.sight, Suspect: h.suspect, Gone: h.gone, Age: max(now.Sub(h.found), 0),
		})
	}
	slices.SortFunc(out, func(a, b Report) int { return cmp.Compare(a.Sequence, b.Sequence) })
	return out
}

// encode writes what the given observers have said, as much as there is room for.
func (s *state) encode(names []string, now time.Time) []byte {
	var w stateWriter
	for _, name := range names {
		if o := s.observers[name]; o != nil {
			w.add(name, o.incarnation, s.reports(name, now))
		}
	}
	return w.bytes()
}

// sights are what an observer says now, without what it has taken back and what it has
// not repeated for longer than that.
func (s *state) sights(
	name string, now time.Time, stale time.Duration,
) (sights []health.Sight, suspect bool) {
	o := s.observers[name]
	if o == nil {
		return nil, false
	}
	for key, h := range o.reports {
		switch {
		case h.gone || key.cluster == "":
		case key.address == "":
			sights = append(sights, h.sight)
		case h.sight.Loss > 0 && now.Sub(h.found) <= stale:
			sights = append(sights, h.sight)
		}
	}
	slices.SortFunc(sights, func(a, b health.Sight) int {
		return about{a.Cluster, a.Address}.compare(about{b.Cluster, b.Address})
	})
	return sights, o.suspect()
}
