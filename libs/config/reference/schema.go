package reference

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/netip"
	"reflect"
	"strings"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/config/internal/tags"
	"github.com/gatewayhomebrew/gateway/libs/config/text"
)

// SchemaID names the JSON Schema of the document.
const SchemaID = "https://github.com/gatewayhomebrew/gateway/raw/main/openspec/gateway.schema.json"

// Schema returns the JSON Schema (draft 2020-12) of the document, for editors. It comes from the
// same model as decoding: the structs with their tags, the defaults, the texts of the reference.
// What only a program can see, such as references and duplicates, it leaves to validation.
func Schema() []byte {
	s := schemaWriter{texts: config.Texts(), cache: tags.Cache{}, only: make(map[string][]string),
		refused: make(map[string]bool)}
	for _, e := range config.NotYet() {
		if len(e.Allowed) > 0 {
			s.only[e.Path] = e.Allowed
		} else {
			s.refused[e.Path] = true
		}
	}
	root := object{
		{"$schema", "https://json-schema.org/draft/2020-12/schema"},
		{"$id", SchemaID},
		{"title", "Configuration of the gateway"},
		{"description", "YAML or JSON. An overlay of an environment is only a part of such a " +
			"document, so some of it may be said to be missing there."},
	}
	root = append(root, s.structure(reflect.ValueOf(config.New()).Elem(), "")...)
	root = append(root, member{"$defs", forms()})
	var compact, indented bytes.Buffer
	e := json.NewEncoder(&compact)
	e.SetEscapeHTML(false)
	if err := e.Encode(root); err != nil {
		// it is made of texts and numbers
		panic("config: the schema can't be written: " + err.Error())
	}
	if err := json.Indent(&indented, compact.Bytes(), "", "  "); err != nil {
		panic("config: the schema can't be written: " + err.Error())
	}
	return indented.Bytes()
}

// SchemaDigest returns the SHA-256 of Schema in hexadecimal: two gateways with the same one read
// the same documents.
func SchemaDigest() string {
	sum := sha256.Sum256(Schema())
	return hex.EncodeToString(sum[:])
}

// object is a JSON object whose members keep their order.
type object []member

type member struct {
	key   string
	value any
}

// MarshalJSON writes the members in order.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := e.Encode(m.key); err != nil {
			return nil, err
		}
		b.WriteByte(':')
		if err := e.Encode(m.value); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

func ref(name string) object { return object{{"$ref", "#/$defs/" + name}} }

func pattern(p string) object { return object{{"type", "string"}, {"pattern", p}} }

var (
	durationType = reflect.TypeFor[time.Duration]()
	percentType  = reflect.TypeFor[config.Percent]()
	prefixType   = reflect.TypeFor[netip.Prefix]()
)

type schemaWriter struct {
	texts   map[string]string
	cache   tags.Cache
	only    map[string][]string // values that this version takes, by path
	refused map[string]bool     // paths this version refuses
}

// structure returns the schema of a mapping that holds its defaults.
func (s *schemaWriter) structure(v reflect.Value, path string) object {
	var properties object
	var required []string
	for _, f := range s.cache.Of(v.Type()).List {
		at := text.JoinKey(path, f.Key)
		schema := object{{"description", s.texts[at]}}
		switch {
		case s.refused[at]:
			schema[0].value = s.texts[at] + " Not in this version."
			schema = append(schema, nothing(v.Field(f.Index))...)
		default:
			schema = append(schema, s.value(v.Field(f.Index), &f.Rule, at)...)
		}
		properties = append(properties, member{f.Key, schema})
		if f.Required {
			required = append(required, f.Key)
		}
	}
	out := object{{"type", []string{"object", "null"}}, {"properties", properties},
		{"additionalProperties", false}}
	if path == "" || strings.HasSuffix(path, "[]") {
		out[0].value = "object"
	}
	if required != nil {
		out = append(out, member{"required", required})
	}
	return append(out, together(path)...)
}

