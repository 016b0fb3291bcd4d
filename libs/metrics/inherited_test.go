package metrics_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"

	"github.com/gatewayhomebrew/gateway/libs/metrics"
)

// process is one that counts requests of a route.
func process(t *testing.T) (*metrics.Registry, func(took time.Duration)) {
	t.Helper()
	r := metrics.New()
	m := r.Route("public", "all", "app")
	r.Listener("public")
	r.Cluster("app")
	return r, func(took time.Duration) {
		m.Begin()
		m.Observe(metrics.Request{Method: []byte("GET"), Status: 200, Took: took})
	}
}

// gathered are the values of what may not go back, by series.
func gathered(t *testing.T, r *metrics.Registry) map[string]float64 {
	t.Helper()
	all, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]float64{}
	for _, f := range all {
		for _, m := range f.Metric {
			name := f.GetName() + fmt.Sprint(m.Label)
			switch {
			case m.Counter != nil:
				out[name] = m.Counter.GetValue()
			case m.Histogram != nil:
				out[name+" count"] = float64(m.Histogram.GetSampleCount())
				out[name+" sum"] = m.Histogram.GetSampleSum()
				for _, b := range m.Histogram.Bucket {
					out[name+fmt.Sprint(b.GetUpperBound())] = float64(b.GetCumulativeCount())
				}
			}
		}
	}
	return out
}

// inherit gives all that one process has counted to another.
func inherit(t *testing.T, to, from *metrics.Registry, id string) {
	t.Helper()
	parts, err := from.Inherited()
	if err != nil {
		t.Fatal(err)
	}
	own, err := from.Own()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range append(parts, metrics.Part{ID: id, Families: own}) {
		if err := to.Inherit(p); err != nil {
			t.Fatal(err)
		}
	}
}

// Not by the last digit of a sum either, which Prometheus takes for a new beginning.
func TestNothingGoesBackFromProcessToProcess(t *testing.T) {
	t.Parallel()
	r, count := process(t)
	last := gathered(t, r)
	look := func(what string) {
		t.Helper()
		now := gathered(t, r)
		for series, was := range last {
			if v, ok := now[series]; !ok || v < was {
				t.Fatalf("%s: %s goes back from %v to %v (%t)", what, series, was, v, ok)
			}
		}
		last = now
	}
	some := func() {
		for range rand.IntN(20) {
			count(time.Duration(rand.Int64N(int64(3 * time.Second))))
		}
	}
	for generation := range 30 {
		some()
		look("counting")
		id := fmt.Sprint(generation)
		before, countBefore := r, count
		r, count = process(t)
		inherit(t, r, before, id)
		look("handed over")
		for range 3 { // the old one drains
			some()
			countBefore(time.Duration(rand.Int64N(int64(time.Second))))
			own, err := before.Own()
			if err != nil {
				t.Fatal(err)
			}
			if err := r.Inherit(metrics.Part{ID: id, Families: own}); err != nil {
				t.Fatal(err)
			}
			look("the old one counts")
		}
		if generation%3 > 0 { // of some the end comes when another process has the place
			r.Ended(id)
			look("the old one has ended")
		}
	}
}

// Both forms of a histogram are what one process would have made of all values.
func TestHistogramsOfTwoProcessesAddUp(t *testing.T) {
	t.Parallel()
	one, countOne := process(t)
	two, countTwo := process(t)
	whole, countWhole := process(t)
	for i := range 500 {
		took := time.Duration(rand.ExpFloat64() * float64(50*time.Millisecond))
		countWhole(took)
		if i%3 == 0 {
			countOne(took)
		} else {
			countTwo(took)
		}
	}
	inherit(t, two, one, "1")
	got, want := histogram(t, two), histogram(t, whole)
	if got.GetSampleCount() != want.GetSampleCount() || got.GetSchema() != want.GetSchema() ||
		got.GetZeroCount() != want.GetZeroCount() {
		t.Errorf("%v, want %v", got, want)
	}
	for _, same := range []struct{ what, got, want string }{
		{"classic", fmt.Sprint(counts(got)), fmt.Sprint(counts(want))},
		{"native", fmt.Sprint(native(got)), fmt.Sprint(native(want))},
	} {
		if same.got != same.want {
			t.Errorf("%s: %s, want %s", same.what, same.got, same.want)
		}
	}
}

func histogram(t *testing.T, r *metrics.Registry) *dto.Histogram {
	t.Helper()
	all, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		if f.GetName() == "gateway_request_duration_seconds" {
			return f.Metric[0].Histogram
		}
	}
	t.Fatal("there is none")
	return nil
}

// native are the native buckets that are not empty, by index.
func native(h *dto.Histogram) map[int32]int64 {
	out := map[int32]int64{}
	at, n, d := int32(0), int64(0), 0
	for _, s := range h.PositiveSpan {
		at += s.GetOffset()
		for range s.GetLength() {
			n += h.PositiveDelta[d]
			if n != 0 {
				out[at] = n
			}
			d++
			at++
		}
	}
	return out
}

func counts(h *dto.Histogram) (out []uint64) {
	for _, b := range h.Bucket {
		out = append(out, b.GetCumulativeCount())
	}
	return out
}

// What a reload has forgotten does not come back from the process before, and is not handed on.
func TestNamesThatAreGoneAreNotInherited(t *testing.T) {
	t.Parallel()
	old, count := process(t)
	count(time.Second)
	old.Route("public", "gone", "app").Observe(metrics.Request{Method: []byte("GET"), Status: 200})
	next, _ := process(t)
	inherit(t, next, old, "1")
	for series := range gathered(t, next) {
		if strings.Contains(series, `"gone"`) {
			t.Errorf("%s is shown", series)
		}
	}
	last, _ := process(t)
	last.Route("public", "gone", "app")
	inherit(t, last, next, "2")
	for series := range gathered(t, last) {
		if strings.Contains(series, `"gone"`) && gathered(t, last)[series] > 0 {
			t.Errorf("%s was handed on", series)
		}
	}
}

func TestGaugesOfTheLivingAddUp(t *testing.T) {
	t.Parallel()
	old, _ := process(t)
	old.Listener("public").Active.Add(3)
	next, _ := process(t)
	next.Listener("public").Active.Add(2)
	inherit(t, next, old, "1")
	if got := connections(t, next); got != 5 {
		t.Errorf("%v connections are open, want those of both", got)
	}
	next.Ended("1")
	if got := connections(t, next); got != 2 {
		t.Errorf("%v connections are open after the end of the old process", got)
	}
}

func connections(t *testing.T, r *metrics.Registry) float64 {
	t.Helper()
	all, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		if f.GetName() == "gateway_active_connections" {
			return f.Metric[0].Gauge.GetValue()
		}
	}
	return -1
}

func TestFrozenMetricsStandStill(t *testing.T) {
	t.Parallel()
	r, count := process(t)
	count(time.Second)
	if err := r.Freeze(); err != nil {
		t.Fatal(err)
	}
	before := fmt.Sprint(gathered(t, r))
	count(time.Second)
	if after := fmt.Sprint(gathered(t, r)); after != before {
		t.Error("they go on")
	}
	r.Thaw()
	if after := fmt.Sprint(gathered(t, r)); after == before {
		t.Error("they stand still for ever")
	}
}

func TestRubbishIsNoMetrics(t *testing.T) {
	t.Parallel()
	r, _ := process(t)
	if err := r.Inherit(metrics.Part{Families: []byte("\x05rubbish")}); err == nil {
		t.Error("it was taken")
	}
}
