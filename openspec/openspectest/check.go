// Package openspectest holds answers of the gateway's own APIs against their OpenAPI documents, in tests.
//
// It knows the part of OpenAPI 3.1 that the documents in this repository use, and fails on what it does not know, so that no
// line of a document is believed to be checked that is not. Holding foreign documents against traffic is libs/openapi's work.
package openspectest

import (
	"encoding/json"
	"fmt"
	"mime"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Document is a parsed OpenAPI document.
type Document struct{ root map[string]any }

// Parse reads a document.
func Parse(text string) (*Document, error) {
	d := new(Document)
	if err := yaml.Unmarshal([]byte(text), &d.root); err != nil {
		return nil, err
	}
	if v, _ := d.root["openapi"].(string); !strings.HasPrefix(v, "3.1.") {
		return nil, fmt.Errorf("openapi is %q, not 3.1", v)
	}
	return d, nil
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

// Check says how an answer to an operation ("GET /users/{id}") breaks the document; nil when it does not.
func (d *Document) Check(operation string, status int, contentType string, body []byte) error {
	method, path, _ := strings.Cut(operation, " ")
	op := object(object(object(d.root["paths"])[path])[strings.ToLower(method)])
	if len(op) == 0 {
		return fmt.Errorf("%s is not in the document", operation)
	}
	responses := object(op["responses"])
	response, ok := responses[strconv.Itoa(status)]
	if !ok {
		response, ok = responses["default"]
	}
	if !ok {
		return fmt.Errorf("%s: status %d is not in the document", operation, status)
	}
	content := object(object(response)["content"])
	if status == 204 || status == 304 || len(content) == 0 {
		if len(body) > 0 {
			return fmt.Errorf("%s: status %d has a body", operation, status)
		}
		return nil
	}
	if _, ok := content["*/*"]; ok {
		return nil
	}
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return fmt.Errorf("%s: Content-Type %q: %w", operation, contentType, err)
	}
	described, ok := content[media]
	if !ok {
		return fmt.Errorf("%s: status %d with Content-Type %s is not in the document", operation, status, media)
	}
	if media != "application/json" {
		return nil
	}
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		return fmt.Errorf("%s: the body is not JSON: %w", operation, err)
	}
	if err := d.value(object(described)["schema"], v, "body"); err != nil {
		return fmt.Errorf("%s: status %d: %w", operation, status, err)
	}
	return nil
}

// CheckSchema says how a JSON value breaks a schema of components.
func (d *Document) CheckSchema(name string, body []byte) error {
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		return err
	}
	return d.value(map[string]any{"$ref": "#/components/schemas/" + name}, v, name)
}

func object(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}

func (d *Document) value(schema, v any, path string) error {
	s := object(schema)
	for k, want := range s {
		var err error
		switch k {
		case "$ref":
			name, ok := strings.CutPrefix(want.(string), "#/components/schemas/")
			target := object(object(d.root["components"])["schemas"])[name]
			if !ok || target == nil {
				return fmt.Errorf("%s: %s leads nowhere", path, want)
			}
			err = d.value(target, v, path)
		case "type":
			err = checkType(want.(string), v, path)
		case "enum":
			if !slices.Contains(want.([]any), v) {
				err = fmt.Errorf("%s: %v is not one of %v", path, v, want)
			}
		case "minimum", "maximum":
			n, ok := v.(float64)
			if bound := float64(want.(int)); !ok || k == "minimum" && n < bound || k == "maximum" && n > bound {
				err = fmt.Errorf("%s: %v breaks %s %v", path, v, k, bound)
			}
		case "required":
			for _, name := range want.([]any) {
				if _, ok := object(v)[name.(string)]; !ok {
					err = fmt.Errorf("%s: %s is missing", path, name)
				}
			}
		case "properties", "additionalProperties":
			err = d.properties(s, v, path)
		case "items":
			list, _ := v.([]any)
			for i, e := range list {
				if err == nil {
					err = d.value(want, e, fmt.Sprintf("%s[%d]", path, i))
				}
			}
		case "description":
		default:
			err = fmt.Errorf("%s: this checker does not know %s", path, k)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (d *Document) properties(s map[string]any, v any, path string) error {
	known := object(s["properties"])
	for name, value := range object(v) {
		schema, ok := known[name]
		if !ok {
			switch more := s["additionalProperties"].(type) {
			case bool:
				if !more {
					return fmt.Errorf("%s: %s is not in the document", path, name)
				}
				continue
			case nil:
				continue
			default:
				schema = more
			}
		}
		if err := d.value(schema, value, path+"."+name); err != nil {
			return err
		}
	}
	return nil
}

func checkType(want string, v any, path string) error {
	ok := false
	switch v := v.(type) {
	case string:
		ok = want == "string"
	case bool:
		ok = want == "boolean"
	case float64:
		ok = want == "number" || want == "integer" && v == float64(int64(v))
	case []any:
		ok = want == "array"
	case map[string]any:
		ok = want == "object"
	case nil:
		ok = want == "null"
	}
	if !ok {
		return fmt.Errorf("%s: %v is not of type %s", path, v, want)
	}
	return nil
}
