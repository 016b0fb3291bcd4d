package schema_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/openapi/document"
	"github.com/gatewayhomebrew/gateway/libs/openapi/schema"
	"github.com/gatewayhomebrew/gateway/libs/openapi/value"
)

// TestOfficialSuite runs the tests of the JSON Schema organisation for draft 2020-12. They are not
// in this repository. JSON_SCHEMA_SUITE names a folder with tests/draft2020-12 and remotes of
// https://github.com/json-schema-org/JSON-Schema-Test-Suite, or draft2020-12 and remotes, as the
// module github.com/google/jsonschema-go has them in jsonschema/testdata.
func TestOfficialSuite(t *testing.T) {
	folder := os.Getenv("JSON_SCHEMA_SUITE")
	if folder == "" {
		t.Skip("JSON_SCHEMA_SUITE names no folder")
	}
	tests := filepath.Join(folder, "tests", "draft2020-12")
	if _, err := os.Stat(tests); err != nil {
		tests = filepath.Join(folder, "draft2020-12")
	}
	files, err := filepath.Glob(filepath.Join(tests, "*.json"))
	if err != nil || len(files) < 20 {
		t.Fatalf("%s has %d files of tests: %v", tests, len(files), err)
	}
	formats, _ := filepath.Glob(filepath.Join(tests, "optional", "format", "*.json"))
	ran, failed := 0, 0
	for _, file := range append(files, formats...) {
		asserted := strings.Contains(file, filepath.Join("optional", "format"))
		for _, group := range groups(t, file) {
			s := suiteSchema(t, folder, group.Schema, asserted)
			for _, test := range group.Tests {
				var tree value.Tree
				if e := tree.Parse(test.Data, 64); e != nil {
					t.Fatalf("%s: %s: %v", file, test.Description, e)
				}
				ran++
				if s == nil || s.Valid(&tree, 0, schema.Neither) != test.Valid {
					failed++
					t.Errorf("%s: %s: %s: not %v", filepath.Base(file), group.Description,
						test.Description, test.Valid)
				}
				if s != nil && (len(s.Explain(&tree, 0, schema.Neither, 9)) == 0) !=
					s.Valid(&tree, 0, schema.Neither) {
					t.Errorf("%s: %s: %s: the reasons and the verdict differ", filepath.Base(file),
						group.Description, test.Description)
				}
			}
		}
	}
	t.Logf("%d of %d pass", ran-failed, ran)
}

type suiteGroup struct {
	Description string
	Schema      json.RawMessage
	Tests       []struct {
		Description string
		Data        json.RawMessage
		Valid       bool
	}
}

func groups(t *testing.T, file string) (all []suiteGroup) {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// suiteSchema compiles a schema that may refer to the suite's remotes.
func suiteSchema(t *testing.T, folder string, text []byte, formats bool) *schema.Schema {
	dir := t.TempDir()
	path := filepath.Join(dir, "schema.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	copies := map[string]string{
		"http://localhost:1234/":                 filepath.Join(folder, "remotes"),
		"https://json-schema.org/draft/2020-12/": os.Getenv("JSON_SCHEMA_META"),
	}
	set := document.Set{Read: func(path string) ([]byte, error) {
		data, err := os.ReadFile(path)
		if err != nil {
			data, err = os.ReadFile(path + ".json")
		}
		return data, err
	}, Copies: copies}
	f, err := set.Open(path)
	if err != nil {
		t.Errorf("%s: %v", text, err)
		return nil
	}
	c := schema.NewCompiler(set.Load)
	c.Formats = formats
	c.Add(f, schema.Draft2020)
	s := c.Compile(f.Root, schema.Draft2020)
	if problems, _ := c.Finish(); len(problems) > 0 {
		t.Errorf("%s: %v", text, problems[0])
		return nil
	}
	return s
}
