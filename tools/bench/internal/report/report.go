package report

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/gatewayhomebrew/gateway/tools/bench/internal/proc"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/stat"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/trial"
)

// Rivals are the proxies the edge is compared with: the better one in each number.
var Rivals = []string{"nginx", "haproxy"}

const (
	// saturated is the busy share from which on a core counts as full.
	saturated = 0.93
	// unsteady is the spread over the rounds from which on a median is doubtful.
	unsteady = 0.15
)

// Setup is how it was measured.
type Setup struct {
	When        time.Time     `json:"when"`
	Machine     proc.Machine  `json:"machine"`
	Rounds      int           `json:"rounds"`
	Duration    time.Duration `json:"duration_ns"` // of one round of one proxy
	Connections int           `json:"connections"`
	Load        string        `json:"load"`
	Upstream    string        `json:"upstream"`
	LoadAverage float64       `json:"load_average_before"`
}

// Proxy is one of the measured programs.
type Proxy struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Line is one proxy in one case, over all rounds.
type Line struct {
	Proxy     string       `json:"proxy"`
	CPU       stat.Summary `json:"cpu_us_per_request"`
	Rate      stat.Summary `json:"requests_per_second"`
	P50       stat.Summary `json:"p50_us"`
	P99       stat.Summary `json:"p99_us"`
	ProxyCore float64      `json:"proxy_core_busy"`
	LoadCore  float64      `json:"load_core_busy"`
	Failed    int64        `json:"failed"`
	Disturbed int          `json:"disturbed_rounds"`
	Unlogged  int64        `json:"unlogged,omitempty"` // answers without a line in the access log
	Body      int64        `json:"body,omitempty"`     // bytes of one, where that was found out
	// CPURatio and RateRatio are to the better of the rivals; nil where there is none.
	CPURatio  *float64 `json:"cpu_ratio,omitempty"`
	RateRatio *float64 `json:"rate_ratio,omitempty"`
	// Added is by how many microseconds p50 is over that of the upstream asked directly, where that
	// was asked in each round.
	Added *float64 `json:"added_p50_us,omitempty"`
	// Over is how much more CPU a request takes than with the same edge that does less: what the
	// rounds differ by that both have. nil where that was not measured.
	Over *stat.Summary `json:"cpu_us_over_the_edge,omitempty"`
}

// Row is one case.
type Row struct {
	Case   trial.Case `json:"case"`
	Direct float64    `json:"direct_requests_per_second"`
	Lines  []Line     `json:"lines"`
}

// Report is everything that is printed.
type Report struct {
	Setup   Setup                  `json:"setup"`
	Proxies []Proxy                `json:"proxies"`
	Rows    []Row                  `json:"rows"`
	Facts   map[string]trial.Facts `json:"facts"`
	Reloads *trial.Reloads         `json:"reloads,omitempty"`
	// Sockets is by the name of the proxy.
	Sockets  map[string]trial.Sockets `json:"websockets,omitempty"`
	Targets  []Target                 `json:"targets"`
	Warnings []string                 `json:"warnings"`
	Samples  []trial.Row              `json:"samples"`
}

// New evaluates a trial. Facts and reloads may be nil.
func New(
	setup Setup, proxies []Proxy, rows []trial.Row, facts map[string]trial.Facts,
	reloads *trial.Reloads,
) Report {
	r := Report{Setup: setup, Proxies: proxies, Facts: facts, Reloads: reloads, Samples: rows}
	for _, row := range rows {
		r.Rows = append(r.Rows, newRow(row, proxies))
	}
	r.Targets = targets(r)
	r.Warnings = r.warnings()
	return r
}

func newRow(row trial.Row, proxies []Proxy) Row {
	out := Row{Case: row.Case, Direct: row.Direct.Rate}
	for _, p := range proxies {
		if samples := row.Proxies[p.Name]; len(samples) > 0 {
			line := newLine(p.Name, samples)
			line.Unlogged = row.Unlogged[p.Name]
			if plain, ok := strings.CutSuffix(p.Name, "-"+row.Case.Name); ok {
				line.Over = over(samples, row.Proxies[plain])
			}
			out.Lines = append(out.Lines, line)
		}
	}
	out.compareWithDirect(row.Proxies[trial.DirectName])
	out.compareWithEdge(row)
	cpu, rate := out.best(func(l Line) float64 {
		return -l.CPU.Median
	}), out.best(func(l Line) float64 { return l.Rate.Median })
	for i := range out.Lines {
		l := &out.Lines[i]
		if l.Proxy == trial.DirectName {
			continue
		}
		if cpu != nil {
			l.CPURatio = finite(stat.Ratio(l.CPU.Median, cpu.CPU.Median))
		}
		if rate != nil && row.Case.Rate == 0 {
			l.RateRatio = finite(stat.Ratio(l.Rate.Median, rate.Rate.Median))
		}
	}
	return out
}

