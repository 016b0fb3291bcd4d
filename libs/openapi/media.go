package openapi

import (
	"bytes"
	"slices"
	"strings"
)

// mediaRange is a media type, or a range of them as text/* or */*, with parameters.
type mediaRange struct {
	kind, sub  string // in small letters; "*" for any
	parameters []mediaParameter
}

type mediaParameter struct{ name, value string }

// weight orders ranges: what says more comes first.
func (m mediaRange) weight() int {
	switch {
	case m.kind == "*":
		return 0
	case m.sub == "*":
		return 1
	case strings.HasPrefix(m.sub, "*+"):
		return 2
	}
	return 3 + len(m.parameters)
}

// parseMedia reads a media type (RFC 9110, section 8.3.1), or a range.
func parseMedia(text string) (m mediaRange, ok bool) {
	kind, rest, some := strings.Cut(text, ";")
	main, sub, ok := strings.Cut(strings.TrimSpace(kind), "/")
	m.kind, m.sub = strings.ToLower(main), strings.ToLower(sub)
	if !ok || !token(m.kind) || !token(m.sub) {
		return m, false
	}
	for some {
		var part string
		part, rest, some = cutQuoted(rest)
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		name, v, ok := strings.Cut(part, "=")
		if !ok || !token(name) {
			return m, false
		}
		if len(v) > 1 && v[0] == '"' && v[len(v)-1] == '"' {
			v = unquote(v[1 : len(v)-1])
		} else if !token(v) {
			return m, false
		}
		name = strings.ToLower(name)
		same := func(p mediaParameter) bool { return p.name == name }
		if slices.ContainsFunc(m.parameters, same) {
			return m, false // RFC 6838 section 4.3
		}
		m.parameters = append(m.parameters, mediaParameter{name, v})
	}
	return m, true
}

// cutQuoted cuts a text at a semicolon that does not stand between quotes.
func cutQuoted(s string) (before, after string, found bool) {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && quoted:
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == ';' && !quoted:
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}

func unquote(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		out = append(out, s[i])
	}
	return string(out)
}

// token reports whether a text is a token of RFC 9110, section 5.6.2.
func token(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !('a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' ||
			strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0) {
			return false
		}
	}
	return s != ""
}

// parameter is the value of a parameter, "" for none.
func (m mediaRange) parameter(name string) string {
	for _, p := range m.parameters {
		if p.name == name {
			return p.value
		}
	}
	return ""
}

// covers reports whether a type is in a range.
func (m mediaRange) covers(t mediaRange) bool {
	if m.kind != "*" && m.kind != t.kind {
		return false
	}
	switch {
	case m.sub == "*" || m.sub == t.sub:
	case strings.HasPrefix(m.sub, "*+") && strings.HasSuffix(t.sub, m.sub[1:]):
	default:
		return false
	}
	for _, p := range m.parameters {
		v := t.parameter(p.name)
		if p.name == "charset" || p.name == "boundary" {
			if v != "" && !strings.EqualFold(v, p.value) {
				return false
			}
			continue
		}
		if v != p.value {
			return false
		}
	}
	return true
}

// json reports whether a type is JSON, or built of it (RFC 6839, section 3.1).
func (m mediaRange) json() bool {
	return m.sub == "json" || strings.HasSuffix(m.sub, "+json")
}

// unicode reports whether a type does not say that its text is something else than UTF-8.
func (m mediaRange) unicode() bool {
	charset := m.parameter("charset")
	return charset == "" || strings.EqualFold(charset, "utf-8") ||
		strings.EqualFold(charset, "us-ascii")
}

// find is the medium for a content type; nil: there is none. The rule is RuleCharset where the type
// says that the body is not UTF-8 although it has to be. b may be nil.
func (b *body) find(text []byte) (m *media, rule string) {
	if b == nil {
		return nil, ""
	}
	for _, m := range b.media { // what is sent most stands there as it is
		if m.kind.weight() == 3 && string(text) == m.text {
			return m, ""
		}
	}
	if text == nil {
		for _, m := range b.media {
			if m.kind.kind == "*" {
				return m.over(mediaRange{}), ""
			}
		}
		return nil, ""
	}
	t, ok := parseMedia(string(text))
	if !ok {
		return nil, ""
	}
	for _, m := range b.media { // in the order of their weight
		if !m.kind.covers(t) {
			continue
		}
		m = m.over(t)
		if (m.reads == readJSON || m.reads == readForm) && !t.unicode() {
			return nil, RuleCharset
		}
		return m, ""
	}
	return nil, ""
}

// over is the medium for a body of a type that is in the medium's range.
func (m *media) over(t mediaRange) *media {
	if m.kind.weight() >= 3 {
		return m
	}
	out := *m
	out.reads = readingOf(t, m.schema != nil)
	return &out
}

// readingOf says how a body of a type is read.
func readingOf(t mediaRange, hasSchema bool) reading {
	switch {
	case t.json():
		return readJSON
	case !hasSchema:
		return readNothing
	case t.kind == "application" && t.sub == "x-www-form-urlencoded":
		return readForm
	case t.kind == "multipart" && t.sub == "form-data":
		return readMultipart
	case t.kind == "text" && t.sub != "xml":
		return readText
	case strings.HasSuffix(t.sub, "xml"), t.kind == "multipart":
		return readNothing
	}
	return readBytes
}

// contentType is the content type of a message, nil for none. Two that differ are none.
func contentType(fields []Field) (text []byte) {
	for i := range fields {
		if !equalFold(fields[i].Name, "content-type") {
			continue
		}
		v := bytes.Trim(fields[i].Value, " \t")
		if text != nil && !bytes.Equal(text, v) {
			return []byte{}
		}
		text = v
	}
	return text
}
