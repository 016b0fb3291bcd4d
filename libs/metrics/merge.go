package metrics

import (
	"math"
	"math/big"
	"slices"
	"strings"

	dto "github.com/prometheus/client_model/go"
)

// A sum adds numbers as if they were exact, and rounds at the end. What is added of several parts
// never falls then while none of them does; one rounded addition after the other can fall by the
// last digit, which Prometheus takes for a counter that began anew.
type sum struct {
	exact map[*float64]*big.Float
	// up rounds up, for a sum that takes the place of its parts: with any further part it is no
	// less than they were.
	up bool
}

// exactly is how many bits an exact sum has: more than what lies between a nanosecond and the bytes
// of a year.
const exactly = 256

func newSum(up bool) *sum { return &sum{exact: map[*float64]*big.Float{}, up: up} }

// add returns the sum of a number, which may be a sum itself, and another one.
func (s *sum) add(a *float64, b float64) *float64 {
	total := s.exact[a]
	if total == nil {
		total = exact(*a)
	}
	delete(s.exact, a)
	total.Add(total, exact(b))
	f, rounded := total.Float64()
	if s.up && rounded == big.Below {
		f = math.Nextafter(f, math.Inf(1))
	}
	out := new(f)
	s.exact[out] = total
	return out
}

// exact is a number; what is none counts as nothing.
func exact(f float64) *big.Float {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		f = 0
	}
	return new(big.Float).SetPrec(exactly).SetFloat64(f)
}

// value is a number that a pointer may lead to.
func value(f *float64) *float64 {
	if f == nil {
		return new(float64)
	}
	return f
}

// families returns all families of both; where both have a metric their values are added. The
// metrics of own may change, those of other do not.
func (s *sum) families(own, other []*dto.MetricFamily) []*dto.MetricFamily {
	byName := make(map[string]int, len(own))
	for i, f := range own {
		byName[f.GetName()] = i
	}
	for _, f := range other {
		i, ok := byName[f.GetName()]
		switch {
		case !ok:
			byName[f.GetName()] = len(own)
			own = append(own, f)
		case own[i].GetType() == f.GetType():
			own[i] = s.metrics(own[i], f)
		}
	}
	return own
}

// metrics adds the metrics of one family.
func (s *sum) metrics(own, other *dto.MetricFamily) *dto.MetricFamily {
	at := make(map[string]int, len(own.Metric))
	for i, m := range own.Metric {
		at[labels(m)] = i
	}
	out := &dto.MetricFamily{
		Name: own.Name, Help: own.Help, Type: own.Type, Unit: own.Unit,
		Metric: slices.Clone(own.Metric),
	}
	for _, m := range other.Metric {
		if i, ok := at[labels(m)]; ok {
			out.Metric[i] = s.metric(out.Metric[i], m)
		} else {
			out.Metric = append(out.Metric, m)
		}
	}
	return out
}

// labels are the labels of a metric as one text. A registry gives them sorted.
func labels(m *dto.Metric) string {
	var b strings.Builder
	for _, l := range m.Label {
		b.WriteString(l.GetName())
		b.WriteByte(0xff) // in no name and no value that is UTF-8
		b.WriteString(l.GetValue())
		b.WriteByte(0xff)
	}
	return b.String()
}

// metric is the sum of two metrics with the same labels.
func (s *sum) metric(own, other *dto.Metric) *dto.Metric {
	out := &dto.Metric{Label: own.Label, TimestampMs: own.TimestampMs}
	switch {
	case own.Counter != nil && other.Counter != nil:
		c := &dto.Counter{
			Value:            s.add(value(own.Counter.Value), other.Counter.GetValue()),
			Exemplar:         own.Counter.Exemplar,
			CreatedTimestamp: own.Counter.CreatedTimestamp,
		}
		if t := other.Counter.CreatedTimestamp; t != nil {
			c.CreatedTimestamp = t // the other one came first
		}
		out.Counter = c
	case own.Gauge != nil && other.Gauge != nil:
		out.Gauge = &dto.Gauge{Value: new(own.Gauge.GetValue() + other.Gauge.GetValue())}
	case own.Summary != nil && other.Summary != nil:
		a, b := own.Summary, other.Summary
		out.Summary = &dto.Summary{
			SampleCount: new(a.GetSampleCount() + b.GetSampleCount()),
			SampleSum:   s.add(value(a.SampleSum), b.GetSampleSum()),
			Quantile:    a.Quantile, CreatedTimestamp: a.CreatedTimestamp,
		}
	case own.Histogram != nil && other.Histogram != nil:
		out.Histogram = s.histogram(own.Histogram, other.Histogram)
	default:
		return own
	}
	return out
}

// histogram is the sum of two histograms.
func (s *sum) histogram(own, other *dto.Histogram) *dto.Histogram {
	out := &dto.Histogram{
		SampleCount: new(own.GetSampleCount() + other.GetSampleCount()),
		SampleSum:   s.add(value(own.SampleSum), other.GetSampleSum()),
		Exemplars:   own.Exemplars, CreatedTimestamp: own.CreatedTimestamp,
	}
	if other.CreatedTimestamp != nil {
		out.CreatedTimestamp = other.CreatedTimestamp
	}
	for _, b := range own.Bucket {
		// Of another version with other bounds the next lower one counts, so that no bucket
		// has more than it should.
		n := uint64(0)
		for _, o := range other.Bucket {
			if o.GetUpperBound() <= b.GetUpperBound() {
				n = max(n, o.GetCumulativeCount())
			}
		}
		if math.IsInf(b.GetUpperBound(), 1) {
			n = other.GetSampleCount()
		}
		out.Bucket = append(out.Bucket, &dto.Bucket{
			UpperBound: b.UpperBound, Exemplar: b.Exemplar,
			CumulativeCount: new(b.GetCumulativeCount() + n),
		})
	}
	if own.Schema == nil || own.GetSchema() != other.GetSchema() || other.Schema == nil ||
		own.GetZeroThreshold() != other.GetZeroThreshold() {
		return out // without a native one, whose buckets would not fit
	}
	out.Schema, out.ZeroThreshold = own.Schema, own.ZeroThreshold
	out.ZeroCount = new(own.GetZeroCount() + other.GetZeroCount())
	cells := map[int32]int64{}
	unfold(cells, own)
	unfold(cells, other)
	out.PositiveSpan, out.PositiveDelta = spans(cells)
	if len(out.PositiveSpan) == 0 {
		out.PositiveSpan = own.PositiveSpan // an empty one says that it is native
	}
	return out
}

// unfold adds the native buckets of a histogram, by their index.
func unfold(cells map[int32]int64, h *dto.Histogram) {
	at, n, d := int32(0), int64(0), 0
	for _, s := range h.PositiveSpan {
		at += s.GetOffset()
		for range s.GetLength() {
			if d >= len(h.PositiveDelta) {
				return // it is not well formed
			}
			n += h.PositiveDelta[d]
			d++
			cells[at] += n
			at++
		}
	}
}

// spans writes native buckets as Prometheus has them: runs of buckets, and differences of counts.
func spans(cells map[int32]int64) (out []*dto.BucketSpan, deltas []int64) {
	at := make([]int32, 0, len(cells))
	for i := range cells {
		at = append(at, i)
	}
	slices.Sort(at)
	next, last := int32(0), int64(0)
	for _, i := range at {
		if len(out) == 0 || i != next {
			out = append(out, &dto.BucketSpan{Offset: new(i - next), Length: new(uint32(0))})
		}
		*out[len(out)-1].Length++
		deltas = append(deltas, cells[i]-last)
		next, last = i+1, cells[i]
	}
	return out, deltas
}
