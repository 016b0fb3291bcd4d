package metrics

import (
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"google.golang.org/protobuf/proto"
)

// written is a histogram as it goes to Prometheus.
func written(t *testing.T, h *histogram) *dto.Histogram {
	t.Helper()
	ch := make(chan prometheus.Metric, 1)
	h.snapshot().send(ch, desc("h", "A histogram."))
	return write(t, <-ch)
}

func write(t *testing.T, m prometheus.Metric) *dto.Histogram {
	t.Helper()
	var out dto.Metric
	if err := m.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Histogram
}

// client_golang's own histogram is the oracle: it is given the same values, one after another.
func TestBothFormsAreThoseOfTheLibrary(t *testing.T) {
	for name, tc := range map[string]struct {
		scale  *scale
		factor float64
		values func(*rand.Rand) int64
	}{
		"durations": {durations, 1.1, func(r *rand.Rand) int64 {
			return int64(1) << r.IntN(41) * (8000 + r.Int64N(8000)) / 8000 * 8
		}},
		"around bounds": {durations, 1.1, func(r *rand.Rand) int64 {
			return durations.bounds[r.IntN(len(durations.bounds)-1)] + r.Int64N(3) - 1
		}},
		"sizes": {sizes, 1.2, func(r *rand.Rand) int64 {
			return r.Int64N(int64(1) << (1 + r.IntN(39)))
		}},
		"around sizes": {sizes, 1.2, func(r *rand.Rand) int64 {
			return max(sizes.bounds[r.IntN(len(sizes.bounds)-1)]+r.Int64N(3)-1, 0)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			threshold := tc.scale.zero
			if threshold == 0 {
				threshold = prometheus.NativeHistogramZeroThresholdZero
			}
			oracle := prometheus.NewHistogram(prometheus.HistogramOpts{
				Name: "h", Help: "A histogram.", Buckets: tc.scale.classic,
				NativeHistogramBucketFactor: tc.factor, NativeHistogramZeroThreshold: threshold,
			})
			h := newHistogram(tc.scale, nil)
			random := rand.New(rand.NewPCG(1, 2))
			for range 20_000 {
				v := tc.values(random)
				h.observe(v, nil)
				oracle.Observe(float64(v) / tc.scale.one)
			}
			got, want := written(t, &h), write(t, oracle)
			got.CreatedTimestamp, want.CreatedTimestamp = nil, nil
			if n := got.GetSampleSum() / want.GetSampleSum(); n < 1-1e-9 || n > 1+1e-9 {
				t.Errorf("the sum is %v, want %v", got.GetSampleSum(), want.GetSampleSum())
			}
			got.SampleSum = want.SampleSum
			if !proto.Equal(got, want) {
				t.Errorf("got  %.400s\nwant %.400s", got, want)
			}
		})
	}
}

// What is less than nothing, or more than the last bound, still counts once.
func TestValuesBeyondAllBounds(t *testing.T) {
	for _, s := range []*scale{durations, sizes} {
		h := newHistogram(s, nil)
		for _, v := range []int64{-1 << 63, -1, 0, 1<<63 - 1} {
			h.observe(v, nil)
		}
		got := written(t, &h)
		if got.GetSampleCount() != 4 || got.GetZeroCount() != 3 || len(got.PositiveDelta) != 1 {
			t.Errorf("got %v", got)
		}
	}
}

// A cell for each value is what one addition serves both forms by.
func TestAScaleHasRoomForAllItsCells(t *testing.T) {
	for _, s := range []*scale{durations, sizes} {
		if n := len(s.bounds); n > maxPages*len(page{}) {
			t.Errorf("there are %d cells, and room for %d", n, maxPages*len(page{}))
		}
		for i, bound := range s.bounds {
			if at := s.cell(bound); at != i {
				t.Errorf("%d is in cell %d, want %d", bound, at, i)
			}
			if i+1 < len(s.bounds) && s.cell(bound+1) != i+1 {
				t.Errorf("%d is in cell %d, want %d", bound+1, s.cell(bound+1), i+1)
			}
		}
	}
}

func TestExemplarsAreTheLastOfTheirBucket(t *testing.T) {
	h := newHistogram(durations, nil)
	for i, took := range []time.Duration{time.Millisecond, 900 * time.Microsecond, time.Hour} {
		h.observe(int64(took), &Trace{ID: [16]byte{0xab, 15: byte(i)}, Span: [8]byte{0xcd}})
	}
	h.observe(int64(time.Millisecond), nil)
	var got []string
	for _, b := range written(t, &h).Bucket {
		if e := b.Exemplar; e != nil {
			got = append(got, e.Label[0].GetValue(), e.Label[1].GetValue())
		}
	}
	want := []string{
		"ab000000000000000000000000000001", "cd00000000000000",
		"ab000000000000000000000000000002", "cd00000000000000",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func BenchmarkHistogram(b *testing.B) {
	h := newHistogram(durations, nil)
	b.ReportAllocs()
	for i := int64(0); b.Loop(); i++ {
		h.observe(1_000_000+i%4096*1000, nil)
	}
}
