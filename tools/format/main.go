// Command format puts every Go, BUILD and .bzl file of the source tree into its standard form:
// `tools/bazel run //tools/format`. tools/checks fails when a file is not in it.
package main

import (
	"bytes"
	"fmt"
	goformat "go/format"
	"os"
	"path/filepath"
	"strings"

	"github.com/gatewayhomebrew/gateway/tools/internal/buildfile"
	"github.com/gatewayhomebrew/gateway/tools/internal/tree"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "format:", err)
		os.Exit(1)
	}
}

func run() error {
	// `bazel run` starts a program elsewhere and says where the user is.
	if dir := os.Getenv("BUILD_WORKSPACE_DIRECTORY"); dir != "" {
		if err := os.Chdir(dir); err != nil {
			return err
		}
	}
	root, err := tree.Root()
	if err != nil {
		return err
	}
	return tree.Walk(root, func(path string) error {
		fix := fixer(path)
		if fix == nil {
			return nil
		}
		file := filepath.Join(root, filepath.FromSlash(path))
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		formatted, err := fix(content)
		if err != nil {
			// The rest can still be formatted, and a compiler will say the same again.
			fmt.Fprintf(os.Stderr, "format: %s: %v\n", path, err)
			return nil
		}
		if bytes.Equal(formatted, content) {
			return nil
		}
		fmt.Println(path)
		// The mode stays what it is: the file exists.
		return os.WriteFile(file, formatted, 0o644)
	})
}

func fixer(path string) func([]byte) ([]byte, error) {
	switch {
	case strings.HasSuffix(path, ".go"):
		return goformat.Source
	case buildfile.Is(path):
		return func(content []byte) ([]byte, error) { return buildfile.Fix(path, content) }
	}
	return nil
}
