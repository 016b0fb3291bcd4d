package metrics

import (
	"encoding/hex"
	"math"
	"sync/atomic"
	"time"

	dto "github.com/prometheus/client_model/go"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// A Trace is a trace that somebody may look up, since it is exported. What is counted with one
// becomes an exemplar of its histograms.
type Trace struct {
	ID   [16]byte
	Span [8]byte
}

var infinity = math.Inf(1)

// An exemplar is a value that was counted, with its trace.
type exemplar struct {
	trace Trace
	value int64
	at    time.Time
}

// exemplars are the last of each classic bucket. The zero value has none, and takes no memory.
type exemplars struct {
	all atomic.Pointer[[]atomic.Pointer[exemplar]]
}

// keep keeps a value that has a trace. It allocates, which only a request that is sampled does.
func (e *exemplars) keep(s *scale, v int64, t *Trace) {
	if t == nil {
		return
	}
	all := e.all.Load()
	if all == nil {
		made := make([]atomic.Pointer[exemplar], len(s.classic)+1)
		if e.all.CompareAndSwap(nil, &made) {
			all = &made
		} else {
			all = e.all.Load()
		}
	}
	(*all)[s.bucket[s.cell(v)]].Store(&exemplar{trace: *t, value: max(v, 0), at: time.Now()})
}

// newer reports whether the exemplar is to be shown in the place of another.
func (e *exemplar) newer(than *exemplar) bool {
	return e != nil && (than == nil || e.at.After(than.at))
}

// shown is the exemplar as Prometheus wants it. The names of its labels are those that Grafana and
// the OpenTelemetry specification use.
func (e *exemplar) shown(s *scale) *dto.Exemplar {
	pair := func(name string, id []byte) *dto.LabelPair {
		return &dto.LabelPair{Name: new(name), Value: new(hex.EncodeToString(id))}
	}
	return &dto.Exemplar{
		Label: []*dto.LabelPair{pair("trace_id", e.trace.ID[:]), pair("span_id", e.trace.Span[:])},
		Value: new(float64(e.value) / s.one), Timestamp: timestamppb.New(e.at),
	}
}
