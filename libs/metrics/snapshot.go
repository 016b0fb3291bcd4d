package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// A snapshot is a histogram as Prometheus wants it.
type snapshot struct {
	scale     *scale
	born      time.Time
	sum       int64 // in units of the scale
	cells     []uint64
	exemplars []*exemplar // by classic bucket
}

func newSnapshot(s *scale, born time.Time) *snapshot {
	return &snapshot{scale: s, born: born, cells: make([]uint64, len(s.bounds))}
}

// add adds what was counted.
func (s *snapshot) add(c *cells) {
	for p := range c.pages {
		page := c.pages[p].Load()
		if page == nil {
			continue
		}
		for i := range page {
			if n := page[i].Load(); n > 0 {
				s.cells[p*len(page)+i] += n
			}
		}
	}
	s.sum += c.sum.Load()
}

// exemplify adds the newest exemplars.
func (s *snapshot) exemplify(e *exemplars) {
	all := e.all.Load()
	if all == nil {
		return
	}
	if s.exemplars == nil {
		s.exemplars = make([]*exemplar, len(s.scale.classic)+1)
	}
	for i := range s.exemplars {
		if x := (*all)[i].Load(); x.newer(s.exemplars[i]) {
			s.exemplars[i] = x
		}
	}
}

// merge adds another snapshot of the same scale.
func (s *snapshot) merge(other *snapshot) {
	for i, n := range other.cells {
		s.cells[i] += n
	}
	s.sum += other.sum
}

// count is how many values there are.
func (s *snapshot) count() (n uint64) {
	for _, c := range s.cells {
		n += c
	}
	return n
}

// classic are the values in each classic bucket, not added up.
func (s *snapshot) classic() []uint64 {
	out := make([]uint64, len(s.scale.classic)+1)
	for i, n := range s.cells {
		out[s.scale.bucket[i]] += n
	}
	return out
}

// send sends the histogram, in both forms.
func (s *snapshot) send(ch chan<- prometheus.Metric, d *prometheus.Desc, labels ...string) {
	native := make(map[int]int64)
	for i, n := range s.cells[1:] {
		if n > 0 {
			native[int(s.scale.native[i+1])] += int64(n)
		}
	}
	ch <- both{
		Metric: prometheus.MustNewConstNativeHistogram(d, s.count(), float64(s.sum)/s.scale.one,
			native, nil, s.cells[0], s.scale.schema, s.scale.zero, s.born, labels...),
		snapshot: s,
	}
}

// both is a native histogram that has classic buckets too, for those who do not know native ones,
// and exemplars.
type both struct {
	prometheus.Metric
	snapshot *snapshot
}

// Write writes the metric down.
func (b both) Write(out *dto.Metric) error {
	if err := b.Metric.Write(out); err != nil {
		return err
	}
	var sum uint64
	h, s := out.Histogram, b.snapshot
	classic := s.classic()
	h.Bucket, h.Exemplars = make([]*dto.Bucket, 0, len(classic)), nil
	for i, n := range classic {
		sum += n
		bucket := &dto.Bucket{CumulativeCount: new(sum)}
		if s.exemplars != nil && s.exemplars[i] != nil {
			bucket.Exemplar = s.exemplars[i].shown(s.scale)
			h.Exemplars = append(h.Exemplars, bucket.Exemplar)
		}
		switch {
		case i < len(s.scale.classic):
			bucket.UpperBound = new(s.scale.classic[i])
		case bucket.Exemplar == nil:
			continue // the bucket of infinity is said by the count
		default:
			bucket.UpperBound = new(infinity)
		}
		h.Bucket = append(h.Bucket, bucket)
	}
	return nil
}
