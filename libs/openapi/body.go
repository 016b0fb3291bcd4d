package openapi

import (
	"unicode/utf8"

	"github.com/gatewayhomebrew/gateway/libs/openapi/schema"
)

// checkBodyType holds the content type, and is the medium of the body; nil: it is not looked at.
func (o *Operation) checkBodyType(c *checker, r *Request, hasBody bool) *media {
	if o.body == nil {
		return nil
	}
	if !hasBody {
		if o.body.required {
			c.add(WhereBody, "", RuleRequired, "the body is missing")
		}
		return nil
	}
	return c.mediaOf(o.body, r.Fields)
}

// mediaOf is the medium of a body, by its content type.
func (c *checker) mediaOf(b *body, fields []Field) *media {
	text := contentType(fields)
	m, rule := b.find(text)
	switch {
	case rule == RuleCharset:
		c.add(WhereHeader, "/Content-Type", rule, "the body is not UTF-8, as its content type says")
	case m == nil && len(b.media) > 0 && text == nil:
		c.add(WhereHeader, "/Content-Type", RuleContentType, "the body has no content type")
	case m == nil && len(b.media) > 0:
		c.add(WhereHeader, "/Content-Type", RuleContentType,
			"the content type is none that the document has")
	}
	return m
}

// text is a body that is one text.
func (c *checker) text(m *media, kind mediaRange, body []byte) {
	if k := m.schema; k != nil && kind.sub != "plain" && k.Accepts()&(schema.ArrayKind|
		schema.ObjectKind) != 0 && k.Accepts()&schema.StringKind == 0 {
		return // YAML and the like, which nothing here reads
	}
	b := c.tree.Build()
	if m.reads == readText {
		if e := notText(m.schema, kind, body); e != nil {
			c.add(WhereBody, "", e.rule, "the body "+e.message)
			return
		}
		coerce(&c.tree, b, m.schema, body)
	} else {
		b.Text(body)
	}
	c.root(m)
}

// notText says that what has to be a text is none. A type may say that it is another charset's;
// then its bytes are taken as they are.
func notText(s *schema.Schema, kind mediaRange, text []byte) *fault {
	if utf8.Valid(text) || !kind.unicode() || s != nil && s.Format() == "binary" {
		return nil
	}
	return &fault{rule: RuleEncoding, message: "is not UTF-8"}
}

// root holds the value of a body against its schema.
func (c *checker) root(m *media) {
	if m.schema != nil && !m.schema.Valid(&c.tree, 0, c.way) {
		c.note(WhereBody, "", "the body", m.schema.Explain(&c.tree, 0, c.way, MaxViolations))
	}
}

// body holds a body against what its medium says.
func (c *checker) body(m *media, fields []Field, body []byte) {
	if m == nil {
		return
	}
	switch m.reads {
	case readJSON:
		if e := c.tree.Parse(body, maxDepth); e != nil {
			c.note(WhereBody, "", "the body",
				[]schema.Failure{{Pointer: e.Pointer, Rule: e.Rule, Message: syntax(e)}})
			return
		}
		c.root(m)
	case readForm:
		c.form(m, body)
	case readMultipart:
		c.multipart(m, contentType(fields), body)
	case readText, readBytes:
		kind, _ := parseMedia(string(contentType(fields)))
		c.text(m, kind, body)
	}
}
