package openapi_test

import (
	"testing"
)

func TestValuesThatClientsSend(t *testing.T) {
	against(t, `
openapi: 3.0.3
info: {title: t, version: "1"}
paths:
  /s:
    post:
      requestBody:
        content:
          application/json:
            schema:
              type: object
              properties:
                a: {type: string, nullable: true, enum: [x]}
                b: {type: string, nullable: true, enum: [x, null]}
                c: {nullable: true, allOf: [{$ref: '#/components/schemas/S'}]}
                d: {$ref: '#/components/schemas/N'}
                e: {type: number, minimum: 1, exclusiveMinimum: true}
                f: {type: integer, format: int32}
                g: {type: number, format: double}
                h: {type: string, format: byte}
                i: {type: string, format: password, minLength: 3}
                j: {type: string, format: unknown-format}
                k: {type: array, items: {}, uniqueItems: true}
                l: {type: object, additionalProperties: {type: integer}}
                m: {type: object, minProperties: 1, maxProperties: 2}
                n: {oneOf: [{type: integer}, {type: number}]}
                o: {anyOf: [{required: [x]}, {required: [y]}]}
                p: {type: string, pattern: '\d{3}'}
                q: {type: string, pattern: '^\p{L}+$'}
                s: {type: boolean}
                t: {$ref: '#/components/schemas/Tree'}
                u: {type: string, format: uri}
                v: {type: string, format: hostname}
                w: {type: string, format: ipv6}
                x: {type: string, format: time}
                y: {type: string, format: duration}
                z: {type: string, format: email}
      responses: {"200": {description: ok}}
components:
  schemas:
    S: {type: string, minLength: 2}
    N: {type: object, nullable: true, required: [v], properties: {v: {type: integer}}}
    Tree: {type: object, properties: {l: {$ref: '#/components/schemas/Tree'},
          v: {type: integer}}, required: [v]}
`, []sent{
		{"POST /s" + js, `{"a":"x"}`, ""},
		{"POST /s" + js, `{"a":null}`, "body /a enum"},
		{"POST /s" + js, `{"b":null}`, ""},
		{"POST /s" + js, `{"b":"y"}`, "body /b enum"},
		{"POST /s" + js, `{"d":null}`, ""},
		{"POST /s" + js, `{"d":{}}`, "body /d required"},
		{"POST /s" + js, `{"e":1}`, "body /e exclusiveMinimum"},
		{"POST /s" + js, `{"e":1.0000000000000000001}`, ""},
		{"POST /s" + js, `{"f":2147483648}`, "body /f format"},
		{"POST /s" + js, `{"f":1e2}`, ""},
		{"POST /s" + js, `{"f":1e400}`, "!"},
		{"POST /s" + js, `{"g":1e400}`, "!"},
		{"POST /s" + js, `{"h":"YQ=="}`, ""},
		{"POST /s" + js, `{"h":"YQ"}`, "!"},
		{"POST /s" + js, `{"i":"ab"}`, "body /i minLength"},
		{"POST /s" + js, `{"j":"anything"}`, ""},
		{"POST /s" + js, `{"k":[1,1.0]}`, "body /k uniqueItems"},
		{"POST /s" + js, `{"k":[{"a":1,"b":2},{"b":2,"a":1}]}`, "body /k uniqueItems"},
		{"POST /s" + js, `{"k":[1,true,"1",null]}`, ""},
		{"POST /s" + js, `{"l":{"x":"1"}}`, "body /l/x type"},
		{"POST /s" + js, `{"m":{}}`, "body /m minProperties"},
		{"POST /s" + js, `{"m":{"a":1,"b":1,"c":1}}`, "body /m maxProperties"},
		{"POST /s" + js, `{"n":1.5}`, ""},
		{"POST /s" + js, `{"n":1}`, "!"},
		{"POST /s" + js, `{"o":{}}`, "!"},
		{"POST /s" + js, `{"o":{"x":1,"y":1}}`, ""},
		{"POST /s" + js, `{"p":"a123b"}`, ""},
		{"POST /s" + js, `{"p":"12"}`, "body /p pattern"},
		{"POST /s" + js, `{"p":"\u0661\u0662\u0663"}`, "body /p pattern"},
		{"POST /s" + js, `{"q":"\u00e4\u00f6"}`, ""},
		{"POST /s" + js, `{"q":"a1"}`, "!"},
		{"POST /s" + js, `{"s":"true"}`, "body /s type"},
		{"POST /s" + js, `{"s":0}`, "body /s type"},
		{"POST /s" + js, `{"t":{"v":1,"l":{"v":2,"l":{"v":3}}}}`, ""},
		{"POST /s" + js, `{"t":{"v":1,"l":{"v":2,"l":{}}}}`, "body /t/l/l required"},
		{"POST /s" + js, `{"u":"urn:x:y"}`, ""},
		{"POST /s" + js, `{"u":"http://a b"}`, "!"},
		{"POST /s" + js, `{"v":"a-b.example"}`, ""},
		{"POST /s" + js, `{"v":"-a.example"}`, "!"},
		{"POST /s" + js, `{"v":"a_b"}`, "!"},
		{"POST /s" + js, `{"w":"::1"}`, ""},
		{"POST /s" + js, `{"w":"::ffff:1.2.3.4"}`, ""},
		{"POST /s" + js, `{"w":"1::2::3"}`, "!"},
		{"POST /s" + js, `{"w":"fe80::1%eth0"}`, "!"},
		{"POST /s" + js, `{"x":"12:00:00Z"}`, ""},
		{"POST /s" + js, `{"x":"12:00:00"}`, "!"},
		{"POST /s" + js, `{"y":"P1DT12H"}`, ""},
		{"POST /s" + js, `{"y":"P"}`, "!"},
		{"POST /s" + js, `{"y":"1D"}`, "!"},
		{"POST /s" + js, `{"z":"\"a b\"@x.example"}`, ""},
		{"POST /s" + js, `{"z":"a@-x.example"}`, "!"},
		{"POST /s" + js, `{"z":"a b@x.example"}`, "!"},
		{"POST /s" + js, `[]`, "body  type"},
	})
}
