package openapi_test

import (
	"strings"
	"testing"
)

const formDoc = `
openapi: 3.0.3
info: {title: t, version: "1"}
servers: [{url: 'https://api.test/v2/'}, {url: '{scheme}://x.test/{base}',
      variables: {scheme: {default: https}, base: {default: b1, enum: [b1, b2]}}}]
paths:
  /f:
    post:
      requestBody:
        required: true
        content:
          application/x-www-form-urlencoded:
            schema:
              type: object
              required: [a]
              properties:
                a: {type: string}
                n: {type: integer, nullable: true}
                b: {type: boolean}
                l: {type: array, items: {type: integer}}
                s: {type: array, items: {type: string}}
                o: {type: object, properties: {x: {type: integer}}}
                d: {type: string, format: date}
                ro: {type: string, readOnly: true}
            encoding:
              s: {explode: false}
      responses: {"200": {description: ok}}
  /m:
    post:
      requestBody:
        required: true
        content:
          multipart/form-data:
            schema:
              type: object
              required: [a, f]
              additionalProperties: false
              properties:
                a: {type: string, minLength: 1}
                n: {type: integer}
                f: {type: string, format: binary}
                fs: {type: array, items: {type: string, format: binary}}
                o: {type: object, required: [x], properties: {x: {type: integer}}}
                l: {type: array, items: {type: integer}}
                j: {type: string}
            encoding:
              f: {contentType: 'image/*', headers: {X-Part: {required: true,
                    schema: {type: integer}}}}
              j: {contentType: application/json}
      responses: {"200": {description: ok}}
  /p/{id}/x:
    get:
      parameters: [{name: id, in: path, required: true, schema: {type: string, minLength: 1,
            pattern: '^[a-z/ ]+$'}}]
      responses: {"200": {description: ok}}
  /p/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: integer}}, {name: q,
          in: query, required: true, schema: {type: string}}]
    get: {responses: {"200": {description: ok}}}
    put:
      parameters: [{name: id, in: path, required: true, schema: {type: string, maxLength: 3}}]
      responses: {"200": {description: ok}}
  /p/me: {get: {responses: {"200": {description: ok}}}}
  /a/{x}/b: {get: {parameters: [{name: x, in: path, required: true, schema: {type: boolean}}],
        responses: {"200": {description: ok}}}}
  /arr/{ids}: {get: {parameters: [{name: ids, in: path, required: true, schema: {type: array,
        items: {type: integer}, maxItems: 2}}], responses: {"200": {description: ok}}}}
  /trailing/: {get: {responses: {"200": {description: ok}}}}
`

// mp writes a body of multipart/form-data from what follows form-data; in the head of each part,
// with | between its lines, and || before its text.
func mp(all ...string) string {
	var b strings.Builder
	for _, p := range all {
		head, body, _ := strings.Cut(p, "||")
		b.WriteString("--b\r\nContent-Disposition: form-data; " +
			strings.ReplaceAll(head, "|", "\r\n") +
			"\r\n\r\n" + body + "\r\n")
	}
	return b.String() + "--b--\r\n"
}

