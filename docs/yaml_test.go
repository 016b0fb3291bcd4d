package docs_test

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
)

// A block is what stands between two fences of a page.
type block struct {
	info string // behind the first fence: a language, and what this package makes of the rest
	text string
	line int // of its first line, from 1
}

var fences = regexp.MustCompile("(?ms)^```([^\n`]*)\n(.*?)^```$")

// blocks gives all of a page, in order.
func blocks(page string) (all []block) {
	for _, m := range fences.FindAllStringSubmatchIndex(page, -1) {
		all = append(all, block{
			info: strings.TrimSpace(page[m[2]:m[3]]), text: page[m[4]:m[5]],
			line: 1 + strings.Count(page[:m[4]], "\n"),
		})
	}
	return all
}

// A reader copies what a page shows. So every block of YAML is a configuration that is valid as it
// stands, or says "yaml fragment". The keys of a fragment exist, and it may lack the rest.
func TestYAMLOfEveryPageIsValid(t *testing.T) {
	seen := 0
	for name, page := range pages(t) {
		for _, b := range blocks(page) {
			fragment := b.info == "yaml fragment"
			if b.info != "yaml" && !fragment {
				continue
			}
			seen++
			for _, p := range problems(b.text, fragment) {
				t.Errorf("%s:%d: %v", name, b.line, p)
			}
		}
	}
	if seen < 20 {
		t.Errorf("%d blocks of YAML were found", seen)
	}
}

// problems says what is wrong with a configuration, or with a part of one.
func problems(text string, fragment bool) (all []string) {
	if fragment && !strings.Contains(text, "version:") {
		text += "\nversion: 1\n"
	}
	d, ps := config.Options{Elsewhere: true}.Decode("page.yaml", []byte(text))
	for _, p := range ps {
		if fragment && (p.Code == "E_MISSING" || strings.HasPrefix(p.Code, "E_UNKNOWN_") &&
			p.Code != "E_UNKNOWN_KEY") {
			continue // what it lacks is elsewhere
		}
		all = append(all, p.String())
	}
	if fragment || len(ps) > 0 {
		return all
	}
	for _, p := range d.Cautions() {
		all = append(all, p.String())
	}
	return all
}

// root is the folder of the repository, also among the runfiles of Bazel.
var root = os.DirFS("..")

// pages gives the pages of this folder and the README of the repository, by their paths.
func pages(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	read := func(name string) {
		b, err := fs.ReadFile(root, name)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = string(b)
	}
	read("README.md")
	for _, glob := range []string{"docs/*.md", "docs/tasks/*.md"} {
		names, err := fs.Glob(root, glob)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			read(name)
		}
	}
	return all
}

// The index of this folder leads to every page in it.
func TestIndexHasEveryPage(t *testing.T) {
	all := pages(t)
	for name := range all {
		if page, ok := strings.CutPrefix(name, "docs/"); ok && page != "README.md" &&
			!strings.Contains(all["docs/README.md"], "("+page+")") {
			t.Errorf("docs/README.md does not lead to %s", page)
		}
	}
}
