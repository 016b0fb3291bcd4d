package openapi_test

import (
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/openapi"
)

const shop = `
openapi: 3.0.3
info: {title: shop, version: "1"}
servers: [{url: "https://api.example.com/v1"}]
paths:
  /items:
    parameters:
      - {name: X-Tenant, in: header, required: true, schema: {type: string, maxLength: 4}}
      - {name: limit, in: query, schema: {type: integer, minimum: 1}}
    get:
      operationId: list
      parameters:
        - {name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 100}}
        - {name: sort, in: query, schema: {type: string, enum: [up, down]}}
        - {name: flag, in: query, schema: {type: boolean}}
        - {name: ratio, in: query, schema: {type: number}}
        - {name: ids, in: query, schema: {type: array, items: {type: integer}, maxItems: 3}}
        - {name: tags, in: query, explode: false, schema: {type: array, items: {type: string}}}
        - {name: debug, in: query, allowEmptyValue: true, schema: {type: boolean}}
        - {name: since, in: query, schema: {type: string, format: date}}
        - {name: maybe, in: query, schema: {type: integer, nullable: true}}
        - {name: either, in: query, schema: {oneOf: [{type: integer, maximum: 9}, {type: string,
	pattern: "^[a-z]+$"}]}}
        - name: filter
          in: query
          content: {application/json: {schema: {type: object, required: [a],
	properties: {a: {type: integer}}}}}
        - {name: Accept, in: header, required: true, schema: {type: string}}
        - {name: Content-Type, in: header, required: true, schema: {type: string}}
        - {name: Authorization, in: header, required: true, schema: {type: string}}
        - {name: session, in: cookie, schema: {type: string, minLength: 3}}
      responses: {"200": {description: ok}}
    post:
      requestBody:
        required: true
        content:
          application/json: {schema: {$ref: '#/components/schemas/Item'}}
          application/vnd.x+json: {schema: {type: object, required: [v]}}
          application/x-www-form-urlencoded:
            schema:
              type: object
              required: [name]
              properties:
                name: {type: string}
                count: {type: integer}
                tags: {type: array, items: {type: string}}
                list: {type: array, items: {type: integer}}
                where: {type: object, properties: {city: {type: string}}, required: [city]}
                deep: {type: object, properties: {n: {type: integer}}}
              additionalProperties: false
            encoding:
              list: {style: pipeDelimited, explode: false}
              deep: {style: deepObject}
          multipart/form-data:
            schema:
              type: object
              required: [name, file]
              properties:
                name: {type: string, maxLength: 5}
                count: {type: integer}
                file: {type: string, format: binary}
                files: {type: array, items: {type: string, format: binary}, maxItems: 2}
                meta: {type: object, required: [k], properties: {k: {type: integer}}}
            encoding:
              file: {contentType: "image/png, image/jpeg"}
          text/plain: {schema: {type: string, maxLength: 5}}
          image/*: {schema: {type: string, format: binary}}
      responses: {"201": {description: ok}}
  /items/special:
    get: {responses: {"200": {description: ok}}}
  /items/{id}:
    get:
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
      responses: {"200": {description: ok}}
  /items/{id}/file/{name}.{ext}:
    get:
      parameters:
        - {name: id, in: path, required: true, schema: {type: string, format: uuid}}
        - {name: name, in: path, required: true, schema: {type: string, minLength: 2}}
        - {name: ext, in: path, required: true, schema: {type: string, enum: [txt, md]}}
      responses: {"200": {description: ok}}
components:
  schemas:
    Item:
      type: object
      required: [name, id, secret]
      additionalProperties: false
      properties:
        id: {type: integer, format: int32, readOnly: true}
        secret: {type: string, writeOnly: true}
        name: {type: string, minLength: 1, maxLength: 10, pattern: '^[^<]*$'}
        price: {type: number, minimum: 0, exclusiveMinimum: true, multipleOf: 0.01}
        note: {type: string, nullable: true}
        kind: {type: string, enum: [a, b]}
        next: {$ref: '#/components/schemas/Item'}
        parts: {type: array, items: {$ref: '#/components/schemas/Item'}, uniqueItems: true}
`

