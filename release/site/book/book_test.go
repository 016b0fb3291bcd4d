package book_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/gatewayhomebrew/gateway/release/site/book"
)

// tree makes a source tree of pages, the index among them.
func tree(pages map[string]string) fstest.MapFS {
	files := fstest.MapFS{book.Index: {Data: []byte("# Documentation\n")}}
	for name, text := range pages {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return files
}

func read(t *testing.T, pages map[string]string) *book.Book {
	t.Helper()
	b, err := book.Read(tree(pages))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The names are those that GitHub gives to the same headings.
func TestAnchorsAreThoseOfGitHub(t *testing.T) {
	const headings = "# What goes stale?\n## `drain.timeout` (30 s)\n## A_b -- c\n## Again\n" +
		"## Again\n## Again\n## Ärger & Öl\n## [A link](x.md), *marked*\n## again-1\n"
	b := read(t, map[string]string{"docs/a.md": headings})
	var got []string
	for _, h := range b.Page("docs/a.md").Headings {
		got = append(got, h.Anchor)
	}
	want := []string{
		"what-goes-stale", "draintimeout-30-s", "a_b----c", "again", "again-1", "again-2",
		"ärger--öl", "a-link-marked", "again-1-1",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestEachKindOfBrokenLinkIsTold(t *testing.T) {
	for name, test := range map[string]struct{ link, want string }{
		"file":                 {"[x](away.md)", "there is no docs/away.md"},
		"picture":              {"![x](away.png)", "there is no docs/away.png"},
		"place in another":     {"[x](b.md#plac)", "has no heading #plac; is #place meant?"},
		"place in itself":      {"[x](#away)", "docs/a.md has no heading #away"},
		"place in no page":     {"[x](../libs/x.md#y)", "libs/x.md is no page"},
		"from the top":         {"[x](/docs/b.md)", "begins at the top of a site"},
		"out of the tree":      {"[x](../../b.md)", "leads out of the repository"},
		"a reference":          {"[x][y]\n\n[y]: away.md", "there is no docs/away.md"},
		"a place within links": {"[`x`](b.md#a#b)", "has no heading #a#b"},
	} {
		t.Run(name, func(t *testing.T) {
			b := read(t, map[string]string{
				"docs/a.md": "# A\n\n" + test.link + "\n", "docs/b.md": "# B\n\n## Place\n",
			})
			problems := b.Check()
			if len(problems) != 1 || !strings.Contains(problems[0], test.want) {
				t.Errorf("got %q, want one with %q", problems, test.want)
			}
			if len(problems) == 1 && !strings.HasPrefix(problems[0], "docs/a.md:3: ") {
				t.Errorf("the place is wrong: %s", problems[0])
			}
		})
	}
}

func TestLinksThatLeadSomewhereAreNoProblem(t *testing.T) {
	b := read(t, map[string]string{
		"docs/a.md": "# A\n\n[1](b.md), [2](b.md#place), [3](#a), [4](https://example.org/x#y), " +
			"[5](mailto:a@b.example), [6](../libs), [7](tasks/c.md#c), `[8](away.md)`\n",
		"docs/b.md": "# B\n\n## Place\n", "docs/tasks/c.md": "# C\n", "libs/x.md": "",
	})
	if problems := b.Check(); len(problems) > 0 {
		t.Error(problems)
	}
}

func TestWhatIsNoPageIsRefused(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"no heading": {"words\n", "docs/a.md has no heading"},
		"bytes":      {"# A \xff\n", "docs/a.md is not UTF-8"},
		"too large":  {"# A\n" + strings.Repeat("words\n", 1<<18), "split it"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := book.Read(tree(map[string]string{"docs/a.md": test.text}))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
	if _, err := book.Read(fstest.MapFS{}); err == nil ||
		!strings.Contains(err.Error(), book.Index) {
		t.Errorf("a tree without an index: %v", err)
	}
}

func FuzzAnyPageIsReadOrRefused(f *testing.F) {
	f.Add("# A\n\n[x](b.md#c)\n")
	f.Add("- [ ] ![](\n# `")
	f.Fuzz(func(t *testing.T, text string) {
		b, err := book.Read(tree(map[string]string{"docs/a.md": text}))
		if err != nil {
			return
		}
		seen := map[string]bool{}
		for _, h := range b.Page("docs/a.md").Headings {
			if seen[h.Anchor] {
				t.Errorf("two places are called %q", h.Anchor)
			}
			seen[h.Anchor] = true
		}
		b.Check()
	})
}
