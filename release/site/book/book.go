package book

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"
)

// Index is the page that leads to all others, and the table of contents of the site.
const Index = "docs/README.md"

// patterns are the Markdown files that are pages. What is not there is left out.
var patterns = []string{
	"README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "docs/*.md", "docs/tasks/*.md",
	"docs/adr/*.md", "docs/performance/*.md", "examples/*/README.md",
}

// mostBytes bounds one page. The largest of today has 70 KB.
const mostBytes = 1 << 20

// A Book is all pages. It does not change, and may be read from any goroutine.
type Book struct {
	files fs.FS
	pages []*Page // by path
	kind  goldmark.Markdown
}

// A Page is one Markdown file.
type Page struct {
	// Path is that of the file below the top of the source tree, with slashes.
	Path string
	// Title is the text of the first heading.
	Title string
	// Source is the file's text, and Tree what it was read as. Nodes of Tree refer to Source.
	Source []byte
	Tree   ast.Node
	// Headings are all headings, in order.
	Headings []Heading
	// Links are all links and pictures, in order.
	Links []Link
}

// A Heading is a place in a page that links can lead to.
type Heading struct {
	Level  int    // 1 to 6
	Text   string // without marks
	Anchor string // the name of the place, as GitHub makes it
}

// A Link is one of a page's.
type Link struct {
	Target string // as it is written
	Line   int    // of the page, from 1
}

// Read reads the pages of a source tree. A file that is no page of text is an error that names it.
func Read(files fs.FS) (*Book, error) {
	b := &Book{files: files, kind: goldmark.New(goldmark.WithExtensions(extension.GFM))}
	for _, pattern := range patterns {
		names, err := fs.Glob(files, pattern)
		if err != nil {
			return nil, fmt.Errorf("find the pages %s: %w", pattern, err)
		}
		for _, name := range names {
			p, err := b.read(name)
			if err != nil {
				return nil, err
			}
			b.pages = append(b.pages, p)
		}
	}
	slices.SortFunc(b.pages, func(p, q *Page) int { return strings.Compare(p.Path, q.Path) })
	if b.Page(Index) == nil {
		return nil, fmt.Errorf("there is no %s, which leads to all pages", Index)
	}
	return b, nil
}

func (b *Book) read(name string) (*Page, error) {
	source, err := fs.ReadFile(b.files, name)
	if err != nil {
		return nil, fmt.Errorf("read a page: %w", err)
	}
	if len(source) > mostBytes {
		return nil, fmt.Errorf("%s has %d bytes, and a page may have %d: split it", name,
			len(source), mostBytes)
	}
	if !utf8.Valid(source) {
		return nil, fmt.Errorf("%s is not UTF-8", name)
	}
	p := &Page{Path: name, Source: source}
	p.Tree = b.kind.Parser().Parse(text.NewReader(source))
	err = ast.Walk(p.Tree, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			p.note(n)
		}
		return ast.WalkContinue, nil
	})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if p.Title == "" {
		return nil, fmt.Errorf("%s has no heading: a page begins with one (# Title)", name)
	}
	nameHeadings(p)
	return p, nil
}

// note keeps what a node says of its page.
func (p *Page) note(n ast.Node) {
	switch n := n.(type) {
	case *ast.Heading:
		words := Text(n, p.Source)
		if p.Title == "" {
			p.Title = words
		}
		p.Headings = append(p.Headings, Heading{Level: n.Level, Text: words})
	case *ast.Link:
		p.Links = append(p.Links, Link{string(n.Destination), p.line(n)})
	case *ast.Image:
		p.Links = append(p.Links, Link{string(n.Destination), p.line(n)})
	}
}

// nameHeadings gives each heading its anchor, also in the tree, where the renderer looks for it.
func nameHeadings(p *Page) {
	names, i := anchors{}, 0
	_ = ast.Walk(p.Tree, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if h, ok := n.(*ast.Heading); ok && entering {
			p.Headings[i].Anchor = names.of(p.Headings[i].Text)
			h.SetAttributeString("id", []byte(p.Headings[i].Anchor))
			i++
		}
		return ast.WalkContinue, nil
	})
}

// line is where the block of an inline node begins.
func (p *Page) line(n ast.Node) int {
	for ; n != nil; n = n.Parent() {
		if n.Type() == ast.TypeBlock && n.Lines() != nil && n.Lines().Len() > 0 {
			return 1 + strings.Count(string(p.Source[:n.Lines().At(0).Start]), "\n")
		}
	}
	return 1
}

// Text is what a person reads of a node, without marks.
func Text(n ast.Node, source []byte) string {
	var words strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Text:
			words.Write(n.Segment.Value(source))
			if n.SoftLineBreak() || n.HardLineBreak() {
				words.WriteByte(' ')
			}
		case *ast.String:
			words.Write(n.Value)
		}
		return ast.WalkContinue, nil
	})
	return words.String()
}

// Pages gives all pages by path. The caller does not change it.
func (b *Book) Pages() []*Page { return b.pages }

// Page gives the page of a path, or nil.
func (b *Book) Page(path string) *Page {
	i, ok := slices.BinarySearchFunc(b.pages, path, func(p *Page, path string) int {
		return strings.Compare(p.Path, path)
	})
	if !ok {
		return nil
	}
	return b.pages[i]
}

// Has says whether a page has a place of this name.
func (p *Page) Has(anchor string) bool {
	return slices.ContainsFunc(p.Headings, func(h Heading) bool { return h.Anchor == anchor })
}

// Resolve says which file of the tree a link of the page means, and which place in it. A link to
// another site has no file.
func (p *Page) Resolve(target string) (file, anchor string) {
	if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
		return "", ""
	}
	file, anchor, _ = strings.Cut(target, "#")
	if file == "" {
		return p.Path, anchor
	}
	return path.Join(path.Dir(p.Path), file), anchor
}
