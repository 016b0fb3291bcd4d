package node

import (
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/l7"
)

func TestTheVerdictOfATrial(t *testing.T) {
	t.Parallel()
	const tenPercent = config.Percent(0.1)
	for name, c := range map[string]struct {
		before, now tally // requests, 5xx, failed connections
		limit       config.Percent
		want        string // what the verdict is about; "" is none
	}{
		"nothing happened":                       {tally{}, tally{}, tenPercent, ""},
		"all is well":                            {tally{1000, 0, 0}, tally{1000, 0, 0}, tenPercent, ""},
		"all fails":                              {tally{1000, 0, 0}, tally{20, 20, 0}, tenPercent, "5xx answers rose from 0.0% to 100.0% of 20 requests"},
		"all fails, but of too few":              {tally{1000, 0, 0}, tally{19, 19, 19}, tenPercent, ""},
		"as much more as is allowed":             {tally{1000, 0, 0}, tally{100, 10, 0}, tenPercent, ""},
		"a little more than is allowed":          {tally{1000, 0, 0}, tally{100, 11, 0}, tenPercent, "5xx"},
		"as bad as before":                       {tally{1000, 500, 0}, tally{100, 50, 0}, tenPercent, ""},
		"worse than before":                      {tally{1000, 500, 0}, tally{100, 61, 0}, tenPercent, "rose from 50.0% to 61.0%"},
		"better than before":                     {tally{1000, 500, 0}, tally{100, 1, 0}, tenPercent, ""},
		"of before too little is known":          {tally{19, 19, 19}, tally{100, 50, 0}, tenPercent, "rose from 0.0%"},
		"before it, nobody asked":                {tally{}, tally{100, 50, 0}, tenPercent, "rose from 0.0%"},
		"no increase at all":                     {tally{100, 0, 0}, tally{100, 1, 0}, 0, "5xx"},
		"no increase at all, and none":           {tally{100, 1, 0}, tally{100, 1, 0}, 0, ""},
		"any increase":                           {tally{100, 0, 0}, tally{100, 100, 100}, 1, ""},
		"connections that retries hide":          {tally{1000, 0, 0}, tally{100, 0, 50}, tenPercent, "failed connections to endpoints rose from 0.0% to 50.0%"},
		"more failed connections than requests":  {tally{1000, 0, 0}, tally{100, 0, 200}, tenPercent, "200.0%"},
		"connections that failed before as well": {tally{1000, 0, 500}, tally{100, 0, 50}, tenPercent, ""},
		"both: what clients see is told":         {tally{1000, 0, 0}, tally{100, 50, 50}, tenPercent, "5xx"},
	} {
		var counts l7.Counts
		tr := newTrial(config.Reload{Trial: time.Minute, MaxErrorIncrease: c.limit}, counted{http: &counts}, c.before, nil)
		if got := tr.verdict(); got != "" {
			t.Errorf("%s: before the first request: %q", name, got)
		}
		counts.Requests.Store(c.now.requests)
		counts.Failures.Store(c.now.failures)
		counts.Connects.Store(c.now.connects)
		got := tr.verdict()
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: the verdict is %q, want %q", name, got, c.want)
		}
		if got != "" && (!strings.Contains(got, "1m0s") || !strings.Contains(got, c.limit.String())) {
			t.Errorf("%s: the verdict does not tell the rules: %q", name, got)
		}
	}
}

func TestTheBaselineIsTheLastMinute(t *testing.T) {
	t.Parallel()
	e, _ := newEdge(t, listeners0("a"))
	r := newReloads(e, config.Source{}, nil)
	counts := e.engine.http.Counts()
	second := func() {
		r.samples.last = time.Time{} // a second has passed
		r.sample()
	}
	// For a minute a hundred requests a second, all of which fail; after it they do not.
	for range baselineSeconds {
		second()
		counts.Requests.Add(100)
		counts.Failures.Add(100)
	}
	if got := r.baseline(); got != (tally{6000, 6000, 0}) {
		t.Errorf("after the first minute: %+v", got)
	}
	for range baselineSeconds + 1 {
		second()
		counts.Requests.Add(100)
	}
	got := r.baseline()
	if share, _ := got.shares(); got.failures != 0 || got.requests < 100*baselineSeconds || share != 0 {
		t.Errorf("a minute later: %+v", got)
	}
	// Samples within one second are one.
	n := r.samples.n
	r.sample()
	r.sample()
	if r.samples.n > n+1 {
		t.Errorf("%d samples in no time", r.samples.n-n)
	}
}
