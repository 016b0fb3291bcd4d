package openspec_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config/reference"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/openspec"
	"github.com/gatewayhomebrew/gateway/openspec/openspectest"
)

var update = flag.Bool("update", false, "write the generated documents into the source tree")

// check compares a document with what code renders.
func check(t *testing.T, name, got, want string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got != want {
		t.Errorf(`%s is not what the code gives; run "go test ./openspec -update"`, name)
	}
}

func TestErrorsAreTheCatalogue(t *testing.T) {
	check(t, "errors.yaml", openspec.Errors, gwerr.OpenAPI())
}

func TestTheSchemaIsTheModel(t *testing.T) {
	check(t, "gateway.schema.json", openspec.Schema, string(reference.Schema()))
}

func TestEveryErrorBodyMatchesItsSchema(t *testing.T) {
	d, err := openspectest.Parse(openspec.Errors)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range gwerr.All() {
		if err := d.CheckSchema("Error", gwerr.AppendBody(nil, e.Code, "", "id")); err != nil {
			t.Errorf("%s: %v", e.Name, err)
		}
	}
	if d.CheckSchema("Error",
		[]byte(`{"error":{"code":"GW_NONE","message":"","correlation_id":""}}`)) == nil {
		t.Error("an unknown code passes")
	}
	if d.CheckSchema("Error", []byte(`{"error":{"code":"GW_INTERNAL","message":""}}`)) == nil {
		t.Error("an incomplete body passes")
	}
}

// Every document in the folder is among those that are embedded, so that none goes unchecked.
func TestNoDocumentIsForgotten(t *testing.T) {
	files, err := filepath.Glob("*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	all := openspec.Documents()
	for _, file := range files {
		if data, err := os.ReadFile(file); err != nil || all[file] != string(data) {
			t.Errorf("%s is not among openspec.Documents: %v", file, err)
		}
	}
}

func TestDocumentsParse(t *testing.T) {
	all := openspec.Documents()
	for name := range all {
		d, err := openspectest.Load(all, name)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(d.Operations()) == 0 && name != "errors.yaml" {
			t.Errorf("%s: no operations", name)
		}
	}
}
