package book

import (
	"strconv"
	"strings"
	"unicode"
)

// anchors makes the names of places in one page as GitHub does: in small letters, with hyphens for
// blanks and without punctuation; a name that is taken gets a number.
type anchors struct{ taken map[string]int }

func (a *anchors) of(heading string) string {
	var name strings.Builder
	for _, r := range strings.ToLower(heading) {
		switch {
		case r == ' ':
			name.WriteByte('-')
		case r == '-', r == '_', unicode.IsLetter(r), unicode.IsDigit(r), unicode.IsMark(r):
			name.WriteRune(r)
		}
	}
	if a.taken == nil {
		a.taken = map[string]int{}
	}
	base, unique := name.String(), name.String()
	for n := a.taken[base]; ; n++ {
		if n > 0 {
			unique = base + "-" + strconv.Itoa(n)
		}
		if _, ok := a.taken[unique]; !ok {
			a.taken[base] = n + 1
			a.taken[unique] = max(a.taken[unique], 1)
			return unique
		}
	}
}
