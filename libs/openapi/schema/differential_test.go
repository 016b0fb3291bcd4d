package schema_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/gatewayhomebrew/gateway/libs/openapi/document"
	"github.com/gatewayhomebrew/gateway/libs/openapi/schema"
	"github.com/gatewayhomebrew/gateway/libs/openapi/value"
)

// schemas are those that a library and this package are compared with.
var schemas = []string{
	`{"type":["integer","null"],"minimum":-3,"exclusiveMaximum":10,"multipleOf":0.5}`,
	`{"type":"string","minLength":1,"maxLength":3,"pattern":"^a|b$"}`,
	`{"enum":[1,"1",null,[1.0],{"a":true}]}`,
	`{"const":{"a":[1,2]}}`,
	`{"type":"array","prefixItems":[{"type":"string"}],"items":{"type":"integer"},"uniqueItems":true,
		"minItems":1,"maxItems":4}`,
	`{"contains":{"type":"null"},"minContains":1,"maxContains":2,"unevaluatedItems":{"type":"integer"}}`,
	`{"type":"object","properties":{"a":{"type":"integer"},"b":{"$ref":"#"}},"required":["a"],
		"additionalProperties":false}`,
	`{"patternProperties":{"^a":{"type":"string"}},"propertyNames":{"maxLength":2},
		"additionalProperties":{"type":"null"},"minProperties":1,"maxProperties":3}`,
	`{"oneOf":[{"type":"integer"},{"minimum":2},{"type":"string","maxLength":1}]}`,
	`{"anyOf":[{"required":["a"]},{"required":["b"]}],"not":{"required":["c"]}}`,
	`{"if":{"properties":{"a":{"const":1}},"required":["a"]},"then":{"required":["b"]},
		"else":{"maxProperties":1}}`,
	`{"allOf":[{"properties":{"a":true}},{"$ref":"#/$defs/b"}],"unevaluatedProperties":false,
		"$defs":{"b":{"properties":{"b":{"type":"integer"}}}}}`,
	`{"dependentRequired":{"a":["b"]},"dependentSchemas":{"c":{"properties":{"d":false}}}}`,
	`{"$dynamicRef":"#n","$defs":{"n":{"$dynamicAnchor":"n","items":{"$dynamicRef":"#n"},
		"type":["array","integer"]}}}`,
	`{"format":"date-time"}`, `{"format":"uuid"}`, `{"format":"ipv4"}`, `{"format":"date"}`,
}

// Each value gets the same verdict from a library that passes the official tests.
func FuzzLibrary(f *testing.F) {
	for _, text := range []string{
		`1`, `2.5`, `1e1`, `"a"`, `"1985-04-12T23:20:50.52Z"`, `"127.0.0.1"`, `null`, `[1,1.0]`,
		`["a",1,2]`, `[null,3]`, `{"a":1,"b":{"a":2}}`, `{"a":"x","c":null}`, `[[1],[]]`, `{}`,
		`{"c":1,"d":2}`, `-0`, `"6f9619ff-8b86-d011-b42d-00c04fc964ff"`, `{"b":2}`, `true`,
	} {
		f.Add([]byte(text))
	}
	type pair struct {
		text   string
		ours   *schema.Schema
		theirs *jsonschema.Schema
	}
	var pairs []pair
	for _, text := range schemas {
		path := filepath.Join(f.TempDir(), "schema.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			f.Fatal(err)
		}
		set := document.Set{Read: os.ReadFile}
		file, err := set.Open(path)
		if err != nil {
			f.Fatal(err)
		}
		c := schema.NewCompiler(set.Load)
		ours := c.Compile(file.Root, schema.Draft2020)
		if problems, _ := c.Finish(); len(problems) > 0 {
			f.Fatal(problems[0])
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(text)))
		if err != nil {
			f.Fatal(err)
		}
		library := jsonschema.NewCompiler()
		library.AssertFormat()
		if err := library.AddResource("mem:///s.json", doc); err != nil {
			f.Fatal(err)
		}
		theirs, err := library.Compile("mem:///s.json")
		if err != nil {
			f.Fatal(err)
		}
		pairs = append(pairs, pair{text, ours, theirs})
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var tree value.Tree
		if tree.Parse(text, 50) != nil || len(text) > 1000 || hasHugeNumber(&tree) {
			return
		}
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatalf("%q is JSON for us alone: %v", text, err)
		}
		for _, p := range pairs {
			want := p.theirs.Validate(v) == nil
			if got := p.ours.Valid(&tree, 0, schema.Neither); got != want {
				t.Errorf("%s: %s is %v for us, %v for the library", p.text, text, got, want)
			}
			if got := p.ours.Explain(&tree, 0, schema.Neither, 5) == nil; got != want {
				t.Errorf("%s: %s: the reasons say %v, the library %v", p.text, text, got, want)
			}
		}
	})
}

// hasHugeNumber reports whether a number has so large an exponent that the library would make all
// of its digits.
func hasHugeNumber(t *value.Tree) bool {
	for i := range t.Nodes {
		if t.Nodes[i].Kind == value.Number {
			d := value.ParseDecimal(t.Text(uint32(i)), nil)
			if d.Exp > 400 || d.Exp < -400 {
				return true
			}
		}
	}
	return false
}
