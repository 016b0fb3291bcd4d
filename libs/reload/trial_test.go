package reload

import (
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
)

// counters count what a test says.
type counters struct{ so Tally }

func (c *counters) Tally() Tally { return c.so }

func TestWhatATrialFindsFailing(t *testing.T) {
	t.Parallel()
	const tenPercent = config.Percent(0.1)
	for name, c := range map[string]struct {
		before, now Tally // requests, 5xx, failed connections
		limit       config.Percent
		want        string // what it is about; "" is none
	}{
		"nothing happened": {Tally{}, Tally{}, tenPercent, ""},
		"all is well": {
			Tally{1000, 0, 0}, Tally{1000, 0, 0}, tenPercent, "",
		},
		"all fails": {
			Tally{1000, 0, 0}, Tally{20, 20, 0}, tenPercent,
			"failed requests rose from 0.0% to 100.0% of 20 requests",
		},
		"all fails, but of too few": {
			Tally{1000, 0, 0}, Tally{19, 19, 19}, tenPercent, "",
		},
		"as much more as is allowed": {
			Tally{1000, 0, 0}, Tally{100, 10, 0}, tenPercent, "",
		},
		"a little more than is allowed": {
			Tally{1000, 0, 0}, Tally{100, 11, 0}, tenPercent, "failed requests",
		},
		"as bad as before": {
			Tally{1000, 500, 0}, Tally{100, 50, 0}, tenPercent, "",
		},
		"worse than before": {
			Tally{1000, 500, 0}, Tally{100, 61, 0}, tenPercent, "rose from 50.0% to 61.0%",
		},
		"better than before": {
			Tally{1000, 500, 0}, Tally{100, 1, 0}, tenPercent, "",
		},
		"of before too little is known": {
			Tally{19, 19, 19}, Tally{100, 50, 0}, tenPercent, "rose from 0.0%",
		},
		"before it, nobody asked": {
			Tally{}, Tally{100, 50, 0}, tenPercent, "rose from 0.0%",
		},
		"no increase at all":           {Tally{100, 0, 0}, Tally{100, 1, 0}, 0, "failed requests"},
		"no increase at all, and none": {Tally{100, 1, 0}, Tally{100, 1, 0}, 0, ""},
		"any increase":                 {Tally{100, 0, 0}, Tally{100, 100, 100}, 1, ""},
		"connections that retries hide": {
			Tally{1000, 0, 0}, Tally{100, 0, 50}, tenPercent,
			"failed connections to endpoints rose from 0.0% to 50.0%",
		},
		"more failed connections than requests": {
			Tally{1000, 0, 0}, Tally{100, 0, 200}, tenPercent, "200.0%",
		},
		"connections that failed before as well": {
			Tally{1000, 0, 500}, Tally{100, 0, 50}, tenPercent, "",
		},
		"both: what clients see is told": {
			Tally{1000, 0, 0}, Tally{100, 50, 50}, tenPercent, "failed requests",
		},
	} {
		counts := new(counters)
		tr := newTrial(config.Reload{Trial: time.Minute, MaxErrorIncrease: c.limit}, counts,
			c.before, nil)
		if got := tr.failing(); got != "" {
			t.Errorf("%s: before the first request: %q", name, got)
		}
		counts.so = c.now
		got := tr.failing()
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: it fails by %q, want %q", name, got, c.want)
		}
		if got != "" &&
			(!strings.Contains(got, "1m0s") || !strings.Contains(got, c.limit.String())) {
			t.Errorf("%s: it does not tell the rules: %q", name, got)
		}
	}
}

func TestTheBaselineIsTheLastMinute(t *testing.T) {
	t.Parallel()
	counts := new(counters)
	m := New(Options{Counts: func() Counters { return counts }}, Generation{})
	second := func() {
		m.samples.last = time.Time{} // a second has passed
		m.sample()
	}
	// For a minute a hundred requests a second, all of which fail; after it they do not.
	for range baselineSeconds {
		second()
		counts.so.Requests += 100
		counts.so.Failures += 100
	}
	if got := m.baseline(); got != (Tally{6000, 6000, 0}) {
		t.Errorf("after the first minute: %+v", got)
	}
	for range baselineSeconds + 1 {
		second()
		counts.so.Requests += 100
	}
	got := m.baseline()
	if share, _ := got.shares(); got.Failures != 0 || got.Requests < 100*baselineSeconds ||
		share != 0 {
		t.Errorf("a minute later: %+v", got)
	}
	// Samples within one second are one.
	n := m.samples.n
	m.sample()
	m.sample()
	if m.samples.n > n+1 {
		t.Errorf("%d samples in no time", m.samples.n-n)
	}
}
