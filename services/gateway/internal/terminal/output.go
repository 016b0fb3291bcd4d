package terminal

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// Values of the flag --color.
const (
	Auto   = "auto" // on a terminal that has colours
	Always = "always"
	Never  = "never"
)

// Output is where a command writes: stdout or stderr.
type Output struct {
	w      io.Writer
	colour bool
	tty    bool
	width  int // columns; 0 when it is no terminal
}

// NewOutput returns an output to w. mode is Auto, Always or Never. With Auto there are colours when
// w is a terminal, NO_COLOR is not set (no-color.org: to anything but nothing) and TERM is not
// dumb.
func NewOutput(w io.Writer, mode string, env func(string) string) *Output {
	o := &Output{w: w}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		o.tty = env("TERM") != "dumb"
		if width, _, err := term.GetSize(int(f.Fd())); err == nil {
			o.width = width
		}
	}
	o.colour = mode == Always || mode != Never && o.tty && env("NO_COLOR") == ""
	return o
}

// Terminal says whether lines can be drawn over.
func (o *Output) Terminal() bool { return o.tty }

// Clear empties a terminal; elsewhere it does nothing.
func (o *Output) Clear() {
	if o.tty {
		fmt.Fprint(o.w, "\x1b[H\x1b[2J")
	}
}

// JSON writes v as JSON.
func (o *Output) JSON(v any) error { return WriteJSON(o.w, v) }

// JSONLine writes v as JSON on one line.
func (o *Output) JSONLine(v any) error { return WriteJSONLine(o.w, v) }

// Style is how text looks where there are colours.
type Style string

// The styles.
const (
	Plain  Style = ""
	Bold   Style = "1"
	Dim    Style = "2"
	Red    Style = "31"
	Green  Style = "32"
	Yellow Style = "33"
)

// Text is text that is ready to be written.
type Text struct {
	text  string // safe
	style Style
}

// Style is the style that Paint gave the text.
func (t Text) Style() Style { return t.style }

// Paint gives text from anywhere a style.
func (o *Output) Paint(style Style, text string) Text { return Text{Safe(text), style} }

// render returns the text with the codes of its style, if the output has colours.
func (o *Output) render(t Text) string {
	if !o.colour || t.style == Plain || t.text == "" {
		return t.text
	}
	return "\x1b[" + string(t.style) + "m" + t.text + "\x1b[0m"
}

// Printf is fmt.Fprintf for a constant format: each argument that is text is made safe, each Text
// gets its style.
func (o *Output) Printf(format string, args ...any) {
	for i, a := range args {
		switch x := a.(type) {
		case Text:
			args[i] = o.render(x)
		case string:
			args[i] = Safe(x)
		case error:
			args[i] = Safe(x.Error())
		case fmt.Stringer:
			args[i] = Safe(x.String())
		case []string:
			all := make([]string, len(x))
			for j, s := range x {
				all[j] = Safe(s)
			}
			args[i] = strings.Join(all, ", ")
		}
	}
	// A reader that went away is noticed by SIGPIPE; there is nobody else to tell.
	_, _ = fmt.Fprintf(o.w, format, args...)
}

// Lines writes text of several lines, each of them made safe.
func (o *Output) Lines(text string) {
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		o.Printf("%s\n", line)
	}
}