func TestRequests(t *testing.T) {
	c := load(t, shop, openapi.Options{})
	const get, json = "\nX-Tenant: t", "\nX-Tenant: t\nContent-Type: application/json"
	tests := []struct{ head, body, want string }{
		// operations
		{"GET /v1/items" + get, "", ""},
		{"HEAD /v1/items" + get, "", ""},
		{"GET /items" + get, "", "operation  unknown_path"},
		{"GET /v1/item" + get, "", "operation  unknown_path"},
		{"GET /v1/items/" + get, "", "operation  unknown_path"},
		{"GET /v1/items/1/2" + get, "", "operation  unknown_path"},
		{"DELETE /v1/items" + get, "", "operation  unknown_method"},
		{"get /v1/items" + get, "", "operation  unknown_method"},
		{"GET /v1/items/special", "", ""},
		{"GET /v1/items/%73pecial", "", ""},
		{"GET /v1/items/7", "", ""},
		{"GET /v1/items/x", "", "path /id type"},
		{"GET /v1/items/%37", "", ""},
		{"GET /v1/items/%zz", "", "path /id encoding"},
		{"GET /v1/items/%ff", "", "path /id encoding"},
		{"GET /v1/items/01", "", "path /id type"},
		{"GET /v1/items/1.0", "", ""},
		{"GET /v1/items/1.5", "", "path /id type"},
		{"GET /v1/items/6f9619ff-8b86-d011-b42d-00c04fc964ff/file/ab.txt", "", ""},
		{"GET /v1/items/6f9619ff-8b86-d011-b42d-00c04fc964ff/file/a.b.md", "",
			"path /name minLength;path /ext enum"},
		{"GET /v1/items/1/file/ab.txt", "", "path /id format"},
		{"GET /v1/items/1/file/ab", "", "operation  unknown_path"},
		{"GET /v1/items/1/file/.txt", "", "operation  unknown_path"},
		// parameters
		{"GET /v1/items", "", "header /X-Tenant required"},
		{"GET /v1/items\nx-tenant: abcd", "", ""},
		{"GET /v1/items\nx-tenant: abcde", "", "header /X-Tenant maxLength"},
		{"GET /v1/items\nx-tenant: a\nX-TENANT: b", "", "header /X-Tenant duplicate"},
		{"GET /v1/items?limit=100" + get, "", ""},
		{"GET /v1/items?limit=101" + get, "", "query /limit maximum"},
		{"GET /v1/items?limit=0" + get, "", "query /limit minimum"},
		{"GET /v1/items?limit=" + get, "", "query /limit type"},
		{"GET /v1/items?limit" + get, "", "query /limit type"},
		{"GET /v1/items?limit=1&limit=2" + get, "", "query /limit duplicate"},
		{"GET /v1/items?limit=1&%6cimit=2" + get, "", "query /limit duplicate"},
		{"GET /v1/items?unknown=1&unknown=2" + get, "", ""},
		{"GET /v1/items?sort=up" + get, "", ""},
		{"GET /v1/items?sort=UP" + get, "", "query /sort enum"},
		{"GET /v1/items?flag=true" + get, "", ""},
		{"GET /v1/items?flag=1" + get, "", "query /flag type"},
		{"GET /v1/items?flag=" + get, "", "query /flag type"},
		{"GET /v1/items?debug=" + get, "", ""},
		{"GET /v1/items?debug" + get, "", ""},
		{"GET /v1/items?debug=x" + get, "", "query /debug type"},
		{"GET /v1/items?ratio=1e3" + get, "", ""},
		{"GET /v1/items?ratio=NaN" + get, "", "query /ratio type"},
		{"GET /v1/items?ratio=+1" + get, "", "query /ratio type"},
		{"GET /v1/items?ids=1&ids=2" + get, "", ""},
		{"GET /v1/items?ids=1" + get, "", ""},
		{"GET /v1/items?ids=1,2" + get, "", "query /ids/0 type"},
		{"GET /v1/items?ids=1&ids=x" + get, "", "query /ids/1 type"},
		{"GET /v1/items?ids=1&ids=2&ids=3&ids=4" + get, "", "query /ids maxItems"},
		{"GET /v1/items?tags=a,b" + get, "", ""},
		{"GET /v1/items?tags=a&tags=b" + get, "", "query /tags duplicate"},
		{"GET /v1/items?since=2024-02-29" + get, "", ""},
		{"GET /v1/items?since=2023-02-29" + get, "", "query /since format"},
		{"GET /v1/items?maybe=" + get, "", ""},
		{"GET /v1/items?either=5" + get, "", ""},
		{"GET /v1/items?either=abc" + get, "", ""},
		{"GET /v1/items?either=12" + get, "", "query /either oneOf;query /either pattern"},
		{"GET /v1/items?filter=%7B%22a%22:1%7D" + get, "", ""},
		{"GET /v1/items?filter=%7B%22a%22:%22x%22%7D" + get, "", "query /filter/a type"},
		{"GET /v1/items?filter=%7B%22a%22:1,%22a%22:2%7D" + get, "",
			"query /filter/a duplicate_key"},
		{"GET /v1/items?filter=%7B" + get, "", "query /filter syntax"},
		{"GET /v1/items?sort=%zz" + get, "", "query /sort encoding"},
		{"GET /v1/items?%zz=1" + get, "", "query  encoding"},
		{"GET /v1/items\nX-Tenant: t\nCookie: a=b; session=abc", "", ""},
		{"GET /v1/items\nX-Tenant: t\nCookie: a=b; session=ab", "", "cookie /session minLength"},
		{"GET /v1/items\nX-Tenant: t\nCookie: session=abc; session=abd", "",
			"cookie /session duplicate"},
		// JSON
		{"POST /v1/items" + json, `{"name":"x","secret":"s"}`, ""},
		{"POST /v1/items" + json, "", "body  required"},
		{"POST /v1/items" + json + "; charset=utf-8", `{"name":"x","secret":"s"}`, ""},
		{"POST /v1/items" + json + "; charset=UTF-16", `{"name":"x","secret":"s"}`,
			"header /Content-Type charset"},
		{"POST /v1/items\nX-Tenant: t\ncontent-type: APPLICATION/JSON",
			`{"name":"x","secret":"s"}`, ""},
		{"POST /v1/items" + get, `{"name":"x","secret":"s"}`, "header /Content-Type content_type"},
		{"POST /v1/items\nX-Tenant: t\nContent-Type: application/xml", `<a/>`,
			"header /Content-Type content_type"},
		{"POST /v1/items\nX-Tenant: t\nContent-Type: application", `<a/>`,
			"header /Content-Type content_type"},
		{"POST /v1/items\nX-Tenant: t\nContent-Type: application/json\nContent-Type: text/plain",
			`1`,
			"header /Content-Type content_type"},
		{"POST /v1/items" + json, `{"name":"x","secret":"s","id":1}`, "body /id readOnly"},
		{"POST /v1/items" + json, `{"secret":"s"}`, "body  required"},
		{"POST /v1/items" + json, `{"name":"","secret":"s"}`, "body /name minLength"},
		{"POST /v1/items" + json, `{"name":"äöüäöüäöüä","secret":"s"}`, ""},
		{"POST /v1/items" + json, `{"name":"<","secret":"s"}`, "body /name pattern"},
		{"POST /v1/items" + json, `{"name":"x","secret":"s","price":0}`,
			"body /price exclusiveMinimum"},
		{"POST /v1/items" + json, `{"name":"x","secret":"s","price":0.07}`, ""},
		{"POST /v1/items" + json, `{"name":"x","secret":"s","price":0.071}`,
			"body /price multipleOf"},
		{"POST /v1/items" + json, `{"name":"x","secret":"s","price":1e-2}`, ""},
		{"POST /v1/items" + json,
			`{"name":"x","secret":"s","price":123456789012345678901234567890.01}`, ""},
		{"POST /v1/items" + json,
			`{"name":"x","secret":"s","price":123456789012345678901234567890.011}`,
			"body /price multipleOf"},
		{"POST /v1/items" + json, `{"name":"x","secret":"s","price":"1"}`, "body /price type"},
		{"POST /v1/items" + json, `{"name":"x","secret":"s","note":null}`, ""},
		{"POST /v1/items" + json, `{"name":null,"secret":"s"}`, "body /name type"},
		{"POST /v1/items" + json, `{"name":"x","secret":"s","kind":"c"}`, "body /kind enum"},
		{"POST /v1/items" + json, `{"name":"x","secret":"s","more":1}`,
			"body /more additionalProperties"},
		{"POST /v1/items" + json, `{"name":"x","secret":"s","next":{"name":"y","secret":1}}`,
			"body /next/secret type"},
		{"POST /v1/items" + json,
			`{"name":"x","secret":"s","parts":[{"name":"y","secret":"s"},{"secret":"s","name":"y"}]}`,
			"body /parts uniqueItems"},
		{"POST /v1/items" + json, `{"name":"x","secret":"s"} `, ""},
		{"POST /v1/items" + json, `{"name":"x","secret":"s"}x`, "body  trailing"},
		{"POST /v1/items" + json, `{"name":"x","secret":"s"}{}`, "body  trailing"},
		{"POST /v1/items" + json, `{"name":"x","secret":"s","name":"y"}`,
			"body /name duplicate_key"},
		{"POST /v1/items" + json, `{"name":"x","secret":"s","n\u0061me":"y"}`,
			"body /name duplicate_key"},
		{"POST /v1/items" + json, `{"name":"x","secret":"s",}`, "body  syntax"},
		{"POST /v1/items" + json, "{\"name\":\"\xff\",\"secret\":\"s\"}", "body /name encoding"},
		{"POST /v1/items" + json, `{"name":"\ud800","secret":"s"}`, "body /name encoding"},
		{"POST /v1/items" + json, "\xef\xbb\xbf{}", "body  syntax"},
		{"POST /v1/items" + json, `{"name":NaN}`, "body /name syntax"},
		{"POST /v1/items" + json, `{"name":01}`, "body /name syntax"},
		{"POST /v1/items" + json, `[]`, "body  type"},
		{"POST /v1/items" + json, ` `, "body  syntax"},
		{"POST /v1/items" + json, strings.Repeat(`{"next":`, 200) + "1" + strings.Repeat("}", 200),
			"body " + strings.Repeat("/next", 51)[:252] + "… depth"},
		{"POST /v1/items\nX-Tenant: t\nContent-Type: application/vnd.x+json", `{}`,
			"body  required"},
		// forms
		{"POST /v1/items" + form, "name=a+b&count=3&tags=x&tags=y", ""},
		{"POST /v1/items" + form, "name=a&count=x", "body /count type"},
		{"POST /v1/items" + form, "count=1", "body  required"},
		{"POST /v1/items" + form, "name=a&name=b", "body /name duplicate"},
		{"POST /v1/items" + form, "name=a&extra=b", "body /extra additionalProperties"},
		{"POST /v1/items" + form, "name=%zz", "body /name encoding"},
		{"POST /v1/items" + form, "name=a&list=1%7C2", ""},
		{"POST /v1/items" + form, "name=a&list=1|x", "body /list/1 type"},
		{"POST /v1/items" + form, "name=a&where=%7B%22city%22:%22x%22%7D", ""},
		{"POST /v1/items" + form, "name=a&where=%7B%7D", "body /where required"},
		{"POST /v1/items" + form, "name=a&where=x", "body /where syntax"},
		{"POST /v1/items" + form, "name=a&deep[n]=1", ""},
		{"POST /v1/items" + form, "name=a&deep[n]=x", "body /deep/n type"},
		// multipart
		{"POST /v1/items" + multi, parts("name||ab", "file|image/png|\x00\xff"), ""},
		{"POST /v1/items" + multi, parts("name||ab"), "body  required"},
		{"POST /v1/items" + multi, parts("name||abcdef", "file|image/png|x"),
			"body /name maxLength"},
		{"POST /v1/items" + multi, parts("name||ab", "file|text/plain|x"),
			"body /file content_type"},
		{"POST /v1/items" + multi, parts("name||ab", "file||x"), "body /file content_type"},
		{"POST /v1/items" + multi, parts("name||ab", "name||cd", "file|image/png|x"),
			"body /name duplicate"},
		{"POST /v1/items" + multi, parts("name||ab", "file|image/png|x", "count||3"), ""},
		{"POST /v1/items" + multi, parts("name||ab", "file|image/png|x", "count||y"),
			"body /count type"},
		{"POST /v1/items" + multi, parts("name||ab", "file|image/png|x",
			`meta|application/json|{"k":1}`),
			""},
		{"POST /v1/items" + multi, parts("name||ab", "file|image/png|x", `meta||{"k":"x"}`),
			"body /meta/k type"},
		{"POST /v1/items" + multi, parts("name||ab", "file|image/png|x", "files|a/b|1",
			"files|a/b|2"), ""},
		{"POST /v1/items" + multi, parts("name||ab", "file|image/png|x", "files|a/b|1",
			"files|a/b|2",
			"files|a/b|3"), "body /files maxItems"},
		{"POST /v1/items" + multi, "--b\r\nnothing", "body  syntax"},
		{"POST /v1/items\nX-Tenant: t\nContent-Type: multipart/form-data", "x",
			"header /Content-Type content_type"},
		// others
		{"POST /v1/items\nX-Tenant: t\nContent-Type: text/plain; charset=utf-8", "abc", ""},
		{"POST /v1/items\nX-Tenant: t\nContent-Type: text/plain", "abcdef", "body  maxLength"},
		{"POST /v1/items\nX-Tenant: t\nContent-Type: image/gif", "\x00", ""},
		{"POST /v1/items\nX-Tenant: t\nContent-Type: audio/ogg", "\x00",
			"header /Content-Type content_type"},
	}
	for _, test := range tests {
		if got := brief(ask(c, test.head, test.body)); got != test.want {
			t.Errorf("%s\n%q\n got %s\nwant %s", test.head, test.body, got, test.want)
		}
	}
}

const (
	form  = "\nX-Tenant: t\nContent-Type: application/x-www-form-urlencoded"
	multi = "\nX-Tenant: t\nContent-Type: multipart/form-data; boundary=b"
)

// parts writes a body of multipart/form-data from name|content type|text.
func parts(all ...string) string {
	var b strings.Builder
	for _, p := range all {
		f := strings.SplitN(p, "|", 3)
		b.WriteString("--b\r\nContent-Disposition: form-data; name=\"" + f[0] + "\"\r\n")
		if f[1] != "" {
			b.WriteString("Content-Type: " + f[1] + "\r\n")
		}
		b.WriteString("\r\n" + f[2] + "\r\n")
	}
	return b.String() + "--b--\r\n"
}
