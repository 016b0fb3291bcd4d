package spectest

import (
	"time"

	"github.com/gatewayhomebrew/gateway/libs/openapi"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/apidoc"
)

// What came of a check.
const (
	Passed  = "passed"
	Failed  = "failed"  // the answer, or what was recorded, is not as described
	Skipped = "skipped" // nothing was sent
	Error   = "error"   // there was no answer
)

// A Report is what came of all checks.
type Report struct {
	Title   string   `json:"title"`  // of the document
	Digest  string   `json:"digest"` // of its contract, as the edge has it
	Passed  int      `json:"passed"`
	Failed  int      `json:"failed"`
	Skipped int      `json:"skipped"`
	Errors  int      `json:"errors"`
	Results []Result `json:"results"`

	Start    time.Time     `json:"-"`
	Duration time.Duration `json:"-"`
	// Host is that of the upstream, "" for traffic that was recorded.
	Host string `json:"-"`
}

// A Result is what came of one check.
type Result struct {
	Operation  string              `json:"operation"` // "" when the document has none
	Request    string              `json:"request"`   // "GET /users/1", or the operation's template
	Status     int                 `json:"status"`    // 0: there was no answer
	Result     string              `json:"result"`
	Reason     string              `json:"reason"` // of what was skipped, and of an error
	Violations []openapi.Violation `json:"violations"`
	DurationMS float64             `json:"duration_ms"`
}

// OK says whether nothing failed.
func (r *Report) OK() bool { return r.Failed+r.Errors == 0 }

func newReport(d *apidoc.Document) *Report {
	return &Report{
		Title: d.Contract.Title(), Digest: d.Contract.Digest(), Results: []Result{},
		Start: time.Now(),
	}
}

func (r *Report) add(one Result) {
	if one.Violations == nil {
		one.Violations = []openapi.Violation{}
	}
	switch one.Result {
	case Passed:
		r.Passed++
	case Failed:
		r.Failed++
	case Skipped:
		r.Skipped++
	case Error:
		r.Errors++
	}
	r.Results = append(r.Results, one)
}
