package checks

import (
	"bytes"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/release/site/book"
	"github.com/gatewayhomebrew/gateway/release/site/render"
)

// Every link of the documentation leads to a file, and to a heading that this file has.
func TestLinksOfPagesLeadSomewhere(t *testing.T) {
	t.Parallel()
	pages, err := book.Read(os.DirFS(treeRoot(t)))
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range pages.Check() {
		t.Error(problem)
	}
	if n := len(pages.Pages()); n < 60 {
		t.Errorf("%d pages were found", n)
	}
}

// The site that is made of the documentation is whole: each link in it leads to a file of the site
// or to elsewhere, and made twice it is the same.
func TestTheSiteOfThePagesIsWhole(t *testing.T) {
	t.Parallel()
	files := os.DirFS(treeRoot(t))
	site := func() map[string][]byte {
		pages, err := book.Read(files)
		if err != nil {
			t.Fatal(err)
		}
		made, err := render.Site{
			Book: pages, Files: files, Repository: "https://repository.example",
		}.Make()
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	made, again := site(), site()
	links := regexp.MustCompile(`(?:href|src)="([^"#:]+)["#]`)
	for name, text := range made {
		if !bytes.Equal(text, again[name]) {
			t.Errorf("%s differs when it is made again", name)
		}
		if !strings.HasSuffix(name, ".html") {
			continue
		}
		for _, m := range links.FindAllSubmatch(text, -1) {
			if _, ok := made[path.Join(path.Dir(name), string(m[1]))]; !ok {
				t.Errorf("%s leads to %s, which is not there", name, m[1])
			}
		}
	}
	if size := len(made["index.js"]); size > 2<<20 {
		t.Errorf("the search has %d bytes, which each reader who searches loads", size)
	}
}
