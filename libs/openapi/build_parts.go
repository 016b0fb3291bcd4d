package openapi

import (
	"net/url"
	"slices"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/openapi/document"
	"github.com/gatewayhomebrew/gateway/libs/openapi/value"
)

// same reports whether two parameters have one name and one place.
func (p *parameter) same(other *parameter) bool {
	return p.where == other.where && (p.name == other.name ||
		p.where == WhereHeader && strings.EqualFold(p.name, other.name))
}

// parameters reads a list of parameters.
func (b *builder) parameters(n *document.Node) (all []*parameter) {
	if n == nil {
		return nil
	}
	if n.Kind != value.Array {
		b.problem(n, "parameters is a list")
		return nil
	}
	for _, item := range n.Items {
		target := b.resolve(item, "a parameter")
		if target == nil {
			continue
		}
		p := b.parameter(target)
		if p == nil {
			continue
		}
		if slices.ContainsFunc(all, p.same) {
			b.problem(item, "the parameter %s is there twice", quoted(p.name))
		}
		all = append(all, p)
	}
	return all
}

// flag is a member that is true or false, false where it is not there.
func (b *builder) flag(n *document.Node, key string) bool {
	m := n.Get(key)
	if m != nil && m.Kind != value.Bool {
		b.problem(m, "%s is true or false", key)
	}
	return m.True()
}

// stylesOf are the styles of each place, the usual one first.
var stylesOf = map[string][]string{
	WherePath:   {"simple", "label", "matrix"},
	WhereQuery:  {"form", "spaceDelimited", "pipeDelimited", "deepObject"},
	WhereHeader: {"simple"},
	WhereCookie: {"form"},
}

func (b *builder) parameter(n *document.Node) *parameter {
	name, in := n.Get("name").String(), n.Get("in").String()
	if name == "" {
		b.problem(n, "the parameter has no name")
		return nil
	}
	if stylesOf[in] == nil {
		b.problem(n, "the parameter %s is in none of path, query, header and cookie", quoted(name))
		return nil
	}
	p := b.described(n, name, in)
	p.required = b.flag(n, "required")
	if in == WherePath && !p.required {
		b.warn(n, "the parameter %s of a path is not required: true, but it always is",
			quoted(name))
	}
	p.empty = in == WhereQuery && b.flag(n, "allowEmptyValue")
	return p
}

// described reads what parameters and headers have in common.
func (b *builder) described(n *document.Node, name, where string) *parameter {
	p := &parameter{name: name, where: where, pointer: "/" + pointerToken(name),
		called: "the " + where + " parameter " + name, raw: where == WhereHeader}
	if where == WhereHeader {
		p.called = "the header " + name
	} else if where == WhereCookie {
		p.called = "the cookie " + name
	}
	style := stylesOf[where][0]
	if s := n.Get("style"); s != nil {
		if !slices.Contains(stylesOf[where], s.String()) {
			b.problem(s, "style is %s; in %s it is %s", quoted(s.Text), where,
				strings.Join(stylesOf[where], ", "))
		} else {
			style = s.Text
		}
	}
	p.style = styles[style]
	p.explode = style == "form" || style == "deepObject"
	if n.Get("explode") != nil {
		p.explode = b.flag(n, "explode")
	}
	s, content := n.Get("schema"), n.Get("content")
	switch {
	case s != nil && content != nil:
		b.problem(n, "%s has schema and content; one of them says what it is", quoted(name))
	case s != nil:
		p.schema = b.compiler.Compile(s, b.dialect)
	case content != nil:
		if all := b.mediaList(content); len(all) == 1 {
			p.content = all[0]
		} else {
			b.problem(content, "content of a parameter has one media type")
		}
	default:
		b.warn(n, "%s has neither schema nor content, so it may be anything", quoted(name))
	}
	return p
}

// headers reads those of a response, or of a part.
func (b *builder) headers(n *document.Node) (all []*parameter) {
	for _, m := range b.members(n, "headers") {
		target := b.resolve(m.Value, "a header")
		if target == nil || strings.EqualFold(m.Key, "Content-Type") {
			continue
		}
		p := b.described(target, m.Key, WhereHeader)
		p.required = b.flag(target, "required")
		all = append(all, p)
	}
	return all
}

// body reads the content of a body.
func (b *builder) body(n *document.Node, required bool) *body {
	out := &body{required: required, media: b.mediaList(n.Get("content"))}
	slices.SortStableFunc(out.media, func(x,
		y *media) int {
		return y.kind.weight() - x.kind.weight()
	})
	return out
}