// nothing is the schema of a key that is refused. What is empty asks for nothing.
func nothing(v reflect.Value) object {
	switch v.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Struct:
		return object{{"type", "null"}}
	default:
		return object{{"not", object{}}}
	}
}

// value returns the schema of a value that holds its default.
func (s *schemaWriter) value(v reflect.Value, r *tags.Rule, path string) object {
	if only := s.only[path]; only != nil {
		var values []any
		for _, value := range only {
			switch v.Kind() {
			case reflect.Bool:
				values = append(values, value == "true")
			case reflect.Int, reflect.Int64:
				values = append(values, json.Number(value))
			default:
				values = append(values, value)
			}
		}
		return object{{"enum", values}}
	}
	if path == "version" {
		return object{{"const", config.Version}}
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.Type().Elem().Kind() != reflect.Struct {
			return scalar(config.Fresh(v.Type().Elem()), r) // absent, it is none of the values
		}
		return s.value(config.Fresh(v.Type().Elem()), r, path)
	case reflect.Struct:
		return s.structure(v, path)
	case reflect.Slice:
		return s.list(v, r, path)
	case reflect.Map:
		if e := v.Type().Elem(); e.Kind() == reflect.Struct {
			one := s.structure(config.Fresh(e), path+".*")
			one[0].value = "object"
			one = append(one, member{"minProperties", 1}, member{"maxProperties", 1})
			out := object{{"type", []string{"object", "null"}}, {"additionalProperties",
				object{{"anyOf", []object{ref("text"), one}}}}}
			if !strings.HasSuffix(path, ".query") {
				out = append(out, member{"propertyNames", ref("field")})
			}
			return out
		}
		return object{
			{"type", []string{"object", "null"}}, {"propertyNames", fieldNames(path, true)},
			{"patternProperties",
				object{{"^" + anyCase("host") + "$",
					object{{"anyOf", []object{ref("secret"), ref("hostField")}}}}}},
			{"additionalProperties", textOf(r)},
		}
	}
	out := scalar(v, r)
	switch v.Type() {
	case durationType, percentType:
		out = append(out, member{"default", config.Written(v)})
	default:
		if !v.IsZero() || v.Kind() != reflect.String {
			out = append(out, member{"default", v.Interface()})
		}
	}
	return out
}

func (s *schemaWriter) list(v reflect.Value, r *tags.Rule, path string) object {
	out := object{{"type", []string{"array", "null"}}}
	if r.Required {
		out = object{{"type", "array"}, {"minItems", 1}}
	}
	switch e := v.Type().Elem(); {
	case e == prefixType:
		out = append(out, member{"items", ref("cidr")})
	case e.Kind() == reflect.Struct:
		out = append(out, member{"items", s.structure(config.Fresh(e), path+"[]")})
	default:
		items := textOf(r)
		if r.Form == "field" {
			items = fieldNames(path, false)
		}
		out = append(out, member{"items", items})
		if r.Form != "" || r.Ref {
			out = append(out, member{"uniqueItems", true})
		}
	}
	if v.Len() > 0 {
		out = append(out, member{"default", v.Interface()})
	}
	return append(out, together(path+"[…]")...)
}

// scalar returns the schema of a value that is neither a mapping nor a list.
func scalar(v reflect.Value, r *tags.Rule) object {
	switch v.Type() {
	case durationType:
		if r.Positive {
			return ref("durationAboveZero")
		}
		return ref("duration")
	case percentType:
		return ref("percentage")
	}
	switch v.Kind() {
	case reflect.String:
		return textOf(r)
	case reflect.Bool:
		return object{{"type", "boolean"}}
	case reflect.Int, reflect.Int64:
		out := object{{"type", "integer"}}
		if r.Least != -tags.NoBound {
			out = append(out, member{"minimum", r.Least})
		}
		if r.Most != tags.NoBound {
			out = append(out, member{"maximum", r.Most})
		}
		return out
	default:
		return object{{"type", "number"}, {"minimum", 0}, {"maximum", 1}}
	}
}

