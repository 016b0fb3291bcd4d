package render

import (
	"slices"

	"github.com/yuin/goldmark/ast"

	"github.com/gatewayhomebrew/gateway/release/site/book"
	"github.com/gatewayhomebrew/gateway/release/site/search"
)

// chapters is the table of contents: parts with the paths of their pages.
type chapters []chapter

type chapter struct {
	title string
	pages []*book.Page
}

// contents reads the table of contents from the index of the documentation: each heading of the
// second level begins a part, which has the pages that the links under it lead to.
func (s Site) contents() (all chapters) {
	index := s.Book.Page(book.Index)
	_ = ast.Walk(index.Tree, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Heading:
			if n.Level == 2 {
				all = append(all, chapter{title: book.Text(n, index.Source)})
			}
		case *ast.Link:
			file, _ := index.Resolve(string(n.Destination))
			if p := s.Book.Page(file); p != nil && p != index && len(all) > 0 {
				last := &all[len(all)-1]
				if !slices.Contains(last.pages, p) {
					last.pages = append(last.pages, p)
				}
			}
		}
		return ast.WalkContinue, nil
	})
	return all
}

// from is the table of contents as the page of a path shows it.
func (c chapters) from(here string) (groups []group) {
	for _, ch := range c {
		g := group{Title: ch.title}
		for _, p := range ch.pages {
			g.Items = append(g.Items, item{p.Title, home(here) + URL(p.Path), p.Path == here})
		}
		groups = append(groups, g)
	}
	return groups
}

// sections cuts a page at its headings, for the search.
func (s Site) sections(p *book.Page) (all []search.Section) {
	i := -1
	for n := p.Tree.FirstChild(); n != nil; n = n.NextSibling() {
		if _, ok := n.(*ast.Heading); ok {
			i++
			h := p.Headings[i]
			where := URL(p.Path)
			if i > 0 {
				where += "#" + h.Anchor
			}
			all = append(all, search.Section{URL: where, Page: p.Title, Heading: h.Text})
			continue
		}
		if len(all) > 0 {
			last := &all[len(all)-1]
			last.Text += " " + words(n, p.Source)
		}
	}
	return all
}

// words is the text of a block, code included.
func words(n ast.Node, source []byte) string {
	switch n.Kind() {
	case ast.KindFencedCodeBlock, ast.KindCodeBlock:
		return string(n.Lines().Value(source))
	}
	text := book.Text(n, source)
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if c.Type() == ast.TypeBlock {
			text += " " + words(c, source)
		}
	}
	return text
}
