package fromcaddy

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft"
)

// line is one directive with its block.
type line struct {
	draft.Place
	words []string
	block []*line
	open  bool // it has a block
}

func (l *line) name() string { return l.words[0] }

func (l *line) arg(i int) string {
	if i+1 < len(l.words) {
		return l.words[i+1]
	}
	return ""
}

func (l *line) args() []string { return l.words[1:] }

// text is the directive as notes have it: arguments only where they can be no secret.
func (l *line) text() string {
	switch l.name() {
	case "header", "request_header", "header_up", "header_down", "basic_auth", "basicauth", "vars",
		"map", "respond", "error", "email", "acme_dns", "dns", "forward_auth":
		if strings.HasPrefix(l.arg(0), "/") || strings.HasPrefix(l.arg(0), "@") {
			return l.name() + " " + l.arg(0)
		}
		return l.name()
	case "lb_policy":
		return strings.TrimSpace(l.name() + " " + l.arg(0))
	case "redir", "reverse_proxy", "handle", "handle_path", "route", "rewrite", "uri", "import",
		"encode", "file_server", "try_files", "abort", "bind", "php_fastcgi", "root":
		text := strings.Join(l.words, " ")
		if r := []rune(text); len(r) > 80 {
			text = string(r[:80]) + "…"
		}
		return text
	}
	if strings.HasPrefix(l.name(), "@") {
		return l.name()
	}
	return l.name()
}

// Bounds of imports: how deep they may go, and how many words they may become.
const (
	mostImports = 32
	mostWords   = 50_000
)

type parser struct {
	draft    *draft.Draft
	files    draft.Files
	snippets map[string][]token
	count    int
}

// parse returns the lines of a file: sites, snippets and global options.
func (p *parser) parse(path string) ([]*line, error) {
	all, err := p.read(path, path)
	if err != nil {
		return nil, err
	}
	p.snippets = map[string][]token{}
	for depth := 0; ; depth++ {
		// Snippets come before what imports them, so one pass after the other.
		all = p.takeSnippets(all)
		next, changed, err := p.expand(all, filepath.Dir(path))
		if err != nil {
			return nil, err
		}
		all = next
		if !changed {
			break
		}
		if depth >= mostImports {
			return nil, &draft.SyntaxError{Place: all[0].Place, Message: "imports import each " +
				"other too deep"}
		}
	}
	b := &blocks{all: all}
	lines, err := b.lines(0, token{})
	if err != nil {
		return nil, err
	}
	return lines, nil
}

// read returns the words of one file.
func (p *parser) read(path, shown string) ([]token, error) {
	text, err := p.files.Read(path)
	if err != nil {
		return nil, err
	}
	text = environment(text, os.Getenv, func(name string, line int) {
		p.draft.LeftOut(draft.Place{File: shown, Line: line}, "{$"+name+"}",
			"there is no such variable in the environment, and no default")
	})
	return tokens(shown, text, &p.count)
}

// takeSnippets takes (name) { … } out of the words, and keeps what is in them.
func (p *parser) takeSnippets(all []token) (rest []token) {
	for i := 0; i < len(all); i++ {
		t := all[i]
		if t.quoted || !t.first || len(t.text) < 3 || t.text[0] != '(' ||
			t.text[len(t.text)-1] != ')' || i+1 == len(all) || all[i+1].text != "{" {
			rest = append(rest, t)
			continue
		}
		end, depth := i+2, 1
		for ; end < len(all); end++ {
			if opens(all, end) {
				depth++
			} else if closes(all, end) {
				if depth--; depth == 0 {
					break
				}
			}
		}
		if end == len(all) {
			return append(rest, all[i:]...) // which is said to have no end
		}
		p.snippets[t.text[1:len(t.text)-1]] = all[i+2 : end]
		i = end
	}
	return rest
}

// opens and closes say whether a word begins or ends a block: { at the end of a line, } alone.
func opens(all []token, i int) bool {
	return !all[i].quoted && all[i].text == "{" && (i+1 == len(all) || all[i+1].first ||
		all[i+1].Line != all[i].Line)
}

func closes(all []token, i int) bool { return !all[i].quoted && all[i].text == "}" }

