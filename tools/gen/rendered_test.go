package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/tools/internal/tree"
)

// A test that has another name now would be left out without a word.
func TestRenderingTestsAreThere(t *testing.T) {
	t.Parallel()
	root, err := tree.Root()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rendered {
		var all strings.Builder
		files, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(r.dir), "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			all.Write(content)
		}
		for name := range strings.SplitSeq(r.run, "|") {
			if !strings.Contains(all.String(), "\nfunc "+name+"(t *testing.T)") {
				t.Errorf("%s has no %s, which writes %s: correct tools/gen/rendered.go",
					r.dir, name, r.what)
			}
		}
	}
}