// textOf returns the schema of a text.
func textOf(r *tags.Rule) object {
	switch {
	case r.Words != nil:
		return object{{"enum", r.Words}}
	case r.Name:
		return ref("name")
	case r.Ref && r.Required:
		return ref("name")
	case r.Ref:
		return ref("reference")
	case r.Form == "":
		return ref("text")
	case r.MayBeSecret():
		return object{{"anyOf", []object{ref("secret"), ref(r.Form)}}}
	default:
		return ref(r.Form)
	}
}

// fieldNames is the schema of names of header fields that may be edited. path says which edit it
// is.
func fieldNames(path string, set bool) object {
	request := strings.Contains(path, ".request.")
	var never []string
	for _, k := range config.KeptFields() {
		for _, name := range k.Names {
			if strings.HasSuffix(name, "-") {
				never = append(never, anyCase(name)+".*")
			} else {
				never = append(never, anyCase(name))
			}
		}
	}
	for _, name := range []string{"host", "date"} {
		if config.FieldName(name, request, set) != "" {
			never = append(never, anyCase(name))
		}
	}
	return object{{"allOf", []object{ref("field"),
		{{"not", object{{"pattern", "^(" + strings.Join(never, "|") + ")$"}}}}}}}
}

// anyCase returns a pattern for a word in any case. Patterns of JSON Schema have no flag for it.
func anyCase(word string) string {
	var b strings.Builder
	for _, c := range word {
		if 'a' <= c && c <= 'z' {
			b.WriteString("[" + string(c-'a'+'A') + string(c) + "]")
		} else {
			b.WriteRune(c)
		}
	}
	return b.String()
}

// has says in a schema that a mapping has a key with a value that asks for something.
func has(key string) object {
	return object{{"required", []string{key}},
		{"properties",
			object{{key, object{{"type", []string{"string", "array", "object"}}, {"minLength", 1},
				{"minItems", 1}}}}}}
}

// together returns what a schema says of several values at once.
func together(path string) object {
	someWeight := object{{"contains",
		object{{"not", object{{"required", []string{"weight"}},
			{"properties", object{{"weight", object{{"const", 0}}}}}}}}}}
	switch path {
	case "":
		return object{{"anyOf",
			[]object{has("listeners"), {{"required", []string{"config_sync"}}}}}}
	case "listeners[]":
		return object{
			{"if", object{{"required", []string{"protocol"}},
				{"properties", object{{"protocol", object{{"const", config.ProtocolTCP}}}}}}},
			{"then", object{{"anyOf", []object{has("cluster"), has("sni")}}}},
			{"else", object{{"not", object{{"anyOf", []object{has("cluster"), has("sni")}}}}}},
		}
	case "clusters[].endpoints[…]":
		return someWeight
	case "routes[].split[…]":
		return object{{"anyOf", []object{{{"maxItems", 0}}, someWeight}}}
	case "routes[]":
		return object{
			{"anyOf", []object{has("cluster"), has("split")}},
			{"not", object{{"anyOf", []object{
				{{"allOf", []object{has("cluster"), has("split")}}},
				{{"allOf", []object{has("path"), has("path_prefix")}}},
				{{"allOf", []object{has("path"), has("path_regex")}}},
				{{"allOf", []object{has("path_prefix"), has("path_regex")}}},
			}}}},
		}
	case "routes[].rewrite":
		return object{{"not", object{{"allOf", []object{
			has("replace_prefix"),
			{{"required", []string{"strip_prefix"}},
				{"properties", object{{"strip_prefix", object{{"const", true}}}}}},
		}}}}}
	case "admin":
		closed := `^(127\.[0-9.]+:.*|\[(0*:)+0*1\]:.*|` + anyCase("localhost") +
			`\.?:.*|off|secret:.*)$`
		return object{{"anyOf",
			[]object{{{"properties", object{{"address", object{{"pattern", closed}}}}}},
				has("token")}}}
	}
	return nil
}
