package render

import (
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/yuin/goldmark/ast"

	"github.com/gatewayhomebrew/gateway/release/site/book"
)

// relink has the links of a page lead to where things are in the site, and adds the pictures that
// the page shows to the files.
func (s Site) relink(p *book.Page, files map[string][]byte) error {
	return ast.Walk(p.Tree, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		var err error
		switch n := n.(type) {
		case *ast.Link:
			n.Destination = []byte(s.link(p, string(n.Destination)))
		case *ast.Image:
			var to string
			to, err = s.picture(p, string(n.Destination), files)
			n.Destination = []byte(to)
		}
		return ast.WalkContinue, err
	})
}

// link is where a link of a page leads in the site: to another page, or to a file in the
// repository.
func (s Site) link(p *book.Page, target string) string {
	file, anchor := p.Resolve(target)
	if file == "" {
		return target
	}
	if anchor != "" {
		anchor = "#" + anchor
	}
	if file == p.Path && anchor != "" {
		return anchor
	}
	// A link to a folder means what people read there.
	for _, name := range []string{file, path.Join(file, "README.md")} {
		if s.Book.Page(name) != nil {
			return home(p.Path) + URL(name) + anchor
		}
	}
	return s.Repository + "/" + file + anchor
}

// picture takes the file of a picture into the site, and says where it is.
func (s Site) picture(p *book.Page, target string, files map[string][]byte) (string, error) {
	file, _ := p.Resolve(target)
	if file == "" {
		return "", fmt.Errorf("the picture %s is of another site, which learns of each reader: "+
			"put it into docs", target)
	}
	data, err := fs.ReadFile(s.Files, file)
	if err != nil {
		return "", fmt.Errorf("read a picture: %w", err)
	}
	name := strings.TrimPrefix(file, "docs/")
	files[name] = data
	return home(p.Path) + name, nil
}
