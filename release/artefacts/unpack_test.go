package artefacts

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/gatewayhomebrew/gateway/release/pack"
)

// unpack writes files below a folder, folders first.
func unpack(t *testing.T, dir string, files map[string]pack.File) {
	t.Helper()
	for name, f := range files {
		to := filepath.Join(dir, filepath.FromSlash(name))
		if f.Mode.IsDir() {
			if err := os.MkdirAll(to, f.Mode.Perm()); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, f.Body, f.Mode.Perm()); err != nil {
			t.Fatal(err)
		}
	}
}
