package bearer

import (
	"bytes"
	"net/url"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/http1"
)

// A place is where requests have their tokens.
type place struct {
	kind  kind
	name  string       // of the field, in lower case, of the cookie or of the parameter
	strip *http1.Edits // takes the token out of what goes to endpoints, nil where it stays
}

type kind uint8

const (
	inAuthorization kind = iota // behind the word Bearer
	inField                     // as it is, or behind the word Bearer
	inCookie
	inQuery
)

// newPlace reads header:NAME, cookie:NAME or query:NAME, which have been validated.
func newPlace(from string, keep bool) place {
	where, name, _ := strings.Cut(from, ":")
	p := place{name: name}
	var c http1.Change
	switch where {
	case "cookie":
		p.kind, c.Cookies = inCookie, []string{name}
	case "query":
		p.kind, c.Parameters = inQuery, []string{name}
	default:
		p.kind, p.name, c.Remove = inField, strings.ToLower(name), []string{name}
		if p.name == "authorization" {
			p.kind = inAuthorization
		}
	}
	if !keep {
		p.strip = c.New()
	}
	return p
}

// find finds the token of a request. at is nil where there is none; many says that there are
// several, or that one might be taken for several.
func find(places []place, h *http1.RequestHead) (raw []byte, at *place, many bool) {
	for i := range places {
		p := &places[i]
		token, n := p.find(h)
		if n == 0 {
			continue
		}
		if at != nil || n > 1 {
			return nil, p, true
		}
		raw, at = token, p
	}
	return raw, at, false
}

// find returns the token that is there, and how many there are.
func (p *place) find(h *http1.RequestHead) (token []byte, n int) {
	switch p.kind {
	case inCookie:
		return p.cookie(h)
	case inQuery:
		return p.parameter(h)
	}
	fields := 0
	for i := range h.Fields {
		f := &h.Fields[i]
		if int(f.NameEnd-f.Start) != len(p.name) || !http1.EqualFold(h.Name(f), p.name) {
			continue
		}
		fields++
		if t, ok := p.value(h.Value(f)); ok {
			token, n = t, n+1
		}
	}
	if n > 0 {
		n = fields // a second field of the name might be what the endpoint looks at
	}
	return token, n
}

// value is the token in the value of a field; false: there is none.
func (p *place) value(v []byte) ([]byte, bool) {
	const scheme = "bearer"
	if len(v) >= len(scheme) && http1.EqualFold(v[:len(scheme)], scheme) {
		rest := v[len(scheme):]
		if len(rest) == 0 || rest[0] == ' ' || rest[0] == '\t' {
			return bytes.Trim(rest, " \t"), true
		}
	}
	return v, p.kind == inField && len(v) > 0
}

func (p *place) cookie(h *http1.RequestHead) (token []byte, n int) {
	for name, pair := range http1.Cookies(&h.Head) {
		if string(name) != p.name {
			continue
		}
		_, v, _ := bytes.Cut(pair, []byte{'='})
		token, n = bytes.Trim(bytes.TrimSpace(v), `"`), n+1
	}
	return token, n
}

func (p *place) parameter(h *http1.RequestHead) (token []byte, n int) {
	for rest := bytes.TrimPrefix(h.Query, []byte{'?'}); len(rest) > 0; {
		var pair []byte
		pair, rest, _ = bytes.Cut(rest, []byte{'&'})
		name, v, _ := bytes.Cut(pair, []byte{'='})
		if string(unescaped(name)) == p.name {
			token, n = unescaped(v), n+1
		}
	}
	return token, n
}

// unescaped decodes a part of a query. What can't be decoded stays as it is, and is no token then.
func unescaped(b []byte) []byte {
	if bytes.IndexByte(b, '%') < 0 && bytes.IndexByte(b, '+') < 0 {
		return b
	}
	s, err := url.QueryUnescape(string(b))
	if err != nil {
		return b
	}
	return []byte(s)
}

// wellFormed says whether a text is a b64token (RFC 6750 section 2.1), of which every token is one.
func wellFormed(s string) bool {
	body := strings.TrimRight(s, "=")
	for i := range len(body) {
		c := body[i]
		switch {
		case c >= '0' && c <= '9', c|0x20 >= 'a' && c|0x20 <= 'z':
		case strings.IndexByte("-._~+/", c) >= 0:
		default:
			return false
		}
	}
	return body != ""
}
