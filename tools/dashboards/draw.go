package dashboards

import (
	"context"
	"encoding/xml"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Measures of a picture, in pixels.
const (
	pictureColumns = 4
	pictureMargin  = 16
	cellWidth      = 256
	cellHeight     = 180
	cellPad        = 10
	axisWidth      = 44 // for the values beside a graph
	titleHeight    = 26
	legendLine     = 13
	legendLines    = 3
	rowHeight      = 30
	headHeight     = 52
)

// palette is the colours of the lines of a graph, by turns.
func palette(i int) string {
	colours := []string{
		"#2563eb", "#16a34a", "#ea580c", "#9333ea", "#dc2626", "#0891b2", "#ca8a04", "#64748b",
	}
	return colours[i%len(colours)]
}

// Draw makes a picture of the board as SVG: each panel with what Prometheus answers to its queries.
func (b Board) Draw(ctx context.Context, p Prometheus, s Span) (string, error) {
	width := 2*pictureMargin + pictureColumns*cellWidth
	jobs, err := p.ask(ctx, Query{"group by (job) (" + b.of("") + ")", "{{job}}"}, s)
	if err != nil {
		return "", fmt.Errorf("%s: %w", b.Name, err)
	}
	var names []string
	for _, found := range jobs {
		names = append(names, found.name)
	}
	s.jobs = strings.Join(names, "|")
	var c canvas
	y := headHeight
	for _, row := range b.Rows {
		c.text(pictureMargin, y+20, `font-size="14" font-weight="bold"`, row.Title)
		y += rowHeight
		for i, panel := range row.Panels {
			if i > 0 && i%pictureColumns == 0 {
				y += cellHeight
			}
			x := pictureMargin + i%pictureColumns*cellWidth
			var lines []series
			for _, q := range panel.Queries {
				found, err := p.ask(ctx, q, s)
				if err != nil {
					return "", fmt.Errorf("%s, %s: %w", b.Name, panel.Title, err)
				}
				lines = append(lines, found...)
			}
			c.panel(x, y, panel, lines, s)
		}
		y += cellHeight
	}
	head := fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" `+
		`viewBox="0 0 %[1]d %[2]d" font-family="Helvetica,Arial,sans-serif" font-size="10" `+
		`fill="#0f172a">`+"\n"+`<rect width="100%%" height="100%%" fill="#f1f5f9"/>`+"\n", width,
		y+pictureMargin)
	var title canvas
	title.text(pictureMargin, 28, `font-size="18" font-weight="bold"`, b.Title)
	title.text(pictureMargin, 44, `fill="#475569"`, fmt.Sprintf("%s of a real run, %s",
		s.To.Sub(s.From).Round(time.Second), s.To.UTC().Format("2006-01-02")))
	return head + title.String() + c.String() + "</svg>\n", nil
}

// A canvas is the inside of an SVG.
type canvas struct{ strings.Builder }

func (c *canvas) text(x, y int, attrs, s string) {
	if attrs != "" {
		attrs = " " + attrs
	}
	fmt.Fprintf(c, `<text x="%d" y="%d"%s>`, x, y, attrs)
	_ = xml.EscapeText(c, []byte(s)) // a strings.Builder takes everything
	c.WriteString("</text>\n")
}

// panel draws one panel with its top left corner at x, y.
func (c *canvas) panel(x, y int, p Panel, lines []series, s Span) {
	fmt.Fprintf(c, `<rect x="%d" y="%d" width="%d" height="%d" rx="3" fill="#fff"/>`+"\n", x, y,
		cellWidth-cellPad, cellHeight-cellPad)
	c.text(x+cellPad, y+17, `font-size="11" font-weight="bold"`, p.Title)
	switch {
	case len(lines) == 0:
		c.text(x+cellPad, y+cellHeight/2, `fill="#94a3b8"`, "nothing in this run")
	case p.Number:
		c.numbers(x, y, p, lines)
	default:
		c.graph(x, y, p, lines, s)
	}
}

// numbers writes the last value of each line.
func (c *canvas) numbers(x, y int, p Panel, lines []series) {
	for i, line := range lines {
		if len(line.points) == 0 || i > 3 {
			continue
		}
		at := y + 58 + 28*i
		c.text(x+cellPad, at, `font-size="20"`, p.Unit.Text(line.points[len(line.points)-1].value))
		c.text(x+cellPad+110, at, `fill="#475569"`, line.name)
	}
}

