package gen

import (
	"sync"
	"time"
)

// Summary gathers what the goroutines of another client of the benchmark see, for a Result.
type Summary struct {
	mu     sync.Mutex
	hist   histogram // guarded by mu
	failed int64     // guarded by mu
	reason string    // guarded by mu
}

// Answered counts an answer that took a while.
func (s *Summary) Answered(took time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hist.add(took)
}

// Failed counts a request without a proper answer.
func (s *Summary) Failed(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed++; s.reason == "" {
		s.reason = err.Error()
	}
}

// Result is the sum of it all, of a run that took so long.
func (s *Summary) Result(elapsed time.Duration) Result {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Result{
		Requests: s.hist.total, Elapsed: elapsed, Failed: s.failed, Reason: s.reason,
		P50: s.hist.quantile(0.5), P99: s.hist.quantile(0.99), P999: s.hist.quantile(0.999),
	}
}
