// Package openspectest holds answers of the gateway's own APIs against their OpenAPI documents, in
// tests.
//
// It knows the part of OpenAPI 3.1 that the documents in this repository use, and fails on what it
// does not know, so that no line of a document is believed to be checked that is not. Schemas are
// JSON Schema 2020-12 and are left to a library that knows all of it. Holding foreign documents
// against traffic is libs/openapi's work.
package openspectest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

// location is what the library knows a document by; nothing is loaded from there.
const location = "mem:///openapi.json"

// Document is a parsed OpenAPI document.
type Document struct {
	root    map[string]any
	schemas *jsonschema.Compiler
}

// Parse reads a document. It is an error if a schema of it is none, refers to nothing, or has a
// keyword that nobody checks.
func Parse(text string) (*Document, error) {
	var tree any
	if err := yaml.Unmarshal([]byte(text), &tree); err != nil {
		return nil, err
	}
	// what the library wants: the types of JSON, not those of YAML
	asJSON, err := json.Marshal(tree)
	if err != nil {
		return nil, err
	}
	if tree, err = jsonschema.UnmarshalJSON(strings.NewReader(string(asJSON))); err != nil {
		return nil, err
	}
	d := &Document{root: object(tree), schemas: jsonschema.NewCompiler()}
	if v, _ := d.root["openapi"].(string); !strings.HasPrefix(v, "3.1.") {
		return nil, fmt.Errorf("openapi is %q, not 3.1", v)
	}
	d.schemas.DefaultDraft(jsonschema.Draft2020)
	d.schemas.AssertFormat()
	if err := d.schemas.AddResource(location, d.root); err != nil {
		return nil, err
	}
	return d, d.examine(node{object: d.root, place: "#"})
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
		case k == "schema" || n.place == "#/components/schemas":
			if _, err = d.compile(here); err == nil {
				err = keywords(n.object[k], here)
			}
		case below.place == here: // what is referred to has its turn where it is
			err = d.examine(below)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (d *Document) compile(place string) (*jsonschema.Schema, error) {
	return d.schemas.Compile(location + place)
}

// keywords fails on a keyword of a schema that is not known: the library takes those for remarks,
// so that a slip in one would be a check that does not happen.
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
	for path, item := range object(d.root["paths"]) {
		for method := range object(item) {
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

// node is an object of the document with its place, as a JSON pointer.
type node struct {
	object map[string]any
	place  string
}

// at goes to an object from the document's root.
func (d *Document) at(keys ...string) (node, error) {
	n := node{object: d.root, place: "#"}
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
	keys := strings.Split(ref, "/")
	if keys[0] != "#" {
		return node{}, fmt.Errorf("%s: %s leads out of the document", below.place, ref)
	}
	return d.at(keys[1:]...)
}

// escape writes a key as a part of a JSON pointer in a URL.
var escape = strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D")

func object(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}
