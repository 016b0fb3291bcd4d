package timeline_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/timeline"
)

func TestWhatWasSaidIsToldAsItWas(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := fresh(t, timeline.Options{Now: c.Now})
	want := event("10.0.0.1:1", "edge-1", timeline.Weak)
	want.Observed = time.Unix(-1<<40, 999_999_999).UTC() // whatever a node claims
	appendAll(t, s, want)
	events, more, err := s.Events(timeline.Query{})
	want.ID, want.Time = 1, c.now
	if err != nil || more || len(events) != 1 || events[0] != want {
		t.Errorf("got %+v, %v\nwant %+v", events, err, want)
	}
	if st := s.Stats(); st.Events != 1 || st.Endpoints != 1 || st.Newest != 1 || st.Bytes < 100 {
		t.Errorf("%+v", st)
	}
}

func TestEventsAreFoundByWhatIsAskedFor(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := fresh(t, timeline.Options{Now: c.Now})
	for i := range 12 { // endpoints 0 1 2 0 1 2 …, observers a b a b …
		e := event(address(i%3), []string{"a", "b"}[i%2], timeline.Up)
		if i%3 == 2 {
			e.Cluster = "orders"
		}
		appendAll(t, s, e)
		c.pass(time.Minute)
	}
	// An endpoint whose name begins like another's.
	appendAll(t, s, event(address(0)+"0", "a", timeline.Up))
	for name, q := range map[string]struct {
		timeline.Query
		want []uint64
		more bool
	}{
		"all": {
			timeline.Query{}, []uint64{13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1}, false,
		},
		"the newest": {timeline.Query{Limit: 2}, []uint64{13, 12}, true},
		"the next":   {timeline.Query{Limit: 2, Before: 12}, []uint64{11, 10}, true},
		"the last":   {timeline.Query{Limit: 2, Before: 3}, []uint64{2, 1}, false},
		"none":       {timeline.Query{Before: 1}, nil, false},
		"an endpoint": {
			timeline.Query{Cluster: "users", Endpoint: address(0)}, []uint64{10, 7, 4, 1}, false,
		},
		"its page": {
			timeline.Query{Cluster: "users", Endpoint: address(0), Before: 10, Limit: 2},
			[]uint64{7, 4}, true,
		},
		"the longer name": {
			timeline.Query{Cluster: "users", Endpoint: address(0) + "0"}, []uint64{13}, false,
		},
		"a shorter name": {timeline.Query{Cluster: "users", Endpoint: "10.0.0.1:"}, nil, false},
		"the wrong name": {timeline.Query{Cluster: "zebras", Endpoint: address(0)}, nil, false},
		"in any cluster": {timeline.Query{Endpoint: address(2)}, []uint64{12, 9, 6, 3}, false},
		"a cluster":      {timeline.Query{Cluster: "orders", Limit: 3}, []uint64{12, 9, 6}, true},
		"an observer": {
			timeline.Query{Cluster: "users", Endpoint: address(0), Observer: "b"}, []uint64{10, 4},
			false,
		},
		"since": {
			timeline.Query{Since: c.ago(2 * time.Minute)}, []uint64{13, 12, 11}, false,
		},
		"until": {timeline.Query{Until: c.ago(10 * time.Minute)}, []uint64{2, 1}, false},
		"between": {
			timeline.Query{
				Since: c.ago(6 * time.Minute), Until: c.ago(3 * time.Minute), Cluster: "users",
			}, []uint64{8, 7}, false,
		},
		"more than may be": {
			timeline.Query{Limit: 1 << 40}, []uint64{13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1},
			false,
		},
	} {
		if got, more := ids(t, s, q.Query); !slices.Equal(got, q.want) || more != q.more {
			t.Errorf("%s: %v, more %v; want %v, %v", name, got, more, q.want, q.more)
		}
	}
}

