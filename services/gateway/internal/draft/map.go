package draft

import (
	"encoding/json"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// A Pair is a key with its value: a text, a number, a truth, a duration, a Map, or a list of those.
type Pair struct {
	Key   string
	Value any
}

// Map is a mapping whose keys keep their order.
type Map []Pair

// Get returns the value of a key, or nil.
func (m Map) Get(key string) any {
	for _, p := range m {
		if p.Key == key {
			return p.Value
		}
	}
	return nil
}

// Set gives a key a value, in the place of the one it has. A dot leads into a mapping, which is
// made where there is none: timeouts.connect.
func (m *Map) Set(key string, value any) {
	if first, rest, ok := strings.Cut(key, "."); ok {
		inner, _ := m.Get(first).(Map)
		inner = append(Map(nil), inner...)
		inner.Set(rest, value)
		m.Put(first, inner)
		return
	}
	m.Put(key, value)
}

// Put is Set for a key that may have a dot in it.
func (m *Map) Put(key string, value any) {
	for i, p := range *m {
		if p.Key == key {
			(*m)[i].Value = value
			return
		}
	}
	*m = append(*m, Pair{key, value})
}

// Remove takes a key out.
func (m *Map) Remove(key string) {
	for i, p := range *m {
		if p.Key == key {
			*m = append((*m)[:i:i], (*m)[i+1:]...)
			return
		}
	}
}

// Clone returns a copy that shares nothing that Set and Put change.
func (m Map) Clone() Map {
	var c Map
	for _, p := range m {
		if inner, ok := p.Value.(Map); ok {
			p.Value = inner.Clone()
		}
		c = append(c, p)
	}
	return c
}

// plain says whether YAML reads a text as a text without quotes, in a flow mapping too: words,
// paths,
// and addresses with a port or the length of a prefix.
func plain(s string) bool {
	switch strings.ToLower(s) {
	case "", "y", "n", "yes", "no", "on", "off", "true", "false", "null":
		return false
	}
	rest := s
	if address, err := netip.ParseAddrPort(s); err == nil && address.Addr().Is4() {
		return true
	}
	if prefix, err := netip.ParsePrefix(s); err == nil && prefix.Addr().Is4() {
		return true
	}
	if address, err := netip.ParseAddr(s); err == nil && address.Is4() {
		return true
	}
	if host, port, ok := strings.Cut(s, ":"); ok {
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return false
		}
		rest = host
	}
	for i := range len(rest) {
		switch c := rest[i]; {
		case c == '/' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
		case i > 0 && (c == '_' || c == '.' || c == '-' || c >= '0' && c <= '9'):
		default:
			return false
		}
	}
	return rest != ""
}

func quoted(s string) string {
	if plain(s) {
		return s
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a text always has a form in JSON
	// A NEL or DEL is a control character for YAML and none for JSON.
	return strings.NewReplacer("\u0085", `\u0085`, "\x7f", `\u007f`, "\ufeff", `\ufeff`).
		Replace(strings.TrimSuffix(b.String(), "\n"))
}

// flow renders a value on one line.
func flow(v any) string {
	switch v := v.(type) {
	case string:
		return quoted(v)
	case int:
		return strconv.Itoa(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case bool:
		return strconv.FormatBool(v)
	case time.Duration:
		return Duration(v)
	case Map:
		parts := make([]string, 0, len(v))
		for _, p := range v {
			parts = append(parts, quoted(p.Key)+": "+flow(p.Value))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	var parts []string
	for _, item := range items(v) {
		parts = append(parts, flow(item))
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// items returns the items of a list.
func items(v any) []any {
	switch v := v.(type) {
	case []any:
		return v
	case []string:
		var all []any
		for _, s := range v {
			all = append(all, s)
		}
		return all
	case []Map:
		var all []any
		for _, m := range v {
			all = append(all, m)
		}
		return all
	}
	return nil
}

// Duration is a duration as a file has it: without parts that are zero.
func Duration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// width is how wide a line may get before a mapping is spread over several.
const width = 100

// write renders the pairs of a mapping, each on a line of its own where they fit.
func write(b *strings.Builder, m Map, indent string) {
	for _, p := range m {
		line := indent + quoted(p.Key) + ": "
		if one := flow(p.Value); len(line)+len(one) <= width {
			b.WriteString(line + one + "\n")
			continue
		}
		inner, ok := p.Value.(Map)
		if ok {
			b.WriteString(strings.TrimSuffix(line, " ") + "\n")
			write(b, inner, indent+"  ")
			continue
		}
		list := items(p.Value)
		if list == nil {
			b.WriteString(line + flow(p.Value) + "\n")
			continue
		}
		b.WriteString(strings.TrimSuffix(line, " ") + "\n")
		for _, item := range list {
			b.WriteString(indent + "  - " + flow(item) + "\n")
		}
	}
}

// Key is a text that is the same for the same mapping.
func Key(m Map) string { return flow(m) }
