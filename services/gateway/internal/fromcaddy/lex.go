package fromcaddy

import (
	"regexp"
	"strings"

	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft"
)

// A token is one word of a Caddyfile.
type token struct {
	text   string
	quoted bool // so that it is no brace
	draft.Place
	column int
	// first says that it is the first of its line.
	first bool
}

// lexer takes a Caddyfile apart by the rules of caddyfile.Tokenize.
type lexer struct {
	file  string
	text  string
	at    int
	line  int
	start int
	first bool
	all   []token
	count *int
}

func (l *lexer) fail(line, column int, message string) error {
	return &draft.SyntaxError{
		Place: draft.Place{File: l.file, Line: line}, Column: column, Message: message,
	}
}

func (l *lexer) step() byte {
	c := l.text[l.at]
	l.at++
	if c == '\n' {
		l.line++
		l.start = l.at
	}
	return c
}

// tokens returns the words of a text.
func tokens(file, text string, count *int) ([]token, error) {
	l := &lexer{file: file, text: text, line: 1, first: true, count: count}
	for l.at < len(l.text) {
		c := l.text[l.at]
		switch {
		case c == '\n':
			l.step()
			l.first = true
		case c == ' ' || c == '\t' || c == '\r':
			l.step()
		case c == '#':
			for l.at < len(l.text) && l.text[l.at] != '\n' {
				l.step()
			}
		case c == '\\' && (strings.HasPrefix(l.text[l.at:], "\\\n") ||
			strings.HasPrefix(l.text[l.at:], "\\\r\n")):
			for l.step() != '\n' {
			}
		default:
			if err := l.word(); err != nil {
				return nil, err
			}
		}
	}
	return l.all, nil
}

// word reads one word.
func (l *lexer) word() error {
	if *l.count++; *l.count > draft.MaxTokens {
		return l.fail(l.line, 0, "the configuration has too many words")
	}
	t := token{
		Place: draft.Place{File: l.file, Line: l.line}, column: l.at - l.start + 1, first: l.first,
	}
	l.first = false
	switch c := l.text[l.at]; {
	case c == '"' || c == '`':
		l.step()
		var b strings.Builder
		for {
			if l.at == len(l.text) {
				return l.fail(t.Line, t.column, "the quote that begins here has no end")
			}
			next := l.step()
			if next == c {
				break
			}
			if next == '\\' && c == '"' && l.at < len(l.text) {
				if l.text[l.at] != '"' {
					b.WriteByte(next)
				}
				next = l.step()
			}
			b.WriteByte(next)
		}
		t.text, t.quoted = b.String(), true
	default:
		begin := l.at
		for l.at < len(l.text) && strings.IndexByte(" \t\r\n", l.text[l.at]) < 0 {
			l.step()
		}
		t.text = l.text[begin:l.at]
		if marker, ok := strings.CutPrefix(t.text, "<<"); ok &&
			regexp.MustCompile(`^[A-Za-z0-9_-]+$`).MatchString(marker) {
			return l.heredoc(t, marker)
		}
	}
	l.all = append(l.all, t)
	return nil
}

// heredoc reads the lines up to the marker, and takes the white space before it off each of them.
func (l *lexer) heredoc(t token, marker string) error {
	for l.at < len(l.text) && l.text[l.at] != '\n' {
		if c := l.step(); c != '\r' && c != ' ' && c != '\t' {
			return l.fail(t.Line, t.column, "a line has to end after "+t.text)
		}
	}
	if l.at < len(l.text) {
		l.step()
	}
	var lines []string
	for l.at < len(l.text) {
		begin := l.at
		for l.at < len(l.text) && l.text[l.at] != '\n' {
			l.step()
		}
		line := strings.TrimSuffix(l.text[begin:l.at], "\r")
		if indent, ok := strings.CutSuffix(line, marker); ok && strings.TrimSpace(indent) == "" {
			for i := range lines {
				lines[i] = strings.TrimPrefix(lines[i], indent)
			}
			t.text, t.quoted = strings.Join(lines, "\n"), true
			l.all = append(l.all, t)
			return nil
		}
		// The marker may be followed by more words of the same line.
		trimmed := strings.TrimLeft(line, " \t")
		if rest, ok := strings.CutPrefix(trimmed, marker+" "); ok {
			indent := line[:len(line)-len(trimmed)]
			for i := range lines {
				lines[i] = strings.TrimPrefix(lines[i], indent)
			}
			t.text, t.quoted = strings.Join(lines, "\n"), true
			l.all = append(l.all, t)
			l.at -= len(rest)
			if l.at > begin+len(line) { // a CR was taken off
				l.at = begin + len(line)
			}
			return nil
		}
		lines = append(lines, line)
		if l.at < len(l.text) {
			l.step()
		}
	}
	return l.fail(t.Line, t.column, "the text that begins here has no line "+marker+" at its end")
}

// environment fills in {$NAME} and {$NAME:default}, as Caddy does before it looks at anything else.
func environment(
	text string, lookup func(string) string, missing func(name string, line int),
) string {
	var b strings.Builder
	rest := text
	for {
		before, after, ok := strings.Cut(rest, "{$")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		inside, behind, closed := strings.Cut(after, "}")
		name, instead, has := strings.Cut(inside, ":")
		if !closed || name == "" || strings.ContainsAny(inside, "\n {") {
			b.WriteString("{$")
			rest = after
			continue
		}
		value := lookup(name)
		switch {
		case value != "":
		case has:
			value = instead
		default:
			missing(name, 1+strings.Count(b.String(), "\n"))
		}
		b.WriteString(value)
		rest = behind
	}
}
