package render_test

import (
	"bytes"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/gatewayhomebrew/gateway/release/site/book"
	"github.com/gatewayhomebrew/gateway/release/site/render"
)

const repository = "https://repository.example/tree"

func siteOf(t *testing.T, pages map[string]string) (map[string][]byte, error) {
	t.Helper()
	files := fstest.MapFS{}
	for name, text := range pages {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	b, err := book.Read(files)
	if err != nil {
		t.Fatal(err)
	}
	return render.Site{Book: b, Files: files, Repository: repository}.Make()
}

func TestLinksLeadToWhereThingsAreInTheSite(t *testing.T) {
	made, err := siteOf(t, map[string]string{
		"docs/README.md": "# Documentation\n\n## Tasks\n\n[t](tasks/t.md)\n\n## Others\n\n" +
			"[a](a.md)\n",
		"docs/a.md": "# A\n\n[up](../README.md) [dir](../examples/x) [code](../libs/x.go) " +
			"[self](#a) [out](https://example.org/)\n\n![p](pictures/p.png)\n",
		"docs/tasks/t.md":      "# T\n\n[a](../a.md#a)\n",
		"docs/pictures/p.png":  "picture",
		"README.md":            "# Read\n\n[docs](docs/README.md)\n",
		"examples/x/README.md": "# X\n\n[conf](gateway.yaml)\n",
	})
	if err != nil {
		t.Fatal(err)
	}
	for page, wants := range map[string][]string{
		"a.html": {
			`href="README.html"`, `href="examples/x.html"`, `href="#a"`, `href="https://example.org/"`,
			`href="` + repository + `/libs/x.go"`, `src="pictures/p.png"`, `href="tasks/t.html"`,
			`aria-current="page">A<`, `href="style.css"`,
		},
		"tasks/t.html":    {`href="../a.html#a"`, `href="../style.css"`, `data-home="../"`},
		"README.html":     {`href="index.html"`},
		"examples/x.html": {`href="` + repository + `/examples/x/gateway.yaml"`},
		"pictures/p.png":  {"picture"},
		"index.html":      {`href="tasks/t.html"`, "<h2>Tasks</h2>"},
		"index.js":        {"tasks/t.html"},
	} {
		for _, want := range wants {
			if !bytes.Contains(made[page], []byte(want)) {
				t.Errorf("%s lacks %s:\n%s", page, want, made[page])
			}
		}
	}
}

// What a page says can't become a part of the site's own HTML.
func TestHTMLOfAPageStaysText(t *testing.T) {
	const evil = "<script>alert(1)</script>"
	made, err := siteOf(t, map[string]string{
		"docs/README.md": "# " + evil + "\n\n" + evil + "\n\n`" + evil +
			"` [x](javascript:alert(1))\n",
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range made {
		if bytes.Contains(text, []byte("<script>alert")) ||
			bytes.Contains(text, []byte(`"javascript:`)) {
			t.Errorf("%s has it as it is:\n%s", name, text)
		}
	}
}

func TestAPictureOfAnotherSiteIsRefused(t *testing.T) {
	_, err := siteOf(t, map[string]string{
		"docs/README.md": "# A\n\n![x](https://example.org/x.png)\n",
	})
	if err == nil || !strings.Contains(err.Error(), "learns of each reader") {
		t.Errorf("got %v", err)
	}
}
