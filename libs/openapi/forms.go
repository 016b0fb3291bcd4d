package openapi

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"slices"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/openapi/schema"
	"github.com/gatewayhomebrew/gateway/libs/openapi/value"
)

// field is a member of a form, with all that stands there for it.
type field struct {
	name  string
	parts []part
}

type part struct {
	text []byte
	kind []byte // content type, nil for none
	// fields are those of a part of a multipart body.
	fields []Field
}

// maxFields is how many members a form may have. Each is looked for among those before.
const maxFields = 1000

// form holds a body of application/x-www-form-urlencoded.
func (c *checker) form(m *media, body []byte) {
	c.pairs = c.pairs[:0]
	if e := c.parsePairs(body); e != nil {
		c.add(WhereBody, "", e.rule, "the body "+e.message)
		return
	}
	var fields []field
	for _, q := range c.pairs {
		name, v := string(q.name), q.value
		if m.member(name) != name {
			continue // below
		}
		fields = addPart(fields, name, part{text: v})
		if len(fields) > maxFields {
			c.add(WhereBody, "", RuleSize, "the body has too many members")
			return
		}
	}
	c.object(m, fields, false)
}

// member is the member of the form's value that something called name belongs to: of another name
// where its encoding takes an object apart.
func (m *media) member(name string) string {
	before, _, deep := strings.Cut(name, "[")
	if e := m.encoding[before]; deep && e != nil && e.style != nil && *e.style == styleDeep {
		return before
	}
	for owner, e := range m.encoding {
		if m.spreads(owner, e) && m.encoding[name] == nil &&
			m.schema.Property(owner).Property(name) != nil &&
			!slices.Contains(m.schema.Properties(), name) {
			return owner
		}
	}
	return name
}

// spreads reports whether a member is an object whose own members stand in the form.
func (m *media) spreads(name string, e *encoding) bool {
	if e.style == nil || *e.style != styleForm || !e.explode {
		return false
	}
	s := m.schema.Property(name)
	return s != nil && s.Accepts() == schema.ObjectKind
}

func addPart(fields []field, name string, p part) []field {
	k := slices.IndexFunc(fields, func(f field) bool { return f.name == name })
	if k < 0 {
		return append(fields, field{name, []part{p}})
	}
	fields[k].parts = append(fields[k].parts, p)
	return fields
}

// object makes an object of a form's members, and holds it against the schema.
func (c *checker) object(m *media, fields []field, raw bool) {
	b := c.tree.Build()
	at := b.Open(value.Object)
	n := 0
	for i := range fields {
		f := &fields[i]
		b.Text([]byte(f.name))
		if e := c.member(b, m, f, raw); e != nil {
			pointer := "/" + pointerToken(f.name) + e.pointer
			c.add(WhereBody, pointer, e.rule, "the body at "+pointer+" "+e.message)
			return
		}
		n++
	}
	if !raw {
		more, e := c.apart(b, m)
		if e != nil {
			c.add(WhereBody, e.pointer, e.rule, "the body at "+e.pointer+" "+e.message)
			return
		}
		n += more
	}
	b.Close(at, n)
	c.root(m)
}

// apart appends the members whose encoding takes an object apart, into name[key] or into key.
func (c *checker) apart(b value.Builder, m *media) (n int, e *fault) {
	for name, enc := range m.encoding {
		deep := enc.style != nil && *enc.style == styleDeep
		if !deep && !m.spreads(name, enc) {
			continue
		}
		c.items = c.items[:0]
		for _, q := range c.pairs {
			if m.member(string(q.name)) != name || string(q.name) == name {
				continue
			}
			key := q.name
			if deep {
				key = key[len(name):]
			}
			c.items = append(c.items, item{key, q.value})
		}
		if len(c.items) == 0 {
			continue
		}
		p := parameter{name: name, where: WhereBody, style: *enc.style, explode: true}
		b.Text([]byte(name))
		at := b.Open(value.Object)
		e, inner := c.members(b, &p, m.schema.Property(name), c.items, 0)
		if e != nil {
			e.pointer = "/" + pointerToken(name) + e.pointer
			return n, e
		}
		b.Close(at, inner)
		n++
	}
	return n, nil
}

// member appends the value of one member of a form.
func (c *checker) member(b value.Builder, m *media, f *field, raw bool) *fault {
	s := m.schema.Property(f.name)
	p := parameter{name: f.name, where: WhereBody, style: styleForm, explode: true, raw: raw}
	enc := m.encoding[f.name]
	kinds := schema.AnyKind
	if s != nil {
		kinds = s.Accepts()
	}
	if !raw && enc != nil && enc.style != nil {
		p.style, p.explode = *enc.style, enc.explode
		if !p.explode || p.style != styleForm {
			return c.styled(b, &p, s, f, kinds)
		}
	}
	array := kinds != schema.AnyKind && kinds&schema.ArrayKind != 0 &&
		(len(f.parts) > 1 || kinds&schema.StringKind == 0)
	if kinds == schema.AnyKind && len(f.parts) > 1 {
		array = true
	}
	if array && len(f.parts) == 1 && f.parts[0].wholeList(enc, raw) {
		array = false
	}
	if !array && len(f.parts) > 1 {
		return &fault{rule: RuleDuplicate, message: "is there more than once"}
	}
	if !array {
		return c.part(b, &p, enc, s, &f.parts[0])
	}
	at := b.Open(value.Array)
	for k := range f.parts {
		var sub *schema.Schema
		if s != nil {
			sub = s.Item(k)
		}
		if e := c.part(b, &p, enc, sub, &f.parts[k]); e != nil {
			return e
		}
	}
	b.Close(at, len(f.parts))
	return nil
}

