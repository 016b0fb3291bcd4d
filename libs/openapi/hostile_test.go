package openapi_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/openapi"
)

const head31 = "openapi: 3.1.0\ninfo: {title: t, version: '1'}\n"

// large is a document of about five megabytes whose schemas all refer to each other.
func large() string {
	var b strings.Builder
	b.WriteString(head31 + "paths:\n")
	for i := range 2000 {
		fmt.Fprintf(&b,
			"  /things/%d/{id}:\n    get:\n      operationId: get%d\n      parameters:\n"+
				"        - {name: id, in: path, required: true, schema: {type: string}}\n"+
				"      responses:\n        \"200\":\n          description: a thing of a kind\n"+
				"          content:\n            application/json:\n              schema:\n"+
				"                $ref: '#/components/schemas/Thing%d'\n", i, i, i)
	}
	b.WriteString("components:\n  schemas:\n")
	for i := range 2000 {
		fmt.Fprintf(&b, "    Thing%d:\n      type: object\n      required: [name]\n"+
			"      properties:\n", i)
		for k := range 20 {
			fmt.Fprintf(&b, "        member%d:\n          type: string\n          maxLength: %d\n"+
				"          description: what this member is for\n", k, k)
		}
		fmt.Fprintf(&b, "        name: {type: string}\n        next:\n          "+
			"$ref: '#/components/schemas/Thing%d'\n", (i+1)%2000)
	}
	return b.String()
}

func TestALargeDocument(t *testing.T) {
	text := large()
	if len(text) < 5<<20 {
		t.Fatalf("it has %d bytes only", len(text))
	}
	c := load(t, text, openapi.Options{})
	if n := len(c.Operations()); n != 2000 {
		t.Errorf("%d operations", n)
	}
	if v := ask(c, "GET /things/1999/7", ""); v != nil {
		t.Errorf("%v", v)
	}
	var after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&after)
	t.Logf("%d MB in use", after.HeapInuse>>20)
}

// Texts that would grow, or take for ever, are errors that say so.
func TestHostileDocuments(t *testing.T) {
	laughs := head31 + "x-0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
	for i := 1; i < 12; i++ {
		laughs += fmt.Sprintf("x-%d: &a%d [%s]\n", i, i,
			strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 10), ", "))
	}
	deep := func(open, end string, n int) string {
		return head31 + "x: " + strings.Repeat(open, n) + "1" + strings.Repeat(end, n) + "\n"
	}
	tests := []struct{ name, text, want string }{
		{"aliases", laughs, "aliases put in"},
		{"an alias of itself", head31 + "x: &a [*a]\n", ""},
		{"deep lists", deep("[", "]", 5000), "deep"},
		{"deep mappings", deep("{a: ", "}", 5000), "deep"},
		{"deep JSON", strings.Repeat(`{"a":`, 100_000), "nested"},
		{"one line", head31 + "x: [" + strings.Repeat("a, ", 200_000) + "]\n",
			"too much in one line"},
		{"a large file", head31 + "x: " + strings.Repeat("a", 17<<20), "16 MiB"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := try(t, test.text, openapi.Options{})
			if err == nil || !strings.Contains(err.Error(), test.want) || len(err.Error()) > 500 {
				t.Errorf("%.500v is not about %s", err, test.want)
			}
		})
	}
}

const circles = `
openapi: 3.1.0
info: {title: t, version: "1"}
paths:
  /a: {post: {requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Node'}}}}}}
  /b: {post: {requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Base'}}}}}}
  /c: {post: {requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Many'}}}}}}
  /d: {post: {requestBody: {content: {application/json: {schema: {uniqueItems: true,
	multipleOf: 0.3}}}}}}
  /e: {post: {requestBody: {content: {application/json: {schema: {items: {pattern: '^(a|b|ab)*c{1,500}$'}}}}}}}
components:
  schemas:
    Node: {type: object, properties: {next: {$ref: '#/components/schemas/Node'}},
	additionalProperties: false}
    Base:
      type: object
      required: [kind]
      oneOf: [{$ref: '#/components/schemas/One'}, {$ref: '#/components/schemas/Two'}]
    One: {allOf: [{$ref: '#/components/schemas/Base'}, {properties: {kind: {const: one}}}]}
    Two: {allOf: [{$ref: '#/components/schemas/Base'}, {properties: {kind: {const: two}}}]}
    Many:
      anyOf:
        - {properties: {a: {$ref: '#/components/schemas/Many'}, x: false}, required: [y]}
        - {properties: {a: {$ref: '#/components/schemas/Many'}, y: false}, required: [y]}
        - {properties: {a: {$ref: '#/components/schemas/Many'}}, required: [z]}
`

// Schemas in circles judge values, and values that would take for ever are refused.
func TestHostileBodies(t *testing.T) {
	c := load(t, circles, openapi.Options{})
	if len(c.Warnings()) == 0 {
		t.Error("a schema that comes to itself is not mentioned")
	}
	nested := func(n int) string {
		return strings.Repeat(`{"a":`, n) + "{}" + strings.Repeat("}", n)
	}
	var items strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&items, "%d,", i)
	}
	tests := []struct{ path, body, want string }{
		{"/a", `{"next":{"next":{}}}`, ""},
		{"/a", `{"next":{"next":{"x":1}}}`, "body /next/next/x additionalProperties"},
		{"/b", `{"kind":"one"}`, ""},
		{"/b", `{"kind":"three"}`, "body  oneOf"},
		{"/b", `{}`, "body  required"},
		{"/c", nested(20), "body  anyOf"},
		{"/c", nested(95), "body  anyOf"},
		{"/d", "[" + items.String() + "0]", "body  uniqueItems"},
		{"/d", "[" + items.String() + "20000]", ""},
		{"/d", "3e999999999999", ""},
		{"/d", "1e999999999999999999999999", "body  multipleOf"},
		{"/d", strings.Repeat("3", 100_000), ""},
		{"/e", `["` + strings.Repeat("ab", 300_000) + `"]`, "body /0 pattern"},
	}
	for _, test := range tests {
		got := brief(ask(c, "POST "+test.path+"\nContent-Type: application/json", test.body))
		if !strings.HasPrefix(got, test.want) || test.want == "" && got != "" {
			t.Errorf("%s %.60s: got %s, want %s", test.path, test.body, got, test.want)
		}
	}
}
