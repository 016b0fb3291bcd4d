package checks

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/gatewayhomebrew/gateway/tools/internal/tree"
)

// eachFile reads the files of the project one by one.
func eachFile(t *testing.T, visit func(path string, content []byte)) {
	t.Helper()
	root := treeRoot(t)
	err := tree.Walk(root, func(path string) error {
		content, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(path)))
		if err != nil {
			return err
		}
		visit(path, content)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func treeRoot(t *testing.T) string {
	t.Helper()
	root, err := tree.Root()
	if err != nil {
		t.Fatal(err)
	}
	return root
}
