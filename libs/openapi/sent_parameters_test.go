package openapi_test

import (
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/openapi"
)

// sent is a request, and what it has against a document: "!" is anything.
type sent struct{ head, body, want string }

// against holds requests against a document.
func against(t *testing.T, doc string, all []sent) {
	t.Helper()
	c := load(t, doc, openapi.Options{})
	for _, a := range all {
		got := brief(ask(c, a.head, a.body))
		ok := got == a.want
		if a.want == "!" {
			ok = got != ""
		}
		if !ok {
			t.Errorf("%s\n%q\n got %s\nwant %s", a.head, a.body, got, a.want)
		}
	}
}

func TestParametersThatClientsSend(t *testing.T) {
	against(t, `
openapi: 3.0.3
info: {title: t, version: "1"}
paths:
  /q:
    get:
      parameters:
        - {name: a, in: query, schema: {type: array, items: {type: integer}, minItems: 2},
              style: form, explode: false}
        - {name: b, in: query, schema: {type: array, items: {type: string}},
              style: pipeDelimited, explode: false}
        - {name: o, in: query, style: deepObject, schema: {type: object, required: [x],
              properties: {x: {type: integer}, y: {type: array, items: {type: string}}},
              additionalProperties: false}}
        - {name: r, in: query, allowReserved: true, schema: {type: string, pattern: '^[a-z:/?#]+$'}}
        - {name: n, in: query, schema: {type: number, format: float}}
        - {name: i64, in: query, schema: {type: integer, format: int64}}
        - {name: i32, in: query, schema: {type: integer, format: int32}}
        - {name: d, in: query, schema: {type: string, format: date-time}}
        - {name: u, in: query, schema: {type: string, format: uuid}}
        - {name: e, in: query, schema: {type: string, format: email}}
        - {name: ip, in: query, schema: {type: string, format: ipv4}}
        - {name: uri, in: query, schema: {type: string, format: uri}}
        - {name: by, in: query, schema: {type: string, format: byte}}
        - {name: bool, in: query, schema: {type: boolean}}
        - {name: en, in: query, schema: {type: integer, enum: [1, 2]}}
        - {name: nul, in: query, schema: {type: string, nullable: true, minLength: 1}}
        - {name: any, in: query, schema: {}}
        - {name: anyof, in: query, schema: {anyOf: [{type: integer}, {type: boolean}]}}
        - {name: allof, in: query, schema: {allOf: [{type: integer}, {minimum: 5}]}}
        - {name: emp, in: query, allowEmptyValue: true, schema: {type: integer}}
        - {name: len, in: query, schema: {type: string, minLength: 1}}
        - {name: js, in: query, content: {application/json: {schema: {type: array,
              items: {type: integer}}}}}
        - {name: X-Int, in: header, schema: {type: integer}}
        - {name: X-Arr, in: header, schema: {type: array, items: {type: integer}, maxItems: 2}}
        - {name: X-Obj, in: header, explode: true, schema: {type: object,
              properties: {a: {type: integer}}, required: [a]}}
        - {name: X-Bool, in: header, schema: {type: boolean}}
        - {name: c, in: cookie, schema: {type: integer}}
        - {name: ca, in: cookie, explode: false, schema: {type: array, items: {type: integer}}}
      responses: {"200": {description: ok}}
`, []sent{
		{"GET /q", "", ""},
		{"GET /q?a=1,2", "", ""},
		{"GET /q?a=1", "", "query /a minItems"},
		{"GET /q?a=1%2C2", "", ""}, // as libraries write it
		{"GET /q?a=1%2Cx", "", "!"},
		{"GET /q?a=", "", "!"},
		{"GET /q?a=1,", "", "!"},
		{"GET /q?a=1,x", "", "query /a/1 type"},
		{"GET /q?b=a|b", "", ""},
		{"GET /q?b=a%7Cb", "", ""},
		{"GET /q?o[x]=1", "", ""},
		{"GET /q?o[x]=z", "", "query /o/x type"},
		{"GET /q?o[y]=1", "", "query /o required"},
		{"GET /q?o[x]=1&o[z]=1", "", "query /o/z additionalProperties"},
		{"GET /q?o[x]=1&o[x]=2", "", "query /o/x duplicate"},
		{"GET /q?o[x]=1&o[y]=a&o[y]=b", "", ""},
		{"GET /q?o[x]=1&o[y][]=a&o[y][]=b", "", ""},
		{"GET /q?o=1", "", "query /o style"},
		{"GET /q?o[x", "", "!"},
		{"GET /q?r=a:/?#x", "", ""},
		{"GET /q?r=a:/?x", "", ""},
		{"GET /q?r=A", "", "query /r pattern"},
		{"GET /q?n=1.5", "", ""},
		{"GET /q?n=1e2", "", ""},
		{"GET /q?n=.5", "", "!"},
		{"GET /q?n=5.", "", "!"},
		{"GET /q?n=0x10", "", "!"},
		{"GET /q?n=Infinity", "", "!"},
		{"GET /q?n=1_000", "", "!"},
		{"GET /q?n=1e39", "", "!"},
		{"GET /q?i64=9223372036854775807", "", ""},
		{"GET /q?i64=9223372036854775808", "", "query /i64 format"},
		{"GET /q?i32=2147483648", "", "query /i32 format"},
		{"GET /q?i32=-2147483648", "", ""},
		{"GET /q?i32=1.0", "", ""},
		{"GET /q?i32=%201", "", "!"},
		{"GET /q?i32=+1", "", "!"},
		{"GET /q?i32=%2B1", "", "!"},
		{"GET /q?i32=01", "", "!"},
		{"GET /q?i32=-0", "", ""},
		{"GET /q?d=2024-01-01T00:00:00Z", "", ""},
		{"GET /q?d=2024-01-01T00:00:00%2B02:00", "", ""},
		{"GET /q?d=2024-01-01T00:00:00+02:00", "", "!"},
		{"GET /q?d=2024-01-01", "", "!"},
		{"GET /q?d=2024-13-01T00:00:00Z", "", "!"},
		{"GET /q?d=2024-01-01t00:00:00z", "", ""},
		{"GET /q?d=2024-01-01T00:00:00", "", "!"},
		{"GET /q?d=2024-06-30T23:59:60Z", "", ""},
		{"GET /q?d=2024-01-01T24:00:00Z", "", "!"},
		{"GET /q?u=6f9619ff-8b86-d011-b42d-00c04fc964ff", "", ""},
		{"GET /q?u=6F9619FF-8B86-D011-B42D-00C04FC964FF", "", ""},
		{"GET /q?u=6f9619ff8b86d011b42d00c04fc964ff", "", "!"},
		{"GET /q?u={6f9619ff-8b86-d011-b42d-00c04fc964ff}", "", "!"},
		{"GET /q?e=a@b.example", "", ""},
		{"GET /q?e=a", "", "!"},
		{"GET /q?e=a@@b", "", "!"},
		{"GET /q?ip=1.2.3.4", "", ""},
		{"GET /q?ip=1.2.3.256", "", "!"},
		{"GET /q?ip=01.2.3.4", "", "!"},
		{"GET /q?ip=1.2.3", "", "!"},
		{"GET /q?uri=http://a/b", "", ""},
		{"GET /q?uri=/b", "", "!"},
		{"GET /q?by=YWJj", "", ""},
		{"GET /q?by=YWI=", "", ""},
		{"GET /q?by=YW", "", "!"},
		{"GET /q?by=%25", "", "!"},
		{"GET /q?bool=true", "", ""},
		{"GET /q?bool=True", "", "!"},
		{"GET /q?bool=1", "", "!"},
		{"GET /q?bool=yes", "", "!"},
		{"GET /q?bool", "", "!"},
		{"GET /q?en=1", "", ""},
		{"GET /q?en=3", "", "query /en enum"},
		{"GET /q?en=1.0", "", ""},
		{"GET /q?any=", "", ""},
		{"GET /q?any=1", "", ""},
		{"GET /q?any=1&any=2", "", ""},
		{"GET /q?anyof=1", "", ""},
		{"GET /q?anyof=true", "", ""},
		{"GET /q?anyof=x", "", "!"},
		{"GET /q?allof=5", "", ""},
		{"GET /q?allof=4", "", "query /allof minimum"},
		{"GET /q?allof=x", "", "!"},
		{"GET /q?emp=", "", ""},
		{"GET /q?emp", "", ""},
		{"GET /q?emp=1", "", ""},
		{"GET /q?len=", "", "query /len minLength"},
		{"GET /q?len", "", "query /len minLength"},
		{"GET /q?js=[1,2]", "", ""},
		{"GET /q?js=%5B1%5D", "", ""},
		{"GET /q?js=[1", "", "!"},
		{"GET /q?js=[1]x", "", "!"},
		{"GET /q?js=[1]&js=[2]", "", "query /js duplicate"},
		{"GET /q?A=x", "", ""}, // names have a case
		{"GET /q?a=1,2;n=x", "", "!"},
		{"GET /q?n=1;a=1", "", "!"},
		{"GET /q\nX-Int: 5", "", ""},
		{"GET /q\nx-int: 5", "", ""},
		{"GET /q\nX-Int:  5 ", "", ""},
		{"GET /q\nX-Int: x", "", "header /X-Int type"},
		{"GET /q\nX-Int:", "", "!"},
		{"GET /q\nX-Int: 1\nX-Int: 2", "", "header /X-Int duplicate"},
		{"GET /q\nX-Int: %35", "", "!"},
		{"GET /q\nX-Arr: 1,2", "", ""},
		{"GET /q\nX-Arr: 1, 2", "", ""},
		{"GET /q\nX-Arr: 1\nX-Arr: 2", "", ""},
		{"GET /q\nX-Arr: 1,2,3", "", "header /X-Arr maxItems"},
		{"GET /q\nX-Arr: 1\nX-Arr: 2\nX-Arr: 3", "", "header /X-Arr maxItems"},
		{"GET /q\nX-Arr: 1,,2", "", "!"},
		{"GET /q\nX-Obj: a=1", "", ""},
		{"GET /q\nX-Obj: a=x", "", "header /X-Obj/a type"},
		{"GET /q\nX-Obj: a,1", "", "!"},
		{"GET /q\nX-Obj: b=1", "", "header /X-Obj required"},
		{"GET /q\nX-Bool: TRUE", "", "!"},
		{"GET /q\nCookie: c=5", "", ""},
		{"GET /q\nCookie: c=x", "", "cookie /c type"},
		{"GET /q\nCookie: C=x", "", ""},
		{"GET /q\nCookie: c=\"5\"", "", "!"},
		{"GET /q\nCookie: x=y; c=5", "", ""},
		{"GET /q\nCookie: x=y;c=5", "", ""},
		{"GET /q\nCookie: c=5\nCookie: c=6", "", "cookie /c duplicate"},
		{"GET /q\nCookie: x=1\nCookie: c=z", "", "cookie /c type"},
		{"GET /q\nCookie: ca=1,2", "", ""},
		{"GET /q\nCookie: ca=1,x", "", "cookie /ca/1 type"},
	})
}
