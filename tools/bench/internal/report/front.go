package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/gatewayhomebrew/gateway/tools/bench/internal/rig"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/stat"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/trial"
)

// The names of the rows in which clients speak something other than plain HTTP/1.1.
const (
	TLS1       = "tls1"
	H2Few      = "h2-4x16"
	H2Many     = "h2-32x1"
	Handshakes = "handshakes"
	Resumption = "resumption"
	GRPC       = "grpc"
	Gzip       = "gzip"
)

// The names of the rows that show what it costs to observe an edge, beside itself unobserved.
const (
	EdgeObserved = "observed"
	EdgeTraced   = "traced"

	observedCost = 3 // microseconds of CPU per request
)

// observedTargets are those of one of these rows.
func observedTargets(row Row) []Target {
	seen := row.line(rig.Edge + "-" + row.Case.Name)
	if seen == nil || seen.Over == nil {
		return nil
	}
	return []Target{
		atMost(row.Case.Name+": CPU per request, over that of an edge that is not",
			seen.Over.Median, observedCost, "us"),
	}
}

// WebSockets is how many of them socketMegabytes is about.
const WebSockets = 10_000

// The targets of these rows.
const (
	secureCPU       = 1.0 // of the better rival's CPU per request
	handshakeCPU    = 1.4 // of nginx's CPU per handshake
	resumptionCPU   = 1.2
	gzipCPU         = 0.9  // of nginx's CPU per request
	gzipSize        = 1.05 // of nginx's body
	grpcAdded       = 150  // microseconds that the edge may add to p50
	socketMegabytes = 300
)

// onlyCPU says that throughput and latency are the load's as much as the proxy's: the clients take
// more CPU than it.
func (r Row) onlyCPU() bool { return r.Case.Name == Handshakes || r.Case.Name == Resumption }

// frontTargets are those of one row for the edge's line in it.
func frontTargets(row Row, edge Line) []Target {
	ofNginx := func(limit float64) []Target {
		nginx := row.line("nginx")
		if nginx == nil {
			return nil
		}
		return []Target{
			atMost(row.Case.Name+": CPU, of nginx", stat.Ratio(edge.CPU.Median, nginx.CPU.Median),
				limit, "x"),
		}
	}
	switch row.Case.Name {
	case TLS1, H2Few, H2Many:
		if edge.CPURatio != nil {
			return []Target{
				atMost(row.Case.Name+": CPU per request, of the better rival", *edge.CPURatio,
					secureCPU, "x"),
			}
		}
	case Handshakes:
		return ofNginx(handshakeCPU)
	case Resumption:
		return ofNginx(resumptionCPU)
	case Gzip:
		nginx := row.line("nginx")
		if nginx == nil || nginx.Body == 0 {
			return nil
		}
		return append(ofNginx(gzipCPU), atMost(row.Case.Name+": size, of nginx",
			float64(edge.Body)/float64(nginx.Body), gzipSize, "x"))
	case GRPC:
		if edge.Added != nil {
			return []Target{atMost(row.Case.Name+": added to p50", *edge.Added, grpcAdded, "us")}
		}
	}
	return nil
}

// compareWithDirect adds the upstream, asked directly, as a line, and to the others what they add
// to its time.
func (r *Row) compareWithDirect(samples []trial.Sample) {
	if len(samples) == 0 {
		return
	}
	direct := newLine(trial.DirectName, samples)
	for i := range r.Lines {
		added := r.Lines[i].P50.Median - direct.P50.Median
		r.Lines[i].Added = &added
	}
	r.Lines = append(r.Lines, direct)
}

func (r Row) frontTitle() string {
	t := r.Case.Name + ": " + r.Case.Kind
	if r.Case.Rate > 0 {
		return t + fmt.Sprintf(", %d requests per second", r.Case.Rate)
	}
	return t + ", closed loop"
}

func (r Row) frontTable(b *strings.Builder) {
	table(b, func(t io.Writer) {
		_, _ = fmt.Fprintf(t,
			"proxy\tCPU us/req\tspread\tof best rival\treq/s\tspread\tof best rival\tp50 us\tover "+
				"direct\tp99 us\tproxy core\tload core\t\n")
		for _, l := range r.Lines {
			cpu, spread := fmt.Sprintf("%.1f", l.CPU.Median),
				fmt.Sprintf("%.0f%%", 100*l.CPU.Spread())
			if l.Proxy == trial.DirectName {
				cpu, spread = "-", "-"
			}
			_, _ = fmt.Fprintf(t,
				"%s\t%s\t%s\t%s\t%.0f\t%.0f%%\t%s\t%s\t%s\t%s\t%.0f%%\t%.0f%%\t\n",
				l.Proxy, cpu, spread, ratio(l.CPURatio), l.Rate.Median, 100*l.Rate.Spread(),
				ratio(l.RateRatio),
				known(l.P50), micros(l.Added), known(l.P99), 100*l.ProxyCore, 100*l.LoadCore)
		}
	})
}

// known is a number that some loads do not find out.
func known(s stat.Summary) string {
	if s.Max == 0 {
		return "-"
	}
	return fmt.Sprintf("%.0f", s.Median)
}

func micros(v *float64) string {
	if v == nil {
		return "-"
	}
	return fmt.Sprintf("%+.0f", *v)
}

// WithSockets adds what idle WebSockets cost.
func (r Report) WithSockets(sockets map[string]trial.Sockets) Report {
	r.Sockets = sockets
	for _, p := range r.Proxies {
		if s, ok := sockets[p.Name]; ok && s.Alive != s.Count {
			r.Warnings = append(r.Warnings,
				fmt.Sprintf("websockets %s: %d of %d were gone at the end: this row proves nothing",
					p.Name, s.Count-s.Alive, s.Count))
		}
	}
	if s, ok := sockets[rig.Edge]; ok {
		// Where there could not be as many, the limit is lower by as much.
		limit := socketMegabytes * float64(s.Count) / WebSockets
		t := atMost(fmt.Sprintf("memory with %d WebSockets", s.Count), float64(s.Open)/megabyte,
			limit, "MB")
		if s.Alive != s.Count {
			t.Finding = Missed
		}
		r.Targets = append(r.Targets, t)
	}
	return r
}

func (r Report) sockets(b *strings.Builder) {
	table(b, func(t io.Writer) {
		_, _ = fmt.Fprintf(t, "proxy\tWebSockets\tbefore\twith them\tKB each\talive at the end\t\n")
		for _, p := range r.Proxies {
			if s, ok := r.Sockets[p.Name]; ok {
				_, _ = fmt.Fprintf(t, "%s\t%d\t%.1f MB\t%.1f MB\t%.1f\t%d\t\n", p.Name, s.Count,
					float64(s.Idle)/megabyte, float64(s.Open)/megabyte,
					float64(s.Open-s.Idle)/1e3/float64(max(1, s.Count)), s.Alive)
			}
		}
	})
}
