package spectest

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// Every style of every place can be written, of texts, arrays and objects: what is made of a
// document is held against it before it is sent, and is skipped where it does not fit.
func TestParametersAreMadeInEveryStyle(t *testing.T) {
	schemas := map[string]string{
		"text":  "{type: string}",
		"array": "{type: array, minItems: 2, items: {type: integer}}",
		"object": "{type: object, required: [a, b], properties: {a: {type: integer}, " +
			"b: {type: string}}}",
	}
	var paths strings.Builder
	want := 0
	for in, styles := range map[string][]string{
		"path":   {"simple", "label", "matrix"},
		"query":  {"form", "spaceDelimited", "pipeDelimited", "deepObject"},
		"header": {"simple"}, "cookie": {"form"},
	} {
		for _, style := range styles {
			for _, explode := range []string{"", "explode: true, ", "explode: false, "} {
				for kind, schema := range schemas {
					delimited := strings.HasSuffix(style, "Delimited")
					if style == "deepObject" && kind != "object" || delimited && kind == "text" ||
						delimited && kind == "object" && strings.Contains(explode, "true") {
						// OpenAPI does not say how it would be written
						continue
					}
					want++
					path := fmt.Sprintf("/p%d", want)
					if in == "path" {
						path += "/{v}"
					}
					fmt.Fprintf(&paths, "  %s: {get: {parameters: [{name: v, in: %s, required: "+
						"true, style: %s, %sschema: %s}], %s}}\n",
						path, in, style, explode, schema,
						"responses: {\"200\": {description: ok}}")
				}
			}
		}
	}
	doc := "openapi: 3.1.0\ninfo: {title: t, version: \"1\"}\npaths:\n" + paths.String()
	r := run(t, load(t, doc), http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), nil)
	for _, one := range r.Results {
		if one.Result != Passed {
			t.Errorf("%s: %s: %s", one.Request, one.Result, one.Reason)
		}
	}
	if r.Passed != want {
		t.Errorf("%d of %d pass", r.Passed, want)
	}
}

func TestFormsAreMadeWithTheirEncodings(t *testing.T) {
	const doc = `
openapi: 3.1.0
info: {title: t, version: "1"}
paths:
  /multi:
    put:
      requestBody:
        required: true
        content:
          multipart/form-data:
            schema:
              type: object
              required: [name, count, photo, files, meta, list, raw]
              additionalProperties: false
              properties:
                name: {type: string, example: "a \"b\""}
                count: {type: integer}
                photo: {type: string, format: binary}
                files: {type: array, minItems: 2, items: {type: string, format: binary}}
                meta: {type: object, required: [k], properties: {k: {type: integer}}}
                list: {type: array, minItems: 2, items: {type: integer}}
                raw: {type: string}
            encoding:
              photo:
                contentType: image/*
                headers: {X-Part: {required: true, schema: {type: integer, minimum: 7}},
                          X-More: {schema: {type: string}}}
              raw: {contentType: application/json}
      responses: {"200": {description: Fine.}}
  /form:
    put:
      requestBody:
        required: true
        content:
          application/x-www-form-urlencoded:
            schema:
              type: object
              required: [o, deep, pipes, list, spread, json]
              properties:
                o: {type: object, required: [x], properties: {x: {type: integer}}}
                deep: {type: object, required: [y], properties: {y: {type: integer}}}
                pipes: {type: array, minItems: 2, items: {type: integer}}
                list: {type: array, minItems: 2, items: {type: integer}}
                spread: {type: object, required: [z], properties: {z: {type: integer}}}
                json: {type: array, minItems: 2, items: {type: string}}
            encoding:
              deep: {style: deepObject}
              pipes: {style: pipeDelimited}
              spread: {style: form, explode: true}
              json: {contentType: application/json}
      responses: {"200": {description: Fine.}}
  /any:
    put:
      requestBody: {required: true, content: {"*/*": {schema: {type: object}}}}
      responses: {"200": {description: Fine.}}
  /image:
    put:
      requestBody: {required: true, content: {"image/*": {schema: {type: string, format: binary}}}}
      responses: {"200": {description: Fine.}}
`
	seen := map[string]string{}
	h := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/multi" {
			body, _ := io.ReadAll(r.Body)
			seen[r.URL.Path] = r.Header.Get("Content-Type") + " " + string(body)
			return
		}
		// Another reader than the one of the contract.
		m, err := r.MultipartReader()
		if err != nil {
			t.Error(err)
			return
		}
		for {
			p, err := m.NextPart()
			if err != nil {
				break
			}
			text, _ := io.ReadAll(p)
			seen[p.FormName()] += fmt.Sprintf("%s|%s|%s|%s;", p.FileName(),
				p.Header.Get("Content-Type"), p.Header.Get("X-Part"), text)
		}
	})
	r := run(t, load(t, doc), h, nil)
	for _, one := range r.Results {
		if one.Result != Passed {
			t.Errorf("%s: %s: %s", one.Request, one.Result, one.Reason)
		}
	}
	for name, want := range map[string]string{
		"name": `|||a "b";`, "count": "|||1;", "photo": "file|image/png|7|text;",
		"files": strings.Repeat("file|application/octet-stream||text;", 2),
		"meta":  `|application/json||{"k":1};`, "list": "|||1;|||1;",
		"raw": `|application/json||"text";`,
		"/form": "application/x-www-form-urlencoded deep%5By%5D=1&json=%5B%22text%22%2C%22text%22" +
			"%5D&list=1&list=1&o=%7B%22x%22%3A1%7D&pipes=1%7C1&z=1",
		"/any": "application/json {}", "/image": "image/png text",
	} {
		if seen[name] != want {
			t.Errorf("%s is %q, want %q", name, seen[name], want)
		}
	}
}
