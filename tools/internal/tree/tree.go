// Package tree finds the repository's source tree for tests that check the tree itself (layering,
// BUILD files, go.mod).
//
// Such a test cannot declare every file it reads as an input, so under Bazel it is tagged
// "external" (always run, never taken from a cache) and "local" (not sandboxed: the tree may lie
// where a sandbox has put its own /tmp), and it has //:go.mod as data: the place that the runfile
// is a link to is the top of the tree. Under `go test` the top is found by walking up.
package tree

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Root returns the folder that holds go.mod.
func Root() (string, error) {
	if srcdir := os.Getenv("TEST_SRCDIR"); srcdir != "" {
		link := filepath.Join(srcdir, os.Getenv("TEST_WORKSPACE"), "go.mod")
		file, err := filepath.EvalSymlinks(link)
		if err != nil {
			return "",
				fmt.Errorf("find the source tree through the runfile of //:go.mod (is it in the "+
					"test's data?): %w", err)
		}
		return filepath.Dir(file), nil
	}
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the source tree: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("find the source tree: no go.mod in this folder or above it")
		}
		dir = up
	}
}

// Walk calls visit with the slash-separated path, relative to root, of each regular file that
// belongs to the project: not of hidden folders, Bazel's output links, testdata, or modules of
// their own.
func Walk(root string, visit func(path string) error) error {
	return filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if entry.IsDir() {
			if rel != "." && skipped(rel) {
				return fs.SkipDir
			}
			return nil
		}
		if !entry.Type().IsRegular() {
			return nil
		}
		return visit(rel)
	})
}

func skipped(dir string) bool {
	name := dir[strings.LastIndexByte(dir, '/')+1:]
	switch {
	case strings.HasPrefix(name, "."), strings.HasPrefix(name, "_"), name == "testdata",
		name == "node_modules":
		return true
	case strings.HasPrefix(dir, "bazel-"):
		return true
	}
	// The same folders as in .bazelignore.
	return dir == "tools/wrapper/standins"
}
