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
		if !http1.EqualFold(h.Name(f), "accept") {
			continue
		}
		for rest := h.Value(f); len(rest) > 0; {
			var entry []byte
			entry, rest = http1.CutMember(rest, ',')
			name, parameters := http1.CutMember(entry, ';')
			weight, ok := http1.Weight(parameters)
			if !ok {
				continue
			}
			switch name = bytes.Trim(name, " \t"); {
			case http1.EqualFold(name, "*/*"):
				html.take(byAll, weight)
				json.take(byAll, weight)
			case http1.EqualFold(name, "text/*"):
				html.take(byKind, weight)
			case http1.EqualFold(name, "application/*"):
				json.take(byKind, weight)
			case http1.EqualFold(name, "text/html"):
				html.take(byName, weight)
			case http1.EqualFold(name, "application/json"):
				json.take(byName, weight)
			}
		}
	}
	return html.exact > byAll && html.weight > 0 && html.weight >= json.weight
}
