package fromnginx

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft"
)

// directive is one directive with its block.
type directive struct {
	draft.Place
	name  string
	args  []string
	block []*directive // what is in { }
}

func (d *directive) arg(i int) string {
	if i >= 0 && i < len(d.args) {
		return d.args[i]
	}
	return ""
}

// last is the last argument, or "".
func (d *directive) last() string { return d.arg(len(d.args) - 1) }

// text is the directive as notes have it: arguments only where they can be no secret.
func (d *directive) text() string {
	switch d.name {
	case "location", "upstream", "listen", "server_name", "if", "return", "rewrite", "error_page",
		"proxy_pass", "include", "map":
		args := strings.Join(d.args, " ")
		if r := []rune(args); len(r) > 80 {
			args = string(r[:80]) + "…"
		}
		return strings.TrimSpace(d.name + " " + args)
	case "add_header", "proxy_set_header", "proxy_hide_header":
		return strings.TrimSpace(d.name + " " + d.arg(0))
	}
	return d.name
}

// mostIncludes is how deep files may include each other.
const mostIncludes = 16

// parser reads a configuration with what it includes.
type parser struct {
	draft  *draft.Draft
	files  draft.Files
	dir    string // of the main file, from which nginx takes relative paths
	shown  string // the folder as the user wrote it
	open   []string
	tokens int
}

// parse returns the directives of a file. shown is what notes call it.
func (p *parser) parse(path, shown string) ([]*directive, error) {
	text, err := p.files.Read(path)
	if err != nil {
		return nil, err
	}
	p.open = append(p.open, path)
	defer func() { p.open = p.open[:len(p.open)-1] }()
	l := newLexer(shown, text, &p.tokens)
	return p.block(l, token{}, 0)
}

// block reads directives up to the } of the block that began at from, or to the end of the file.
func (p *parser) block(l *lexer, from token, depth int) (all []*directive, err error) {
	if depth > draft.MaxDepth {
		return nil, l.fail(from.line, from.column, "blocks are nested too deep")
	}
	for {
		t, ok, err := l.next()
		switch {
		case err != nil:
			return nil, err
		case !ok && depth > 0:
			return nil, l.fail(from.line, from.column, "the block that begins here has no end")
		case !ok:
			return all, nil
		case t.sign == '}' && depth > 0:
			return all, nil
		case t.sign != 0:
			return nil, l.fail(t.line, t.column, `unexpected "`+string(t.sign)+`"`)
		}
		d := &directive{Place: draft.Place{File: l.file, Line: t.line}, name: t.text}
		open, err := p.arguments(l, d, t)
		if err != nil {
			return nil, err
		}
		if strings.HasSuffix(d.name, "_by_lua_block") && open.sign == '{' {
			if err := l.skipBlock(open); err != nil {
				return nil, err
			}
		} else if open.sign == '{' {
			if d.block, err = p.block(l, open, depth+1); err != nil {
				return nil, err
			}
			if d.block == nil {
				d.block = []*directive{}
			}
		}
		if d.name != "include" || open.sign == '{' {
			all = append(all, d)
			continue
		}
		included, err := p.include(d)
		if err != nil {
			return nil, err
		}
		all = append(all, included...)
	}
}

// arguments reads the words of a directive, and returns the sign that ends it.
func (p *parser) arguments(l *lexer, d *directive, from token) (token, error) {
	for {
		t, ok, err := l.next()
		switch {
		case err != nil:
			return t, err
		case !ok:
			return t, l.fail(from.line, from.column,
				`the directive "`+d.name+`" has no ";" at its end`)
		case t.sign == '}':
			return t, l.fail(t.line, t.column, `unexpected "}": the directive "`+d.name+
				`" has no ";" at its end`)
		case t.sign != 0:
			return t, nil
		}
		d.args = append(d.args, t.text)
	}
}

// include reads the files that a directive includes, in the order of their names.
func (p *parser) include(d *directive) ([]*directive, error) {
	pattern := d.arg(0)
	if len(d.args) != 1 || pattern == "" {
		return nil, &draft.SyntaxError{Place: d.Place, Message: "include needs one path"}
	}
	path, shown := pattern, pattern
	if !filepath.IsAbs(pattern) {
		path, shown = filepath.Join(p.dir, pattern), filepath.Join(p.shown, pattern)
	}
	found, err := filepath.Glob(path)
	if err != nil {
		return nil, &draft.SyntaxError{Place: d.Place, Message: "the pattern " + pattern +
			" can't be read"}
	}
	if inside, ok := strings.CutPrefix(pattern, "/etc/nginx/"); ok && len(found) == 0 {
		// A copy of that folder on another machine.
		path, shown = filepath.Join(p.dir, inside), filepath.Join(p.shown, inside)
		if found, err = filepath.Glob(path); err != nil {
			return nil, &draft.SyntaxError{Place: d.Place, Message: err.Error()}
		}
	}
	if len(found) == 0 {
		if !strings.ContainsAny(pattern, "*?[") && filepath.Base(pattern) != "mime.types" {
			p.draft.LeftOut(d.Place, d.text(), "there is no such file here")
		}
		return nil, nil
	}
	var all []*directive
	for _, file := range found {
		if slices.Contains(p.open, file) {
			return nil, &draft.SyntaxError{Place: d.Place, Message: "the file " + pattern +
				" includes itself"}
		}
		if len(p.open) >= mostIncludes {
			return nil, &draft.SyntaxError{Place: d.Place, Message: "files include each other " +
				"too deep"}
		}
		name := shown
		if len(found) > 1 || strings.ContainsAny(pattern, "*?[") {
			name = filepath.Join(filepath.Dir(shown), filepath.Base(file))
		}
		directives, err := p.parse(file, name)
		if err != nil {
			var file *fs.PathError
			if errors.As(err, &file) {
				return nil, &draft.SyntaxError{Place: d.Place, Message: err.Error()}
			}
			return nil, err
		}
		all = append(all, directives...)
	}
	return all, nil
}
