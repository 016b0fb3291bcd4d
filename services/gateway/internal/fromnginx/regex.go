package fromnginx

import (
	"regexp"
	"regexp/syntax"
	"strings"
)

// mostPattern is how long an expression may be here.
const mostPattern = 1024

// whole turns an expression that may match anywhere into one that matches the whole of a text, as
// this gateway asks for. why says why it can't, or is "".
func whole(pattern string, fold bool) (expression, why string) {
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return "", "RE2, the expressions of this gateway, does not have what is in this one"
	}
	e := pattern
	if tree.Op == syntax.OpAlternate || strings.Contains(pattern, "|") && !grouped(pattern) {
		e = ".*(?:" + e + ").*"
	} else {
		if cut, ok := strings.CutPrefix(e, "^"); ok {
			e = cut
		} else {
			e = ".*" + strings.TrimPrefix(e, ".*")
		}
		if cut, ok := strings.CutSuffix(e, "$"); ok && !escaped(cut) {
			e = cut
		} else {
			e = strings.TrimSuffix(e, ".*")
			if escaped(e) { // the dot was a literal one: \..*
				e += ".*"
			}
			e += ".*"
		}
	}
	if fold {
		e = "(?i)" + e
	}
	if e == "" {
		e = "(?:)"
	}
	if _, err := regexp.Compile(e); err != nil || len(e) > mostPattern-64 {
		return "", "this gateway can't take its expression"
	}
	return e, ""
}

// grouped says whether all alternatives of a pattern are in parentheses.
func grouped(pattern string) bool {
	depth, class := 0, false
	for i := 0; i < len(pattern); i++ {
		switch pattern[i] {
		case '\\':
			i++
		case '[':
			class = true
		case ']':
			class = false
		case '(':
			if !class {
				depth++
			}
		case ')':
			if !class {
				depth--
			}
		case '|':
			if depth == 0 && !class {
				return false
			}
		}
	}
	return true
}

// escaped says whether a text ends with a backslash that is no escaped one itself.
func escaped(s string) bool {
	n := len(s) - len(strings.TrimRight(s, `\`))
	return n%2 == 1
}

// begins returns the literal text that all matches of a pattern begin with, "" where that is not
// known.
func begins(pattern string) string {
	if !strings.HasPrefix(pattern, "^") || !grouped(pattern) {
		return ""
	}
	r, err := regexp.Compile(pattern[1:])
	if err != nil {
		return ""
	}
	text, _ := r.LiteralPrefix()
	return text
}

// alternatives returns the words of ^(GET|HEAD)$, GET or (GET|HEAD).
func alternatives(pattern string) []string {
	s := strings.TrimSuffix(strings.TrimPrefix(pattern, "^"), "$")
	if strings.HasPrefix(s, "(") && strings.HasSuffix(s, ")") {
		s = strings.TrimPrefix(s[1:len(s)-1], "?:")
	}
	words := strings.Split(s, "|")
	for _, w := range words {
		if w == "" || regexp.QuoteMeta(w) != w {
			return nil
		}
	}
	return words
}
