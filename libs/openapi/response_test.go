package openapi_test

import (
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/openapi"
)

const answers = `
openapi: 3.1.0
info: {title: a, version: "1"}
paths:
  /a:
    get:
      responses:
        "200":
          description: ok
          headers:
            X-Rate: {required: true, schema: {type: integer}}
            X-List: {schema: {type: array, items: {type: integer}}}
          content:
            application/json:
              schema:
                type: object
                required: [id, password]
                properties:
                  id: {type: integer, readOnly: true}
                  password: {type: string, writeOnly: true}
                  kind: {type: [string, "null"]}
                unevaluatedProperties: false
        "204": {description: nothing}
        "304": {description: as before, content: {application/json: {schema: {type: object}}}}
        4XX:
          description: wrong
          content: {application/problem+json: {schema: {type: object, required: [title]}}}
        "404": {description: none, content: {text/plain: {schema: {type: string}}}}
  /b:
    get:
      responses:
        default:
          description: any
          content: {"text/*": {schema: {type: string, maxLength: 3}}, "*/*": {}}
  /c: {get: {}}
`

func TestResponses(t *testing.T) {
	c := load(t, answers, openapi.Options{})
	const json = "Content-Type: application/json\nX-Rate: 1"
	tests := []struct {
		path   string
		status int
		fields string
		body   string
		head   bool
		want   string
	}{
		{"/a", 200, json, `{"id":1}`, false, ""},
		{"/a", 200, json, `{"id":1,"kind":null}`, false, ""},
		{"/a", 200, json, `{}`, false, "body  required"},
		{"/a", 200, json, `{"id":1,"password":"x"}`, false, "body /password writeOnly"},
		{"/a", 200, json, `{"id":1,"more":1}`, false, "body /more unevaluatedProperties"},
		{"/a", 200, json, ``, false, "body  required"},
		{"/a", 200, "X-Rate: 1", ``, false, "body  required"},
		{"/a", 200, json, ``, true, ""},
		{"/a", 200, "X-Rate: 1", ``, true, ""},
		{"/a", 200, "X-Rate: 1\nContent-Type: text/html", ``, true,
			"header /Content-Type content_type"},
		{"/a", 200, "Content-Type: application/json", `{"id":1}`, false, "header /X-Rate required"},
		{"/a", 200, "Content-Type: application/json\nx-rate: x", `{"id":1}`, false,
			"header /X-Rate type"},
		{"/a", 200, json + "\nX-List: 1, 2\nX-List: 3", `{"id":1}`, false, ""},
		{"/a", 200, json + "\nX-List: 1, y", `{"id":1}`, false, "header /X-List/1 type"},
		{"/a", 200, "Content-Type: text/html\nX-Rate: 1", `x`, false,
			"header /Content-Type content_type"},
		{"/a", 200, "X-Rate: 1", `x`, false, "header /Content-Type content_type"},
		{"/a", 200, json, `{"id":1,"id":2}`, false, "body /id duplicate_key"},
		{"/a", 201, json, `{"id":1}`, false, "status  status"},
		{"/a", 500, "", ``, false, "status  status"},
		{"/a", 204, "", ``, false, ""},
		{"/a", 304, "", ``, false, ""},
		{"/a", 404, "Content-Type: text/plain", `x`, false, ""},
		{"/a", 404, "Content-Type: application/problem+json", `{"title":"x"}`, false,
			"header /Content-Type content_type"},
		{"/a", 403, "Content-Type: application/problem+json", `{}`, false, "body  required"},
		{"/b", 599, "Content-Type: text/html", `abcd`, false, "body  maxLength"},
		{"/b", 100, "Content-Type: image/png", "\x00", false, ""},
		{"/b", 200, "", "abcd", false, ""},
		{"/c", 200, "", "abcd", false, ""},
	}
	for _, test := range tests {
		o, v := c.Operation([]byte("GET"), []byte(test.path))
		if v != nil {
			t.Fatal(v)
		}
		r := &openapi.Response{Status: test.status, Body: []byte(test.body), Head: test.head}
		if test.fields != "" {
			r.Fields = fields(strings.Split(test.fields, "\n"))
		}
		got := brief(o.CheckResponse(r))
		if got != test.want {
			t.Errorf("%s %d\n%s\n%q\n got %s\nwant %s", test.path, test.status, test.fields,
				test.body,
				got, test.want)
		}
		// the same in two steps
		all := o.CheckResponseHead(r, len(r.Body) > 0)
		if o.ReadsResponse(r) && len(r.Body) > 0 {
			all = append(all, o.CheckResponseBody(r)...)
		}
		if split := brief(all); split != got {
			t.Errorf("%s %d: in two steps %s, in one %s", test.path, test.status, split, got)
		}
	}
}
