package auth

import (
	"bytes"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/http1"
)

// A Carrier finds a credential where requests have it.
type Carrier struct {
	config.Carrier
	// Schemes are those of Authorization, in lower case, behind which the credential stands.
	Schemes []string
	// Word may stand before the credential in any other field; "" for none.
	Word string
}

// authorization is the field whose value begins with a scheme (RFC 9110 section 11.4).
const authorization = "authorization"

// InAuthorization reports whether the credential has a scheme before it.
func (c *Carrier) InAuthorization() bool {
	return c.Kind == config.InHeader && c.Name == authorization
}

// Find returns the first credential of a request, and how many there are. A second field, cookie or
// parameter of the name counts whatever is in it, since it might be the one that an endpoint looks
// at. The value may be in the memory behind room.
func (c *Carrier) Find(h *http1.RequestHead, room []byte) (value []byte, n int) {
	switch c.Kind {
	case config.InQuery:
		return c.inQuery(h.Query, room)
	case config.InCookie:
		return c.inCookies(&h.Head)
	}
	fields := 0
	for i := range h.Fields {
		f := &h.Fields[i]
		if int(f.NameEnd-f.Start) != len(c.Name) || !http1.EqualFold(h.Name(f), c.Name) {
			continue
		}
		fields++
		if v, ok := c.behind(h.Value(f)); ok && n == 0 {
			value, n = v, 1
		}
	}
	if n > 0 {
		n = fields
	}
	return value, n
}

// behind is the credential in the value of a field; false: there is none.
func (c *Carrier) behind(v []byte) ([]byte, bool) {
	if !c.InAuthorization() {
		if rest, ok := cutScheme(v, c.Word); ok {
			return rest, true
		}
		return v, len(v) > 0
	}
	for _, s := range c.Schemes {
		if rest, ok := cutScheme(v, s); ok {
			return rest, true
		}
	}
	return nil, false
}

// cutScheme returns what stands behind a scheme, and false where the value begins with another
// word.
func cutScheme(v []byte, scheme string) ([]byte, bool) {
	n := len(scheme)
	if n == 0 || len(v) < n || !http1.EqualFold(v[:n], scheme) {
		return nil, false
	}
	if rest := v[n:]; len(rest) == 0 || rest[0] == ' ' || rest[0] == '\t' {
		return bytes.Trim(rest, " \t"), true
	}
	return nil, false
}

func (c *Carrier) inCookies(h *http1.Head) (value []byte, n int) {
	for name, pair := range http1.Cookies(h) {
		if string(name) != c.Name {
			continue
		}
		if n++; n > 1 {
			continue
		}
		_, v, _ := bytes.Cut(pair, []byte{'='})
		v = bytes.TrimSpace(v)
		if len(v) >= 2 && v[0] == '"' && v[len(v)-1] == '"' {
			v = v[1 : len(v)-1]
		}
		value = v
	}
	return value, n
}

func (c *Carrier) inQuery(query, room []byte) (value []byte, n int) {
	rest, more := bytes.TrimPrefix(query, []byte{'?'}), true
	for more {
		var pair []byte
		pair, rest, more = bytes.Cut(rest, []byte{'&'})
		v, out, ok := http1.QueryValue(room, pair, c.Name)
		if !ok {
			continue
		}
		if n++; n == 1 {
			value, room = v, out[len(out):]
		}
	}
	return value, n
}

// Strip makes the edits that take the credential out of what goes to endpoints, in every spelling.
func (c *Carrier) Strip() *http1.Edits {
	var out http1.Change
	switch c.Kind {
	case config.InQuery:
		out.Parameters = []string{c.Name}
	case config.InCookie:
		out.Cookies = []string{c.Name}
	default:
		out.Guard = []string{c.Name}
	}
	return out.New()
}
