package openapi

import (
	"slices"

	"github.com/gatewayhomebrew/gateway/libs/openapi/schema"
)

// CheckResponse holds a whole response against the operation.
func (o *Operation) CheckResponse(r *Response) []Violation {
	c := newChecker(schema.Response)
	m := o.checkResponseHead(c, r, len(r.Body) > 0)
	if !r.bodiless() {
		c.body(m, r.Fields, r.Body)
	}
	return c.done()
}

// CheckResponseHead holds the head of a response against the operation: its status, its fields and
// its content type. hasBody says that a body comes, or would for another method than HEAD.
func (o *Operation) CheckResponseHead(r *Response, hasBody bool) []Violation {
	c := newChecker(schema.Response)
	o.checkResponseHead(c, r, hasBody)
	return c.done()
}

// CheckResponseBody holds the body of a response against the operation. CheckResponseHead has said
// what is wrong with its type, and that there is none where it knew that.
func (o *Operation) CheckResponseBody(r *Response) []Violation {
	c := newChecker(schema.Response)
	found := o.response(r)
	switch {
	case found == nil || found.body == nil || r.bodiless():
	case len(r.Body) == 0:
		if c.wantsBody(found.body, r) {
			c.add(WhereBody, "", RuleRequired, "the body is missing")
		}
	default:
		m, _ := found.body.find(contentType(r.Fields))
		c.body(m, r.Fields, r.Body)
	}
	return c.done()
}

// ReadsResponse reports whether the body of a response with this head is looked at.
func (o *Operation) ReadsResponse(r *Response) bool {
	found := o.response(r)
	if found == nil || found.body == nil || r.bodiless() {
		return false
	}
	m, _ := found.body.find(contentType(r.Fields))
	return m != nil && m.reads != readNothing
}

// bodiless reports whether no body comes with a response (RFC 9110, section 6.4.1).
func (r *Response) bodiless() bool {
	return r.Head || r.Status == 204 || r.Status == 304 || r.Status/100 == 1
}

func (o *Operation) response(r *Response) *response {
	if o.responses == nil {
		return nil
	}
	return o.responses.find(r.Status)
}

func (o *Operation) checkResponseHead(c *checker, r *Response, hasBody bool) *media {
	if o.responses == nil {
		return nil // the document says nothing
	}
	found := o.response(r)
	if found == nil {
		c.add(WhereStatus, "", RuleStatus, "the document has no such status for the operation")
		return nil
	}
	for _, p := range found.headers {
		c.header(p, r.Fields)
	}
	if found.body == nil || r.Status == 204 || r.Status == 304 {
		return nil
	}
	if !hasBody && (!r.Head || contentType(r.Fields) == nil) {
		if c.wantsBody(found.body, r) {
			c.add(WhereBody, "", RuleRequired, "the body is missing")
		}
		return nil
	}
	return c.mediaOf(found.body, r.Fields)
}

// wantsBody reports whether a body without a byte is wrong: nothing is no JSON.
func (c *checker) wantsBody(b *body, r *Response) bool {
	if r.bodiless() {
		return false
	}
	text := contentType(r.Fields)
	if text == nil {
		return len(b.media) > 0 && !slices.ContainsFunc(b.media, func(m *media) bool {
			return m.reads != readJSON
		})
	}
	m, _ := b.find(text)
	return m != nil && m.reads == readJSON
}
