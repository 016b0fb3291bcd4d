package bearer

import (
	"encoding/json"
	"slices"

	"github.com/gatewayhomebrew/gateway/libs/jwt"
	"github.com/gatewayhomebrew/gateway/libs/placeholder"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

// identity is who a token is of.
func (b *Bearer) identity(c jwt.Claims, subject string) *policy.Identity {
	id := &policy.Identity{
		Kind: "jwt", Name: b.config.Name, Subject: subject, Claims: claims{c},
		Scopes: slices.Concat(c.Words("scope"), c.Words("scp")),
	}
	for _, path := range b.config.Roles {
		id.Roles = append(id.Roles, c.Words(path)...)
	}
	return id
}

// claims are policy.Claims.
type claims struct{ jwt.Claims }

// AppendClaim is policy.Claims': a text, a number or a truth as it is, the entries of a list with a
// comma between them, and nothing for an object. A comma within an entry is encoded, as %2C.
func (c claims) AppendClaim(dst []byte, name string) []byte {
	v := c.Value(name)
	list, ok := v.([]any)
	if !ok {
		return appendValue(dst, v, "")
	}
	first := true
	for _, e := range list {
		switch e.(type) {
		case string, json.Number, bool:
		default:
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		dst, first = appendValue(dst, e, ","), false
	}
	return dst
}

// appendValue appends what is neither a list nor an object.
func appendValue(dst []byte, v any, special string) []byte {
	switch v := v.(type) {
	case string:
		return placeholder.AppendFree(dst, v, special)
	case json.Number:
		return append(dst, v...)
	case bool:
		if v {
			return append(dst, "true"...)
		}
		return append(dst, "false"...)
	}
	return dst
}
