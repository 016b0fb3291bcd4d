package basic

import (
	"bytes"
	"encoding/base64"
	"unicode/utf8"

	"github.com/gatewayhomebrew/gateway/libs/http1"
)

const (
	scheme = "basic"
	// mostToken is how long the credentials of a request may be, coded.
	mostToken = 2048
)

// credentials are a name and a password. They are parts of the memory that was decoded into.
type credentials struct{ name, password []byte }

// state is what a request has of credentials.
type state uint8

const (
	absent    state = iota // none for Basic
	malformed              // some that nobody can use
	present
)

// strict takes one way only to write what it decodes, so that no two parts of a chain read two
// names out of one field.
var strict = base64.StdEncoding.Strict()

// read finds the credentials of a request (RFC 7617 section 2) and decodes them into room, which
// has mostToken bytes. why says what is wrong with those that are malformed.
func read(h *http1.Head, room []byte) (c credentials, s state, why string) {
	var field *http1.Field
	for i := range h.Fields {
		f := &h.Fields[i]
		if f.ID != http1.FieldAuthorization {
			continue
		}
		if field != nil {
			return c, malformed, "there are two Authorization fields"
		}
		field = f
	}
	if field == nil {
		return c, absent, ""
	}
	name, token, _ := bytes.Cut(h.Value(field), []byte{' '})
	if !http1.EqualFold(name, scheme) {
		return c, absent, ""
	}
	token = bytes.Trim(token, " ")
	if len(token) == 0 || len(token) > mostToken {
		return c, malformed, "the credentials are empty, or too long"
	}
	n, err := strict.Decode(room, token)
	if err != nil {
		return c, malformed, "the credentials are not base64 (RFC 4648 section 4)"
	}
	var ok bool
	c.name, c.password, ok = bytes.Cut(room[:n], []byte{':'})
	switch {
	case !ok:
		return c, malformed, "the credentials have no colon"
	case !utf8.Valid(room[:n]):
		return c, malformed, "the credentials are not UTF-8"
	case bytes.ContainsFunc(room[:n], control):
		return c, malformed, "the credentials have a control character"
	case len(c.name) == 0:
		return c, malformed, "the name is empty"
	case len(c.password) == 0:
		return c, malformed, "the password is empty"
	}
	return c, present, ""
}

func control(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 }
