package openspectest

import (
	"bytes"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
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
		schema, err := d.compile(field.place + "/schema")
		if err != nil {
			return err
		}
		if err := schema.Validate(strings.Join(values, ", ")); err != nil {
			return fmt.Errorf("%s: %w", name, plain(err))
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

// json holds JSON against the schema at a place in the document.
func (d *Document) json(place string, body []byte) error {
	schema, err := d.compile(place)
	if err != nil {
		return err
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("the body is not JSON: %w", err)
	}
	return plain(schema.Validate(v))
}

// plain leaves the made-up location out of an error.
func plain(err error) error {
	if err == nil {
		return nil
	}
	return errors.New(strings.ReplaceAll(err.Error(), location, ""))
}
