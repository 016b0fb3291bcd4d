package schema

import (
	"bytes"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

const (
	longestLabel = 63
	longestHost  = 253
)

var (
	dot = []byte{'.'}
	// wideDots are those that separate labels beside the full stop (RFC 3490 section 3.1).
	wideDots = strings.NewReplacer("\u3002", ".", "\uff0e", ".", "\uff61", ".")
)

// isHostname reads that of RFC 1123. A label that begins with xn-- has to be one that RFC 5891
// makes.
func isHostname(s []byte) bool {
	if len(s) == 0 || len(s) > longestHost {
		return false
	}
	for {
		label, rest, more := bytes.Cut(s, dot)
		if !isLabel(label) || isEncoded(label) && !isALabel(label) {
			return false
		}
		if !more {
			return true
		}
		s = rest
	}
}

// isLabel reads letters, digits and hyphens.
func isLabel(s []byte) bool {
	n := len(s)
	if n == 0 || n > longestLabel || s[0] == '-' || s[n-1] == '-' {
		return false
	}
	for _, c := range s {
		if !alpha(c) && !digit(c) && c != '-' {
			return false
		}
	}
	return true
}

// isEncoded says that a label claims to be the ASCII form of another (RFC 5890 section 2.3.2.1).
func isEncoded(s []byte) bool {
	return len(s) > 4 && s[0]|0x20 == 'x' && s[1]|0x20 == 'n' && s[2] == '-' && s[3] == '-'
}

// isALabel says that a label is the ASCII form of a label of RFC 5890.
func isALabel(s []byte) bool {
	low := strings.ToLower(string(s))
	wide, err := idna.Punycode.ToUnicode(low)
	if err != nil || wide == low {
		return false
	}
	ascii, ok := asciiOf(wide)
	return ok && ascii == low
}

// isIDNHostname reads a name whose labels are those of RFC 1123 or of RFC 5890.
func isIDNHostname(s []byte) bool {
	// A character of UTF-8 has four bytes at most, and becomes at least one.
	if len(s) == 0 || len(s) > 4*longestHost || !utf8.Valid(s) {
		return false
	}
	room := longestHost + 1
	for label := range strings.SplitSeq(wideDots.Replace(string(s)), ".") {
		if ascii := []byte(label); isLabel(ascii) {
			if isEncoded(ascii) && !isALabel(ascii) {
				return false
			}
		} else {
			var ok bool
			if label, ok = asciiOf(label); !ok {
				return false
			}
		}
		if room -= len(label) + 1; room < 0 {
			return false
		}
	}
	return true
}

// strict is IDNA as registries have it: nothing is mapped to something else.
var strict = idna.New(idna.ValidateLabels(true), idna.CheckHyphens(true), idna.CheckJoiners(true),
	idna.StrictDomainName(true), idna.BidiRule())

// asciiOf is the ASCII form of a label that has other characters, and whether it may be there.
func asciiOf(label string) (ascii string, ok bool) {
	if label == "" || len(label) > 4*longestLabel || isASCII(label) || !inContext(label) {
		return "", false
	}
	ascii, err := strict.ToASCII(label)
	return ascii, err == nil && len(ascii) <= longestLabel
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}

// never are characters that the tables of Unicode would let through, and RFC 5892 does not
// (section 2.6).
const never = "\u0640\u07fa\u302e\u302f\u3031\u3032\u3033\u3034\u3035\u303b"

// inContext applies the rules of RFC 5892 appendix A.3 to A.9, for characters that are fine beside
// some others only.
func inContext(label string) bool {
	rs := []rune(label)
	at := func(i int) rune {
		if i < 0 || i >= len(rs) {
			return utf8.RuneError
		}
		return rs[i]
	}
	for i, r := range rs {
		ok := true
		switch {
		case strings.ContainsRune(never, r):
			ok = false
		case r == '\u00b7': // MIDDLE DOT: as in Catalan
			ok = at(i-1) == 'l' && at(i+1) == 'l'
		case r == '\u0375': // GREEK LOWER NUMERAL SIGN
			ok = unicode.Is(unicode.Greek, at(i+1))
		case r == '\u05f3' || r == '\u05f4': // HEBREW GERESH, GERSHAYIM
			ok = unicode.Is(unicode.Hebrew, at(i-1))
		case r == '\u30fb': // KATAKANA MIDDLE DOT
			ok = slices.ContainsFunc(rs, japanese)
		case r >= '\u0660' && r <= '\u0669': // ARABIC-INDIC DIGITS
			ok = !slices.ContainsFunc(rs, persianDigit)
		}
		if !ok {
			return false
		}
	}
	return true
}

func japanese(r rune) bool {
	return r != '\u30fb' && unicode.In(r, unicode.Hiragana, unicode.Katakana, unicode.Han)
}

func persianDigit(r rune) bool { return r >= '\u06f0' && r <= '\u06f9' }
