package openapi_test

import "testing"

func TestBodiesThatClientsSend(t *testing.T) {
	against(t, `
openapi: 3.1.0
info: {title: t, version: "1"}
paths:
  /j:
    post:
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              properties:
                a: {type: [string, "null"]}
                b: {type: [integer, string]}
                c: {const: null}
                d: {enum: [null, 1, "x"]}
                e: {type: integer, exclusiveMinimum: 3, exclusiveMaximum: 5}
                f: {type: array, prefixItems: [{type: integer}], items: {type: string}}
                g: {type: string, format: date}
                h: {contentEncoding: base64, type: string}
                i: {type: number, multipleOf: 0.1}
                k: {$ref: '#/components/schemas/Pet'}
                l: {type: array, contains: {const: 1}, minContains: 2}
                m: {type: object, patternProperties: {'^x': {type: integer}},
                      additionalProperties: false}
                n: {if: {type: string}, then: {minLength: 2}, else: {type: integer}}
                o: {type: object, dependentRequired: {a: [b]}}
                p: {not: {type: integer}}
                q: {type: object, propertyNames: {maxLength: 3}}
                s: {type: string, maxLength: 2}
                r: {type: object, readOnly: true}
                w: {type: string, writeOnly: true}
              unevaluatedProperties: false
      responses: {"200": {description: ok}}
  /opt:
    post:
      requestBody: {content: {application/json: {schema: {type: object}}}}
      responses: {"200": {description: ok}}
  /none:
    post: {responses: {"200": {description: ok}}}
  /range:
    post:
      requestBody:
        content:
          text/*: {schema: {type: string, maxLength: 3}}
          application/*: {schema: {type: object}}
          application/xml: {}
      responses: {"200": {description: ok}}
  /any:
    post:
      requestBody: {required: true, content: {'*/*': {schema: {type: object}}}}
      responses: {"200": {description: ok}}
  /ver:
    post:
      requestBody:
        content:
          application/json;version=1: {schema: {type: integer}}
          application/json;version=2: {schema: {type: string}}
      responses: {"200": {description: ok}}
components:
  schemas:
    Pet:
      oneOf: [{$ref: '#/components/schemas/Cat'}, {$ref: '#/components/schemas/Dog'}]
      discriminator: {propertyName: kind, mapping: {kitty: '#/components/schemas/Cat'}}
    Cat: {type: object, required: [kind, claws], properties: {kind: {type: string},
          claws: {type: integer}}}
    Dog: {type: object, required: [kind, bark], properties: {kind: {type: string},
          bark: {type: boolean}}}
`, []sent{
		{"POST /j" + js, `{}`, ""},
		{"POST /j" + js, `{"a":null}`, ""},
		{"POST /j" + js, `{"a":1}`, "body /a type"},
		{"POST /j" + js, `{"b":1}`, ""},
		{"POST /j" + js, `{"b":1.0}`, ""},
		{"POST /j" + js, `{"b":1.5}`, "body /b type"},
		{"POST /j" + js, `{"c":null}`, ""},
		{"POST /j" + js, `{"c":0}`, "body /c const"},
		{"POST /j" + js, `{"d":null}`, ""},
		{"POST /j" + js, `{"d":1.0}`, ""},
		{"POST /j" + js, `{"d":"1"}`, "body /d enum"},
		{"POST /j" + js, `{"e":4}`, ""},
		{"POST /j" + js, `{"e":3}`, "body /e exclusiveMinimum"},
		{"POST /j" + js, `{"e":5}`, "body /e exclusiveMaximum"},
		{"POST /j" + js, `{"f":[1,"a"]}`, ""},
		{"POST /j" + js, `{"f":["a"]}`, "body /f/0 type"},
		{"POST /j" + js, `{"f":[1,2]}`, "body /f/1 type"},
		{"POST /j" + js, `{"g":"2023-02-29"}`, "body /g format"},
		{"POST /j" + js, `{"i":0.3}`, ""},
		{"POST /j" + js, `{"i":0.35}`, "body /i multipleOf"},
		{"POST /j" + js, `{"i":1e308}`, ""},
		{"POST /j" + js, `{"k":{"kind":"Cat","claws":1}}`, ""},
		{"POST /j" + js, `{"k":{"kind":"kitty","claws":1}}`, ""},
		{"POST /j" + js, `{"k":{"kind":"Dog","claws":1}}`, "!"},
		{"POST /j" + js, `{"k":{"kind":"Cow","claws":1}}`, "!"},
		{"POST /j" + js, `{"k":{"claws":1}}`, "!"},
		{"POST /j" + js, `{"k":{"kind":5,"claws":1}}`, "!"},
		{"POST /j" + js, `{"k":{"kind":"Dog","bark":true}}`, ""},
		{"POST /j" + js, `{"l":[1,1]}`, ""},
		{"POST /j" + js, `{"l":[1,2]}`, "!"},
		{"POST /j" + js, `{"m":{"xa":1}}`, ""},
		{"POST /j" + js, `{"m":{"xa":"1"}}`, "!"},
		{"POST /j" + js, `{"m":{"a":1}}`, "!"},
		{"POST /j" + js, `{"n":"a"}`, "!"},
		{"POST /j" + js, `{"n":1}`, ""},
		{"POST /j" + js, `{"n":true}`, "!"},
		{"POST /j" + js, `{"o":{"a":1}}`, "!"},
		{"POST /j" + js, `{"p":1}`, "!"},
		{"POST /j" + js, `{"q":{"abcd":1}}`, "!"},
		{"POST /j" + js, `{"s":"\ud83d\ude00\ud83d\ude00"}`, ""},
		{"POST /j" + js, `{"s":"abc"}`, "!"},
		{"POST /j" + js, `{"z":1}`, "body /z unevaluatedProperties"},
		{"POST /j" + js, `{"r":{}}`, "body /r readOnly"},
		{"POST /j" + js, `{"w":"x"}`, ""},
		{"POST /j" + js, `null`, "body  type"},
		{"POST /j" + js, `{"a":"x","a":"y"}`, "!"},
		{"POST /j" + js, `{"a":"x"}{"a":"y"}`, "!"},
		{"POST /j" + js, `{"a":"x"} garbage`, "!"},
		{"POST /j" + js, `{'a':1}`, "!"},
		{"POST /j" + js, `{"a":"x" // c` + "\n}", "!"},
		{"POST /j" + js, `{"i":+1}`, "!"},
		{"POST /j" + js, `{"i":.1}`, "!"},
		{"POST /j" + js, `{"i":1.}`, "!"},
		{"POST /j" + js, `{"i":-}`, "!"},
		{"POST /j" + js, "{\"a\":\"\t\"}", "!"},
		{"POST /j" + js, "{\"a\":\"\x00\"}", "!"},
		{"POST /j" + js, `{"a":"\x41"}`, "!"},
		{"POST /j" + js, "", "body  required"},
		{"POST /j\nContent-Type: application/json; charset=\"utf-8\"", `{}`, ""},
		{"POST /j\nContent-Type: application/json; charset=iso-8859-1", `{}`, "!"},
		{"POST /j\nContent-Type: Application/Json;charset=UTF-8", `{}`, ""},
		{"POST /j\nContent-Type: application/json;", `{}`, ""},
		{"POST /j\nContent-Type: application/json; x", `{}`, "!"},
		{"POST /j\nContent-Type: application/json, text/plain", `{}`, "!"},
		{"POST /j\nContent-Type: application/jsonx", `{}`, "!"},
		{"POST /j\nContent-Type: application/ld+json", `{}`, "!"},
		{"POST /j\nContent-Type: text/plain", `{}`, "header /Content-Type content_type"},
		{"POST /j", `{}`, "header /Content-Type content_type"},
		{"POST /j\nContent-Type:", `{}`, "header /Content-Type content_type"},
		{"POST /j\nContent-Type: application/json\nContent-Type: application/json", `{}`, ""},
		{"POST /opt", ``, ""},
		{"POST /opt" + js, ``, ""},
		{"POST /opt" + js, `[]`, "body  type"},
		{"POST /opt\nContent-Type: text/plain", `x`, "!"},
		{"POST /none", ``, ""},
		{"POST /none" + js, `{}`, ""},
		{"POST /range\nContent-Type: text/html", `abc`, ""},
		{"POST /range\nContent-Type: text/html", `abcd`, "body  maxLength"},
		{"POST /range" + js, `{}`, ""},
		{"POST /range" + js, `[]`, "body  type"},
		{"POST /range\nContent-Type: application/xml", `<a>`, ""},
		{"POST /range\nContent-Type: image/png", `x`, "!"},
		{"POST /any" + js, `[]`, "body  type"},
		{"POST /any" + js, `{}`, ""},
		{"POST /ver\nContent-Type: application/json;version=1", `1`, ""},
		{"POST /ver\nContent-Type: application/json; version=2", `1`, "body  type"},
		{"POST /ver\nContent-Type: application/json; version=3", `1`, "!"},
		{"POST /ver" + js, `1`, "!"},
	})
}

const js = "\nContent-Type: application/json"