// wholeList reports whether one part is a list by itself: JSON that begins like one, and says that
// it is JSON. In a form the document says it, since a part can't.
func (p *part) wholeList(enc *encoding, raw bool) bool {
	if !raw {
		text, ok := percent(nil, p.text, true)
		return ok && enc.json() && bytes.HasPrefix(bytes.TrimLeft(text, " \t\r\n"), []byte{'['})
	}
	if p.kind == nil || !bytes.HasPrefix(bytes.TrimLeft(p.text, " \t\r\n"), []byte{'['}) {
		return false
	}
	kind, ok := parseMedia(string(p.kind))
	return ok && kind.json()
}

// json reports whether the document says that a member is JSON. e may be nil.
func (e *encoding) json() bool {
	return e != nil && len(e.contents) > 0 && e.contents[0].json()
}

// styled appends a member that is written in a style of parameters.
func (c *checker) styled(
	b value.Builder, p *parameter, s *schema.Schema, f *field, kinds schema.Kinds,
) *fault {
	p.schema = s
	form := formPrimitive
	switch {
	case kinds == schema.AnyKind:
	case kinds&schema.ArrayKind != 0:
		form = formArray
	case kinds&schema.ObjectKind != 0:
		form = formObject
	}
	values := make([][]byte, len(f.parts))
	for i := range f.parts {
		values[i] = f.parts[i].text
	}
	c.items = c.items[:0]
	if e := c.splitQuery(p, form, values); e != nil {
		return e
	}
	switch form {
	case formPrimitive:
		if len(c.items) > 1 {
			return &fault{rule: RuleDuplicate, message: "is there more than once"}
		}
		return c.primitive(b, p, s, c.items[0].value)
	case formArray:
		at := b.Open(value.Array)
		for k, it := range c.items {
			if e := c.primitive(b, p, s.Item(k), it.value); e != nil {
				return e
			}
		}
		b.Close(at, len(c.items))
		return nil
	}
	at := b.Open(value.Object)
	e, n := c.members(b, p, s, c.items, 0)
	b.Close(at, n)
	return e
}

// part appends the value of one part.
func (c *checker) part(
	b value.Builder, p *parameter, enc *encoding, s *schema.Schema, one *part,
) *fault {
	kind := mediaRange{kind: "text", sub: "plain"}
	given := false
	if one.kind != nil {
		t, ok := parseMedia(string(one.kind))
		if !ok {
			return &fault{rule: RuleContentType, message: "has a content type that is none"}
		}
		kind, given = t, true
	}
	if enc != nil && p.raw {
		if len(enc.contents) > 0 && !slices.ContainsFunc(enc.contents, func(m mediaRange) bool {
			return m.covers(kind)
		}) {
			return &fault{rule: RuleContentType,
				message: "is of a content type that it may not have"}
		}
	}
	text, e := c.decode(p, one.text)
	if e != nil {
		return e
	}
	object := s != nil && s.Accepts() != schema.AnyKind &&
		s.Accepts()&(schema.ObjectKind|schema.ArrayKind) != 0 && s.Accepts()&schema.StringKind == 0
	if kind.json() || object && (!given || kind.sub == "plain") ||
		!p.raw && enc.json() {
		var t value.Tree
		if e := t.Parse(text, maxDepth); e != nil {
			return &fault{pointer: e.Pointer, rule: e.Rule, message: syntax(e)}
		}
		b.Graft(&t, 0)
		return nil
	}
	if given && kind.kind != "text" {
		b.Text(text) // a file
		return nil
	}
	if e := notText(s, kind, text); e != nil {
		return e
	}
	coerce(&c.tree, b, s, text)
	return nil
}

// multipart holds a body of multipart/form-data (RFC 7578).
func (c *checker) multipart(m *media, contentType, body []byte) {
	t, ok := parseMedia(string(contentType))
	boundary := t.parameter("boundary")
	if !ok || boundary == "" || len(boundary) > 70 {
		c.add(WhereHeader, "/Content-Type", RuleContentType, "the content type has no boundary")
		return
	}
	reader := multipart.NewReader(bytes.NewReader(body), boundary)
	var fields []field
	for n := 0; ; n++ {
		p, err := reader.NextRawPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil || n == maxFields {
			c.add(WhereBody, "", RuleSyntax, "the body is not made of parts as it should be")
			return
		}
		name := p.FormName()
		if name == "" {
			c.add(WhereBody, "", RuleSyntax, "a part of the body has no name")
			return
		}
		text, err := io.ReadAll(p)
		if err != nil {
			c.add(WhereBody, "", RuleSyntax, "the body is not made of parts as it should be")
			return
		}
		one := part{text: text}
		for _, once := range []string{"Content-Disposition", "Content-Type"} {
			if len(p.Header[once]) > 1 { // readers differ in which one they take
				c.add(WhereBody, "/"+pointerToken(name), RuleDuplicate,
					"a part of the body has the field "+once+" more than once")
				return
			}
		}
		for key, lines := range p.Header {
			for _, l := range lines {
				one.fields = append(one.fields, Field{[]byte(key), []byte(l)})
			}
		}
		if kind := p.Header.Get("Content-Type"); kind != "" {
			one.kind = []byte(kind)
		}
		// The tree is free for them still: the body's value is made below.
		if enc := m.encoding[name]; enc != nil {
			for _, h := range enc.headers {
				c.header(h, one.fields)
			}
		}
		fields = addPart(fields, name, one)
	}
	c.object(m, fields, true)
}
