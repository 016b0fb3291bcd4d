package placeholder

import (
	"fmt"
	"slices"
	"strings"
)

// A Source knows what is to be filled in.
type Source interface {
	// AppendPlaceholder appends the value of a placeholder, nothing if there is none.
	AppendPlaceholder(dst []byte, n Name) []byte
	// AppendClaim appends the claim of a name that an authenticator found, nothing if there is
	// none. A name may lead into a claim: realm_access.roles.
	AppendClaim(dst []byte, name string) []byte
}

// A Template is a text with placeholders. It does not change; the zero Template is an empty text.
type Template struct{ parts []part }

// A part is a piece of text, or else a placeholder.
type part struct {
	text  string
	name  Name
	env   string // the variable of the environment
	claim string // the claim that an authenticator has found
}

// Literal is a text whose braces mean nothing.
func Literal(s string) Template {
	if s == "" {
		return Template{}
	}
	return Template{[]part{{text: s}}}
}

// Only is a text of one placeholder.
func Only(n Name) Template { return Template{[]part{{name: n}}} }

// The kinds of Error.
const (
	// Unknown is a name that there is not.
	Unknown Kind = iota
	// Open is a brace without its end.
	Open
	// NoClaim is auth.claim without the name of a claim.
	NoClaim
	// NoVariable is env without the name of a variable.
	NoVariable
)

// A Kind says what is wrong with a placeholder.
type Kind uint8

// An Error is a placeholder that is none.
type Error struct {
	Kind Kind
	// Name is what stands between the braces.
	Name string
}

// Error says what is wrong.
func (e *Error) Error() string {
	switch e.Kind {
	case Open:
		return "has a { without the } that ends it"
	case NoClaim:
		return "has {" + e.Name + "}, which names no claim"
	case NoVariable:
		return "has {" + e.Name + "}, which names no variable of the environment"
	}
	return "has {" + e.Name + "}, which is no placeholder"
}

// Parse reads a text. "{{" is a brace that begins no placeholder; "}" alone is one that ends none.
// The error is an *Error.
func Parse(s string) (Template, error) {
	var t Template
	var text strings.Builder
	literal := func() {
		if text.Len() > 0 {
			t.parts = append(t.parts, part{text: text.String()})
			text.Reset()
		}
	}
	for s != "" {
		i := strings.IndexByte(s, '{')
		if i < 0 {
			text.WriteString(s)
			break
		}
		text.WriteString(s[:i])
		s = s[i+1:]
		if strings.HasPrefix(s, "{") {
			text.WriteByte('{')
			s = s[1:]
			continue
		}
		name, rest, ok := strings.Cut(s, "}")
		if !ok {
			return Template{}, &Error{Open, s}
		}
		p, err := read(name)
		if err != nil {
			return Template{}, err
		}
		literal()
		t.parts = append(t.parts, p)
		s = rest
	}
	literal()
	return t, nil
}

// ParseAll reads texts by name; nil for none. An error names the text.
func ParseAll(texts map[string]string) (map[string]Template, error) {
	if len(texts) == 0 {
		return nil, nil
	}
	all := make(map[string]Template, len(texts))
	for name, text := range texts {
		t, err := Parse(text)
		if err != nil {
			return nil, fmt.Errorf("the value of %s %w", name, err)
		}
		all[name] = t
	}
	return all, nil
}

// read reads what stands between braces.
func read(name string) (part, error) {
	if n := named(name); n != 0 {
		return part{name: n}, nil
	}
	if env, ok := strings.CutPrefix(name, "env."); ok {
		if env == "" || strings.ContainsAny(env, "= \x00{") {
			return part{}, &Error{NoVariable, name}
		}
		return part{env: env}, nil
	}
	if claim, ok := strings.CutPrefix(name, claimPrefix); ok {
		if claim == "" || strings.ContainsFunc(claim, notOfClaim) {
			return part{}, &Error{NoClaim, name}
		}
		return part{claim: claim}, nil
	}
	return part{}, &Error{Unknown, name}
}

