package openapi_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/openapi"
)

// The examples of https://spec.openapis.org/oas/v3.1.1.html#style-examples and of 3.0.3, each with
// the value that it has to be read as: the schema is a const.
func TestStyleExamples(t *testing.T) {
	const (
		array  = "{type: array, items: {type: string}, const: [blue, black, brown]}"
		object = `{type: object, properties: {R: {type: integer}, G: {type: integer}, B: {type: integer}},
		required: [R, G, B], const: {R: 100, G: 200, B: 150}, additionalProperties: false}`
		text  = "{type: string, const: blue}"
		empty = "{type: string, const: ''}"
	)
	tests := []struct{ in, style, explode, schema, sent string }{
		{"path", "matrix", "false", empty, ";color"},
		{"path", "matrix", "false", text, ";color=blue"},
		{"path", "matrix", "false", array, ";color=blue,black,brown"},
		{"path", "matrix", "false", object, ";color=R,100,G,200,B,150"},
		{"path", "matrix", "true", empty, ";color"},
		{"path", "matrix", "true", text, ";color=blue"},
		{"path", "matrix", "true", array, ";color=blue;color=black;color=brown"},
		{"path", "matrix", "true", object, ";R=100;G=200;B=150"},
		{"path", "label", "false", empty, "."},
		{"path", "label", "false", text, ".blue"},
		{"path", "label", "false", array, ".blue,black,brown"},
		{"path", "label", "false", array, ".blue.black.brown"},
		{"path", "label", "false", object, ".R,100,G,200,B,150"},
		{"path", "label", "false", object, ".R.100.G.200.B.150"},
		{"path", "label", "true", empty, "."},
		{"path", "label", "true", text, ".blue"},
		{"path", "label", "true", array, ".blue.black.brown"},
		{"path", "label", "true", object, ".R=100.G=200.B=150"},
		{"path", "simple", "false", text, "blue"},
		{"path", "simple", "false", array, "blue,black,brown"},
		{"path", "simple", "false", object, "R,100,G,200,B,150"},
		{"path", "simple", "true", text, "blue"},
		{"path", "simple", "true", array, "blue,black,brown"},
		{"path", "simple", "true", object, "R=100,G=200,B=150"},
		{"header", "simple", "false", empty, ""},
		{"header", "simple", "false", text, "blue"},
		{"header", "simple", "false", array, "blue,black,brown"},
		{"header", "simple", "false", array, "blue, black , brown"},
		{"header", "simple", "false", object, "R,100,G,200,B,150"},
		{"header", "simple", "true", array, "blue,black,brown"},
		{"header", "simple", "true", object, "R=100,G=200,B=150"},
		{"query", "form", "false", empty, "color="},
		{"query", "form", "false", text, "color=blue"},
		{"query", "form", "false", array, "color=blue,black,brown"},
		{"query", "form", "false", object, "color=R,100,G,200,B,150"},
		{"query", "form", "true", empty, "color="},
		{"query", "form", "true", empty, "color"},
		{"query", "form", "true", text, "color=blue"},
		{"query", "form", "true", text, "color=%62%6Cue"},
		{"query", "form", "true", text, "%63olor=blue"},
		{"query", "form", "true", array, "color=blue&color=black&color=brown"},
		{"query", "form", "true", object, "R=100&G=200&B=150"},
		{"query", "spaceDelimited", "false", array, "color=blue%20black%20brown"},
		{"query", "spaceDelimited", "false", array, "color=blue+black+brown"},
		{"query", "spaceDelimited", "false", object, "color=R%20100%20G%20200%20B%20150"},
		{"query", "spaceDelimited", "true", array, "color=blue&color=black&color=brown"},
		{"query", "pipeDelimited", "false", array, "color=blue|black|brown"},
		{"query", "pipeDelimited", "false", array, "color=blue%7Cblack%7cbrown"},
		{"query", "pipeDelimited", "false", object, "color=R|100|G|200|B|150"},
		{"query", "pipeDelimited", "false", object, "color=R%7C100%7CG%7C200%7CB%7C150"},
		{"query", "pipeDelimited", "true", array, "color=blue&color=black&color=brown"},
		{"query", "deepObject", "true", object, "color[R]=100&color[G]=200&color[B]=150"},
		{"query", "deepObject", "true", object,
			"color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150"},
		{"cookie", "form", "false", empty, "color="},
		{"cookie", "form", "false", text, "color=blue"},
		{"cookie", "form", "false", array, "color=blue,black,brown"},
		{"cookie", "form", "false", object, "color=R,100,G,200,B,150"},
		{"cookie", "form", "true", text, "color=blue"},
		{"cookie", "form", "true", array, "color=blue&color=black&color=brown"},
		{"cookie", "form", "true", array, "color=blue; color=black; color=brown"},
	}
	for _, test := range tests {
		name := fmt.Sprintf("%s %s %s %s", test.in, test.style, test.explode, test.sent)
		t.Run(name, func(t *testing.T) {
			c := load(t, styleDocument(test.in, test.style, test.explode, test.schema),
				openapi.Options{})
			if v := ask(c, styleRequest(test.in, test.sent), ""); len(v) > 0 {
				t.Fatalf("%+v", v)
			}
			// the value is really read: another const does not pass
			other := strings.NewReplacer("blue", "red", "100", "99", "const: ''", "const: x").
				Replace(test.schema)
			c = load(t, styleDocument(test.in, test.style, test.explode, other), openapi.Options{})
			if v := ask(c, styleRequest(test.in, test.sent), ""); len(v) == 0 {
				t.Fatal("another value passes")
			}
		})
	}
}

func styleDocument(in, style, explode, schema string) string {
	path := "/a"
	if in == "path" {
		path = "/a/{color}"
	}
	return fmt.Sprintf(`
openapi: 3.1.0
info: {title: t, version: "1"}
paths:
  %s:
    get:
      parameters:
        - name: color
          in: %s
          required: true
          style: %s
          explode: %s
          schema: %s
      responses: {"200": {description: ok}}
`, path, in, style, explode, strings.ReplaceAll(schema, "\n", " "))
}

func styleRequest(in, sent string) string {
	switch in {
	case "path":
		return "GET /a/" + sent
	case "query":
		return "GET /a?" + sent
	case "cookie":
		return "GET /a\nCookie: " + sent
	}
	return "GET /a\nCOLOR: " + sent
}
