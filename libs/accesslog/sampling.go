package accesslog

import (
	"math"
	"math/rand/v2"
	"net/http"
	"time"
)

// Errors says what happens to the lines of requests that ended with a 5xx.
type Errors uint8

// The modes of Errors.
const (
	Always  Errors = iota // each is written, whatever Sample says
	Sampled               // they are sampled like the others
	Never                 // none is written
)

// Options of a Writer. The zero value writes every line, as JSON.
type Options struct {
	Sample     float64       // share of the lines that are written, 0 to 1; 0 means 1
	SampleNone bool          // a Sample of none at all; 5xx are still as Errors says
	Errors     Errors        // what happens to 5xx
	Slow       time.Duration // requests that take as long are written, but for Never; 0: no rule
	Form       Form
	Buffer     int           // bytes kept in memory at most, 0 means 1 MiB
	Flush      time.Duration // how long a line waits at most, 0 means 100 ms
}

// sampling is what decides whether a line is written.
type sampling struct {
	threshold uint64 // a random number below it: the line is written
	errors    Errors
	slow      time.Duration
}

func newSampling(o Options) *sampling {
	return &sampling{threshold: threshold(o), errors: o.Errors, slow: o.Slow}
}

func threshold(o Options) uint64 {
	switch {
	case o.SampleNone:
		return 0
	case o.Sample <= 0 || o.Sample >= 1:
		return math.MaxUint64
	default:
		return uint64(o.Sample * math.MaxUint64)
	}
}

// wants decides whether the line of a request is written that ended with a status and took d.
func (w *Writer) wants(status int, d time.Duration) bool {
	s := w.sampling.Load()
	switch {
	case status >= http.StatusInternalServerError && s.errors != Sampled:
		return s.errors == Always
	case s.slow > 0 && d >= s.slow:
		return true
	}
	return s.threshold == math.MaxUint64 || rand.Uint64() < s.threshold
}

// gravity is the status that the entry is sampled by: requests that were refused unread had none,
// and an operator looks for them.
func (e *Entry) gravity() int {
	if e.RefusedStreams > 0 {
		return http.StatusServiceUnavailable
	}
	return e.Status
}

// pace is how long a client waited, as far as that can be too long: a tunnel may be open for days.
func (e *Entry) pace() time.Duration {
	if e.Status == http.StatusSwitchingProtocols || string(e.Method) == http.MethodConnect {
		return 0
	}
	return e.Duration
}
