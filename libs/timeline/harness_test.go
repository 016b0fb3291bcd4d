package timeline_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/timeline"
)

// clock is moved by hand.
type clock struct{ now time.Time }

func newClock() *clock {
	return &clock{time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)}
}
func (c *clock) Now() time.Time                { return c.now }
func (c *clock) pass(d time.Duration)          { c.now = c.now.Add(d) }
func (c *clock) ago(d time.Duration) time.Time { return c.now.Add(-d) }

// open opens a store in a directory of the test, which closes it.
func open(t testing.TB, path string, o timeline.Options) *timeline.Store {
	t.Helper()
	s, err := timeline.Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func fresh(t testing.TB, o timeline.Options) *timeline.Store {
	t.Helper()
	return open(t, filepath.Join(t.TempDir(), "history.db"), o)
}

// event is one of an endpoint of the cluster users.
func event(endpoint, observer string, state timeline.State) timeline.Event {
	return timeline.Event{
		Cluster: "users", Endpoint: endpoint, Observer: observer, State: state,
		Share:    1 - float64(state)/4,
		Observed: time.Date(2026, 11, 1, 11, 0, 0, 1, time.UTC), Sequence: 7,
		Reason: "3 of 10 requests failed",
	}
}

func appendAll(t testing.TB, s *timeline.Store, events ...timeline.Event) {
	t.Helper()
	if err := s.Append(events...); err != nil {
		t.Fatal(err)
	}
}

// ids are those of the answer to a query.
func ids(t testing.TB, s *timeline.Store, q timeline.Query) (ids []uint64, more bool) {
	t.Helper()
	events, more, err := s.Events(q)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		ids = append(ids, e.ID)
	}
	return ids, more
}

func address(i int) string { return fmt.Sprintf("10.0.0.1:%d", i) }
