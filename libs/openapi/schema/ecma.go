package schema

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// What ECMA-262 takes for space, and for the rest, within a class of RE2.
const (
	spaces = `\t-\r \x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff}`
	others = `\x00-\x08\x0e-\x1f!-\x{9f}\x{a1}-\x{167f}\x{1681}-\x{1fff}\x{200b}-\x{2027}` +
		`\x{202a}-\x{202e}\x{2030}-\x{205e}\x{2060}-\x{2fff}\x{3001}-\x{fefe}\x{ff00}-\x{10ffff}`
)

// maxRepeat is the most repetitions that RE2 takes; more are written as several.
const maxRepeat = 1000

// translator writes an expression of ECMA-262, with its flag u, as one of RE2 that matches the same
// texts. Groups do not capture, since nobody asks.
type translator struct {
	s    string
	i    int
	out  strings.Builder
	atom int   // where the last atom begins in out, -1: there is none
	open []int // where groups begin in out
}

func translate(source string) (string, error) {
	t := translator{s: source, atom: -1}
	for t.i < len(t.s) {
		if err := t.next(); err != nil {
			return "", err
		}
		if t.out.Len() > 64*maxPattern {
			return "", errors.New("repeats too much")
		}
	}
	return t.out.String(), nil
}

func (t *translator) put(s string) {
	t.atom = t.out.Len()
	t.out.WriteString(s)
}

func (t *translator) next() error {
	switch c := t.s[t.i]; c {
	case '\\':
		out, err := t.escape(false)
		if err != nil {
			return err
		}
		t.put(out)
	case '[':
		return t.class()
	case '.':
		t.i++
		t.put(`[^\n\r\x{2028}\x{2029}]`)
	case '(':
		return t.group()
	case ')':
		t.i++
		if len(t.open) == 0 {
			return errors.New("has a parenthesis too many")
		}
		t.atom = t.open[len(t.open)-1]
		t.open = t.open[:len(t.open)-1]
		t.out.WriteByte(')')
	case '{':
		return t.repeat()
	case '|', '^', '$':
		t.i++
		t.atom = -1
		t.out.WriteByte(c)
	case '*', '+', '?':
		t.i++
		t.out.WriteByte(c)
	default:
		_, size := utf8.DecodeRuneInString(t.s[t.i:])
		t.put(t.s[t.i : t.i+size])
		t.i += size
	}
	return nil
}

func (t *translator) group() error {
	rest := t.s[t.i:]
	t.open = append(t.open, t.out.Len())
	switch {
	case strings.HasPrefix(rest, "(?:"):
		t.i += 3
	case strings.HasPrefix(rest, "(?=") || strings.HasPrefix(rest, "(?!"):
		return errors.New("has a lookahead elsewhere than behind ^, which RE2 can't do")
	case strings.HasPrefix(rest, "(?<=") || strings.HasPrefix(rest, "(?<!"):
		return errors.New("has a lookbehind, which RE2 can't do")
	case strings.HasPrefix(rest, "(?<"):
		end := strings.IndexByte(rest, '>')
		if end < 4 {
			return errors.New("has a group with a wrong name")
		}
		t.i += end + 1
	case strings.HasPrefix(rest, "(?"):
		return errors.New("has a group that ECMA-262 does not have")
	default:
		t.i++
	}
	t.atom = -1
	t.out.WriteString("(?:")
	return nil
}

// repeat reads {n}, {n,} or {n,m}.
func (t *translator) repeat() error {
	end := strings.IndexByte(t.s[t.i:], '}')
	if end < 0 {
		return t.brace()
	}
	body := t.s[t.i+1 : t.i+end]
	low, high, open := strings.Cut(body, ",")
	n, err := strconv.ParseUint(low, 10, 31)
	if err != nil {
		return t.brace()
	}
	m := n
	if open && high != "" {
		if m, err = strconv.ParseUint(high, 10, 31); err != nil {
			return t.brace()
		}
	}
	if t.atom < 0 || m < n {
		return errors.New("repeats nothing, or less than nothing")
	}
	t.i += end + 1
	if n <= maxRepeat && m <= maxRepeat {
		t.out.WriteString("{" + body + "}")
		return nil
	}
	if m > 20*maxRepeat {
		return fmt.Errorf("repeats something more than %d times", 20*maxRepeat)
	}
	atom := t.out.String()[t.atom:]
	before := t.out.String()[:t.atom]
	t.out.Reset()
	t.out.WriteString(before + "(?:")
	for ; n > maxRepeat; n, m = n-maxRepeat, m-maxRepeat {
		t.out.WriteString(atom + "{1000}")
	}
	if open && high == "" {
		t.out.WriteString(fmt.Sprintf("%s{%d,}", atom, n))
	} else {
		t.out.WriteString(fmt.Sprintf("%s{%d}", atom, n))
		for m -= n; m > maxRepeat; m -= maxRepeat {
			t.out.WriteString(atom + "{0,1000}")
		}
		t.out.WriteString(fmt.Sprintf("%s{0,%d}", atom, m))
	}
	t.out.WriteString(")")
	return nil
}

// brace takes an opening brace for itself.
func (t *translator) brace() error {
	t.i++
	t.put(`\{`)
	return nil
}

