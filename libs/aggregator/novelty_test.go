package aggregator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/gatewayhomebrew/gateway/libs/gossip"
	"github.com/gatewayhomebrew/gateway/libs/health"
	"github.com/gatewayhomebrew/gateway/libs/timeline"
)

// news makes a novelty with a history, and says whether a report is kept, and puts it there.
func news(history *[]timeline.Event) func(r gossip.Report) bool {
	n := &novelty{
		kept: map[subject]said{},
		last: func(cluster, endpoint string) (events []timeline.Event, err error) {
			seen := map[string]bool{}
			for i := len(*history) - 1; i >= 0; i-- {
				if e := (*history)[i]; e.Cluster == cluster && e.Endpoint == endpoint &&
					!seen[e.Observer] {
					seen[e.Observer] = true
					events = append(events, e)
				}
			}
			return events, nil
		},
	}
	return func(r gossip.Report) bool {
		e, ok := eventOf(r, time.Now())
		if !ok || !n.is(&e, &r) {
			return false
		}
		*history = append(*history, e)
		return true
	}
}

func TestWhatIsSaidAgainIsNotKeptAgain(t *testing.T) {
	t.Parallel()
	with := func(r gossip.Report, edit func(*gossip.Report)) gossip.Report { edit(&r); return r }
	loss := func(l float64) gossip.Report { return lost("edge-1", l, false).Report }
	var history []timeline.Event
	kept := news(&history)
	for i, c := range []struct {
		what string
		r    gossip.Report
		want bool
	}{
		{"well, of which nobody has heard otherwise", loss(0), false},
		{"a loss", loss(0.5), true},
		{"the same loss", loss(0.5), false},
		{"nearly the same", loss(0.53), false},
		{"again nearly, but not the same as was kept", loss(0.56), true},
		{"another failure", with(loss(0.56), func(r *gossip.Report) {
			r.Sight.Main = health.Timeout
		}), true},
		{"checks say so too", with(loss(0.56), func(r *gossip.Report) {
			r.Sight.Main, r.Sight.Down = health.Timeout, true
		}), true},
		{"and it may be cut off", with(loss(0.56), func(r *gossip.Report) {
			r.Sight.Main, r.Sight.Down, r.Suspect = health.Timeout, true, true
		}), true},
		{"another node", lost("edge-2", 0.56, false).Report, true},
		{"all of it", loss(1), true},
		{"well", loss(0), true},
		{"still well", loss(0), false},
		{"gone", with(loss(0), func(r *gossip.Report) { r.Gone = true }), true},
		{"a loss as before", loss(0.5), true},
	} {
		if kept(c.r) != c.want {
			t.Errorf("%d: %s: kept: %v", i, c.what, !c.want)
		}
	}
	// After a restart the others say what holds, and nothing of it is news but what has changed.
	kept = news(&history)
	for range 2 {
		if kept(loss(0.5)) || kept(lost("edge-2", 0.56, false).Report) {
			t.Error("what was known before the restart is kept again")
		}
	}
	kept = news(&history)
	if !kept(loss(0)) || !kept(lost("edge-2", 1, false).Report) {
		t.Error("what has changed during the restart is not kept")
	}
}

// What is heard comes to be on disk, once; an aggregator that begins again with the same file adds
// nothing to it.
func TestWhatIsHeardIsOnDiskOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "history.db")
	for life := range 2 {
		store, err := timeline.Open(path, timeline.Options{})
		if err != nil {
			t.Fatal(err)
		}
		log := logrus.New()
		log.SetOutput(io.Discard)
		a := newAggregator(store, log)
		for range 3 {
			a.hear(watching("edge-1").Report)
			a.hear(lost("edge-1", 1, false).Report)
			a.hear(lost("edge-2", 0.5, false).Report)
		}
		ended, end := context.WithCancel(t.Context())
		end()
		if err := a.recorder.Run(ended); err != nil { // it writes what waits
			t.Error(err)
		}
		page, err := a.timeline(timeline.Query{})
		if err != nil || len(page.Events) != 2 || a.heard != 9 {
			t.Errorf("life %d: %+v, %v; heard %d", life, page, err, a.heard)
		}
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}
	store, err := timeline.Open(path, timeline.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	log := logrus.New()
	log.SetOutput(io.Discard)
	a := newAggregator(store, log)
	for i := range 10_100 { // more than wait to be written
		a.hear(lost(fmt.Sprint("n", i), 1, false).Report)
	}
	if n := len(a.news.kept); a.recorder.Dropped() == 0 || n+int(a.recorder.Dropped()) != 10_100 {
		t.Errorf("%d were dropped and %d are remembered", a.recorder.Dropped(), n)
	}
}

// A node that repeats a loss for a day leaves the history as it was; what it remembers stays
// bounded.
func TestALongTroubleLeavesItsBeginning(t *testing.T) {
	t.Parallel()
	var history []timeline.Event
	kept := news(&history)
	for range 24 * 60 * 2 {
		kept(lost("edge-1", 1, false).Report)
	}
	if len(history) != 1 {
		t.Errorf("%d events", len(history))
	}
	n := &novelty{kept: map[subject]said{}, last: func(string, string) ([]timeline.Event, error) {
		return nil, errors.New("no history")
	}}
	for i := range maxKept + 10 {
		r := lost(fmt.Sprint("n", i), 1, false).Report
		if e, _ := eventOf(r, time.Time{}); !n.is(&e, &r) || len(n.kept) > maxKept {
			t.Fatalf("%d: %d are remembered", i, len(n.kept))
		}
	}
}
