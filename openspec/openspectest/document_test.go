package openspectest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/openspec/openspectest"
)

const document = `
openapi: 3.1.0
paths:
  /users/{id}:
    parameters:
      - {name: id, in: path, required: true, schema: {type: string}}
    get:
      responses:
        "200":
          description: A user.
          headers:
            X-Request-Id: {$ref: "#/components/headers/X-Request-Id"}
            X-Other: {schema: {type: string, const: other}}
          content:
            application/json:
              schema: {$ref: "#/components/schemas/User"}
            text/plain:
              schema: {type: string}
        "204": {description: Nothing.}
        "404": {$ref: "#/components/responses/NotFound"}
components:
  headers:
    X-Request-Id: {required: true, schema: {type: string, pattern: "^[0-9]+$"}}
  responses:
    NotFound:
      description: No such user.
      content:
        application/json:
          schema: {type: object, required: [error]}
  schemas:
    User:
      type: object
      additionalProperties: false
      required: [name]
      properties:
        name: {type: string, minLength: 1}
        since: {type: string, format: date-time}
        friend:
          oneOf:
            - {type: "null"}
            - {$ref: "#/components/schemas/User"}
`

func parse(t *testing.T, text string) *openspectest.Document {
	t.Helper()
	d, err := openspectest.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestAnswersAreHeldAgainstTheDocument(t *testing.T) {
	d := parse(t, document)
	ok := map[string]string{"Content-Type": "application/json", "X-Request-Id": "1"}
	with := func(k, v string) map[string]string {
		h := map[string]string{"Content-Type": "application/json", "X-Request-Id": "1"}
		h[k] = v
		return h
	}
	for name, c := range map[string]struct {
		operation string
		status    int
		header    map[string]string
		body      string
		fault     string // "" is none
	}{
		"right": {
			"GET /users/{id}", 200, ok,
			`{"name":"a","since":"2026-01-02T03:04:05Z","friend":{"name":"b"}}`, "",
		},
		"null where it may be": {"GET /users/{id}", 200, ok, `{"name":"a","friend":null}`, ""},
		"another media type": {
			"GET /users/{id}", 200, with("Content-Type", "text/plain; charset=utf-8"), `any`, "",
		},
		"no body":             {"GET /users/{id}", 204, ok, ``, ""},
		"a referred response": {"GET /users/{id}", 404, ok, `{"error":1}`, ""},
		"unknown operation": {
			"GET /users", 200, ok, `{}`, "GET /users is not in the document",
		},
		"unknown status": {
			"GET /users/{id}", 500, ok, `{}`, "status 500 is not in the document",
		},
		"unknown media type": {
			"GET /users/{id}", 200, with("Content-Type", "text/html"), ``, "Content-Type text/html",
		},
		"no media type": {
			"GET /users/{id}", 200, with("Content-Type", ""), `{}`, "Content-Type",
		},
		"a field of the head": {
			"GET /users/{id}", 200, with("X-Other", "this"), `{"name":"a"}`, "X-Other",
		},
		"a required field": {
			"GET /users/{id}", 200, map[string]string{"Content-Type": "application/json"},
			`{"name":"a"}`, "X-Request-Id is missing",
		},
		"a body too many": {"GET /users/{id}", 204, ok, `{}`, "there is a body"},
		"no JSON":         {"GET /users/{id}", 200, ok, `{"name":`, "not JSON"},
		"a key too many":  {"GET /users/{id}", 200, ok, `{"name":"a","nam":1}`, "nam"},
		"a key too few":   {"GET /users/{id}", 200, ok, `{}`, "name"},
		"deep inside": {
			"GET /users/{id}", 200, ok, `{"name":"a","friend":{"name":""}}`, "/friend/name",
		},
		"a format": {
			"GET /users/{id}", 200, ok, `{"name":"a","since":"yesterday"}`, "date-time",
		},
		"a referred response, 2": {"GET /users/{id}", 404, ok, `{}`, "error"},
	} {
		header := http.Header{}
		for k, v := range c.header {
			header.Set(k, v)
		}
		err := d.CheckAnswer(c.operation, c.status, header, []byte(c.body))
		if c.fault == "" && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if c.fault != "" && (err == nil || !strings.Contains(err.Error(), c.fault)) {
			t.Errorf("%s: %v, want something about %q", name, err, c.fault)
		}
	}
}

func TestComponentsAreCheckedByName(t *testing.T) {
	d := parse(t, document)
	header := http.Header{"Content-Type": {"application/json"}}
	if err := d.CheckResponse("NotFound", header, []byte(`{"error":1}`)); err != nil {
		t.Error(err)
	}
	if d.CheckResponse("NotFound", header, []byte(`{}`)) == nil ||
		d.CheckResponse("Nothing", header, []byte(`{}`)) == nil {
		t.Error("what is not described passes")
	}
	if err := d.CheckSchema("User", []byte(`{"name":"a"}`)); err != nil {
		t.Error(err)
	}
	if d.CheckSchema("User", []byte(`[]`)) == nil || d.CheckSchema("Usr", []byte(`{}`)) == nil {
		t.Error("what is not described passes")
	}
}

func TestADocumentMayReferToAnother(t *testing.T) {
	texts := map[string]string{"users.yaml": document, "all.yaml": `
openapi: 3.1.0
paths:
  /users/{id}: {$ref: "users.yaml#/paths/~1users~1{id}"}
  /friends:
    get:
      responses:
        "200":
          description: Users.
          content:
            application/json:
              schema: {type: array, items: {$ref: "users.yaml#/components/schemas/User"}}
        "404": {$ref: "users.yaml#/components/responses/NotFound"}
`}
	d, err := openspectest.Load(texts, "all.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(d.Operations(), ", "); got != "GET /friends, GET /users/{id}" {
		t.Errorf("operations %s", got)
	}
	ok := http.Header{"Content-Type": {"application/json"}, "X-Request-Id": {"1"}}
	for name, c := range map[string]struct {
		operation string
		status    int
		body      string
		fault     string
	}{
		"a schema":           {"GET /friends", 200, `[{"name":"a","friend":{"name":"b"}}]`, ""},
		"a broken one":       {"GET /friends", 200, `[{"name":"a","friend":{}}]`, "friend"},
		"a response":         {"GET /friends", 404, `{"error":1}`, ""},
		"a broken response":  {"GET /friends", 404, `{}`, "error"},
		"a path":             {"GET /users/{id}", 200, `{"name":"a"}`, ""},
		"a path's schema":    {"GET /users/{id}", 200, `{"name":1}`, "name"},
		"a status of a path": {"GET /users/{id}", 404, `{}`, "error"},
	} {
		err := d.CheckAnswer(c.operation, c.status, ok, []byte(c.body))
		if (err == nil) != (c.fault == "") ||
			err != nil && !strings.Contains(err.Error(), c.fault) {
			t.Errorf("%s: %v, want something about %q", name, err, c.fault)
		}
	}
	texts["all.yaml"] = strings.ReplaceAll(texts["all.yaml"], "NotFound", "None")
	if _, err := openspectest.Load(texts, "all.yaml"); err == nil ||
		!strings.Contains(err.Error(), "there is no users.yaml#/components/responses/None") {
		t.Errorf("a reference to nothing: %v", err)
	}
	if _, err := openspectest.Load(texts, "no.yaml"); err == nil {
		t.Error("a document that there is not is loaded")
	}
}

func TestOperationsAndStatusesAreListed(t *testing.T) {
	d := parse(t, document)
	if got := d.Operations(); len(got) != 1 || got[0] != "GET /users/{id}" {
		t.Errorf("operations %q", got)
	}
	if got := strings.Join(d.Statuses("GET /users/{id}"), " "); got != "200 204 404" {
		t.Errorf("statuses %s", got)
	}
	if got := d.Statuses("GET /none"); got != nil {
		t.Errorf("statuses of nothing: %q", got)
	}
}

func TestDocumentsThatCannotBeCheckedAreRefused(t *testing.T) {
	for name, c := range map[string]struct{ old, new, fault string }{
		"another version":       {"openapi: 3.1.0", "openapi: 3.0.3", "not 3.1"},
		"no YAML":               {"openapi: 3.1.0", "openapi: [", "yaml"},
		"a slip in a keyword":   {"minLength: 1", "minLenght: 1", "does not know minLenght"},
		"a slip deep inside":    {`- {type: "null"}`, `- {tpye: "null"}`, "does not know tpye"},
		"a schema that is none": {"minLength: 1", "minLength: one", "minLength"},
		"a reference to nothing": {
			`"#/components/responses/NotFound"`, `"#/components/responses/None"`,
			"there is no document.yaml#/components/responses/None",
		},
		"a schema's reference": {
			`- {$ref: "#/components/schemas/User"}`, `- {$ref: "#/components/schemas/None"}`,
			"None",
		},
		"a reference elsewhere": {
			`"#/components/headers/X-Request-Id"`, `"other.yaml#/components"`, "leads out",
		},
	} {
		text := strings.Replace(document, c.old, c.new, 1)
		if text == document {
			t.Fatalf("%s: nothing to replace", name)
		}
		if _, err := openspectest.Parse(text); err == nil ||
			!strings.Contains(err.Error(), c.fault) {
			t.Errorf("%s: %v, want something about %q", name, err, c.fault)
		}
	}
}
