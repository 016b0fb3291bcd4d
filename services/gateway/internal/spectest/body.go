package spectest

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/textproto"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/openapi/document"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/apidoc"
)

// body makes the body of an operation that has one, in the first media type that it can write.
func (s *sampler) body(m *message, o *apidoc.Operation) error {
	b := s.doc.Resolve(o.Node.Get("requestBody"))
	content := b.Get("content")
	if content == nil || len(content.Members) == 0 {
		return nil
	}
	var kinds []string
	for _, c := range content.Members {
		example := apidoc.Value(s.doc.First(c.Value))
		if example == nil {
			example = s.value(c.Value.Get("schema"), 0)
		}
		data, kind, ok := s.encode(c.Key, c.Value, example)
		if !ok {
			kinds = append(kinds, c.Key)
			continue
		}
		m.body = data
		m.add("Content-Type", kind)
		return nil
	}
	if !b.Get("required").True() {
		return nil
	}
	return errors.New("bodies of " + strings.Join(kinds, ", ") + " can't be made")
}

// encode writes a value in a media type, which may be a range, and says in which it is.
func (s *sampler) encode(
	media string, n *document.Node, v any,
) (data []byte, kind string, ok bool) {
	name, _, err := mime.ParseMediaType(media)
	if err != nil {
		return nil, "", false
	}
	if some := concrete(name); some != name {
		name, media = some, some
	}
	object, isObject := v.(map[string]any)
	switch {
	case name == "application/json" || strings.HasSuffix(name, "+json"):
		data, err = json.Marshal(v)
		return data, media, err == nil
	case name == "application/x-www-form-urlencoded":
		return []byte(s.form(n, object)), media, isObject
	case name == "multipart/form-data":
		data, kind := s.multipart(n, object)
		return data, kind, isObject
	case strings.HasPrefix(name, "multipart/"), isObject, strings.HasSuffix(name, "xml"):
		return nil, "", false
	}
	return []byte(one(v)), media, true
}

// concrete is a media type in a range.
func concrete(name string) string {
	switch {
	case name == "*/*" || name == "application/*":
		return "application/json"
	case strings.HasPrefix(name, "*/*+"), strings.HasPrefix(name, "application/*+"):
		return "application/x" + name[strings.IndexByte(name, '+'):]
	case name == "text/*":
		return "text/plain"
	case name == "image/*":
		return "image/png"
	}
	return strings.ReplaceAll(name, "*", "x")
}

// form writes an object as application/x-www-form-urlencoded.
func (s *sampler) form(n *document.Node, object map[string]any) string {
	var all []string
	for _, key := range names(object) {
		e := n.Get("encoding").Get(key)
		v := object[key]
		switch {
		case e.Get("style") != nil || e.Get("explode") != nil:
			style, explode := styleOf(e, "query")
			all = append(all, pairs(key, v, style, explode)...)
			continue
		case strings.Contains(e.Get("contentType").String(), "json"):
			text, _ := json.Marshal(v) // what came out of JSON goes back into it
			v = string(text)
		}
		list, ok := v.([]any)
		if !ok {
			list = []any{v}
		}
		for _, item := range list { // an object is JSON in a text
			all = append(all, pairs(key, one(item), "form", true)...)
		}
	}
	return strings.Join(all, "&")
}

// multipart writes an object as multipart/form-data (RFC 7578), with the media types and the fields
// that the document has for its parts.
func (s *sampler) multipart(n *document.Node, object map[string]any) (data []byte, kind string) {
	var b strings.Builder
	boundary := "part"
	for text, _ := json.Marshal(object); strings.Contains(string(text), boundary); {
		boundary += "-x"
	}
	schema := s.doc.Resolve(n.Get("schema"))
	for _, key := range names(object) {
		e, p := n.Get("encoding").Get(key), s.doc.Resolve(schema.Get("properties").Get(key))
		list, ok := object[key].([]any)
		if ok {
			p = s.doc.Resolve(p.Get("items"))
		} else {
			list = []any{object[key]}
		}
		for _, item := range list {
			kind, file := partKind(e, p, item)
			disposition := map[string]string{"name": key}
			if file {
				disposition["filename"] = "file"
			}
			fmt.Fprintf(&b, "--%s\r\nContent-Disposition: %s\r\n", boundary,
				mime.FormatMediaType("form-data", disposition))
			if kind != "" {
				fmt.Fprintf(&b, "Content-Type: %s\r\n", kind)
			}
			b.WriteString(s.partFields(e))
			text := one(item)
			if strings.HasSuffix(kind, "json") {
				encoded, _ := json.Marshal(item) // what came out of JSON goes back into it
				text = string(encoded)
			}
			fmt.Fprintf(&b, "\r\n%s\r\n", text)
		}
	}
	fmt.Fprintf(&b, "--%s--\r\n", boundary)
	return []byte(b.String()), "multipart/form-data; boundary=" + boundary
}

// partKind is the media type of a part, "" for that of a text, and whether it is a file.
func partKind(e, p *document.Node, v any) (kind string, file bool) {
	first, _, _ := strings.Cut(e.Get("contentType").String(), ",")
	if first = strings.TrimSpace(first); first == "*/*" {
		first = "application/octet-stream"
	} else if strings.Contains(first, "*") {
		first = concrete(first)
	}
	binary := p.Get("format").String() == "binary"
	if media := p.Get("contentMediaType").String(); media != "" && first == "" {
		first = media
	}
	switch v.(type) {
	case map[string]any, []any:
		if first == "" {
			first = "application/json"
		}
		return first, false
	}
	if binary && first == "" {
		first = "application/octet-stream"
	}
	text := first == "" || strings.HasPrefix(first, "text/") || strings.HasSuffix(first, "json")
	return first, binary || !text
}

// partFields are the fields that a part has to have.
func (s *sampler) partFields(e *document.Node) string {
	var b strings.Builder
	headers := e.Get("headers")
	if headers == nil {
		return ""
	}
	for _, h := range headers.Members {
		p := s.doc.Resolve(h.Value)
		if !p.Get("required").True() || strings.EqualFold(h.Key, "Content-Type") {
			continue
		}
		v := joined(s.parameter(p, s.doc.First(p)), p.Get("explode").True(),
			func(s string) string { return s })
		fmt.Fprintf(&b, "%s: %s\r\n", textproto.CanonicalMIMEHeaderKey(h.Key),
			textproto.TrimString(v))
	}
	return b.String()
}