// over is what the CPU of two proxies differs by in the rounds that both have; nil: there is none.
func over(samples, plain []trial.Sample) *stat.Summary {
	of := make(map[int]float64, len(plain))
	for _, s := range plain {
		of[s.Round] = s.CPU
	}
	var differences []float64
	for _, s := range samples {
		if cpu, ok := of[s.Round]; ok {
			differences = append(differences, s.CPU-cpu)
		}
	}
	if len(differences) == 0 {
		return nil
	}
	summary := stat.Of(differences)
	return &summary
}

func newLine(proxy string, samples []trial.Sample) Line {
	over := func(f func(trial.Sample) float64) stat.Summary {
		values := make([]float64, len(samples))
		for i, s := range samples {
			values[i] = f(s)
		}
		return stat.Of(values)
	}
	micros := func(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
	l := Line{
		Proxy:     proxy,
		CPU:       over(func(s trial.Sample) float64 { return s.CPU }),
		Rate:      over(func(s trial.Sample) float64 { return s.Rate }),
		P50:       over(func(s trial.Sample) float64 { return micros(s.P50) }),
		P99:       over(func(s trial.Sample) float64 { return micros(s.P99) }),
		ProxyCore: over(func(s trial.Sample) float64 { return s.ProxyCore }).Median,
		LoadCore:  over(func(s trial.Sample) float64 { return s.LoadCore }).Median,
	}
	for _, s := range samples {
		l.Body = s.Body
		l.Failed += s.Failed
		if s.Disturbed() {
			l.Disturbed++
		}
	}
	return l
}

// best is a copy of the rival's line with the highest score, and nil without rivals.
func (r Row) best(score func(Line) float64) *Line {
	var best *Line
	for _, l := range r.Lines {
		if slices.Contains(Rivals, l.Proxy) && (best == nil || score(l) > score(*best)) {
			best = &l
		}
	}
	return best
}

// line is a proxy's, and nil if it was not measured.
func (r Row) line(proxy string) *Line {
	for i := range r.Lines {
		if r.Lines[i].Proxy == proxy {
			return &r.Lines[i]
		}
	}
	return nil
}

// held reports whether something other than the proxy held the throughput back: then its rate is a
// lower bound.
func (r Row) held(l Line) bool {
	return r.Case.Rate == 0 && !r.onlyCPU() && l.ProxyCore < saturated
}

// noisy reports whether most rounds of some proxy were disturbed.
func (r Row) noisy() bool {
	return slices.ContainsFunc(r.Lines, func(l Line) bool { return 2*l.Disturbed > l.CPU.N })
}

func (r Report) warnings() []string {
	var w []string
	add := func(format string, args ...any) { w = append(w, fmt.Sprintf(format, args...)) }
	if a := r.Setup.LoadAverage; a > 0.5 {
		add("the machine was not idle before the run: load average %.2f", a)
	}
	for _, row := range r.Rows {
		for _, l := range row.Lines {
			name := row.Case.Name + " " + l.Proxy
			if l.Failed > 0 {
				add("%s: %d failed requests: this row proves nothing", name, l.Failed)
			}
			if l.Unlogged > 0 {
				add("%s: %d answers have no line in the access log: this row proves nothing", name,
					l.Unlogged)
			}
			if row.held(l) {
				add("%s: the proxy's core was only %.0f %% busy (load core %.0f %%): its "+
					"throughput is a lower bound", name, 100*l.ProxyCore, 100*l.LoadCore)
			}
			if l.Disturbed > 0 {
				add("%s: %d of %d rounds were disturbed by other work on the machine", name,
					l.Disturbed, l.CPU.N)
			}
			if s := l.CPU.Spread(); s > unsteady && l.Proxy != trial.DirectName {
				add("%s: CPU per request varied by %.0f %% over the rounds", name, 100*s)
			}
			if row.Case.Rate > 0 && l.Rate.Median < 0.98*float64(row.Case.Rate) {
				add("%s: answered only %.0f of %d requests per second", name, l.Rate.Median,
					row.Case.Rate)
			}
		}
	}
	if x := r.Reloads; x != nil {
		if x.Failed > 0 {
			add("reload: %d failed requests: %s", x.Failed, x.Reason)
		}
		if x.Disturbed() {
			add("reload: %.0f %% of a core went to other work on the machine: p99 is as much "+
				"about that as about reloads", 100*x.Elsewhere)
		}
	}
	return w
}

// finite is nil for what JSON cannot say.
func finite(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}