// graph draws lines, and their names below.
func (c *canvas) graph(x, y int, p Panel, lines []series, s Span) {
	if p.Stacked {
		lines = pile(lines)
	}
	left, top := x+cellPad+axisWidth, y+titleHeight
	right, bottom := x+cellWidth-2*cellPad, y+cellHeight-cellPad-legendLine*(legendLines+1)
	most := 0.0
	for _, line := range lines {
		for _, v := range line.points {
			if usable(v.value) {
				most = max(most, v.value)
			}
		}
	}
	most = round(most, p.Unit)
	for i := range 3 {
		at := bottom - (bottom-top)*i/2
		fmt.Fprintf(c, `<path d="M%d %dH%d" stroke="#e2e8f0"/>`+"\n", left, at, right)
		c.text(left-4, at+3, `text-anchor="end" fill="#475569"`, p.Unit.Text(most*float64(i)/2))
	}
	for i, line := range lines {
		c.line(left, top, right-left, bottom-top, palette(i), line, most, s)
	}
	c.legend(x+cellPad, bottom+legendLine+2, lines)
}

// line draws one line. A moment without a value is a gap.
func (c *canvas) line(x, y, w, h int, colour string, l series, most float64, s Span) {
	var path strings.Builder
	var before time.Time
	px, py := 0, 0
	for _, v := range l.points {
		if !usable(v.value) {
			continue
		}
		nx := x + int(math.Round(float64(w)*v.at.Sub(s.From).Seconds()/s.To.Sub(s.From).Seconds()))
		ny := y + h - int(math.Round(float64(h)*v.value/most))
		if before.IsZero() || v.at.Sub(before) > s.Step*3/2 {
			fmt.Fprintf(&path, "M%d %dh1", nx, ny)
			nx++
		} else {
			fmt.Fprintf(&path, "l%d %d", nx-px, ny-py)
		}
		px, py, before = nx, ny, v.at
	}
	if path.Len() > 0 {
		fmt.Fprintf(c, `<path d="%s" fill="none" stroke="%s" stroke-width="1.3"/>`+"\n", &path,
			colour)
	}
}

// legend names the lines, as many as there is room for.
func (c *canvas) legend(x, y int, lines []series) {
	at, room := x, x+cellWidth-3*cellPad
	row := 0
	for i, line := range lines {
		name := line.name
		if len(name) > 38 {
			name = name[:37] + "…"
		}
		need := 24
		for _, r := range name {
			if need += 6; 'A' <= r && r <= 'Z' {
				need += 2
			}
		}
		if at > x && at+need > room {
			at, row = x, row+1
		}
		if row == legendLines {
			return
		}
		if row == legendLines-1 && at+need+60 > room && i < len(lines)-1 {
			c.text(at, y+row*legendLine, `fill="#475569"`,
				fmt.Sprintf("and %d more", len(lines)-i))
			return
		}
		fmt.Fprintf(c, `<rect x="%d" y="%d" width="9" height="3" fill="%s"/>`+"\n", at,
			y+row*legendLine-5, palette(i))
		c.text(at+13, y+row*legendLine, `fill="#475569"`, name)
		at += need
	}
}

// pile adds to each line those before it, moment by moment.
func pile(lines []series) []series {
	sums := map[time.Time]float64{}
	out := make([]series, len(lines))
	for i, line := range lines {
		out[i].name = line.name
		for _, v := range line.points {
			if usable(v.value) {
				sums[v.at] += v.value
				out[i].points = append(out[i].points, point{v.at, sums[v.at]})
			}
		}
	}
	return out
}

func usable(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) && v >= 0 }

// round is the end of an axis that holds v: 1, 2 or 5 with zeros, and 100 % for shares up to that.
func round(v float64, u Unit) float64 {
	switch {
	case v <= 0:
		return 1
	case u == share && v > 0.5 && v <= 1:
		return 1
	}
	tens := math.Pow(10, math.Floor(math.Log10(v)))
	for _, n := range []float64{1, 2, 5} {
		if v <= n*tens {
			return n * tens
		}
	}
	return 10 * tens
}

// Text is a value with its unit, short.
func (u Unit) Text(v float64) string {
	number := func(v float64, units ...string) string {
		for i := range units {
			if v < 1000 || i == len(units)-1 {
				return strconv.FormatFloat(v, 'g', 3, 64) + units[i]
			}
			v /= 1000
		}
		return ""
	}
	switch {
	case u == share:
		return number(100*v, " %")
	case u == seconds && v >= 2*24*3600:
		return number(v/24/3600, " d")
	case u == seconds && v > 0 && v < 0.001:
		return number(v*1e6, " µs")
	case u == seconds && v > 0 && v < 1:
		return number(v*1000, " ms")
	case u == seconds:
		return number(v, " s")
	case u == bytes:
		return number(v, " B", " kB", " MB", " GB")
	case u == bytesSecond:
		return number(v, " B/s", " kB/s", " MB/s", " GB/s")
	case u == requests || u == perSecond:
		return number(v, "/s", "k/s", "M/s")
	}
	return number(v, "", "k", "M")
}
