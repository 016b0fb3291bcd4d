package aggregator

import (
	"math"

	"github.com/gatewayhomebrew/gateway/libs/gossip"
	"github.com/gatewayhomebrew/gateway/libs/health"
	"github.com/gatewayhomebrew/gateway/libs/timeline"
)

const (
	// shift is by how much a share has to change for another event, as for another report of a
	// loss.
	shift = 0.05
	// maxKept bounds how many last events are remembered; then it begins anew, and looks them up in
	// the history again.
	maxKept = 100_000
)

// novelty tells what is new in what nodes say. They repeat a loss every half a minute as long as it
// lasts: a night of that would fill all the places that an endpoint has in the history, and when
// the trouble began would be lost. It is used by one goroutine.
type novelty struct {
	// the newest event of each observer
	last func(cluster, endpoint string) ([]timeline.Event, error)
	kept map[subject]said
}

// subject is who says something, and about which endpoint.
type subject struct{ observer, cluster, endpoint string }

// said is what was kept last of a subject.
type said struct {
	state         timeline.State
	share         float64
	main          health.Outcome
	down, suspect bool
	looked        bool // it is from the history, which has no more than state and share
}

// is says whether an event of a report has to be kept.
func (n *novelty) is(e *timeline.Event, r *gossip.Report) bool {
	k := subject{e.Observer, e.Cluster, e.Endpoint}
	old, known := n.kept[k]
	if !known {
		old, known = n.find(k)
	}
	fresh := said{
		state: e.State, share: e.Share, main: r.Sight.Main, down: r.Sight.Down, suspect: r.Suspect,
	}
	lasting := e.State == timeline.Weak || e.State == timeline.Down
	switch {
	case !known && !lasting:
		return false // it takes back what nobody has heard of
	case !known, old.state != fresh.state, math.Abs(old.share-fresh.share) >= shift:
	case old.looked:
		n.keep(k, fresh)
		return false
	case lasting &&
		(old.main != fresh.main || old.down != fresh.down || old.suspect != fresh.suspect):
	default:
		return false
	}
	n.keep(k, fresh)
	return true
}

// find looks a subject up in the history, which an aggregator that was restarted has of the time
// before.
func (n *novelty) find(k subject) (said, bool) {
	events, err := n.last(k.cluster, k.endpoint)
	if err != nil {
		return said{}, false // rather twice than not at all
	}
	for _, e := range events {
		if e.Observer == k.observer {
			return said{state: e.State, share: e.Share, looked: true}, true
		}
	}
	return said{}, false
}

// forget makes the next event of a subject one to keep, unless the history has its like.
func (n *novelty) forget(e *timeline.Event) {
	delete(n.kept, subject{e.Observer, e.Cluster, e.Endpoint})
}

func (n *novelty) keep(k subject, s said) {
	if len(n.kept) >= maxKept {
		clear(n.kept)
	}
	n.kept[k] = s
}
