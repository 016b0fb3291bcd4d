package schema

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
)

// Bounds of a pattern.
const (
	maxPattern = 4096  // bytes
	maxProgram = 20000 // instructions that it compiles to
)

// pattern is a regular expression. Beside the one that has to match, others stand for the
// lookaheads at its beginning, which RE2 does not have.
type pattern struct {
	source string
	re     *regexp.Regexp
	must   []*regexp.Regexp
	not    []*regexp.Regexp
	cost   int // of a byte of text, at worst
}

func (p *pattern) match(text []byte) bool {
	for _, re := range p.must {
		if !re.Match(text) {
			return false
		}
	}
	for _, re := range p.not {
		if re.Match(text) {
			return false
		}
	}
	return p.re.Match(text)
}

// newPattern compiles a regular expression of ECMA-262. An error reads behind the expression.
func newPattern(source string) (*pattern, error) {
	if len(source) > maxPattern {
		return nil, fmt.Errorf("has more than %d bytes", maxPattern)
	}
	p := &pattern{source: source}
	rest := source
	for strings.HasPrefix(rest, "^(?=") || strings.HasPrefix(rest, "^(?!") {
		end := groupEnd(rest[1:])
		if end < 0 {
			return nil, errors.New("has a group that does not end")
		}
		re, cost, err := compile("^(?:" + rest[4:end] + ")")
		if err != nil {
			return nil, err
		}
		if rest[3] == '=' {
			p.must = append(p.must, re)
		} else {
			p.not = append(p.not, re)
		}
		p.cost += cost
		rest = "^" + rest[1+end:]
		if alternates(rest) {
			return nil, errors.New("has a lookahead beside |, which RE2 can't do")
		}
	}
	re, cost, err := compile(rest)
	if err != nil {
		return nil, err
	}
	p.re = re
	p.cost += cost
	return p, nil
}

// compile compiles an expression, and counts its instructions.
func compile(source string) (*regexp.Regexp, int, error) {
	translated, err := translate(source)
	if err != nil {
		return nil, 0, err
	}
	parsed, err := syntax.Parse(translated, syntax.Perl)
	if err != nil {
		return nil, 0, wrong(err)
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return nil, 0, wrong(err)
	}
	if n := len(program.Inst); n > maxProgram {
		return nil, 0, fmt.Errorf("compiles to %d steps; %d are the most", n, maxProgram)
	}
	re, err := regexp.Compile(translated)
	return re, len(program.Inst), err
}

func wrong(err error) error {
	var e *syntax.Error
	if errors.As(err, &e) {
		return fmt.Errorf("is not a regular expression: %s", e.Code)
	}
	return errors.New("is not a regular expression")
}

// groupEnd is the index behind the parenthesis that closes the group at the beginning of a text;
// -1: none does.
func groupEnd(s string) int {
	depth := 0
	class := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\':
			i++
		case class:
			class = c != ']'
		case c == '[':
			class = true
		case c == '(':
			depth++
		case c == ')':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return -1
}

// alternates reports whether | stands outside all groups.
func alternates(s string) bool {
	depth := 0
	class := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\':
			i++
		case class:
			class = c != ']'
		case c == '[':
			class = true
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == '|' && depth == 0:
			return true
		}
	}
	return false
}
