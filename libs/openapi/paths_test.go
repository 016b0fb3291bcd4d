package openapi_test

import (
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/openapi"
)

func TestWhichTemplateTakesAPath(t *testing.T) {
	const r = "get: {responses: {'200': {description: ok}}}"
	const x = "parameters: [{name: x, in: path, required: true, schema: {type: string}}], "
	c := load(t, `
openapi: 3.1.0
info: {title: t, version: "1"}
servers:
  - {url: 'https://h/{v}/x', variables: {v: {default: v1, enum: [v1, v2]}}}
  - {url: 'https://h:{port}', variables: {port: {default: '1'}}}
  - {url: ../up}
  - {url: beside/}
  - {url: //host/abs/}
paths:
  /: {`+r+`}
  /a/{x}: {`+x+r+`}
  /a/{x}.json: {`+x+r+`}
  /a/b.json: {`+r+`}
  /a/{x}:verb: {`+x+r+`}
  /a/pre-{x}: {`+x+r+`}
  /a/{x}/: {`+x+r+`}
  /ü/{x}: {`+x+r+`}
  /sp ace: {`+r+`}
  /pct%20x: {`+r+`}
  /m/{x}/{y}: {parameters: [{name: x, in: path, required: true, schema: {type: integer}},
        {name: y, in: path, required: true, schema: {type: integer}}], `+r+`}
  /m/{x}/z: {`+x+r+`}
  /m/1/{x}: {`+x+r+`}
`, openapi.Options{})
	for path, want := range map[string]string{
		"/": "/", "/v1/x/": "/", "/v2/x/": "/", "/v3/x/": "", "/v1/x": "", "/up/": "/",
		"/beside/": "/", "/abs/": "/", "/abs": "", "/a/1": "/a/{x}", "/a/1.json": "/a/{x}.json",
		"/a/b.json": "/a/b.json", "/a/1:verb": "/a/{x}:verb", "/a/pre-1": "/a/pre-{x}",
		"/a/1/": "/a/{x}/", "/a/.json": "/a/{x}", "/a/pre-": "/a/{x}", "/%C3%BC/1": "/ü/{x}",
		"/%c3%bc/1": "/ü/{x}", "/ü/1": "/ü/{x}", "/sp%20ace": "/sp ace", "/pct%20x": "/pct%20x",
		"/m/1/2": "/m/1/{x}", "/m/2/z": "/m/{x}/z", "/m/1/z": "/m/1/{x}", "/m/2/3": "/m/{x}/{y}",
		"/m/%31/3": "/m/1/{x}", "/a/x%2Fy": "/a/{x}", "/a/x/y": "", "//a/1": "", "/a//": "",
		"": "", "*": "", "/A/1": "",
	} {
		got := ""
		if o, _ := c.Operation([]byte("GET"), []byte(path)); o != nil {
			got = o.Path
		}
		if got != want {
			t.Errorf("%s is of %q, want %q", path, got, want)
		}
	}
}

func TestTruthValuesOfADocumentAreOnes(t *testing.T) {
	for what, parameter := range map[string]string{
		"required":        "{name: a, in: query, required: 'true', schema: {}}",
		"allowEmptyValue": "{name: a, in: query, allowEmptyValue: 1, schema: {}}",
		"explode":         "{name: a, in: query, explode: no way, schema: {}}",
		"readOnly":        "{name: a, in: query, schema: {readOnly: 'yes'}}",
	} {
		_, err := try(t, "openapi: 3.0.3\ninfo: {title: t, version: '1'}\npaths:\n  /a: {get: "+
			"{parameters: ["+parameter+"], responses: {'200': {description: ok}}}}\n",
			openapi.Options{})
		if err == nil || !strings.Contains(err.Error(), what+" is true or false") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// An object in a medium that nothing here reads can't be judged, and a text in it can.
func TestObjectsOfOtherMediaPass(t *testing.T) {
	against(t, `
openapi: 3.1.0
info: {title: t, version: "1"}
paths:
  /y:
    post:
      requestBody: {content: {application/yaml: {schema: {type: object}},
            text/csv: {schema: {type: array, items: {type: string}}},
            application/*: {schema: {type: object, required: [a]}},
            application/octet-stream: {schema: {type: string, maxLength: 2}}}}
      responses: {"200": {description: ok}}
`, []sent{
		{"POST /y\nContent-Type: application/yaml", "a: 1", ""},
		{"POST /y\nContent-Type: text/csv", "a,b", ""},
		{"POST /y\nContent-Type: application/cbor", "\xa0", ""},
		{"POST /y\nContent-Type: application/json", "{}", "body  required"},
		{"POST /y\nContent-Type: application/octet-stream", "abc", "body  maxLength"},
	})
}
