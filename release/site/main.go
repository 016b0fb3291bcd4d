// Command site makes the documentation's web site: HTML files that any web server can hand out.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gatewayhomebrew/gateway/release/site/book"
	"github.com/gatewayhomebrew/gateway/release/site/render"
)

func main() {
	// Under "bazel run" the working directory is that of the runfiles.
	source := flag.String("source", os.Getenv("BUILD_WORKSPACE_DIRECTORY"),
		"the top of the source tree, by default the working directory")
	out := flag.String("out", "", "the folder to write to; it must be empty or not be there")
	repository := flag.String("repository", "https://github.com/gatewayhomebrew/gateway/blob/main",
		"the URL of the source tree, for links to files that are no pages")
	flag.Parse()
	if err := run(*source, *out, strings.TrimSuffix(*repository, "/")); err != nil {
		fmt.Fprintln(os.Stderr, "site:", err)
		os.Exit(1)
	}
}

func run(source, out, repository string) error {
	if out == "" {
		return errors.New("--out says where to write the site, and is needed")
	}
	if source == "" {
		source = "."
	}
	if entries, err := os.ReadDir(out); err == nil && len(entries) > 0 {
		return fmt.Errorf("%s is not empty: pages of an earlier run would stay; remove it first",
			out)
	}
	files := os.DirFS(source)
	pages, err := book.Read(files)
	if err != nil {
		return fmt.Errorf("%s: %w", source, err)
	}
	if problems := pages.Check(); len(problems) > 0 {
		return fmt.Errorf("%d links lead nowhere:\n%s", len(problems), strings.Join(problems, "\n"))
	}
	made, err := render.Site{Book: pages, Files: files, Repository: repository}.Make()
	if err != nil {
		return err
	}
	for name, data := range made {
		to := filepath.Join(out, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return fmt.Errorf("make a folder of the site: %w", err)
		}
		if err := os.WriteFile(to, data, 0o644); err != nil {
			return fmt.Errorf("write a page: %w", err)
		}
	}
	fmt.Printf("%d files in %s\n", len(made), out)
	return nil
}
