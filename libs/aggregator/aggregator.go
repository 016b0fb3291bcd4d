package aggregator

import (
	"context"
	"math"
	"sync"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/gatewayhomebrew/gateway/libs/gossip"
	"github.com/gatewayhomebrew/gateway/libs/timeline"
)

const (
	// calm is the least time between two answers of a watch.
	calm = 250 * time.Millisecond
	// sign is the most: a client that watches sees that there is nothing new.
	sign = 15 * time.Second
	// look is how often it is compared who is there and whose reports count: both change without a
	// report.
	look = 500 * time.Millisecond
	// maxWatchers is how many watch at a time.
	maxWatchers = 128
)

// An Aggregator answers from what it has heard. Its methods may be called from any goroutine.
type Aggregator struct {
	ring     *gossip.Ring
	store    *timeline.Store
	recorder *timeline.Recorder
	news     novelty // of the goroutine that calls hear
	log      *logrus.Logger
	now      func() time.Time
	see      func() Fleet // what all nodes say

	mu       sync.Mutex
	changed  chan struct{} // guarded by mu; closed at the next change
	watchers int           // guarded by mu
	heard    uint64        // guarded by mu; reports
	last     *view         // guarded by mu; what watchers were told last
}

func newAggregator(store *timeline.Store, log *logrus.Logger) *Aggregator {
	a := &Aggregator{
		store: store, recorder: timeline.NewRecorder(store, log),
		news: novelty{last: store.Latest, kept: make(map[subject]said)},
		log:  log, now: time.Now, changed: make(chan struct{}),
	}
	a.see = a.Fleet
	return a
}

// hear takes a report that is new. One goroutine of the ring calls it, so it is quick.
func (a *Aggregator) hear(r gossip.Report) {
	if e, ok := eventOf(r, a.now()); ok && a.news.is(&e, &r) && !a.recorder.Offer(e) {
		a.news.forget(&e) // there was no room; it is news when it is said again
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.heard++
	a.changedLocked()
}

func (a *Aggregator) changedLocked() {
	close(a.changed)
	a.changed = make(chan struct{})
}

// Fleet is what all nodes say at this moment.
func (a *Aggregator) Fleet() Fleet {
	return fleetOf(a.ring.Name(), a.now(), a.ring.Members(), a.ring.Standing())
}

// watchMembers tells those who watch when nodes come, go, or get another configuration, and when
// what they said counts less or no more, until ctx ends.
func (a *Aggregator) watchMembers(ctx context.Context) error {
	tick := time.NewTicker(look)
	defer tick.Stop()
	type known struct{ address, digest, snapshot string }
	last := map[string]known{}
	count, trust := 0, 0.0
	for {
		now := map[string]known{}
		standing := a.ring.Standing()
		sum := 0.0
		for _, s := range standing {
			sum += math.Round(100 * s.Trust)
		}
		same := count == len(standing) && trust == sum
		count, trust = len(standing), sum
		for _, m := range a.ring.Members() {
			now[m.Name] = known{m.Address, m.Info.Digest, m.Info.SnapshotDigest}
			same = same && last[m.Name] == now[m.Name]
		}
		if !same || len(now) != len(last) {
			a.mu.Lock()
			a.changedLocked()
			a.mu.Unlock()
		}
		last = now
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// watch calls send at once and after every change, until ctx or stop ends, or send fails; it must
// not change the view. It says false when too many watch already.
func (a *Aggregator) watch(ctx context.Context, stop <-chan struct{}, send func(*view) error) bool {
	a.mu.Lock()
	if a.watchers >= maxWatchers {
		a.mu.Unlock()
		return false
	}
	a.watchers++
	a.mu.Unlock()
	defer func() {
		a.mu.Lock()
		a.watchers--
		a.mu.Unlock()
	}()
	quiet, longest := time.NewTimer(calm), time.NewTimer(sign)
	defer quiet.Stop()
	defer longest.Stop()
	for {
		v := a.view()
		if send(v) != nil {
			return true
		}
		quiet.Reset(calm)
		longest.Reset(sign)
		select {
		case <-v.changed:
			select {
			case <-quiet.C:
			case <-ctx.Done():
				return true
			case <-stop:
				return true
			}
		case <-longest.C:
		case <-ctx.Done():
			return true
		case <-stop:
			return true
		}
	}
}
