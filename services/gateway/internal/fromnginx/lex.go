package fromnginx

import (
	"strings"

	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft"
)

// A token is a word, or one of ; { }.
type token struct {
	text   string
	sign   byte // ';', '{' or '}'; 0: a word
	line   int
	column int
}

// lexer takes the text of a file apart by the rules of ngx_conf_read_token: quotes count at the
// beginning of a word only, and a backslash keeps what follows from ending it.
type lexer struct {
	file   string
	text   string
	at     int
	line   int
	start  int // where the line begins
	tokens *int
}

func newLexer(file, text string, tokens *int) *lexer {
	return &lexer{file: file, text: text, line: 1, tokens: tokens}
}

func (l *lexer) fail(line, column int, message string) error {
	return &draft.SyntaxError{
		Place: draft.Place{File: l.file, Line: line}, Column: column, Message: message,
	}
}

// step goes over one byte.
func (l *lexer) step() byte {
	c := l.text[l.at]
	l.at++
	if c == '\n' {
		l.line++
		l.start = l.at
	}
	return c
}

func blank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// next returns the next token, or false at the end of the file.
func (l *lexer) next() (token, bool, error) {
	for l.at < len(l.text) && (blank(l.text[l.at]) || l.text[l.at] == '#') {
		if l.text[l.at] != '#' {
			l.step()
			continue
		}
		for l.at < len(l.text) && l.text[l.at] != '\n' {
			l.step()
		}
	}
	if l.at == len(l.text) {
		return token{}, false, nil
	}
	if *l.tokens++; *l.tokens > draft.MaxTokens {
		return token{}, false, l.fail(l.line, 0, "the configuration has too many words")
	}
	t := token{line: l.line, column: l.at - l.start + 1}
	switch c := l.text[l.at]; c {
	case ';', '{', '}':
		t.sign = l.step()
		return t, true, nil
	case '"', '\'':
		return l.quoted(t)
	}
	var b strings.Builder
	for l.at < len(l.text) {
		c := l.text[l.at]
		if c == '$' && strings.HasPrefix(l.text[l.at:], "${") {
			b.WriteString("${")
			l.at += 2
			continue
		}
		if blank(c) || c == ';' || c == '{' {
			break
		}
		if c == '\\' && l.at+1 < len(l.text) {
			l.escape(&b)
			continue
		}
		b.WriteByte(l.step())
	}
	t.text = b.String()
	return t, true, nil
}

func (l *lexer) quoted(t token) (token, bool, error) {
	quote := l.step()
	var b strings.Builder
	for l.at < len(l.text) {
		switch c := l.text[l.at]; {
		case c == '\\' && l.at+1 < len(l.text):
			l.escape(&b)
		case c == quote:
			l.step()
			if l.at < len(l.text) && !blank(l.text[l.at]) &&
				strings.IndexByte(";{)", l.text[l.at]) < 0 {
				return t, false, l.fail(l.line, l.at-l.start+1, "a blank, \";\" or \"{\" has to "+
					"follow a quoted word")
			}
			t.text = b.String()
			return t, true, nil
		default:
			b.WriteByte(l.step())
		}
	}
	return t, false, l.fail(t.line, t.column, "the quote that begins here has no end")
}

// escape writes what a backslash and the byte behind it stand for.
func (l *lexer) escape(b *strings.Builder) {
	l.step()
	switch c := l.step(); c {
	case '"', '\'', '\\':
		// nginx keeps the backslash before itself, which expressions need.
		if c == '\\' {
			b.WriteByte('\\')
		}
		b.WriteByte(c)
	case 't':
		b.WriteByte('\t')
	case 'r':
		b.WriteByte('\r')
	case 'n':
		b.WriteByte('\n')
	default:
		b.WriteByte('\\')
		b.WriteByte(c)
	}
}

// skipBlock goes to the end of a block in another language, whose { was read. It knows quotes and
// comments of Lua.
func (l *lexer) skipBlock(from token) error {
	for depth := 1; l.at < len(l.text); {
		switch c := l.step(); c {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return nil
			}
		case '"', '\'':
			for l.at < len(l.text) && l.text[l.at] != c && l.text[l.at] != '\n' {
				if l.step() == '\\' && l.at < len(l.text) {
					l.step()
				}
			}
			if l.at < len(l.text) {
				l.step()
			}
		case '-':
			if strings.HasPrefix(l.text[l.at:], "-") {
				for l.at < len(l.text) && l.text[l.at] != '\n' {
					l.step()
				}
			}
		}
	}
	return l.fail(from.line, from.column, "the block that begins here has no end")
}
