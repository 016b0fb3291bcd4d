package terminal

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// gap is between two columns.
const gap = "  "

// narrowest is how little room the last column is wrapped into.
const narrowest = 24

// Table is rows of cells that are written aligned.
type Table struct {
	out    *Output
	indent string
	rows   [][]Text
	right  map[int]bool
}

// Table returns an empty table with a heading. A heading that begins with ">" is of a column of
// numbers, which is aligned at its right.
func (o *Output) Table(indent string, heading ...string) *Table {
	t := &Table{out: o, indent: indent, right: make(map[int]bool)}
	row := make([]Text, len(heading))
	for i, h := range heading {
		h, t.right[i] = strings.CutPrefix(h, ">")
		row[i] = o.Paint(Bold, h)
	}
	t.rows = append(t.rows, row)
	return t
}

// Row adds a row; a cell is a Text, a string or an integer.
func (t *Table) Row(cells ...any) {
	row := make([]Text, len(cells))
	for i, c := range cells {
		switch x := c.(type) {
		case Text:
			row[i] = x
		case string:
			row[i] = t.out.Paint(Plain, x)
		case int:
			row[i] = t.out.Paint(Plain, strconv.Itoa(x))
		case int64:
			row[i] = t.out.Paint(Plain, strconv.FormatInt(x, 10))
		default:
			panic("terminal: a cell is a Text, a string or an integer")
		}
	}
	t.rows = append(t.rows, row)
}

// Write writes the table. On a terminal the last column is wrapped at words; elsewhere each row is
// a line, for grep.
func (t *Table) Write() {
	widths := make([]int, len(t.rows[0]))
	for _, row := range t.rows {
		for i, c := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(c.text))
		}
	}
	last := len(widths) - 1
	before := utf8.RuneCountInString(t.indent)
	for _, w := range widths[:last] {
		before += w + len(gap)
	}
	room := t.out.width - before
	for _, row := range t.rows {
		var line strings.Builder
		line.WriteString(t.indent)
		for i, c := range row[:last] {
			space := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c.text))
			if t.right[i] {
				line.WriteString(space + t.out.render(c) + gap)
			} else {
				line.WriteString(t.out.render(c) + space + gap)
			}
		}
		parts := []string{row[last].text}
		if t.out.width > 0 && room >= narrowest {
			parts = wrap(row[last].text, room)
		}
		for i, part := range parts {
			cell := t.out.render(Text{part, row[last].style})
			if t.right[last] {
				cell = strings.Repeat(" ", max(0, widths[last]-utf8.RuneCountInString(part))) + cell
			}
			if i > 0 {
				line.WriteString("\n" + strings.Repeat(" ", before))
			}
			line.WriteString(cell)
		}
		// Only what Paint made safe is in it.
		_, _ = t.out.w.Write([]byte(strings.TrimRight(line.String(), " ") + "\n"))
	}
}

// wrap breaks text at spaces into lines of at most width runes; a longer word has a line of its
// own.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) <= width:
			line += " " + word
		default:
			lines, line = append(lines, line), word
		}
	}
	return append(lines, line)
}
