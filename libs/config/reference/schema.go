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

// docs is where links of the reference lead, for an editor that has no docs folder.
const docs = "https://github.com/gatewayhomebrew/gateway/blob/main/docs/"

// Schema returns the JSON Schema (draft 2020-12) of the document, for editors. It comes from the
// same model as decoding: the structs with their tags, the defaults, the texts of the reference.
// What only a program can see, such as references and duplicates, it leaves to validation.
func Schema() []byte {
	s := schemaWriter{texts: config.Texts(), cache: tags.Cache{}}
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

var (
	durationType = reflect.TypeFor[time.Duration]()
	percentType  = reflect.TypeFor[config.Percent]()
	prefixType   = reflect.TypeFor[netip.Prefix]()
)

type schemaWriter struct {
	texts map[string]string
	cache tags.Cache
	part  bool // what is written is laid under something: nothing has to be there
}

// structure returns the schema of a mapping that holds its defaults.
func (s *schemaWriter) structure(v reflect.Value, path string) object {
	var properties object
	var required []string
	for _, f := range s.cache.Of(v.Type()).List {
		if s.part && f.Name {
			continue
		}
		at := text.JoinKey(path, f.Key)
		schema := s.described(v.Field(f.Index), &f.Rule, at)
		schema = append(schema, s.value(v.Field(f.Index), &f.Rule, at)...)
		properties = append(properties, member{f.Key, schema})
		if f.Required && !s.part {
			required = append(required, f.Key)
		}
	}
	var out object
	if strings.HasSuffix(path, "[]") {
		out = object{{"title", path}}
	}
	out = append(out, member{"properties", properties}, member{"additionalProperties", false})
	if required != nil {
		out = append(out, member{"required", required})
	}
	if s.part {
		return append(out, mapping(strings.TrimSuffix(path, "s[]"))...)
	}
	return append(out, member{"allOf", append([]object{mapping(path)}, together(path)...)})
}

// start returns the schema of what each entry of a list starts from: the keys of one, of which none
// has to be there. What keys mean together depends on the entry.
func (s *schemaWriter) start(of reflect.Type, path string) object {
	part := *s
	part.part = true
	return part.structure(config.Fresh(of), startOf(path))
}

// startOf is the list whose entries start from what a path says, as the path of an entry.
func startOf(path string) string {
	return strings.TrimPrefix(path, "defaults.") + "s[]"
}

// mapping is the type of a mapping. It stands apart from its keys: an editor shows its words for
// an unknown key as well.
func mapping(path string) object {
	words := "Expected a mapping: lines of key: value, further in than " + last(path) + "."
	switch {
	case path == "":
		return object{{"type", "object"},
			{"errorMessage", "A configuration is a mapping that begins with version: 1."}}
	case strings.HasSuffix(path, "[]"):
		words = "An entry of " + last(path) + " is a mapping: a dash, then lines of key: value."
		return object{{"type", "object"}, {"errorMessage", words}}
	}
	return object{{"type", []string{"object", "null"}}, {"errorMessage", words}}
}

// last is the last key of a path.
func last(path string) string {
	path = strings.TrimRight(path, ".*[]")
	return path[strings.LastIndexAny(path, ".[")+1:]
}

// described is what an editor shows of a key: description is for those without Markdown.
func (s *schemaWriter) described(v reflect.Value, r *tags.Rule, path string) object {
	said := s.texts[path]
	absent := v.Kind() == reflect.Pointer
	if absent {
		v = config.Fresh(v.Type().Elem())
	}
	facts := strings.ToUpper(words(v.Type())[:1]) + words(v.Type())[1:] + bounds(r)
	if def := config.Written(v); def != "" && !absent {
		facts += ", `" + def + "` when absent"
	}
	if r.Required {
		facts += ", required"
	}
	out := object{{"title", path}, {"description", said}, {"markdownDescription",
		strings.ReplaceAll(strings.ReplaceAll(said, "](", "]("+docs), "]("+docs+"#",
			"]("+docs+"configuration.md#") + "\n\n" + facts + "."}}
	if of := values[path]; of != nil && v.Kind() == reflect.String {
		out = append(out, member{"markdownEnumDescriptions", of})
	}
	return out
}

// value returns the schema of a value that holds its default.
func (s *schemaWriter) value(v reflect.Value, r *tags.Rule, path string) object {
	if path == "version" {
		return object{{"const", config.Version},
			{"errorMessage", "The version of the document is the number 1, without quotes."}}
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.Type().Elem().Kind() != reflect.Struct {
			return scalar(config.Fresh(v.Type().Elem()), r) // absent, it is none of the values
		}
		return s.value(config.Fresh(v.Type().Elem()), r, path)
	case reflect.Struct:
		if starter, ok := v.Interface().(config.Starter); ok {
			return s.start(starter.Of(), path)
		}
		return s.structure(v, path)
	case reflect.Slice:
		return s.list(v, r, path)
	case reflect.Map:
		return s.dictionary(v, r, path)
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

// dictionary returns the schema of a mapping whose keys are the person's own.
func (s *schemaWriter) dictionary(v reflect.Value, r *tags.Rule, path string) object {
	out := object{{"type", []string{"object", "null"}},
		{"errorMessage",
			"Expected a mapping: lines of key: value, further in than " + last(path) + "."}}
	e := v.Type().Elem()
	if e.Kind() != reflect.Struct {
		return append(out, member{"propertyNames", fieldNames(path)},
			member{"patternProperties",
				object{{"^" + anyCase("host") + "$", orSecret(ref("hostTemplate"))}}},
			member{"additionalProperties", textOf(r)})
	}
	one := s.structure(config.Fresh(e), path+".*")
	if last(path) == "replace" {
		return append(out, member{"propertyNames", fieldNames(path)},
			member{"additionalProperties", one})
	}
	keys := strings.Join(s.cache.Of(e).Keys, ", ")
	kind := "Expected a text, or a mapping with one of " + keys + "."
	one[len(one)-1].value = []object{
		{{"type", "object"}, {"errorMessage", kind}},
		refuse(object{{"type", "object"}, {"not", object{{"minProperties", 1},
			{"maxProperties", 1}}}}, kind),
	}
	out = append(out, member{"additionalProperties", object{
		{"if", object{{"type", "string"}}}, {"then", orSecret(ref("text"))}, {"else", one}}})
	if !strings.HasSuffix(path, ".query") {
		out = append(out, member{"propertyNames", ref("field")})
	}
	return out
}

func (s *schemaWriter) list(v reflect.Value, r *tags.Rule, path string) object {
	entries := "Expected a list: each entry in a line that begins with a dash, or [a, b]."
	if e := v.Type().Elem(); e.Kind() == reflect.Struct && e != prefixType {
		entries = "Expected a list: each entry begins with a dash and its first key."
	}
	out := object{{"type", []string{"array", "null"}}, {"errorMessage", entries}}
	if s.part {
		of := *s
		of.part = false
		s = &of // an entry is one whole
	} else if r.Required {
		out = append(object{{"type", "array"}, {"minItems", 1}}, out[1])
	}
	switch e := v.Type().Elem(); {
	case e == prefixType:
		out = append(out, member{"items", ref("cidr")})
	case e.Kind() == reflect.Struct:
		out = append(out, member{"items", s.structure(config.Fresh(e), path+"[]")})
	default:
		items := textOf(r)
		if r.Form == "field" {
			items = fieldNames(path)
		}
		if of := values[path]; of != nil {
			items = append(items, member{"markdownEnumDescriptions", of})
		}
		out = append(out, member{"items", items})
		// ALPN names may come twice: TLS takes the first.
		if r.Form != "" || r.Ref || r.Words != nil && !strings.HasSuffix(path, ".alpn") {
			out = append(out, member{"uniqueItems", true})
		}
	}
	if r.Alone && v.Type().Elem().Kind() == reflect.Struct {
		one := s.structure(config.Fresh(v.Type().Elem()), path+"[]")
		out[0].value = []string{"array", "object", "null"}
		out[1].value = "Expected a mapping, or a list whose entries begin with a dash."
		return append(out, member{"if", object{{"type", "object"}}}, member{"then", one})
	}
	if r.Alone {
		return object{{"anyOf", []object{textOf(r), out}}}
	}
	if v.Len() > 0 {
		out = append(out, member{"default", v.Interface()})
	}
	if more := together(path + "[…]"); more != nil {
		out = append(out, member{"allOf", more})
	}
	return out
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
		return object{{"type", "boolean"},
			{"errorMessage", "Expected true or false, without quotes (not yes, no, on or off)."}}
	case reflect.Int, reflect.Int64:
		out := object{{"type", "integer"},
			{"errorMessage", "Expected a whole number, without quotes, unit or decimals."}}
		if r.Least != -tags.NoBound {
			out = append(out, member{"minimum", r.Least})
		}
		if r.Most != tags.NoBound {
			out = append(out, member{"maximum", r.Most})
		}
		return out
	default:
		return object{{"type", "number"}, {"minimum", 0}, {"maximum", 1},
			{"errorMessage", "Expected a number from 0 to 1, without quotes, such as 0.5."}}
	}
}
