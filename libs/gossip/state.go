package gossip

import (
	"bytes"
	"cmp"
	"container/heap"
	"slices"
	"strings"
	"time"
	"unique"

	"github.com/gatewayhomebrew/gateway/libs/health"
)

// Limits of what is kept of others.
const (
	maxObservers = 1024
	// maxReports is how many reports of one observer are kept: those on the first
	// clusters and addresses in order, so that all nodes keep the same.
	maxReports = 20_000
	// maxBytes is how much is kept of all observers together. The one that takes most
	// gives way.
	maxBytes = 32 << 20
	// perReport is what a report takes beside its texts, about.
	perReport = 256
	// batch is how many reports give way at a time where there is no room.
	batch = 64
)

// Numbers above these come from no honest node. One report with the highest of all would make
// void whatever its observer says later, for good.
const (
	// maxLead is how far an incarnation may be ahead of this node's clock, in seconds: 272
	// years. What is believed goes up with the clock, so an observer that starts a life above
	// the highest one that is believed, as it does, is heard soon.
	maxLead = 1 << 33
	// maxSequence is what a node that says as much as it can reaches in 400 years, and maxLeap
	// what it reaches in a month: it may be ahead of what was heard by that. An observer that is
	// told of a sequence that it has not reached starts another life.
	maxSequence = 1 << 44
	maxLeap     = 1 << 32
)

// believed says whether the numbers of a report can be true.
func (r *Report) believed(now time.Time) bool {
	return r.Incarnation <= uint64(max(now.Unix(), 0))+maxLead && r.Sequence <= maxSequence
}

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
}

func (h *held) about() about { return about{h.sight.Cluster, h.sight.Address} }

// size is what it takes, about.
func (h *held) size() int { return perReport + len(h.sight.Cluster) + len(h.sight.Address) }

// observer is what one node has said.
type observer struct {
	incarnation uint64
	reports     map[about]*held
	order       lastFirst // the same reports
	top         uint64    // the highest sequence
	bytes       int
}

// lastFirst is a heap of reports. The first one is the last in the order of what they are about.
type lastFirst []*held

func (l lastFirst) Len() int           { return len(l) }
func (l lastFirst) Less(i, j int) bool { return l[i].about().compare(l[j].about()) > 0 }
func (l lastFirst) Swap(i, j int)      { l[i], l[j] = l[j], l[i] }

// Push is called by container/heap.
func (l *lastFirst) Push(h any) { *l = append(*l, h.(*held)) }

// Pop is called by container/heap.
func (l *lastFirst) Pop() any {
	last := (*l)[len(*l)-1]
	(*l)[len(*l)-1] = nil
	*l = (*l)[:len(*l)-1]
	return last
}

// drop drops the last report.
func (o *observer) drop() (bytes int) {
	h := heap.Pop(&o.order).(*held)
	delete(o.reports, h.about())
	o.bytes -= h.size()
	return h.size()
}

// state is what all nodes have said. Merging is commutative, associative and
// idempotent: whatever the order and the number of times reports come in, the same ones
// hold at the end. Times are not part of that; they are for forgetting and for metrics.
type state struct {
	observers map[string]*observer
	most      int // reports of one observer
	bytes     int // of all observers
	room      int // for them
}

func newState() *state {
	return &state{observers: make(map[string]*observer), most: maxReports, room: maxBytes}
}

// forget drops what an observer has said.
func (s *state) forget(name string) {
	if o := s.observers[name]; o != nil {
		s.bytes -= o.bytes
		delete(s.observers, name)
	}
}

// merged is what became of a report.
type merged uint8

const (
	mergedNew  merged = iota // it holds now
	mergedOld                // it, or a later one, was known
	mergedFull               // there is no room for it
	mergedFar                // its numbers cannot be true
)

// merge takes a report in. Where it holds now, its texts are no longer part of what it came in.
func (s *state) merge(r *Report, now time.Time) merged {
	o := s.observers[r.Observer]
	switch {
	case !r.believed(now):
		return mergedFar
	case o == nil && len(s.observers) >= maxObservers:
		return mergedFull
	case o == nil || r.Incarnation > o.incarnation:
		s.forget(r.Observer)
		o = &observer{incarnation: r.Incarnation, reports: make(map[about]*held)}
		r.Observer = unique.Make(r.Observer).Value()
		s.observers[r.Observer] = o
	case r.Incarnation < o.incarnation:
		return mergedOld
	case r.Sequence > o.top+maxLeap:
		return mergedFar
	}
	fresh := &held{
		sequence: r.Sequence, sight: r.Sight, suspect: r.Suspect, gone: r.Gone,
		found: now.Add(-r.Age),
	}
	if old := o.reports[fresh.about()]; old != nil {
		if !fresh.after(old) {
			return mergedOld
		}
		fresh.sight.Cluster, fresh.sight.Address = old.sight.Cluster, old.sight.Address
		*old = *fresh // it keeps its place in the order
	} else if !s.add(o, fresh) {
		return mergedFull
	}
	r.Sight.Cluster, r.Sight.Address = fresh.sight.Cluster, fresh.sight.Address
	o.top = max(o.top, r.Sequence)
	return mergedNew
}

// add takes in a report on something that an observer has not said anything of yet.
func (s *state) add(o *observer, h *held) bool {
	if len(o.reports) >= s.most {
		if h.about().compare(o.order[0].about()) > 0 {
			return false
		}
		s.bytes -= o.drop()
	}
	for s.bytes+h.size() > s.room {
		largest := s.largest()
		if largest.bytes == 0 || largest == o && (len(o.order) == 0 ||
			h.about().compare(o.order[0].about()) > 0) {
			return false
		}
		for range min(batch, max(len(largest.order)/2, 1)) {
			s.bytes -= largest.drop()
		}
	}
	h.sight.Cluster = unique.Make(h.sight.Cluster).Value()
	h.sight.Address = unique.Make(h.sight.Address).Value()
	o.reports[h.about()] = h
	heap.Push(&o.order, h)
	o.bytes += h.size()
	s.bytes += h.size()
	return true
}

// largest is the observer that takes most room.
func (s *state) largest() (largest *observer) {
	for _, o := range s.observers {
		if largest == nil || o.bytes > largest.bytes {
			largest = o
		}
	}
	return largest
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
