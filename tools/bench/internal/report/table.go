package report

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/gatewayhomebrew/gateway/tools/bench/internal/trial"
)

// WriteTable prints the report for a reader at a terminal.
func (r Report) WriteTable(w io.Writer) error {
	var b strings.Builder
	r.head(&b)
	for _, row := range r.Rows {
		fmt.Fprintf(&b, "\n%s\n", row.title())
		row.table(&b)
		row.over(&b)
	}
	if r.Reloads != nil {
		fmt.Fprintf(&b, "\nreload: the edge, %d routes, %d requests per second, %d reloads\n",
			r.Reloads.Routes, r.Reloads.Rate, len(r.Reloads.Durations))
		r.reloads(&b)
	}
	if len(r.Sockets) > 0 {
		b.WriteString("\nwebsockets: open and idle\n")
		r.sockets(&b)
	}
	if len(r.Facts) > 0 {
		b.WriteString("\nat rest\n")
		r.facts(&b)
	}
	if len(r.Targets) > 0 {
		b.WriteString("\ntargets\n")
		table(&b, func(t io.Writer) {
			for _, x := range r.Targets {
				_, _ = fmt.Fprintf(t, "%s\t%.*f %s\t%s %g %s\t%s\t\n", x.Name, x.digits(), x.Got,
					x.Unit, x.sign(), x.Limit, x.Unit, x.Finding)
			}
		})
	}
	if len(r.Warnings) > 0 {
		b.WriteString("\nwarnings\n")
		for _, warning := range r.Warnings {
			fmt.Fprintf(&b, "  %s\n", warning)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (r Report) head(b *strings.Builder) {
	s := r.Setup
	fmt.Fprintf(b, "%s, %d cores, Linux %s %s\n", s.Machine.CPU, s.Machine.Cores, s.Machine.Kernel,
		s.Machine.Arch)
	for i, p := range r.Proxies {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(strings.TrimSpace(p.Name + " " + p.Version))
	}
	fmt.Fprintf(b, "; upstream %s; load: %s\n", s.Upstream, s.Load)
	fmt.Fprintf(b,
		"%d connections, %d rounds of %v each, in turn; medians, with the spread (max-min) as a "+
			"share of the median\n", s.Connections, s.Rounds, s.Duration)
}

func (r Row) title() string {
	if r.Case.Kind != "" {
		return r.frontTitle()
	}
	t := fmt.Sprintf("%s: HTTP/1.1, body of %s", r.Case.Name, size(r.Case.Body.Size))
	if r.Case.Routes > 0 {
		t += fmt.Sprintf(", %d routes", r.Case.Routes)
	}
	if r.Case.Logged {
		t += ", access log on"
	}
	if r.Case.Rate > 0 {
		return t + fmt.Sprintf(", %d requests per second", r.Case.Rate)
	}
	return t + fmt.Sprintf(", closed loop (the upstream alone: %.0f req/s)", r.Direct)
}

func (r Row) table(b *strings.Builder) {
	if r.Case.Kind != "" {
		r.frontTable(b)
		return
	}
	table(b, func(t io.Writer) {
		_, _ = fmt.Fprintf(t,
			"proxy\tCPU us/req\tspread\tof best rival\treq/s\tspread\tof best rival\tp50 us\tp99 "+
				"us\tproxy core\tload core\t\n")
		for _, l := range r.Lines {
			_, _ = fmt.Fprintf(t,
				"%s\t%.1f\t%.0f%%\t%s\t%.0f\t%.0f%%\t%s\t%.0f\t%.0f\t%.0f%%\t%.0f%%\t\n",
				l.Proxy, l.CPU.Median, 100*l.CPU.Spread(), ratio(l.CPURatio), l.Rate.Median,
				100*l.Rate.Spread(), ratio(l.RateRatio),
				l.P50.Median, l.P99.Median, 100*l.ProxyCore, 100*l.LoadCore)
		}
	})
}

func (r Report) reloads(b *strings.Builder) {
	took := durations(r.Reloads.Durations)
	fmt.Fprintf(b, "  a reload takes %.1f ms (%.1f-%.1f)\n", took.Median, took.Min, took.Max)
	table(b, func(t io.Writer) {
		_, _ = fmt.Fprintf(t, "requests\tcount\tp50 us\tp99 us\tp99.9 us\t\n")
		line := func(name string, l trial.Latency) {
			_, _ = fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t\n", name, l.Requests, l.P50.Microseconds(),
				l.P99.Microseconds(), l.P999.Microseconds())
		}
		line("during a reload", r.Reloads.During)
		line("between", r.Reloads.Between)
	})
}

func (r Report) facts(b *strings.Builder) {
	table(b, func(t io.Writer) {
		_, _ = fmt.Fprintf(t, "proxy\tstart to first byte\tidle\tidle connections\twith them\t\n")
		for _, p := range r.Proxies {
			f, ok := r.Facts[p.Name]
			if !ok {
				continue
			}
			start := durations(f.Start)
			_, _ = fmt.Fprintf(t, "%s\t%.1f ms (%.1f-%.1f)\t%.1f MB\t%d\t%.1f MB\t\n",
				p.Name, start.Median, start.Min, start.Max, float64(f.Idle)/megabyte, f.Connections,
				float64(f.Kept)/megabyte)
		}
	})
}

// table aligns tab-separated lines: the first column to the left, numbers to the right.
func table(b *strings.Builder, fill func(io.Writer)) {
	var text strings.Builder
	t := tabwriter.NewWriter(&text, 0, 0, 2, ' ', tabwriter.AlignRight)
	fill(t)
	_ = t.Flush() // a strings.Builder takes everything
	for line := range strings.Lines(text.String()) {
		b.WriteString(leftFirst(strings.TrimRight(line, " \n")))
		b.WriteByte('\n')
	}
}

// leftFirst moves the padding of the first column, which tabwriter put before it, behind it.
func leftFirst(line string) string {
	rest := strings.TrimLeft(line, " ")
	pad := line[:len(line)-len(rest)]
	cell := strings.Index(rest, "  ")
	if len(pad) < 2 || cell < 0 {
		return line
	}
	return "  " + rest[:cell] + pad[2:] + rest[cell:]
}

func (t Target) sign() string {
	if t.AtLeast {
		return ">="
	}
	return "<="
}

func (t Target) digits() int {
	if t.Unit == "x" {
		return 2
	}
	return 1
}

func ratio(v *float64) string {
	if v == nil {
		return "-"
	}
	return fmt.Sprintf("%.2f", *v)
}

func size(n int) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10 && n%(1<<10) == 0:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}

// day is how a report names its time in a plot.
func day(t time.Time) string { return t.Format("2006-01-02") }
