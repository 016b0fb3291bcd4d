package errorpages

import (
	"bytes"

	"github.com/gatewayhomebrew/gateway/libs/http1"
)

// A choice is how much a client wants a type: how exactly it was named, and its weight.
type choice struct{ exact, weight int }

const (
	byAll  = 1 + iota // */*
	byKind            // text/*
	byName            // text/html
)

// take takes a weight that was said more exactly than the one before.
func (c *choice) take(exact, weight int) {
	if exact > c.exact || exact == c.exact && weight > c.weight {
		*c = choice{exact, weight}
	}
}

// prefersHTML reports whether a client asks for HTML, and wants it no less than JSON (RFC 9110
// section 12.5.1). One that takes whatever comes does not ask: it is a program. It allocates
// nothing.
func prefersHTML(h *http1.RequestHead) bool {
	var html, json choice
	for i := range h.Fields {
		f := &h.Fields[i]
		if !is(h.Name(f), "accept") {
			continue
		}
		for rest := h.Value(f); len(rest) > 0; {
			var entry []byte
			entry, rest = cut(rest, ',')
			name, parameters := cut(entry, ';')
			weight, ok := weightOf(parameters)
			if !ok {
				continue
			}
			switch name = bytes.Trim(name, " \t"); {
			case is(name, "*/*"):
				html.take(byAll, weight)
				json.take(byAll, weight)
			case is(name, "text/*"):
				html.take(byKind, weight)
			case is(name, "application/*"):
				json.take(byKind, weight)
			case is(name, "text/html"):
				html.take(byName, weight)
			case is(name, "application/json"):
				json.take(byName, weight)
			}
		}
	}
	return html.exact > byAll && html.weight > 0 && html.weight >= json.weight
}

// is compares with a name in lower case.
func is(b []byte, name string) bool {
	if len(b) != len(name) {
		return false
	}
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != name[i] {
			return false
		}
	}
	return true
}

// cut cuts at the first separator that is not within quotes.
func cut(b []byte, separator byte) (before, after []byte) {
	quoted := false
	for i := 0; i < len(b); i++ {
		switch {
		case quoted && b[i] == '\\':
			i++
		case b[i] == '"':
			quoted = !quoted
		case b[i] == separator && !quoted:
			return b[:i], b[i+1:]
		}
	}
	return b, nil
}

// weightOf is the weight among parameters, in thousandths (RFC 9110 section 12.4.2); false: there
// is one that cannot be read.
func weightOf(parameters []byte) (int, bool) {
	for len(parameters) > 0 {
		var p []byte
		p, parameters = cut(parameters, ';')
		p = bytes.Trim(p, " \t")
		if len(p) >= 2 && (p[0] == 'q' || p[0] == 'Q') && p[1] == '=' {
			return thousandths(p[2:])
		}
	}
	return 1000, true
}

func thousandths(v []byte) (int, bool) {
	if len(v) == 0 || len(v) > 5 || v[0] != '0' && v[0] != '1' || len(v) > 1 && v[1] != '.' {
		return 0, false
	}
	n := int(v[0]-'0') * 1000
	for i, unit := 2, 100; i < len(v); i, unit = i+1, unit/10 {
		if v[i] < '0' || v[i] > '9' {
			return 0, false
		}
		n += int(v[i]-'0') * unit
	}
	return n, n <= 1000
}
