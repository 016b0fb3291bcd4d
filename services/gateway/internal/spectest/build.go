package spectest

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/openapi"
	"github.com/gatewayhomebrew/gateway/libs/openapi/document"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/apidoc"
)

// message is a request that was built, or recorded.
type message struct {
	method, path, query string
	fields              []openapi.Field
	body                []byte
}

func (m *message) target() string {
	if m.query == "" {
		return m.path
	}
	return m.path + "?" + m.query
}

func (m *message) add(name, value string) {
	m.fields = append(m.fields, openapi.Field{Name: []byte(name), Value: []byte(value)})
}

func (m *message) request() *openapi.Request {
	return &openapi.Request{
		Path: []byte(m.path), Query: []byte(m.query), Fields: m.fields, Body: m.body,
	}
}

// build makes a request of an operation. fields are sent with each. An error says why there is
// none: what the document has no example for can be more than a schema tells.
func build(
	doc *apidoc.Document, o *apidoc.Operation, base string, fields []openapi.Field,
) (*message, error) {
	s := &sampler{doc}
	m := &message{method: o.Method, path: o.Path, fields: append([]openapi.Field(nil), fields...)}
	var query, cookies []string
	for _, p := range o.Parameters {
		name, in := p.Get("name").String(), p.Get("in").String()
		example := doc.First(p)
		if in != "path" && !p.Get("required").True() && example == nil {
			continue
		}
		style, explode := styleOf(p, in)
		v := s.parameter(p, example)
		switch in {
		case "path":
			m.path = strings.ReplaceAll(m.path, "{"+name+"}", inPath(name, v, style, explode))
		case "query":
			query = append(query, pairs(name, v, style, explode)...)
		case "header":
			m.add(name, joined(v, explode, func(s string) string { return s }))
		case "cookie":
			cookies = append(cookies, inCookie(name, v, explode)...)
		}
	}
	if base == "" {
		base = o.Base
	}
	m.path = strings.TrimSuffix(base, "/") + m.path
	m.query = strings.Join(query, "&")
	if len(cookies) > 0 {
		m.add("Cookie", strings.Join(cookies, "; "))
	}
	if err := s.body(m, o); err != nil {
		return nil, err
	}
	if wrong := o.CheckRequest(m.request()); len(wrong) > 0 {
		return nil, fmt.Errorf("what was made of its schemas is not as described (%s); "+
			"give an example", said(wrong[0]))
	}
	return m, nil
}

// styleOf is how a parameter is written.
func styleOf(p *document.Node, in string) (style string, explode bool) {
	style = p.Get("style").String()
	if style == "" {
		style = map[string]string{"query": "form", "cookie": "form"}[in]
	}
	if style == "" {
		style = "simple"
	}
	if e := p.Get("explode"); e != nil {
		return style, e.True()
	}
	return style, style == "form"
}

// parameter makes the value of a parameter. One with a media type is JSON in a text.
func (s *sampler) parameter(p, example *document.Node) any {
	content := p.Get("content")
	if content == nil || len(content.Members) == 0 {
		if example != nil {
			return apidoc.Value(example)
		}
		return s.value(p.Get("schema"), 0)
	}
	media := content.Members[0].Value
	v := apidoc.Value(s.doc.First(media))
	if v == nil {
		v = s.value(media.Get("schema"), 0)
	}
	b, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(b)
}

// said is a violation in one line.
func said(v openapi.Violation) string {
	text := v.Where
	if v.Pointer != "" {
		text += " " + v.Pointer
	}
	return text + ": " + v.Message
}
