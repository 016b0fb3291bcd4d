package openapi_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/openapi"
)

// What does not parse is an error with its place.
func TestProblems(t *testing.T) {
	const top = "openapi: 3.0.3\ninfo: {title: t, version: '1'}\n"
	const top31 = "openapi: 3.1.0\ninfo: {title: t, version: '1'}\n"
	schema := func(s string) string {
		return top + "paths: {}\ncomponents: {schemas: {A: " + s +
			"}}\n"
	}
	schema31 := func(s string) string { return top31 + "components: {schemas: {A: " + s + "}}\n" }
	tests := []struct{ name, text, want string }{
		{"no YAML", "a: [", "api.yaml:2:1: this is not YAML"},
		{"empty", "", "the file is empty"},
		{"a list", "[]", "api.yaml:1:1: an OpenAPI document is an object, not array"},
		{"two documents", top + "paths: {}\n---\na: 1\n", "a second document starts here"},
		{"a key twice", top + "paths: {}\npaths: {}\n", "\"paths\""},
		{"no version", "info: {}", "does not say openapi"},
		{"Swagger", "swagger: '2.0'", "api.yaml:1:10: this is Swagger 2.0"},
		{"3.2", "openapi: 3.2.0", "openapi is \"3.2.0\""},
		{"a number", "openapi: 3.0", "openapi is \"3.0\""},
		{"another dialect",
			"openapi: 3.1.0\njsonSchemaDialect: http://json-schema.org/draft-07/schema#",
			"api.yaml:2:20: the dialect"},
		{"a path", top + "paths: {a: {}}", "begins with a slash"},
		{"a brace", top + "paths: {'/{a': {}}", "within one segment"},
		{"side by side", top + "paths: {'/{a}{b}': {}}", "something between"},
		{"the same paths", top + "paths: {'/{a}': {get: {}}, '/{b}': {get: {}}}",
			"matches the same"},
		{"ids", top + "paths: {/a: {get: {operationId: x}}, /b: {get: {operationId: x}}}",
			"two operations have the id"},
		{"a style", top +
			"paths: {/a: {get: {parameters: [{name: x, in: path, style: form, schema: {}}]}}}",
			"style is \"form\""},
		{"a place", top + "paths: {/a: {get: {parameters: [{name: x, in: body}]}}}", "in none of"},
		{"twice", top + "paths: {/a: {get: {parameters: [{name: x, in: query, schema: {}}, " +
			"{name: x, in: query, schema: {}}]}}}", "is there twice"},
		{"a status", top + "paths: {/a: {get: {responses: {abc: {}}}}}", "is no status"},
		{"a reference", top +
			"paths: {/a: {get: {parameters: [{$ref: '#/components/parameters/X'}]}}}",
			"nothing is at /components/parameters/X"},
		{"a remote reference", schema("{$ref: 'https://example.com/a.yaml#/B'}"),
			"nothing is fetched"},
		{"file:", schema("{$ref: 'file:///etc/passwd'}"), "file: is not taken"},
		{"a missing file", schema("{$ref: 'other.yaml'}"), "can't be read"},
		{"a loop of references", top +
			"paths: {/a: {get: {parameters: [{$ref: '#/x'}]}}}\nx: {$ref: '#/x'}",
			"leads to itself"},
		{"a loop of schemas", schema("{$ref: '#/components/schemas/A'}"), "refers to itself"},
		{"a type", schema("{type: strng}"), "api.yaml:4:"},
		{"null in 3.0", schema("{type: 'null'}"), "none of JSON's"},
		{"a list of types in 3.0", schema("{type: [string]}"), "none of JSON's"},
		{"exclusiveMinimum in 3.0", schema("{exclusiveMinimum: 3}"),
			"true or false in OpenAPI 3.0"},
		{"exclusiveMinimum in 3.1", schema31("{exclusiveMinimum: true}"),
			"exclusiveMinimum is a number"},
		{"minLength", schema("{minLength: -1}"), "not negative"},
		{"required", schema("{properties: {a: {required: true}}}"), "list of names"},
		{"items", schema31("{items: [{}]}"), "prefixItems"},
		{"a pattern", schema("{pattern: '('}"), "is not a regular expression"},
		{"a lookbehind", schema("{pattern: 'a(?<=b)'}"), "RE2 can't do"},
		{"a reference back", schema(`{pattern: '(a)\1'}`), "RE2 can't do"},
		{"a large pattern", schema("{pattern: '((a{0,100}){0,100}){0,100}'}"), "is not a regular"},
		{"another large pattern", schema("{pattern: '" + strings.Repeat("(a|b|c){0,900}", 60) +
			"'}"),
			"compiles to"},
		{"a discriminator", schema("{oneOf: [{}], discriminator: {}}"), "no propertyName"},
		{"a mapping",
			schema("{oneOf: [{}], discriminator: {propertyName: a, mapping: {x: Nothing}}}"),
			"Nothing"},
		{"a boolean schema in 3.0", schema("true"), "is an object in OpenAPI 3.0"},
		{"multipleOf", schema("{multipleOf: 0}"), "above 0"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := try(t, test.text, openapi.Options{})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("%v\nis not about %s", err, test.want)
			}
			if len(err.Error()) > 2000 {
				t.Errorf("the error has %d bytes", len(err.Error()))
			}
		})
	}
}

