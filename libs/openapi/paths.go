package openapi

import (
	"bytes"
	"slices"
	"strings"
)

// paths finds operations by path.
type paths struct {
	bases []base
}

// base is the paths that stand below one path of a server.
type base struct {
	prefix string // without a slash at its end
	root   node
}

// node is one step of paths, from slash to slash.
type node struct {
	literal  map[string]*node
	patterns []edge // those with more literal text first
	item     *pathItem
}

type edge struct {
	segment segment
	to      *node
}

// pathItem is the operations of one path.
type pathItem struct {
	template *template
	methods  map[string]*Operation
}

// template is a path with its parameters.
type template struct {
	text     string
	segments []segment
}

// segment is what stands between two slashes: literal texts, and parameters between them. There is
// one literal more than parameters; each may be empty.
type segment struct {
	literals   []string
	parameters []string
}

func (s segment) literal() (string, bool) {
	return s.literals[0], len(s.parameters) == 0
}

// weight is how much of a segment is literal text.
func (s segment) weight() (n int) {
	for _, l := range s.literals {
		n += len(l)
	}
	return n
}

// same reports whether two segments match the same texts.
func (s segment) same(other segment) bool { return slices.Equal(s.literals, other.literals) }

// match reports whether a segment matches a text, and gives each parameter its part to take. The
// text is encoded; literals are compared with what it means.
func (s segment) match(text []byte, take func(name string, part []byte)) bool {
	if len(s.parameters) == 0 {
		return samePath(text, s.literals[0])
	}
	for k, literal := range s.literals {
		last := k == len(s.literals)-1
		at := 0
		switch {
		case k == 0:
			if !bytes.HasPrefix(text, []byte(literal)) {
				return false
			}
		case last:
			if at = len(text) - len(literal); at < 0 || string(text[at:]) != literal {
				return false
			}
		default:
			if len(text) == 0 {
				return false
			}
			at = 1 + bytes.Index(text[1:], []byte(literal))
		}
		if k > 0 {
			if at < 1 { // a parameter is not empty
				return false
			}
			if take != nil {
				take(s.parameters[k-1], text[:at])
			}
		}
		text = text[at+len(literal):]
	}
	return true
}

// samePath reports whether an encoded text means a literal one.
func samePath(text []byte, literal string) bool {
	if bytes.IndexByte(text, '%') < 0 {
		return string(text) == literal
	}
	decoded, ok := percent(nil, text, false)
	return ok && string(decoded) == literal
}

// find looks for the item of a path.
func (p *paths) find(path []byte) *pathItem {
	for i := range p.bases {
		b := &p.bases[i]
		rest, ok := bytes.CutPrefix(path, []byte(b.prefix))
		if !ok || len(rest) == 0 || rest[0] != '/' {
			continue
		}
		if item := b.root.find(rest[1:]); item != nil {
			return item
		}
	}
	return nil
}

func (n *node) find(rest []byte) *pathItem {
	text, more, some := bytes.Cut(rest, slash)
	if next := n.literal[string(text)]; next != nil {
		if item := next.onward(more, some); item != nil {
			return item
		}
	} else if bytes.IndexByte(text, '%') >= 0 {
		if decoded, ok := percent(nil, text, false); ok {
			if next := n.literal[string(decoded)]; next != nil {
				if item := next.onward(more, some); item != nil {
					return item
				}
			}
		}
	}
	for i := range n.patterns {
		if n.patterns[i].segment.match(text, nil) {
			if item := n.patterns[i].to.onward(more, some); item != nil {
				return item
			}
		}
	}
	return nil
}

func (n *node) onward(rest []byte, some bool) *pathItem {
	if some {
		return n.find(rest)
	}
	return n.item
}

var slash = []byte{'/'}

// take gives each parameter of a path its part.
func (t *template) take(path []byte, take func(name string, part []byte)) {
	// the base comes first: as many segments as there are count, from the end
	end := len(path)
	for k := len(t.segments) - 1; k >= 0; k-- {
		start := bytes.LastIndexByte(path[:end], '/')
		if start < 0 {
			return
		}
		if len(t.segments[k].parameters) > 0 {
			t.segments[k].match(path[start+1:end], take)
		}
		end = start
	}
}

// insert puts an item at its path below a base, and returns the one that is there already.
func (p *paths) insert(prefix string, item *pathItem) *pathItem {
	k := slices.IndexFunc(p.bases, func(b base) bool { return b.prefix == prefix })
	if k < 0 {
		k = len(p.bases)
		p.bases = append(p.bases, base{prefix: prefix})
	}
	n := &p.bases[k].root
	for _, s := range item.template.segments {
		n = n.step(s)
	}
	if n.item == nil {
		n.item = item
	}
	return n.item
}

func (n *node) step(s segment) *node {
	if text, ok := s.literal(); ok {
		if n.literal == nil {
			n.literal = map[string]*node{}
		}
		if n.literal[text] == nil {
			n.literal[text] = new(node)
		}
		return n.literal[text]
	}
	for i := range n.patterns {
		if n.patterns[i].segment.same(s) {
			return n.patterns[i].to
		}
	}
	to := new(node)
	n.patterns = append(n.patterns, edge{s, to})
	slices.SortStableFunc(n.patterns, func(a, b edge) int {
		return b.segment.weight() - a.segment.weight()
	})
	return to
}

// order puts longer bases first.
func (p *paths) order() {
	slices.SortStableFunc(p.bases, func(a, b base) int { return len(b.prefix) - len(a.prefix) })
}

// parseTemplate reads a path of a document. what says why it is none.
func parseTemplate(text string) (t *template, what string) {
	if !strings.HasPrefix(text, "/") {
		return nil, "a path begins with a slash"
	}
	if strings.ContainsAny(text, "?#") {
		return nil, "a path has neither ? nor #"
	}
	t = &template{text: text}
	names := map[string]bool{}
	for part := range strings.SplitSeq(text[1:], "/") {
		var s segment
		for {
			literal, rest, some := strings.Cut(part, "{")
			if strings.Contains(literal, "}") {
				return nil, "a brace is closed that was not opened"
			}
			if decoded, ok := percent(nil, []byte(literal), false); ok {
				literal = string(decoded)
			}
			s.literals = append(s.literals, literal)
			if !some {
				break
			}
			name, after, closed := strings.Cut(rest, "}")
			switch {
			case !closed || name == "" || strings.Contains(name, "{"):
				return nil, "a parameter is written {name}, within one segment"
			case names[name]:
				return nil, "a parameter stands there twice"
			case strings.HasPrefix(after, "{"):
				return nil, "two parameters need something between them"
			}
			names[name] = true
			s.parameters = append(s.parameters, name)
			part = after
		}
		t.segments = append(t.segments, s)
	}
	return t, ""
}

// percent appends what an encoded text means. plus says that a plus is a space. It reports whether
// the text is encoded well.
func percent(dst, text []byte, plus bool) ([]byte, bool) {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '%':
			if i+2 >= len(text) {
				return dst, false
			}
			high, a := unhex(text[i+1])
			low, b := unhex(text[i+2])
			if !a || !b {
				return dst, false
			}
			dst = append(dst, high<<4|low)
			i += 2
		case c == '+' && plus:
			dst = append(dst, ' ')
		default:
			dst = append(dst, c)
		}
	}
	return dst, true
}

func unhex(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}