// expand puts the words that imports stand for in their place.
func (p *parser) expand(all []token, dir string) (out []token, changed bool, err error) {
	for i := 0; i < len(all); i++ {
		t := all[i]
		if t.quoted || !t.first || t.text != "import" {
			out = append(out, t)
			continue
		}
		end := i + 1
		for end < len(all) && !all[end].first {
			end++
		}
		changed = true
		args := all[i+1 : end]
		if len(args) == 0 {
			return nil, false, &draft.SyntaxError{Place: t.Place, Column: t.column,
				Message: "import needs the name of a snippet or a file"}
		}
		if args[len(args)-1].text == "{" && !args[len(args)-1].quoted {
			return nil, false, &draft.SyntaxError{Place: t.Place, Column: t.column,
				Message: "import with a block can't be read"}
		}
		found, err := p.imported(t, args[0].text, dir)
		if err != nil {
			return nil, false, err
		}
		if len(out)+len(found) > mostWords {
			return nil, false, &draft.SyntaxError{Place: t.Place, Message: "imports become too " +
				"many words"}
		}
		for _, word := range found {
			word.text = arguments(word.text, args[1:])
			out = append(out, word)
		}
		i = end - 1
	}
	return out, changed, nil
}

// imported returns the words of a snippet, or of the files that a pattern finds.
func (p *parser) imported(t token, name, dir string) ([]token, error) {
	if words, ok := p.snippets[name]; ok {
		return words, nil
	}
	pattern := name
	if !filepath.IsAbs(pattern) {
		pattern = filepath.Join(filepath.Dir(t.File), name)
	}
	found, err := filepath.Glob(pattern)
	if err != nil {
		return nil, &draft.SyntaxError{Place: t.Place, Column: t.column, Message: "the pattern " +
			name + " can't be read"}
	}
	if len(found) == 0 {
		if !strings.ContainsAny(name, "*?[") {
			p.draft.LeftOut(t.Place, "import "+name, "there is no such snippet or file here")
		}
		return nil, nil
	}
	var all []token
	for _, file := range found {
		words, err := p.read(file, file)
		if err != nil {
			var path *fs.PathError
			if errors.As(err, &path) {
				return nil, &draft.SyntaxError{Place: t.Place, Column: t.column,
					Message: err.Error()}
			}
			return nil, err
		}
		all = append(all, words...)
	}
	return all, nil
}

// arguments fills in {args[0]}, {args.0} and {args[:]} of an import.
func arguments(text string, args []token) string {
	if !strings.Contains(text, "{args") {
		return text
	}
	return regexp.MustCompile(`\{args(\[\d+\]|\.\d+)\}`).ReplaceAllStringFunc(text,
		func(s string) string {
			n, err := strconv.Atoi(strings.Trim(s, "{args[].}"))
			if err != nil || n >= len(args) {
				return s
			}
			return args[n].text
		})
}

// blocks reads words as lines with blocks.
type blocks struct {
	all []token
	at  int
}

func (b *blocks) fail(t token, message string) error {
	return &draft.SyntaxError{Place: t.Place, Column: t.column, Message: message}
}

// lines reads up to the } of the block that began at from.
func (b *blocks) lines(depth int, from token) (found []*line, err error) {
	if depth > draft.MaxDepth {
		return nil, b.fail(from, "blocks are nested too deep")
	}
	for b.at < len(b.all) {
		t := b.all[b.at]
		if closes(b.all, b.at) && t.first {
			if depth == 0 {
				return nil, b.fail(t, `unexpected "}"`)
			}
			b.at++
			return found, nil
		}
		l := &line{Place: t.Place}
		for b.at < len(b.all) && (len(l.words) == 0 && !l.open || !b.all[b.at].first ||
			depth == 0 && strings.HasSuffix(last(l.words), ",")) {
			word := b.all[b.at]
			if opens(b.all, b.at) {
				b.at++
				l.open = true
				if l.block, err = b.lines(depth+1, word); err != nil {
					return nil, err
				}
				break
			}
			if closes(b.all, b.at) && depth > 0 && len(l.words) > 0 && !word.first {
				return nil, b.fail(word, `"}" has to stand on a line of its own`)
			}
			l.words = append(l.words, word.text)
			b.at++
		}
		if len(l.words) == 0 {
			l.words = []string{""} // the block of global options
		}
		found = append(found, l)
	}
	if depth > 0 {
		return nil, b.fail(from, "the block that begins here has no end")
	}
	return found, nil
}

func last(words []string) string {
	if len(words) == 0 {
		return ""
	}
	return words[len(words)-1]
}

// sites takes global options and sites apart. A file whose first line has no block is one site.
func sites(lines []*line) (global []*line, all []*line) {
	rest := slices.Clone(lines)
	if len(rest) > 0 && rest[0].name() == "" && rest[0].open {
		global = rest[0].block
		rest = rest[1:]
	}
	if len(rest) > 0 && !rest[0].open {
		return global, []*line{{Place: rest[0].Place, words: rest[0].words, block: rest[1:],
			open: true}}
	}
	return global, rest
}
