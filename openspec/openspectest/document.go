// Package openspectest holds answers of the gateway's own APIs against their OpenAPI documents, in
// tests.
//
// It knows the part of OpenAPI 3.1 that the documents in this repository use, and fails on what it
// does not know, so that no line of a document is believed to be checked that is not. Values are
// held against schemas by libs/openapi/schema, as those of all others are at the edge.
package openspectest

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/gatewayhomebrew/gateway/libs/openapi/document"
	"github.com/gatewayhomebrew/gateway/libs/openapi/schema"
)

// Document is a parsed OpenAPI document.
type Document struct {
	root     node
	roots    map[string]map[string]any // of the documents that it may refer to, by name
	files    map[string]*document.File // the same, as schemas are compiled of them
	compiler *schema.Compiler
	schemas  map[string]*schema.Schema // by place
}

// Parse reads a document that refers to no other. It is an error if a schema of it is none, refers
// to nothing, or has a keyword that nobody checks.
func Parse(text string) (*Document, error) {
	const name = "document.yaml"
	return Load(map[string]string{name: text}, name)
}

// Load is Parse for one of several documents, by name, that may refer to each other.
func Load(documents map[string]string, name string) (*Document, error) {
	set := document.Set{Read: func(path string) ([]byte, error) {
		text, ok := documents[strings.TrimPrefix(path, "/")]
		if !ok {
			return nil, errors.New("there is no such document")
		}
		return []byte(text), nil
	}}
	d := &Document{
		roots:    make(map[string]map[string]any, len(documents)),
		files:    make(map[string]*document.File, len(documents)),
		compiler: schema.NewCompiler(set.Load), schemas: map[string]*schema.Schema{},
	}
	for _, name := range slices.Sorted(maps.Keys(documents)) {
		root, err := parse(documents[name])
		if err == nil {
			d.roots[name] = root
			d.files[name], err = set.Open("/" + name)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		d.compiler.Add(d.files[name], schema.Draft2020)
	}
	d.root = node{object: d.roots[name], place: name + "#"}
	if d.root.object == nil {
		return nil, fmt.Errorf("there is no document %s", name)
	}
	for _, name := range slices.Sorted(maps.Keys(documents)) {
		if err := d.examine(node{object: d.roots[name], place: name + "#"}); err != nil {
			return nil, err
		}
	}
	if problems, _ := d.compiler.Finish(); len(problems) > 0 {
		return nil, problems[0]
	}
	return d, nil
}

func parse(text string) (map[string]any, error) {
	var tree any
	if err := yaml.Unmarshal([]byte(text), &tree); err != nil {
		return nil, err
	}
	// the types of JSON, not those of YAML
	asJSON, err := json.Marshal(tree)
	if err != nil {
		return nil, err
	}
	var root map[string]any
	if err := json.Unmarshal(asJSON, &root); err != nil {
		return nil, err
	}
	if v, _ := root["openapi"].(string); !strings.HasPrefix(v, "3.1.") {
		return nil, fmt.Errorf("openapi is %q, not 3.1", v)
	}
	return root, nil
}

// examine compiles every schema below an object of the document, used or not, and follows every
// reference.
func (d *Document) examine(n node) error {
	for _, k := range slices.Sorted(maps.Keys(n.object)) {
		if object(n.object[k]) == nil {
			continue
		}
		below, err := d.down(n, k)
		if err != nil {
			return err
		}
		here := n.place + "/" + escape.Replace(k)
		switch {
		case k == "schema" || strings.HasSuffix(n.place, "#/components/schemas"):
			d.compile(here)
			err = keywords(n.object[k], here)
		case below.place == here: // what is referred to has its turn where it is
			err = d.examine(below)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// compile asks for the schema at a place.
func (d *Document) compile(place string) {
	name, pointer, _ := strings.Cut(place, "#")
	n := d.files[name].Root
	for _, token := range document.Tokens(pointer) {
		n = n.Child(token)
	}
	d.schemas[place] = d.compiler.Compile(n, schema.Draft2020)
}

// keywords fails on a keyword of a schema that is not known: schemas may have remarks
// of any name, so that a slip in one would be a check that does not happen.
func keywords(schema any, at string) error {
	for k, v := range object(schema) {
		var err error
		switch k {
		case "$ref", "type", "enum", "const", "format", "pattern", "minLength", "maxLength",
			"minimum", "maximum",
			"minItems", "maxItems", "uniqueItems", "required", "description":
		case "properties":
			for name, s := range object(v) {
				if err == nil {
					err = keywords(s, at+"/properties/"+name)
				}
			}
		case "oneOf", "anyOf", "allOf":
			list, _ := v.([]any)
			for i, s := range list {
				if err == nil {
					err = keywords(s, fmt.Sprintf("%s/%s/%d", at, k, i))
				}
			}
		case "items", "additionalProperties":
			err = keywords(v, at+"/"+k)
		default:
			err = fmt.Errorf("%s: this checker does not know %s", at, k)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Operations returns every operation as "GET /path", sorted.
func (d *Document) Operations() (ops []string) {
	for path := range object(d.root.object["paths"]) {
		item, err := d.at("paths", path)
		if err != nil {
			continue // Load has refused it
		}
		for method := range item.object {
			if method != "parameters" {
				ops = append(ops, strings.ToUpper(method)+" "+path)
			}
		}
	}
	slices.Sort(ops)
	return ops
}

// Statuses returns every status that an operation is described to answer with, sorted.
func (d *Document) Statuses(operation string) []string {
	n, err := d.responses(operation)
	if err != nil {
		return nil
	}
	return slices.Sorted(maps.Keys(n.object))
}

func (d *Document) responses(operation string) (node, error) {
	method, path, _ := strings.Cut(operation, " ")
	n, err := d.at("paths", path, strings.ToLower(method), "responses")
	if err != nil {
		return node{}, fmt.Errorf("%s is not in the document", operation)
	}
	return n, nil
}

// node is an object of a document with its place: the document's name, and a JSON pointer.
type node struct {
	object map[string]any
	place  string
}

// at goes to an object from the document's root.
func (d *Document) at(keys ...string) (node, error) {
	return d.from(d.root, keys...)
}

// from goes to an object from another one.
func (d *Document) from(n node, keys ...string) (node, error) {
	for _, k := range keys {
		var err error
		if n, err = d.down(n, k); err != nil {
			return node{}, err
		}
	}
	return n, nil
}

// down goes to the object below a key, or to the one that is referred to there.
func (d *Document) down(n node, key string) (node, error) {
	below := node{object: object(n.object[key]), place: n.place + "/" + escape.Replace(key)}
	if below.object == nil {
		return node{}, fmt.Errorf("there is no %s", below.place)
	}
	ref, ok := below.object["$ref"].(string)
	if !ok {
		return below, nil
	}
	name, pointer, ok := strings.Cut(ref, "#/")
	if name == "" {
		name, _, _ = strings.Cut(below.place, "#")
	}
	root := d.roots[name]
	if root == nil || !ok {
		return node{}, fmt.Errorf("%s: %s leads out of the document", below.place, ref)
	}
	keys := strings.Split(pointer, "/")
	for i, k := range keys {
		keys[i] = unescape.Replace(k)
	}
	return d.from(node{object: root, place: name + "#"}, keys...)
}

// escape writes a key as a part of a JSON pointer.
var escape = strings.NewReplacer("~", "~0", "/", "~1")

// unescape is the way back for what a reference has (RFC 6901 section 4).
var unescape = strings.NewReplacer("~1", "/", "~0", "~")

func object(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}
