// Package drafttest holds what importers make of files against what it was when somebody looked at
// it. It is for tests only.
package drafttest

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft"
)

// Least is how many files each product has at least.
const Least = 12

// Goldens imports each file and compares the result with the file beside it that ends in
// .golden.yaml, which update writes anew. Every result has to be valid, and each note has a line or
// is about the file as a whole.
func Goldens(t *testing.T, files []string, update *bool, read func(string, *draft.Draft) error) {
	t.Helper()
	if len(files) < Least {
		t.Errorf("only %d files, want %d", len(files), Least)
	}
	for _, file := range files {
		t.Run(filepath.Base(strings.TrimSuffix(file, filepath.Ext(file))), func(t *testing.T) {
			d := draft.New("PRODUCT", filepath.Dir(file))
			if err := read(file, d); err != nil {
				t.Fatal(err)
			}
			got, err := d.Finish()
			if err != nil {
				t.Fatal(err)
			}
			if _, ps := (config.Options{Elsewhere: true}).Decode("g.yaml",
				[]byte(got)); len(ps) > 0 {
				t.Errorf("the result is not valid: %v", ps)
			}
			// And where it lies, with the files that it names. Those in certs/ are no certificates.
			_, ps := config.Decode(filepath.Join(filepath.Dir(file), "gateway.yaml"), []byte(got))
			ps = slices.DeleteFunc(ps, func(p config.Problem) bool {
				return strings.Contains(p.Message, "certs/") ||
					slices.ContainsFunc(d.Files(), func(f draft.File) bool {
						return strings.Contains(p.Message, f.Name)
					})
			})
			if len(ps) > 0 {
				t.Errorf("the result is not valid where it lies: %v", ps)
			}
			for _, n := range d.Notes() {
				if n.Line == 0 && n.What != "error pages" && n.What != "defaults" {
					t.Errorf("without a line: %s", n)
				}
			}
			golden := file + ".golden.yaml"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s: look at what changed, then use -update\n%s", golden,
					difference(string(want), got))
			}
		})
	}
}

// Update is the flag that writes goldens anew.
func Update() *bool {
	return flag.Bool("update", false, "write the expected results into the source tree")
}

// difference is the lines that only one text has.
func difference(want, got string) string {
	before, after := strings.Split(want, "\n"), strings.Split(got, "\n")
	var b strings.Builder
	for _, line := range before {
		if !slices.Contains(after, line) {
			b.WriteString("- " + line + "\n")
		}
	}
	for _, line := range after {
		if !slices.Contains(before, line) {
			b.WriteString("+ " + line + "\n")
		}
	}
	return b.String()
}

// Page holds the example of a page against the importer: what its first block of one language
// becomes, comments left out, has to be its first block of YAML.
func Page(t *testing.T, page, language, name string, read func(string, *draft.Draft) error) {
	t.Helper()
	block := func(language string) string {
		_, after, _ := strings.Cut(page, "```"+language+"\n")
		text, _, ok := strings.Cut(after, "```")
		if !ok {
			t.Fatalf("the page has no block of %s", language)
		}
		return text
	}
	dir := t.TempDir()
	file := filepath.Join(dir, name)
	if err := os.WriteFile(file, []byte(block(language)), 0o600); err != nil {
		t.Fatal(err)
	}
	d := draft.New("PRODUCT", dir)
	if err := read(file, d); err != nil {
		t.Fatal(err)
	}
	got, err := d.Finish()
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(got) {
		if !strings.HasPrefix(strings.TrimSpace(line), "#") {
			lines = append(lines, line)
		}
	}
	if plain := strings.Join(lines, ""); plain != block("yaml") {
		t.Errorf("the example of the page becomes\n%s", plain)
	}
}
