package gen

import (
	"errors"
	"testing"
	"time"
)

func TestASummaryTellsAnswersFromFailures(t *testing.T) {
	t.Parallel()
	var s Summary
	for i := range 100 {
		s.Answered(time.Duration(i+1) * time.Millisecond)
	}
	s.Failed(errors.New("first"))
	s.Failed(errors.New("second"))
	r := s.Result(2 * time.Second)
	if r.Requests != 100 || r.Failed != 2 || r.Reason != "first" || r.Elapsed != 2*time.Second {
		t.Errorf("%+v", r)
	}
	if r.P50 < 50*time.Millisecond || r.P50 > 53*time.Millisecond || r.P99 < 99*time.Millisecond ||
		r.P99 > 103*time.Millisecond {
		t.Errorf("p50 %v, p99 %v", r.P50, r.P99)
	}
}
