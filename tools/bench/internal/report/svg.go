package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/gatewayhomebrew/gateway/tools/bench/internal/rig"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/stat"
)

// Measures of the plot, in pixels. Each case is a panel row: CPU per request on the left,
// throughput on the right.
const (
	svgWidth  = 860
	svgMargin = 24
	svgHead   = 84
	svgLabel  = 76 // for the proxy's name
	svgGap    = 40 // between the two panels
	svgBar    = 18
	svgPitch  = 26 // from bar to bar
	svgTitle  = 30 // of a case
	svgValue  = 110
)

// svgColours are those of the proxies; the edge is the one to look at. The rest share the last one.
var svgColours = map[string]string{rig.Edge: "#2563eb", "nginx": "#94a3b8", "haproxy": "#64748b"}

const svgOtherColour = "#cbd5e1"

// bar is a value with the range it had over the rounds.
type bar struct {
	label, colour, text string
	stat.Summary
}

// WriteSVG plots CPU per request and throughput of every case as bars; the thin line on a bar is
// the range over the rounds.
func (r Report) WriteSVG(w io.Writer) error {
	height := svgHead + svgMargin
	for _, row := range r.Rows {
		height += svgTitle + svgPitch*len(row.Lines) + svgMargin
	}
	var b strings.Builder
	fmt.Fprintf(&b,
		`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" font-family="Helvetica,Arial,sans-serif" font-size="12" fill="#0f172a">`+"\n", svgWidth, height)
	b.WriteString(`<rect width="100%" height="100%" fill="#ffffff"/>` + "\n")
	text(&b, svgMargin, 30, `font-size="16" font-weight="bold"`, "CPU and throughput of one core")
	s := r.Setup
	text(&b, svgMargin, 50, `fill="#475569"`,
		fmt.Sprintf("%s, Linux %s; %d connections, %d rounds of %v; %s", s.Machine.CPU,
			s.Machine.Kernel, s.Connections, s.Rounds, s.Duration, day(s.When)))
	var names []string
	for _, p := range r.Proxies {
		names = append(names, strings.TrimSpace(p.Name+" "+p.Version))
	}
	text(&b, svgMargin, 68, `fill="#475569"`, strings.Join(names, ", "))

	panel := (svgWidth - 2*svgMargin - svgGap) / 2
	y := svgHead
	for _, row := range r.Rows {
		y += svgTitle
		name := size(row.Case.Body.Size)
		if row.Case.Kind != "" {
			name = row.Case.Name
		}
		if row.Case.Routes > 0 {
			name += fmt.Sprintf(", %d routes", row.Case.Routes)
		}
		if row.Case.Logged {
			name += ", log"
		}
		if row.Case.Rate > 0 {
			name += fmt.Sprintf(" at %d req/s", row.Case.Rate)
		}
		right := svgMargin + panel + svgGap
		text(&b, svgMargin, y-10, `font-weight="bold"`,
			name+": CPU \u00b5s per request (less is better)")
		bars(&b, svgMargin, y, panel, row.bars(func(l Line) stat.Summary {
			return l.CPU
		}, "%.1f", nil))
		if row.Case.Rate > 0 {
			text(&b, right, y-10, `font-weight="bold"`,
				name+": p99 latency, \u00b5s (less is better)")
			bars(&b, right, y, panel, row.bars(func(l Line) stat.Summary {
				return l.P99
			}, "%.0f", nil))
		} else {
			text(&b, right, y-10, `font-weight="bold"`,
				name+": requests per second (more is better)")
			bars(&b, right, y, panel, row.bars(func(l Line) stat.Summary {
				return l.Rate
			}, "%.0f", row.held))
		}
		y += svgPitch*len(row.Lines) + svgMargin
	}
	b.WriteString("</svg>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// bars of one quantity. A value of which bound is true is marked as a lower bound.
func (r Row) bars(of func(Line) stat.Summary, format string, bound func(Line) bool) []bar {
	var out []bar
	for _, l := range r.Lines {
		colour, ok := svgColours[l.Proxy]
		if !ok {
			colour = svgOtherColour
		}
		v := fmt.Sprintf(format, of(l).Median)
		if bound != nil && bound(l) {
			v = "at least " + v
		}
		out = append(out, bar{label: l.Proxy, colour: colour, text: v, Summary: of(l)})
	}
	return out
}

func bars(b *strings.Builder, x, y, width int, bars []bar) {
	var most float64
	for _, v := range bars {
		most = max(most, v.Max)
	}
	if most == 0 {
		return
	}
	room := float64(width - svgLabel - svgValue)
	at := func(v float64) float64 { return float64(x+svgLabel) + room*v/most }
	for i, v := range bars {
		top := y + i*svgPitch
		middle := top + svgBar/2
		text(b, x, middle+4, "", v.label)
		fmt.Fprintf(b, `<rect x="%d" y="%d" width="%.1f" height="%d" rx="2" fill="%s"/>`+"\n",
			x+svgLabel, top, at(v.Median)-at(0), svgBar, v.colour)
		fmt.Fprintf(b, `<path d="M%.1f %dH%.1f" stroke="#0f172a" stroke-width="1.5"/>`+"\n",
			at(v.Min), middle, at(v.Max))
		text(b, int(at(v.Max))+8, middle+4, "", v.text)
	}
}

func text(b *strings.Builder, x, y int, attrs, s string) {
	if attrs != "" {
		attrs = " " + attrs
	}
	fmt.Fprintf(b, `<text x="%d" y="%d"%s>`, x, y, attrs)
	_ = xml.EscapeText(b, []byte(s)) // a strings.Builder takes everything
	b.WriteString("</text>\n")
}
