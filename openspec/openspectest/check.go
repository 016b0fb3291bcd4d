package openspectest

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/openapi/schema"
	"github.com/gatewayhomebrew/gateway/libs/openapi/value"
)

// Check says how an answer to an operation ("GET /users/{id}") breaks the document; nil when it
// does not. The fields of its head are left out, see [Document.CheckAnswer].
func (d *Document) Check(operation string, status int, contentType string, body []byte) error {
	response, err := d.response(operation, status)
	if err != nil {
		return err
	}
	if err := d.body(response, status, contentType, body); err != nil {
		return fmt.Errorf("%s: status %d: %w", operation, status, err)
	}
	return nil
}

// CheckAnswer is Check with the fields of the head: those that the document describes for the
// status.
func (d *Document) CheckAnswer(
	operation string, status int, header http.Header, body []byte,
) error {
	if err := d.Check(operation, status, header.Get("Content-Type"), body); err != nil {
		return err
	}
	response, _ := d.response(operation, status) // Check has found it
	if err := d.header(response, header); err != nil {
		return fmt.Errorf("%s: status %d: %w", operation, status, err)
	}
	return nil
}

// CheckResponse says how an answer breaks a response of components: one to a request that is no
// operation of the document.
func (d *Document) CheckResponse(name string, header http.Header, body []byte) error {
	response, err := d.at("components", "responses", name)
	if err == nil {
		err = d.body(response, http.StatusOK, header.Get("Content-Type"), body)
	}
	if err == nil {
		err = d.header(response, header)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// CheckSchema says how a JSON value breaks a schema of components.
func (d *Document) CheckSchema(name string, body []byte) error {
	schema, err := d.at("components", "schemas", name)
	if err != nil {
		return err
	}
	return d.json(schema.place, body)
}

func (d *Document) response(operation string, status int) (node, error) {
	responses, err := d.responses(operation)
	if err != nil {
		return node{}, err
	}
	key := strconv.Itoa(status)
	if responses.object[key] == nil {
		key = "default"
	}
	if responses.object[key] == nil {
		return node{}, fmt.Errorf("%s: status %d is not in the document", operation, status)
	}
	return d.down(responses, key)
}

func (d *Document) header(response node, header http.Header) error {
	if response.object["headers"] == nil {
		return nil
	}
	described, err := d.down(response, "headers")
	if err != nil {
		return err
	}
	for name := range described.object {
		field, err := d.down(described, name)
		if err != nil {
			return err
		}
		values := header.Values(name)
		if len(values) == 0 {
			if field.object["required"] == true {
				return fmt.Errorf("%s is missing", name)
			}
			continue
		}
		var t value.Tree
		t.Build().Text([]byte(strings.Join(values, ", ")))
		if err := d.hold(field.place+"/schema", &t); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func (d *Document) body(response node, status int, contentType string, body []byte) error {
	content := object(response.object["content"])
	if len(content) == 0 || status == http.StatusNoContent || status == http.StatusNotModified {
		if len(body) > 0 {
			return errors.New("there is a body")
		}
		return nil
	}
	if _, ok := content["*/*"]; ok {
		return nil
	}
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return fmt.Errorf("Content-Type %q: %w", contentType, err)
	}
	if content[media] == nil {
		return fmt.Errorf("Content-Type %s is not in the document", media)
	}
	if media != "application/json" {
		return nil
	}
	return d.json(response.place+"/content/"+escape.Replace(media)+"/schema", body)
}

// mostDepth is how deep values may be nested.
const mostDepth = 100

// json holds JSON against the schema at a place in the document.
func (d *Document) json(place string, body []byte) error {
	var t value.Tree
	if e := t.Parse(body, mostDepth); e != nil {
		return fmt.Errorf("the body is not JSON: %w", e)
	}
	return d.hold(place, &t)
}

// hold holds a value against the schema at a place in the document.
func (d *Document) hold(place string, t *value.Tree) error {
	s := d.schemas[place]
	if s == nil {
		return fmt.Errorf("there is no schema at %s", place)
	}
	var all []error
	for _, f := range s.Explain(t, 0, schema.Neither, 10) {
		all = append(all, fmt.Errorf("at %q: %s: it %s", f.Pointer, f.Rule, f.Message))
	}
	return errors.Join(all...)
}