func TestAPageIsNeverTooLong(t *testing.T) {
	t.Parallel()
	s := fresh(t, timeline.Options{})
	var all []timeline.Event
	for i := range timeline.MaxLimit + 10 {
		all = append(all, event(address(i), "a", timeline.Up))
	}
	appendAll(t, s, all...)
	if got, more := ids(t, s, timeline.Query{}); len(got) != timeline.DefaultLimit || !more {
		t.Errorf("%d, more %v", len(got), more)
	}
	if got, more := ids(t, s, timeline.Query{Limit: 1 << 30}); len(got) != timeline.MaxLimit ||
		!more {
		t.Errorf("%d, more %v", len(got), more)
	}
}

func TestTheLatestOfEachObserverIsWhatHoldsNow(t *testing.T) {
	t.Parallel()
	s := fresh(t, timeline.Options{})
	appendAll(t, s,
		event(address(1), "a", timeline.Down), event(address(1), "b", timeline.Up),
		event(address(2), "c", timeline.Up),
		event(address(1), "a", timeline.Weak), event(address(1), "a", timeline.Up))
	events, err := s.Latest("users", address(1))
	if err != nil || len(events) != 2 || events[0].ID != 5 || events[0].Observer != "a" ||
		events[1].ID != 2 {
		t.Errorf("%+v, %v", events, err)
	}
	if events, err := s.Latest("users", "nobody"); err != nil || len(events) != 0 {
		t.Errorf("%+v, %v", events, err)
	}
}

func TestAClockThatIsSetBackDoesNotReorderTheHistory(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := fresh(t, timeline.Options{Now: c.Now})
	for _, step := range []time.Duration{0, time.Minute, -time.Hour, time.Minute, 2 * time.Hour} {
		c.pass(step)
		appendAll(t, s, event(address(1), "a", timeline.Up))
	}
	events, _, err := s.Events(timeline.Query{})
	if err != nil || len(events) != 5 {
		t.Fatal(events, err)
	}
	for i := 1; i < len(events); i++ {
		if events[i].Time.After(events[i-1].Time) {
			t.Errorf("%v comes before %v", events[i].Time, events[i-1].Time)
		}
	}
	if d := events[0].Time.Sub(events[1].Time); d <= 0 {
		t.Errorf("time stands still: %v", d)
	}
}

func TestWhatCannotBeKeptIsRefused(t *testing.T) {
	t.Parallel()
	s := fresh(t, timeline.Options{})
	for name, edit := range map[string]func(*timeline.Event){
		"no cluster":      func(e *timeline.Event) { e.Cluster = "" },
		"no endpoint":     func(e *timeline.Event) { e.Endpoint = "" },
		"no observer":     func(e *timeline.Event) { e.Observer = "" },
		"a long name":     func(e *timeline.Event) { e.Observer = strings.Repeat("x", 257) },
		"a zero":          func(e *timeline.Event) { e.Endpoint = "a\x00b" },
		"no text":         func(e *timeline.Event) { e.Cluster = "a\xff" },
		"no such state":   func(e *timeline.Event) { e.State = 9 },
		"a negative part": func(e *timeline.Event) { e.Share = -0.1 },
		"too large":       func(e *timeline.Event) { e.Share = 1.1 },
		"no number":       func(e *timeline.Event) { e.Share = math.NaN() },
	} {
		e := event(address(1), "a", timeline.Up)
		edit(&e)
		err := s.Append(event(address(2), "a", timeline.Up), e)
		if !errors.Is(err, timeline.ErrEvent) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if st := s.Stats(); st.Events != 0 {
		t.Errorf("%d events were kept of batches that were refused", st.Events)
	}
	long := event(address(1), "a", timeline.Up)
	long.Reason = strings.Repeat("ü", 1000) + "\xff"
	appendAll(t, s, long)
	if events, _, err := s.Events(timeline.Query{}); err != nil || len(events) != 1 ||
		events[0].Reason != strings.Repeat("ü", 256) {
		t.Errorf("%d bytes, %v", len(events[0].Reason), err)
	}
}
