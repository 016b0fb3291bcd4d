// Package suite_test runs the tests of the JSON Schema organisation
// (https://github.com/json-schema-org/JSON-Schema-Test-Suite, MIT). They are not in this
// repository: the module github.com/kaptinlin/jsonschema has them whole among its own test data,
// and is in go.mod for nothing else.
package suite_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/openapi/document"
	"github.com/gatewayhomebrew/gateway/libs/openapi/schema"
	"github.com/gatewayhomebrew/gateway/libs/openapi/value"
)

// A selection is the files of the suite that one dialect is held against.
type selection struct {
	name    string
	folder  string // below tests/
	dialect schema.Dialect
	formats bool
	// skip says that a group of tests is not for us.
	skip func(schema any) bool
	// ran and skipped are how many tests there are, so that none is lost unseen.
	ran, skipped int
}

var selections = []selection{
	{
		name: "draft 2020-12", folder: "draft2020-12", dialect: schema.Draft2020, ran: 1238,
	},
	{
		name: "formats", folder: "draft2020-12/optional/format", dialect: schema.Draft2020,
		formats: true, ran: 478,
	},
	{
		name: "optional parts", folder: "draft2020-12/optional", dialect: schema.Draft2020,
		formats: true, skip: older, ran: 122, skipped: 37,
	},
	{
		name: "OpenAPI 3.0", folder: "draft4", dialect: schema.OpenAPI30, skip: notIn30, ran: 413,
		skipped: 197,
	},
}

// older are schemas of drafts that OpenAPI does not have, and the keyword dependencies, which draft
// 2020-12 has for dependentRequired and dependentSchemas no more.
func older(s any) bool {
	return has(s, func(key string, v any) bool {
		text, _ := v.(string)
		return key == "dependencies" || key == "$ref" && strings.Contains(text, "/draft2019-09/")
	})
}

// notIn30 are schemas of draft 4 with something that OpenAPI 3.0 leaves out of it (section
// "Schema Object" of version 3.0.3).
func notIn30(s any) bool {
	return has(s, func(key string, v any) bool {
		switch key {
		case "id", "dependencies", "patternProperties", "additionalItems":
			return true
		case "items":
			_, list := v.([]any)
			return list
		case "type":
			_, list := v.([]any)
			return list || v == "null"
		case "$ref":
			text, _ := v.(string)
			return strings.HasPrefix(text, "http://json-schema.org/") ||
				strings.Contains(text, "/locationIndependentIdentifierDraft4.json")
		}
		return false
	})
}

// has reports whether a schema has a member, at any depth, that is one of those meant.
func has(s any, meant func(key string, v any) bool) bool {
	switch s := s.(type) {
	case map[string]any:
		for key, v := range s {
			if meant(key, v) || has(v, meant) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(s, func(v any) bool { return has(v, meant) })
	}
	return false
}

// TestOfficialSuite says yes and no as the suite does, and gives a reason for each no.
func TestOfficialSuite(t *testing.T) {
	root, meta := folders(t)
	for _, sel := range selections {
		t.Run(sel.name, func(t *testing.T) {
			t.Parallel()
			run(t, &sel, root, meta)
		})
	}
}

func run(t *testing.T, sel *selection, root, meta string) {
	files, err := filepath.Glob(filepath.Join(root, "tests", sel.folder, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	ran, skipped := 0, 0
	for _, path := range files {
		for _, g := range groups(t, path) {
			name := filepath.Base(path) + ": " + g.Description
			var tree any
			if err := json.Unmarshal(g.Schema, &tree); err != nil {
				t.Fatal(err)
			}
			if sel.skip != nil && sel.skip(tree) {
				skipped += len(g.Tests)
				continue
			}
			s := compile(t, sel, root, meta, name, g.Schema)
			for _, test := range g.Tests {
				ran++
				check(t, s, name+": "+test.Description, test.Data, test.Valid)
			}
		}
	}
	if ran != sel.ran || skipped != sel.skipped {
		t.Errorf("%d tests ran and %d were skipped; want %d and %d", ran, skipped, sel.ran,
			sel.skipped)
	}
}

func check(t *testing.T, s *schema.Schema, name string, data []byte, valid bool) {
	var tree value.Tree
	if e := tree.Parse(data, 64); e != nil {
		t.Fatalf("%s: %v", name, e)
	}
	if s == nil {
		t.Errorf("%s: there is no schema", name)
		return
	}
	if s.Valid(&tree, 0, schema.Neither) != valid {
		t.Errorf("%s: not %v", name, valid)
	}
	if (len(s.Explain(&tree, 0, schema.Neither, 9)) == 0) != s.Valid(&tree, 0, schema.Neither) {
		t.Errorf("%s: the reasons and the verdict differ", name)
	}
}

type group struct {
	Description string
	Schema      json.RawMessage
	Tests       []struct {
		Description string
		Data        json.RawMessage
		Valid       bool
	}
}

func groups(t *testing.T, file string) (all []group) {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// compile makes a schema that may refer to the suite's remotes and to the meta-schema.
func compile(
	t *testing.T, sel *selection, root, meta, name string, text []byte,
) *schema.Schema {
	path := filepath.Join(t.TempDir(), "schema.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	set := document.Set{Read: func(path string) ([]byte, error) {
		data, err := os.ReadFile(path)
		if err != nil {
			data, err = os.ReadFile(path + ".json")
		}
		return data, err
	}, Copies: map[string]string{
		"http://localhost:1234/":                 filepath.Join(root, "remotes"),
		"https://json-schema.org/draft/2020-12/": filepath.Join(meta, "draft", "2020-12"),
	}}
	f, err := set.Open(path)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return nil
	}
	c := schema.NewCompiler(set.Load)
	c.Formats = sel.formats
	c.Add(f, sel.dialect)
	s := c.Compile(f.Root, sel.dialect)
	if problems, _ := c.Finish(); len(problems) > 0 {
		t.Errorf("%s: %v", name, problems[0])
		return nil
	}
	return s
}