func (b *builder) mediaList(n *document.Node) (all []*media) {
	for _, m := range b.members(n, "content") {
		kind, ok := parseMedia(m.Key)
		if !ok {
			b.problem(m.Value, "%s is no media type", quoted(m.Key))
			continue
		}
		target := m.Value
		if target.Kind != value.Object {
			b.problem(target, "a media type is an object, not %s", target.Kind)
			continue
		}
		all = append(all, b.medium(m.Key, kind, target))
	}
	return all
}

func (b *builder) medium(text string, kind mediaRange, n *document.Node) *media {
	out := &media{kind: kind, text: text}
	if s := n.Get("schema"); s != nil {
		out.schema = b.compiler.Compile(s, b.dialect)
	}
	out.reads = readingOf(kind, out.schema != nil)
	if kind.sub == "*" { // the type of the message says more
		out.reads = readNothing
	}
	if len(b.members(n.Get("encoding"), "encoding")) > 0 {
		out.encoding = map[string]*encoding{}
	}
	for _, m := range b.members(n.Get("encoding"), "encoding") {
		out.encoding[m.Key] = b.encoding(m.Value)
	}
	return out
}

func (b *builder) encoding(n *document.Node) *encoding {
	var e encoding
	if n.Kind != value.Object {
		b.problem(n, "an encoding is an object, not %s", n.Kind)
		return &e
	}
	if c := n.Get("contentType"); c != nil {
		for part := range strings.SplitSeq(c.String(), ",") {
			kind, ok := parseMedia(part)
			if !ok {
				b.problem(c, "%s is no media type", quoted(part))
				continue
			}
			e.contents = append(e.contents, kind)
		}
	}
	if n.Get("style") != nil || n.Get("explode") != nil || n.Get("allowReserved") != nil {
		name := "form"
		if s := n.Get("style"); s != nil {
			name = s.String()
		}
		if !slices.Contains(stylesOf[WhereQuery], name) {
			b.problem(n.Get("style"), "style is %s; of a form it is %s", quoted(name),
				strings.Join(stylesOf[WhereQuery], ", "))
		}
		s := styles[name]
		e.style = &s
		e.explode = name == "form" || name == "deepObject"
		if n.Get("explode") != nil {
			e.explode = b.flag(n, "explode")
		}
	}
	e.headers = b.headers(n.Get("headers"))
	for _, p := range e.headers {
		p.called += " of a part of the body"
	}
	return &e
}

// root is what relative URLs of servers begin at: where a document lies on its server is not known.
var root = &url.URL{Path: "/"}

// maxBases is how many paths the servers of one operation may have.
const maxBases = 64

// bases are the paths of the servers: those of the first list that there is.
func (b *builder) bases(lists ...*document.Node) (all []string) {
	if b.base != "" {
		return []string{strings.TrimSuffix(b.base, "/")}
	}
	var list *document.Node
	for _, l := range lists {
		if l != nil && len(l.Items) > 0 {
			list = l
			break
		}
	}
	if list == nil {
		return []string{""}
	}
	for _, server := range list.Items {
		for _, text := range b.expand(server) {
			u, err := url.Parse(text)
			if err != nil {
				b.problem(server, "the URL of the server is none")
				continue
			}
			path := strings.TrimSuffix(root.ResolveReference(u).EscapedPath(), "/")
			if !slices.Contains(all, path) {
				all = append(all, path)
			}
		}
	}
	return all
}

// expand puts the values of a server's variables into its URL.
func (b *builder) expand(server *document.Node) []string {
	all := []string{server.Get("url").String()}
	for _, m := range b.members(server.Get("variables"), "variables") {
		hole := "{" + m.Key + "}"
		values := []string{m.Value.Get("default").String()}
		if enum := m.Value.Get("enum"); enum != nil {
			for _, v := range enum.Items {
				if !slices.Contains(values, v.Text) {
					values = append(values, v.Text)
				}
			}
		}
		var next []string
		for _, text := range all {
			if !strings.Contains(text, hole) {
				next = append(next, text)
				continue
			}
			for _, v := range values {
				next = append(next, strings.ReplaceAll(text, hole, v))
			}
		}
		if all = next; len(all) > maxBases {
			b.problem(server, "the server has more than %d URLs, with all values of its variables",
				maxBases)
			return all[:1]
		}
	}
	return all
}
