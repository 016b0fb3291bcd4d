package suite_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	// Both hold the modules in go.mod, whose files the tests read. The first imports nothing.
	_ "github.com/kaptinlin/jsonschema/pkg/tagparser"
	_ "github.com/santhosh-tekuri/jsonschema/v6"
)

// folders are that of the suite, with tests and remotes in it, and that of the meta-schemas.
func folders(t *testing.T) (suite, meta string) {
	return module(t, "JSON_SCHEMA_SUITE", "github.com/kaptinlin/jsonschema",
			"testdata/JSON-Schema-Test-Suite", "LICENSE"),
		module(t, "JSON_SCHEMA_META", "github.com/santhosh-tekuri/jsonschema/v6",
			"metaschemas", "draft-04/schema")
}

// module is a folder of a module. Under Bazel a variable of the BUILD file says where a file of it
// lies among the runfiles; else the go command knows.
func module(t *testing.T, variable, path, folder, file string) string {
	if root := os.Getenv("TEST_SRCDIR"); root != "" {
		at := filepath.Join(root, filepath.FromSlash(os.Getenv(variable)))
		dir, ok := strings.CutSuffix(at, filepath.FromSlash(file))
		if !ok {
			t.Fatalf("%s is %q, and not the runfile %s", variable, os.Getenv(variable), file)
		}
		return dir
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", path).Output()
	if err != nil {
		t.Fatalf("where the module %s is: %v", path, err)
	}
	return filepath.Join(strings.TrimSpace(string(out)), filepath.FromSlash(folder))
}
