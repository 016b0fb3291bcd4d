package differ

import (
	"strconv"
	"strings"
)

// sameNumber reports whether two numbers of JSON (RFC 8259 section 6) have one value, as 1, 1.0 and
// 10e-1 have, whatever their size. Numbers whose exponents no counter holds are compared as they
// are written.
func sameNumber(a, b string) bool {
	if a == b {
		return true
	}
	x, ok := normal(a)
	if !ok {
		return false
	}
	y, ok := normal(b)
	return ok && x == y
}

// A number is digits with neither zeros in front nor behind, times ten to the power of exponent.
// Zero has no digits.
type number struct {
	negative bool
	digits   string
	exponent int64
}

func normal(s string) (n number, ok bool) {
	s, n.negative = strings.CutPrefix(s, "-")
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		e, err := strconv.ParseInt(strings.TrimPrefix(s[i+1:], "+"), 10, 32)
		if err != nil {
			return n, false
		}
		s, n.exponent = s[:i], e
	}
	whole, part, _ := strings.Cut(s, ".")
	n.exponent -= int64(len(part))
	digits := strings.TrimLeft(whole+part, "0")
	n.digits = strings.TrimRight(digits, "0")
	n.exponent += int64(len(digits) - len(n.digits))
	if n.digits == "" {
		return number{}, true
	}
	return n, true
}