// References lead to other files, and copies of remote ones.
func TestFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("api.yaml", `
openapi: 3.0.3
info: {title: t, version: "1"}
paths:
  /a: {$ref: 'paths/a.yaml'}
components: {schemas: {Name: {type: string, maxLength: 3}}}
`)
	write("paths/a.yaml", `
post:
  parameters: [{$ref: '../common.json#/q'}]
  requestBody: {content: {application/json: {schema: {$ref: '../schemas/thing.yaml'}}}}
`)
	write("common.json",
		`{"q": {"name": "q", "in": "query", "required": true, "schema": {"type": "string"}}}`)
	write("schemas/thing.yaml", `
type: object
properties:
  name: {$ref: '../api.yaml#/components/schemas/Name'}
  next: {$ref: 'thing.yaml'}
  far: {$ref: 'https://example.com/s/far.yaml#/Far'}
`)
	write("copies/far.yaml", "Far: {type: integer, nullable: true}")
	o := openapi.Options{Copies: map[string]string{"https://example.com/s/": filepath.Join(dir,
		"copies")}}
	c, err := openapi.Load(filepath.Join(dir, "api.yaml"), o)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Files()) != 5 {
		t.Errorf("files: %v", c.Files())
	}
	const json = "POST /a?q=1\nContent-Type: application/json"
	for body, want := range map[string]string{
		`{"name":"abc","next":{"next":{"name":"ab"}},"far":null}`: "",
		`{"next":{"next":{"name":"abcd"}}}`:                       "body /next/next/name maxLength",
		`{"far":"x"}`:                                             "body /far type",
	} {
		if got := brief(ask(c, json, body)); got != want {
			t.Errorf("%s: got %s, want %s", body, got, want)
		}
	}
	again, err := openapi.Load(filepath.Join(dir, "api.yaml"), o)
	if err != nil || again.Digest() != c.Digest() || len(c.Digest()) != 64 {
		t.Errorf("digests %s, %s: %v", c.Digest(), again.Digest(), err)
	}
	write("copies/far.yaml", "Far: {type: integer}")
	other, err := openapi.Load(filepath.Join(dir, "api.yaml"), o)
	if err != nil || other.Digest() == c.Digest() {
		t.Errorf("a changed file has the same digest: %v", err)
	}
	if _, err := openapi.Load(filepath.Join(dir, "api.yaml"), openapi.Options{}); err == nil ||
		!strings.Contains(err.Error(), "thing.yaml:6:15: $ref: ") {
		t.Errorf("without copies: %v", err)
	}
}

// The base of the paths.
func TestBases(t *testing.T) {
	document := func(servers, path, operation string) string {
		return "openapi: 3.1.0\ninfo: {title: t, version: '1'}\n" + servers +
			"\npaths: {/a: {" + path + "get: {" + operation + "}}}\n"
	}
	tests := []struct {
		text, base string
		yes, no    []string
	}{
		{document("", "", ""), "", []string{"/a"}, []string{"/v1/a", "/a/", "//a"}},
		{document("servers: [{url: /}]", "", ""), "", []string{"/a"}, nil},
		{document("servers: [{url: 'https://x.example/v1/'}]", "", ""), "",
			[]string{"/v1/a"}, []string{"/a", "/v1a"}},
		{document("servers: [{url: /v1}, {url: 'http://h:1/v2'}]", "", ""), "",
			[]string{"/v1/a", "/v2/a"}, []string{"/a"}},
		{document("servers: [{url: 'https://{h}.example/{v}', variables: {h: {default: x}, "+
			"v: {default: v1, enum: [v1, v2]}}}]", "", ""), "",
			[]string{"/v1/a", "/v2/a"}, []string{"/v3/a"}},
		{document("servers: [{url: /v1}]", "servers: [{url: /v2}], ", ""), "",
			[]string{"/v2/a"}, []string{"/v1/a"}},
		{document("servers: [{url: /v1}]", "servers: [{url: /v2}], ", "servers: [{url: /v3}]"), "",
			[]string{"/v3/a"}, []string{"/v1/a", "/v2/a"}},
		{document("servers: [{url: /v1}]", "", ""), "/", []string{"/a"}, []string{"/v1/a"}},
		{document("servers: [{url: /v1}]", "", ""), "/api/", []string{"/api/a"}, []string{"/v1/a"}},
	}
	for _, test := range tests {
		c := load(t, test.text, openapi.Options{Base: test.base})
		for _, path := range test.yes {
			if _, v := c.Operation([]byte("GET"), []byte(path)); v != nil {
				t.Errorf("%s\n%s: %v", test.text, path, v)
			}
		}
		for _, path := range test.no {
			if _, v := c.Operation([]byte("GET"), []byte(path)); v == nil {
				t.Errorf("%s\n%s: found", test.text, path)
			}
		}
	}
}