func TestFormsThatClientsSend(t *testing.T) {
	const f = "POST /v2/f\nContent-Type: application/x-www-form-urlencoded"
	const m = "POST /v2/m\nContent-Type: multipart/form-data; boundary=b"
	const file = `name="f"; filename="a.png"|Content-Type: image/png|X-Part: 1||` +
		"\x89PNG\x00\xff"
	against(t, formDoc, []sent{
		{f, "a=1", ""},
		{f, "a=", ""},
		{f, "a", ""},
		{f, "", "body  required"},
		{f, "b=true", "!"},
		{f, "a=1&b=true", ""},
		{f, "a=1&b=on", "!"},
		{f, "a=1&n=5", ""},
		{f, "a=1&n=", ""},
		{f, "a=1&n=x", "body /n type"},
		{f, "a=1&l=1&l=2", ""},
		{f, "a=1&l=1", ""},
		{f, "a=1&l=x", "body /l/0 type"},
		{f, "a=1&s=x,y", ""},
		{f, "a=1&o=%7B%22x%22%3A1%7D", ""},
		{f, "a=1&o=%7B%22x%22%3A%22y%22%7D", "body /o/x type"},
		{f, "a=1&d=2024-02-30", "body /d format"},
		{f, "a=1&ro=x", "!"},
		{f, "a=%E4%F6", "!"},
		{f, "a=1&a=2", "body /a duplicate"},
		{f, "a=1&&b=true&", ""},
		{f, "%61=1", ""},
		{f + "; charset=utf-8", "a=1", ""},
		{f, `{"a":1}`, "!"},
		{m, mp(`name="a"||x`, file), ""},
		{m, mp(`name="a"||`, file), "body /a minLength"},
		{m, mp(`name="a"||x`), "!"},
		{m, mp(file), "!"},
		{m, mp(`name="a"||x`, file, `name="zz"||1`), "body /zz additionalProperties"},
		{m, mp(`name="a"||x`, `name="f"; filename="a"|Content-Type: text/plain|X-Part: 1||x`),
			"body /f content_type"},
		{m, mp(`name="a"||x`, `name="f"; filename="a"|Content-Type: image/png||x`), "!"},
		{m, mp(`name="a"||x`, `name="f"; filename="a"|Content-Type: image/png|X-Part: z||x`), "!"},
		{m, mp(`name="a"||x`, file, `name="n"||5`), ""},
		{m, mp(`name="a"||x`, file, `name="n"||x`), "body /n type"},
		{m, mp(`name="a"||x`, file, `name="o"|Content-Type: application/json||{"x":1}`), ""},
		{m, mp(`name="a"||x`, file, `name="o"|Content-Type: application/json||{"x":"1"}`),
			"body /o/x type"},
		{m, mp(`name="a"||x`, file, `name="o"|Content-Type: application/json||{`), "!"},
		{m, mp(`name="a"||x`, file, `name="o"||{}`), "body /o required"},
		{m, mp(`name="a"||x`, file, `name="fs"; filename="1"|Content-Type: a/b||1`,
			`name="fs"; filename="2"|Content-Type: a/b||2`), ""},
		{m, mp(`name="a"||x`, file, `name="l"||1`, `name="l"||2`), ""},
		{m, mp(`name="a"||x`, file, `name="l"||1`, `name="l"||z`), "body /l/1 type"},
		{m, mp(`name="a"||x`, file, `name="l"|Content-Type: application/json||[1,2]`), ""},
		{m, mp(`name="a"||x`, file, `name="l"|Content-Type: application/json||[1,"x"]`),
			"body /l/1 type"},
		{m, mp(`name="a"||x`, file, `name="l"|Content-Type: application/json||1`,
			`name="l"|Content-Type: application/json||2`), ""},
		{m, mp(`name="a"||x`, file, `name="l"||[1,2]`), "body /l/0 type"},
		{m, mp(`name="a"||x`, file, `name="j"|Content-Type: application/json||"v"`), ""},
		{m, mp(`name="a"||x`, file, `name="j"|Content-Type: application/json||v`), "!"},
		{m, mp(`name="a"||x`, file, `name="j"|Content-Type: text/plain||v`), "!"},
		{m, mp(`name="a"||x`, file) + "epilogue", ""},
		{m, "preamble\r\n" + mp(`name="a"||x`, file), ""},
		{m, strings.TrimSuffix(mp(`name="a"||x`, file), "--b--\r\n"), "!"},
		{m, "", "body  required"},
		{m, "x", "!"},
		{"POST /v2/m\nContent-Type: multipart/form-data; boundary=\"b\"", mp(`name="a"||x`,
			file), ""},
		{"POST /v2/m\nContent-Type: multipart/form-data; boundary=c", mp(`name="a"||x`, file), "!"},
		{"POST /v2/m\nContent-Type: multipart/mixed; boundary=b", mp(`name="a"||x`, file), "!"},
		{"POST /v2/m" + js, "{}", "header /Content-Type content_type"},
		{"POST /b1/f\nContent-Type: application/x-www-form-urlencoded", "a=1", ""},
		{"POST /b2/f\nContent-Type: application/x-www-form-urlencoded", "a=1", ""},
		{"POST /b3/f\nContent-Type: application/x-www-form-urlencoded", "a=1",
			"operation  unknown_path"},
		{"GET /v2/p/a%2Fb/x", "", ""},
		{"GET /v2/p/a%20b/x", "", ""},
		{"GET /v2/p/a+b/x", "", "!"},
		{"GET /v2/p//x", "", "!"},
		{"GET /v2/p/5?q=", "", ""},
		{"GET /v2/p/5", "", "query /q required"},
		{"GET /v2/p/x?q=1", "", "path /id type"},
		{"GET /v2/p/?q=1", "", "!"},
		{"PUT /v2/p/abc?q=1", "", ""},
		{"PUT /v2/p/abcd?q=1", "", "path /id maxLength"},
		{"PUT /v2/p/abcd", "", "path /id maxLength;query /q required"},
		{"GET /v2/p/me", "", ""},
		{"PUT /v2/p/me?q=1", "", "operation  unknown_method"}, // the literal path counts
		{"POST /v2/p/me", "", "operation  unknown_method"},
		{"OPTIONS /v2/p/5", "", "operation  unknown_method"},
		{"GET /v2/a/true/b", "", ""},
		{"GET /v2/a/1/b", "", "path /x type"},
		{"GET /v2/a/true/b/", "", "operation  unknown_path"},
		{"GET /v2/A/true/b", "", "operation  unknown_path"},
		{"GET /v2/arr/1,2", "", ""},
		{"GET /v2/arr/1", "", ""},
		{"GET /v2/arr/1,2,3", "", "path /ids maxItems"},
		{"GET /v2/arr/1,x", "", "path /ids/1 type"},
		{"GET /v2/trailing/", "", ""},
		{"GET /v2/trailing", "", "operation  unknown_path"},
		{"GET /trailing/", "", "operation  unknown_path"},
	})
}