// class reads a class up to its bracket.
func (t *translator) class() error {
	var b strings.Builder
	b.WriteByte('[')
	t.i++
	if strings.HasPrefix(t.s[t.i:], "^") {
		b.WriteByte('^')
		t.i++
	}
	if strings.HasPrefix(t.s[t.i:], "]") { // nothing, or everything
		t.i++
		if b.Len() == 2 {
			t.put(`[\x00-\x{10ffff}]`)
		} else {
			t.put(`[^\x00-\x{10ffff}]`)
		}
		return nil
	}
	for t.i < len(t.s) {
		switch c := t.s[t.i]; c {
		case ']':
			t.i++
			b.WriteByte(']')
			t.put(b.String())
			return nil
		case '\\':
			out, err := t.escape(true)
			if err != nil {
				return err
			}
			b.WriteString(out)
		case '[':
			t.i++
			b.WriteString(`\[`)
		default:
			t.i++
			b.WriteByte(c)
		}
	}
	return errors.New("has a class that does not end")
}

// escape reads what a backslash begins.
func (t *translator) escape(class bool) (string, error) {
	if t.i+1 >= len(t.s) {
		return "", errors.New("ends with a backslash")
	}
	c := t.s[t.i+1]
	t.i += 2
	switch c {
	case 'd', 'D', 'w', 'W', 't', 'n', 'r', 'f', 'v':
		return `\` + string(c), nil
	case 'b', 'B':
		if !class {
			return `\` + string(c), nil
		} else if c == 'b' {
			return `\x08`, nil
		}
	case 's', 'S':
		set := spaces
		if c == 'S' {
			set = others
		}
		if class {
			return set, nil
		}
		return "[" + set + "]", nil
	case '0':
		return `\x00`, nil
	case 'x':
		return t.code(2)
	case 'u':
		return t.unicode()
	case 'c':
		if t.i < len(t.s) && (t.s[t.i]|0x20) >= 'a' && (t.s[t.i]|0x20) <= 'z' {
			t.i++
			return fmt.Sprintf(`\x%02x`, t.s[t.i-1]&0x1f), nil
		}
	case 'p', 'P':
		return t.property(c)
	case 'k', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return "", errors.New("refers back to a group, which RE2 can't do")
	default:
		if c < utf8.RuneSelf && !('a' <= c|0x20 && c|0x20 <= 'z') && c != '_' && c >= ' ' {
			return `\` + string(c), nil
		}
	}
	return "", fmt.Errorf("has the escape \\%c, which ECMA-262 does not have", c)
}

// code reads hexadecimal digits.
func (t *translator) code(digits int) (string, error) {
	if t.i+digits <= len(t.s) {
		if n, err := strconv.ParseUint(t.s[t.i:t.i+digits], 16, 32); err == nil {
			t.i += digits
			return fmt.Sprintf(`\x{%x}`, n), nil
		}
	}
	return "", errors.New("has an escape without its digits")
}

func (t *translator) unicode() (string, error) {
	if strings.HasPrefix(t.s[t.i:], "{") {
		end := strings.IndexByte(t.s[t.i:], '}')
		if end < 2 {
			return "", errors.New("has an escape without its digits")
		}
		n, err := strconv.ParseUint(t.s[t.i+1:t.i+end], 16, 32)
		if err != nil || n > utf8.MaxRune {
			return "", errors.New("has an escape that is no character")
		}
		t.i += end + 1
		return fmt.Sprintf(`\x{%x}`, n), nil
	}
	first := t.i
	out, err := t.code(4)
	if err != nil {
		return "", err
	}
	high, _ := strconv.ParseUint(t.s[first:first+4], 16, 32)
	if utf16.IsSurrogate(rune(high)) {
		if strings.HasPrefix(t.s[t.i:], `\u`) && t.i+6 <= len(t.s) {
			low, err := strconv.ParseUint(t.s[t.i+2:t.i+6], 16, 32)
			if r := utf16.DecodeRune(rune(high), rune(low)); err == nil && r != utf8.RuneError {
				t.i += 6
				return fmt.Sprintf(`\x{%x}`, r), nil
			}
		}
		return "", errors.New("has half of a pair of surrogates")
	}
	return out, nil
}

// categories are the long names of general categories, whose short ones RE2 knows.
var categories = map[string]string{
	"Letter": "L", "Lowercase_Letter": "Ll", "Uppercase_Letter": "Lu", "Titlecase_Letter": "Lt",
	"Cased_Letter": "LC", "Modifier_Letter": "Lm", "Other_Letter": "Lo", "Mark": "M",
	"Nonspacing_Mark": "Mn", "Spacing_Mark": "Mc", "Enclosing_Mark": "Me", "Number": "N",
	"Decimal_Number": "Nd", "digit": "Nd", "Letter_Number": "Nl", "Other_Number": "No",
	"Punctuation": "P", "punct": "P", "Connector_Punctuation": "Pc", "Dash_Punctuation": "Pd",
	"Open_Punctuation": "Ps", "Close_Punctuation": "Pe", "Initial_Punctuation": "Pi",
	"Final_Punctuation": "Pf", "Other_Punctuation": "Po", "Symbol": "S", "Math_Symbol": "Sm",
	"Currency_Symbol": "Sc", "Modifier_Symbol": "Sk", "Other_Symbol": "So", "Separator": "Z",
	"Space_Separator": "Zs", "Line_Separator": "Zl", "Paragraph_Separator": "Zp", "Other": "C",
	"Control": "Cc", "cntrl": "Cc", "Format": "Cf", "Surrogate": "Cs", "Private_Use": "Co",
}

// property reads the name of a property of characters.
func (t *translator) property(c byte) (string, error) {
	end := strings.IndexByte(t.s[t.i:], '}')
	if end < 2 || t.s[t.i] != '{' {
		return "", errors.New("has a property without its name")
	}
	name := t.s[t.i+1 : t.i+end]
	t.i += end + 1
	if _, after, ok := strings.Cut(name, "="); ok {
		name = after
	}
	if short, ok := categories[name]; ok {
		name = short
	}
	return `\` + string(c) + "{" + name + "}", nil
}
