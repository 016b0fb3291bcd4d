package openapi_test

import "testing"

// What an endpoint may read as something else than the contract did.
func TestWhatReadersTakeDifferently(t *testing.T) {
	const (
		f  = "\nContent-Type: application/x-www-form-urlencoded"
		m  = "\nContent-Type: multipart/form-data; boundary=b"
		tx = "\nContent-Type: text/plain"
	)
	against(t, `
openapi: 3.1.0
info: {title: t, version: "1"}
paths:
  /q:
    get:
      parameters:
        - {name: f, in: query, style: deepObject, schema: {$ref: '#/components/schemas/F'}}
        - {name: self, in: query, schema: {type: object, properties: {self: {type: integer}}}}
      responses: {"200": {description: ok}}
  /text:
    post:
      requestBody: {content: {text/plain: {schema: {type: string, maxLength: 3}},
            text/csv: {schema: {type: string, format: binary}}}}
      responses: {"200": {description: ok}}
  /parts:
    post:
      requestBody: {content: {multipart/form-data: {schema: {type: object, properties: {
            s: {type: string}, b: {type: string, format: binary}}}}}}
      responses: {"200": {description: ok}}
  /form:
    post:
      requestBody: {content: {application/x-www-form-urlencoded: {
            schema: {type: object, additionalProperties: false, properties: {
              s: {type: string}, o: {type: object, properties: {x: {type: integer}}},
              l: {type: array, items: {type: string}}}},
            encoding: {o: {style: form, explode: true}, l: {contentType: application/json}}}}}
      responses: {"200": {description: ok}}
components:
  schemas:
    F: {type: object, additionalProperties: false, properties: {
          a: {type: integer}, b: {type: array, items: {type: integer}},
          c: {type: object, properties: {d: {type: integer}}, additionalProperties: false}}}
`, []sent{
		{"GET /q?f[a]=1", "", ""},
		{"GET /q?f=1", "", "query /f style"},
		{"GET /q?f", "", "query /f style"},
		{"GET /q?f[a]=1&f=2", "", "query /f style"},
		{"GET /q?f[]=1", "", "!"},
		{"GET /q?f[b][]=1&f[b][]=2", "", ""},
		{"GET /q?f[b][0]=1&f[b][1]=2", "", ""},
		{"GET /q?f[b][0]=1&f[b][1]=x", "", "query /f/b/1 type"},
		{"GET /q?f[b][1]=1&f[b][0]=2", "", "query /f/b type"},
		{"GET /q?f[c][0]=1", "", "!"},
		{"GET /q?f[c]=1&f[c][d]=1", "", "!"},
		{"GET /q?f[a]x=1", "", "!"},
		{"GET /q?self=1", "", ""},
		{"GET /q?self=x", "", "query /self/self type"},
		{"POST /text" + tx, "äöü", ""},
		{"POST /text" + tx, "\xff", "body  encoding"},
		{"POST /text" + tx + "; charset=iso-8859-1", "\xe4", ""},
		{"POST /text" + tx + "; charset=a; charset=b", "x", "header /Content-Type content_type"},
		{"POST /text\nContent-Type: text/csv", "\xff", ""},
		{"POST /parts" + m, mp(`name="s"||ä`), ""},
		{"POST /parts" + m, mp("name=\"s\"||\xff"), "body /s encoding"},
		{"POST /parts" + m, mp("name=\"s\"|Content-Type: text/plain; charset=latin1||\xff"), ""},
		{"POST /parts" + m, mp("name=\"b\"||\xff"), ""},
		{"POST /parts" + m, mp(`name="s"|Content-Disposition: form-data; name="b"||x`),
			"body /s duplicate"},
		{"POST /parts" + m, mp(`name="s"|Content-Type: text/plain|Content-Type: a/b||x`),
			"body /s duplicate"},
		{"POST /parts" + m, mp(`name="s"; name="b"||x`), "!"},
		{"POST /parts" + m + "; boundary=c", mp(`name="s"||x`),
			"header /Content-Type content_type"},
		{"POST /form" + f, "x=1&s=a", ""},
		{"POST /form" + f, "x=a", "body /o/x type"},
		{"POST /form" + f, "x=1&x=2", "body /o/x duplicate"},
		{"POST /form" + f, "y=1", "body /y additionalProperties"},
		{"POST /form" + f, "l=%5B%22a%22%5D", ""},
		{"POST /form" + f, "l=%22a%22&l=%22b%22", ""},
		{"POST /form" + f, "l=%5B1%5D", "body /l/0 type"},
		{"POST /form" + f + "; charset=utf-16", "s=a", "header /Content-Type charset"},
	})
}
