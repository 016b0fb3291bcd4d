package book

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Check gives what is wrong with the links of all pages, each with its page and line: files that
// are not there, and places that a page does not have. Links to other sites are not followed.
func (b *Book) Check() (problems []string) {
	for _, p := range b.pages {
		for _, l := range p.Links {
			if what := b.problem(p, l.Target); what != "" {
				problems = append(problems, fmt.Sprintf("%s:%d: the link %s: %s", p.Path, l.Line,
					l.Target, what))
			}
		}
	}
	return problems
}

func (b *Book) problem(p *Page, target string) string {
	if strings.HasPrefix(target, "/") {
		return "it begins at the top of a site, and a page does not know of which: write it from " +
			"the folder of the page"
	}
	file, anchor := p.Resolve(target)
	if file == "" {
		return ""
	}
	if !fs.ValidPath(file) {
		return "it leads out of the repository"
	}
	to := b.Page(file)
	switch {
	case to == nil && anchor != "" && path.Ext(file) == ".md":
		return fmt.Sprintf("%s is no page, so it has no places", file)
	case to == nil:
		if _, err := fs.Stat(b.files, file); err != nil {
			return fmt.Sprintf("there is no %s", file)
		}
	case anchor != "" && !to.Has(anchor):
		return fmt.Sprintf("%s has no heading #%s%s", file, anchor, like(to, anchor))
	}
	return ""
}

// like names the place of a page that may be meant.
func like(p *Page, anchor string) string {
	first, _, _ := strings.Cut(anchor, "-")
	i := slices.IndexFunc(p.Headings, func(h Heading) bool {
		return strings.Contains(h.Anchor, first)
	})
	if i < 0 {
		return ""
	}
	return "; is #" + p.Headings[i].Anchor + " meant?"
}
