package spectest

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/openapi/document"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/apidoc"
)

// Bounds of a value that is made of a schema.
const (
	deepest   = 8
	mostItems = 4
	mostBytes = 4096
)

// sampler makes values of schemas: as examples and defaults have them, else as small as they may
// be. It knows the keywords that documents use most; whether a value is as described is not its to
// say.
type sampler struct{ doc *apidoc.Document }

// value makes a value of a schema.
func (s *sampler) value(n *document.Node, depth int) any {
	if n = s.doc.Resolve(n); n == nil || depth > deepest {
		return nil
	}
	for _, key := range []string{"example", "default", "const"} {
		if v := n.Get(key); v != nil {
			return apidoc.Value(v)
		}
	}
	for _, key := range []string{"examples", "enum"} {
		if v := n.Get(key); v != nil && len(v.Items) > 0 {
			return apidoc.Value(v.Items[0])
		}
	}
	if all := n.Get("allOf"); all != nil && len(all.Items) > 0 {
		return s.merged(n, all, depth)
	}
	for _, key := range []string{"oneOf", "anyOf"} {
		if v := n.Get(key); v != nil && len(v.Items) > 0 && n.Get("properties") == nil {
			return s.value(v.Items[0], depth+1)
		}
	}
	switch kindOf(n) {
	case "object":
		return s.object(n, depth)
	case "array":
		return s.array(n, depth)
	case "string":
		return text(n)
	case "integer", "number":
		return number(n)
	case "boolean":
		return true
	case "null":
		return nil
	}
	return "value"
}

// kindOf is the type of what a schema describes: the first that is not null, or what its keywords
// are for.
func kindOf(n *document.Node) string {
	t := n.Get("type")
	if t != nil && len(t.Items) > 0 {
		for _, one := range t.Items {
			if one.String() != "null" {
				return one.String()
			}
		}
		return "null"
	}
	if t.String() != "" {
		return t.String()
	}
	for _, k := range []struct{ key, kind string }{
		{"properties", "object"}, {"required", "object"}, {"additionalProperties", "object"},
		{"items", "array"}, {"prefixItems", "array"}, {"minItems", "array"},
		{"pattern", "string"}, {"format", "string"}, {"minLength", "string"},
		{"maxLength", "string"}, {"minimum", "number"}, {"maximum", "number"},
		{"multipleOf", "number"},
	} {
		if n.Get(k.key) != nil {
			return k.kind
		}
	}
	return ""
}

// merged makes the value of allOf: objects are laid over each other.
func (s *sampler) merged(n, all *document.Node, depth int) any {
	out, isObject := map[string]any{}, false
	var last any
	add := func(v any) {
		if m, ok := v.(map[string]any); ok {
			isObject = true
			for k, e := range m {
				out[k] = e
			}
			return
		}
		last = v
	}
	for _, part := range all.Items {
		add(s.value(part, depth+1))
	}
	if n.Get("properties") != nil || n.Get("required") != nil {
		add(s.object(n, depth))
	}
	if isObject {
		return out
	}
	return last
}

func (s *sampler) object(n *document.Node, depth int) any {
	out := map[string]any{}
	required := map[string]bool{}
	if list := n.Get("required"); list != nil {
		for _, name := range list.Items {
			required[name.String()] = true
		}
	}
	if properties := n.Get("properties"); properties != nil {
		for _, m := range properties.Members {
			p := s.doc.Resolve(m.Value)
			if required[m.Key] && !p.Get("readOnly").True() {
				out[m.Key] = s.value(m.Value, depth+1)
				delete(required, m.Key)
			}
			if p.Get("readOnly").True() {
				delete(required, m.Key)
			}
		}
	}
	for name := range required { // which no property describes
		out[name] = s.value(n.Get("additionalProperties"), depth+1)
	}
	return out
}

func (s *sampler) array(n *document.Node, depth int) any {
	items := []any{}
	if prefix := n.Get("prefixItems"); prefix != nil {
		for _, one := range prefix.Items {
			items = append(items, s.value(one, depth+1))
		}
	}
	for want := min(max(whole(n, "minItems", 1), 0), mostItems); len(items) < want; {
		items = append(items, s.value(n.Get("items"), depth+1))
	}
	return items
}

// whole is the whole number that a keyword has.
func whole(n *document.Node, key string, otherwise int) int {
	if v := n.Get(key); v != nil {
		if i, err := strconv.Atoi(v.Text); err == nil {
			return i
		}
	}
	return otherwise
}

// formats are texts of the formats that OpenAPI and JSON Schema name.
var formats = map[string]string{
	"date": "2026-01-02", "date-time": "2026-01-02T03:04:05Z", "time": "03:04:05Z",
	"duration": "PT1M", "email": "user@example.com", "idn-email": "user@example.com",
	"hostname": "example.com", "idn-hostname": "example.com", "ipv4": "192.0.2.1",
	"ipv6": "2001:db8::1", "uri": "https://example.com/", "uri-reference": "/",
	"iri": "https://example.com/", "iri-reference": "/", "uri-template": "/{id}",
	"uuid": "00000000-0000-4000-8000-000000000001", "json-pointer": "/a",
	"relative-json-pointer": "0", "regex": "a", "byte": "YQ==", "base64url": "YQ",
}

// text makes the text of a schema.
func text(n *document.Node) any {
	if pattern := n.Get("pattern").String(); pattern != "" {
		if s, ok := matching(pattern, min(whole(n, "minLength", 0), mostBytes)); ok {
			return s
		}
	}
	s, ok := formats[n.Get("format").String()]
	if !ok {
		s = "text"
	}
	least, longest := min(whole(n, "minLength", 0), mostBytes), whole(n, "maxLength", mostBytes)
	if len(s) < least {
		s += strings.Repeat("x", least-len(s))
	}
	if len(s) > longest {
		s = s[:max(longest, 0)]
	}
	return s
}

// number makes the number of a schema, near its lower bound.
func number(n *document.Node) any {
	at := func(key string) (float64, bool) {
		v := n.Get(key)
		if v == nil {
			return 0, false
		}
		f, err := strconv.ParseFloat(v.Text, 64)
		return f, err == nil
	}
	value := 1.0
	most, bounded := at("maximum")
	if bounded && value > most {
		value = most
	}
	if least, ok := at("minimum"); ok && (value < least || n.Get("exclusiveMinimum").True()) {
		value = least
	}
	step, stepped := at("multipleOf")
	if !stepped || step <= 0 {
		step = 1
	}
	if least, ok := at("exclusiveMinimum"); ok && value <= least {
		value = least + min(step, 1)
	} else if least, ok := at("minimum"); ok && n.Get("exclusiveMinimum").True() &&
		value <= least {
		value = least + min(step, 1)
	}
	if over, ok := at("exclusiveMaximum"); ok && value >= over {
		value = over - step
	}
	if stepped {
		times := int64(value / step)
		if float64(times)*step < value {
			times++
		}
		value = float64(times) * step
	}
	return json.Number(strconv.FormatFloat(value, 'f', -1, 64))
}
