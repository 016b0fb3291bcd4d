package draft

import (
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config"
)

// Literal returns a text as a value that has no placeholders.
func Literal(value string) string {
	if Has(Placeholders) {
		return strings.ReplaceAll(value, "{", "{{")
	}
	return value
}

// Edits is one direction's edits of header fields.
type Edits struct {
	Request bool
	sets    Map
	adds    Map
	removes []string
}

// Set sets a field. The result says why it can't, or is "".
func (e *Edits) Set(name, value string) string {
	if why := e.refused(name, value, config.EditSet); why != "" {
		return why
	}
	put(&e.sets, name, value)
	return ""
}

// Add adds a field beside those of the same name.
func (e *Edits) Add(name, value string) string {
	if !Has(Add) {
		return e.Set(name, value)
	}
	if why := e.refused(name, value, config.EditAdd); why != "" {
		return why
	}
	put(&e.adds, name, value)
	return ""
}

// Remove takes a field out.
func (e *Edits) Remove(name string) string {
	if why := e.refused(name, "", config.EditRemove); why != "" {
		return why
	}
	for _, n := range e.removes {
		if strings.EqualFold(n, name) {
			return ""
		}
	}
	e.removes = append(e.removes, name)
	return ""
}

func (e *Edits) refused(name, value string, edit config.FieldEdit) string {
	if why := config.FieldName(strings.ToLower(name), e.Request, edit); why != "" {
		return why
	}
	switch {
	case strings.ContainsFunc(value, func(c rune) bool { return c < ' ' || c == 0x7f }):
		return "the value has control characters"
	case len(value) > config.MaxFieldValue/2:
		return "the value is too long"
	}
	return ""
}

func put(m *Map, name, value string) {
	value = strings.TrimSpace(value)
	for i, p := range *m {
		if strings.EqualFold(p.Key, name) {
			(*m)[i].Value = value
			return
		}
	}
	*m = append(*m, Pair{name, value})
}

// Into writes the edits into the keys of a route.
func (e *Edits) Into(route *Map) {
	side := "headers.response."
	if e.Request {
		side = "headers.request."
	}
	if len(e.sets) > 0 {
		route.Set(side+"set", e.sets)
	}
	if len(e.adds) > 0 {
		route.Set(side+"add", e.adds)
	}
	if len(e.removes) > 0 {
		route.Set(side+"remove", e.removes)
	}
}

// Clone returns a copy that shares nothing with the edits.
func (e *Edits) Clone() Edits {
	return Edits{
		Request: e.Request, sets: e.sets.Clone(), adds: e.adds.Clone(),
		removes: append([]string(nil), e.removes...),
	}
}
