package spectest

import (
	"regexp"
	"regexp/syntax"
	"strings"
)

// matching makes a text that an expression matches and that has at least so many bytes. It fails
// for what RE2 does not know, such as a look ahead, and where the text would be long.
func matching(pattern string, least int) (string, bool) {
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return "", false
	}
	compiled, err := regexp.Compile(pattern)
	if err != nil {
		return "", false
	}
	for _, more := range []int{0, least} {
		var b strings.Builder
		if write(&b, tree, more) && b.Len() >= least && compiled.MatchString(b.String()) {
			return b.String(), true
		}
	}
	return "", false
}

// write writes a text of a part of an expression: each repetition as often as it has to be, and
// more often up to a number where it may.
func write(b *strings.Builder, re *syntax.Regexp, more int) bool {
	repeat := func(least, most int) bool {
		n := max(least, more)
		if most >= 0 {
			n = min(n, most)
		}
		for range n {
			if b.Len() > mostBytes || !write(b, re.Sub[0], 0) {
				return false
			}
		}
		return true
	}
	switch re.Op {
	case syntax.OpLiteral:
		b.WriteString(string(re.Rune))
	case syntax.OpCharClass:
		if len(re.Rune) == 0 {
			return false
		}
		b.WriteRune(pick(re.Rune))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteByte('a')
	case syntax.OpCapture:
		return write(b, re.Sub[0], more)
	case syntax.OpStar:
		return repeat(0, -1)
	case syntax.OpPlus:
		return repeat(1, -1)
	case syntax.OpQuest:
		return repeat(0, 1)
	case syntax.OpRepeat:
		return repeat(re.Min, re.Max)
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			if !write(b, sub, more) {
				return false
			}
		}
	case syntax.OpAlternate:
		return write(b, re.Sub[0], more)
	case syntax.OpNoMatch:
		return false
	}
	return b.Len() <= mostBytes
}

// pick is a rune of a class, one that is plain in a URL if there is any.
func pick(ranges []rune) rune {
	for _, r := range "a1A-_" {
		for i := 0; i+1 < len(ranges); i += 2 {
			if ranges[i] <= r && r <= ranges[i+1] {
				return r
			}
		}
	}
	return ranges[0]
}