// claimPrefix is what the placeholders of claims begin with.
const claimPrefix = "auth.claim."

// notOfClaim says that the name of a claim can't have this in a placeholder.
func notOfClaim(r rune) bool { return r <= ' ' || r == '{' || r == 0x7f }

// Fixed returns the text, if it has nothing that is to be filled in.
func (t Template) Fixed() (string, bool) {
	switch {
	case len(t.parts) == 0:
		return "", true
	case len(t.parts) == 1 && t.parts[0] == part{text: t.parts[0].text}:
		return t.parts[0].text, true
	}
	return "", false
}

// AsksWho says whether the text has something that an authenticator finds out.
func (t Template) AsksWho() bool {
	return slices.ContainsFunc(t.parts, func(p part) bool {
		return p.name == AuthSubject || p.claim != ""
	})
}

// Uses returns the placeholders of the text, but for claims and those of the environment.
func (t Template) Uses() (names []Name) {
	for _, p := range t.parts {
		if p.name != 0 {
			names = append(names, p.name)
		}
	}
	return names
}

// Variables returns the names of the variables of the environment that the text has.
func (t Template) Variables() (names []string) {
	for _, p := range t.parts {
		if p.env != "" {
			names = append(names, p.env)
		}
	}
	return names
}

// With returns the text with the values of variables of the environment in it, to be read again.
func (t Template) With(value func(variable string) string) string {
	var b strings.Builder
	for _, p := range t.parts {
		switch {
		case p.name != 0:
			b.WriteString("{" + p.name.String() + "}")
		case p.claim != "":
			b.WriteString("{" + claimPrefix + p.claim + "}")
		case p.env != "":
			b.WriteString(Escape(value(p.env)))
		default:
			b.WriteString(Escape(p.text))
		}
	}
	return b.String()
}

// Escape returns a text that is read as this one, whatever braces it has.
func Escape(s string) string { return strings.ReplaceAll(s, "{", "{{") }

// Append appends the text with its placeholders filled in. What a value has that is no part of a
// field's value (RFC 9110 section 5.5), or not ASCII, comes in percent-encoding.
func (t Template) Append(dst []byte, from Source) []byte {
	for i := range t.parts {
		p := &t.parts[i]
		at := len(dst)
		switch {
		case p.name != 0:
			dst = encode(from.AppendPlaceholder(dst, p.name), at)
		case p.claim != "":
			dst = encode(from.AppendClaim(dst, p.claim), at)
		default:
			dst = append(dst, p.text...)
		}
	}
	return dst
}

const digits = "0123456789ABCDEF"

// foreign says that a byte has no place in the value of a field.
func foreign(c byte) bool { return c < ' ' || c > '~' }

// encode puts what is foreign in b from at on in percent-encoding.
func encode(b []byte, at int) []byte {
	n := 0
	for _, c := range b[at:] {
		if foreign(c) {
			n++
		}
	}
	if n == 0 {
		return b
	}
	from := len(b) - 1
	for range 2 * n {
		b = append(b, 0)
	}
	for to := len(b) - 1; to > from; from-- {
		c := b[from]
		if !foreign(c) {
			b[to] = c
			to--
			continue
		}
		b[to-2], b[to-1], b[to] = '%', digits[c>>4], digits[c&15]
		to -= 3
	}
	return b
}

// AppendFree appends a text of somebody else's, such as a name in a certificate: what is foreign in
// it in percent-encoding, and the percent sign and the bytes of also too, so that it can be told
// what the text was.
func AppendFree(dst []byte, s, also string) []byte {
	for i := range len(s) {
		c := s[i]
		if foreign(c) || c == '%' || strings.IndexByte(also, c) >= 0 {
			dst = append(dst, '%', digits[c>>4], digits[c&15])
		} else {
			dst = append(dst, c)
		}
	}
	return dst
}
