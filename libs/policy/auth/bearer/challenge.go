package bearer

import (
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/policy"
	"github.com/gatewayhomebrew/gateway/libs/policy/auth"
)

// Challenge is auth.Authenticator's (RFC 6750 section 3). A request without a token learns no
// error.
func (b *Bearer) Challenge(f auth.Failure, scopes []string) string {
	line := `Bearer realm="` + quotable(b.config.Name) + `"`
	switch f {
	case auth.BadCredentials:
		line += `, error="invalid_token", error_description="the token does not count: it has ` +
			`expired, was changed, or is not for this service"`
	case auth.LittleScope:
		line += `, error="insufficient_scope"`
		if len(scopes) > 0 {
			line += `, scope="` + quotable(strings.Join(scopes, " ")) + `"`
		}
	}
	return line
}

// refuseTwice is the answer to a request whose token is in more than one place (RFC 6750 section
// 3.1): the endpoint might look at another one than the gateway.
func (b *Bearer) refuseTwice() *policy.Answer {
	const what = "the request has a token in more than one place"
	a := policy.Refuse(gwerr.BadRequest, what)
	a.Rule = b.name + what
	a.Lines = []byte("WWW-Authenticate: Bearer realm=\"" + quotable(b.config.Name) +
		"\", error=\"invalid_request\", error_description=\"" + what + "\"\r\n")
	return a
}

// quotable leaves out what can't be in a quoted string.
func quotable(s string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' || c == '"' || c == '\\' {
			return -1
		}
		return c
	}, s)
}
