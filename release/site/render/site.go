package render

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"

	"github.com/gatewayhomebrew/gateway/release/site/book"
	"github.com/gatewayhomebrew/gateway/release/site/search"
)

//go:embed page.html style.css search.js
var assets embed.FS

// A Site makes the files of one site.
type Site struct {
	// Book is the pages. Its links have to lead somewhere (book.Check).
	Book *book.Book
	// Files is the source tree, for the pictures of pages.
	Files fs.FS
	// Repository is the URL of a folder of the source tree, to which links to files that are no
	// pages lead, such as "https://example.org/gateway/blob/main".
	Repository string
}

// view is what the template shows.
type view struct {
	Title  string
	Home   string // the way to the top of the site: "" or "../" and so on
	Groups []group
	Places []book.Heading // the second level of headings
	Body   template.HTML
	Source string // the page in the repository
}

// group is one part of the table of contents.
type group struct {
	Title string
	Items []item
}

type item struct {
	Title, URL string
	Here       bool
}

// Make gives all files by their path in the site.
func (s Site) Make() (map[string][]byte, error) {
	page, err := template.ParseFS(assets, "page.html")
	if err != nil {
		return nil, fmt.Errorf("read the page's form: %w", err)
	}
	made := map[string][]byte{}
	contents := s.contents()
	var sections []search.Section
	for _, p := range s.Book.Pages() {
		sections = append(sections, s.sections(p)...)
		body, err := s.body(p, made)
		if err != nil {
			return nil, fmt.Errorf("make a page of %s: %w", p.Path, err)
		}
		v := view{
			Title: p.Title, Home: home(p.Path), Body: body, Source: s.Repository + "/" + p.Path,
			Groups: contents.from(p.Path),
		}
		for _, h := range p.Headings {
			if h.Level == 2 {
				v.Places = append(v.Places, h)
			}
		}
		var text bytes.Buffer
		if err := page.Execute(&text, v); err != nil {
			return nil, fmt.Errorf("make a page of %s: %w", p.Path, err)
		}
		made[URL(p.Path)] = text.Bytes()
	}
	index, err := search.Index(sections)
	if err != nil {
		return nil, fmt.Errorf("make the site: %w", err)
	}
	// A script and not JSON, because a page that is opened from a disk may load nothing else.
	made["index.js"] = fmt.Appendf(nil, "window.searchIndex = %s;\n", index)
	for _, name := range []string{"style.css", "search.js"} {
		if made[name], err = assets.ReadFile(name); err != nil {
			return nil, fmt.Errorf("make the site: %w", err)
		}
	}
	made[".nojekyll"] = nil // GitHub Pages hands the files out as they are
	return made, nil
}

// URL is where the page of a path is, from the top of the site.
func URL(page string) string {
	switch {
	case page == book.Index:
		return "index.html"
	case strings.HasPrefix(page, "examples/"):
		return path.Dir(page) + ".html"
	}
	return strings.TrimSuffix(strings.TrimPrefix(page, "docs/"), ".md") + ".html"
}

// home is the way from a page to the top of the site.
func home(page string) string { return strings.Repeat("../", strings.Count(URL(page), "/")) }

// body is the text of a page as HTML. Pictures that it shows are added to the files.
func (s Site) body(p *book.Page, files map[string][]byte) (template.HTML, error) {
	var text bytes.Buffer
	kind := goldmark.New(goldmark.WithExtensions(extension.GFM))
	if err := s.relink(p, files); err != nil {
		return "", err
	}
	if err := kind.Renderer().Render(&text, p.Source, p.Tree); err != nil {
		return "", fmt.Errorf("render: %w", err)
	}
	// The renderer leaves HTML out that a page has, so nothing but its own marks is in here.
	return template.HTML(text.String()), nil
}
