package accesslog

import (
	"bytes"
	"maps"
	"slices"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/jsonstr"
)

// Redacted stands in a line in the place of what is not to be there.
const Redacted = "<redacted>"

// SecretQueries are names of the query whose values are secrets wherever they are used: of tokens
// (RFC 6750, RFC 6749, OpenID Connect), passwords, API keys and signed links.
func SecretQueries() []string {
	return []string{
		"access_token", "id_token", "refresh_token", "token", "auth_token", "authtoken", "jwt",
		"client_secret", "client_assertion", "assertion", "secret", "code", "state", "session",
		"sessionid", "session_id", "sid", "password", "passwd", "pwd", "pass", "passphrase", "pin",
		"otp", "api_key", "apikey", "api-key", "x-api-key", "key", "private_key", "auth",
		"authorization", "credential", "credentials", "signature", "sig", "sign", "hmac",
		"x-amz-signature", "x-amz-credential", "x-amz-security-token", "x-goog-signature",
		"x-goog-credential", "awsaccesskeyid", "googleaccessid",
	}
}

// Form is how the lines of an output look, and what they leave out. The zero value is JSON without
// queries.
type Form struct {
	Text   bool // a line for people in the place of a JSON object
	Colour bool // of text: it has the colours of a terminal
	// Watched says of text that somebody looks at it as it comes: it has the time of day where the
	// machine is, and long paths are cut.
	Watched bool
	Query   bool // requests have their query
	// HideQuery are the names of the query whose values are left out, whatever their case and
	// however they are encoded.
	HideQuery []string
	// HideFields are the fields whose values are left out: some of Hideable.
	HideFields []string
}

// hidden are the fields whose values are left out.
type hidden uint16

const (
	hideClient hidden = 1 << iota
	hideHost
	hidePath
	hideQuery
	hideContract
	hideCause
	hideAuth
	hideTLSClient
	hideUserAgent
)

var hideable = map[string]hidden{
	"client": hideClient, "host": hideHost, "path": hidePath, "query": hideQuery,
	"contract": hideContract, "cause": hideCause, "auth": hideAuth, "tls_client": hideTLSClient,
	"user_agent": hideUserAgent,
}

// Hideable are the fields that Form.HideFields may have: those whose values come from clients, and
// may tell who they are.
func Hideable() []string { return slices.Sorted(maps.Keys(hideable)) }

// format is a Form that is ready to be used. It does not change.
type format struct {
	text, colour, watched, query bool

	hidden hidden
	names  map[string]struct{} // of HideQuery, in lower case
}

func newFormat(f Form) *format {
	out := &format{
		text: f.Text, colour: f.Text && f.Colour, watched: f.Text && f.Watched, query: f.Query,
	}
	for _, name := range f.HideFields {
		out.hidden |= hideable[name]
	}
	if f.Query {
		out.names = make(map[string]struct{}, len(f.HideQuery))
		for _, name := range f.HideQuery {
			out.names[strings.ToLower(name)] = struct{}{}
		}
	}
	return out
}

// appendField appends the value of a field as it stands between the quotes of a JSON string, unless
// it is to be left out. That there is none may be seen.
func appendField[S ~string | ~[]byte](dst []byte, f *format, field hidden, s S) []byte {
	if f.hidden&field != 0 && len(s) > 0 {
		return append(dst, Redacted...)
	}
	return jsonstr.AppendInner(dst, s)
}

// appendQuery appends a query without its question mark, as it stands between the quotes of a JSON
// string, and without the values that are to be left out.
func (f *format) appendQuery(dst, query []byte) []byte {
	if len(query) > 0 && query[0] == '?' {
		query = query[1:]
	}
	if len(query) > 0 && f.hidden&hideQuery != 0 {
		return append(dst, Redacted...)
	}
	start := 0 // of what was not appended yet
	for i := 0; i < len(query); {
		end := i
		for end < len(query) && query[end] != '&' && query[end] != ';' {
			end++
		}
		equals := i
		for equals < end && query[equals] != '=' {
			equals++
		}
		if equals+1 < end && f.secret(query[i:equals]) {
			dst = jsonstr.AppendInner(dst, query[start:equals+1])
			dst = append(dst, Redacted...)
			for end < len(query) && query[end] != '&' { // to some a semicolon is part of a value
				end++
			}
			start = end
		}
		i = end + 1
	}
	return jsonstr.AppendInner(dst, query[start:])
}

// secret reports whether the value behind a name of a query is to be left out. Frameworks read
// user[password], password[] and user.password as several names: each of them counts.
func (f *format) secret(name []byte) bool {
	if len(f.names) == 0 {
		return false
	}
	var room [128]byte
	word := decoded(room[:0], name)
	if _, ok := f.names[string(word)]; ok {
		return true
	}
	for len(word) > 0 {
		end := bytes.IndexAny(word, "[].")
		if end < 0 {
			end = len(word)
		}
		if _, ok := f.names[string(word[:end])]; ok {
			return true
		}
		word = word[min(end+1, len(word)):]
	}
	return false
}

// decoded appends a name of a query as servers read it, in lower case, as far as there is room.
func decoded(dst, name []byte) []byte {
	for i := 0; i < len(name) && len(dst) < cap(dst); i++ {
		c := name[i]
		switch {
		case c == '+':
			c = ' '
		case c == '%' && i+2 < len(name):
			if high, low := nibble(name[i+1]), nibble(name[i+2]); high < 16 && low < 16 {
				c = high<<4 | low
				i += 2
			}
		}
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst
}

// nibble is the value of a hexadecimal digit, 16 for anything else.
func nibble(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	}
	return 16
}
