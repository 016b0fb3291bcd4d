package bearer

import (
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/policy/auth"
)

// A place is where requests have their tokens.
type place struct {
	auth.Carrier
	strip *http1.Edits // takes the token out of what goes to endpoints, nil where it stays
}

// scheme is that of tokens (RFC 6750 section 2.1). In a field of another name it may be there too.
const scheme = "bearer"

// newPlace reads header:NAME, cookie:NAME or query:NAME, which have been validated.
func newPlace(from string, keep bool) place {
	at, _ := config.ParseCarrier(from)
	p := place{Carrier: auth.Carrier{Carrier: at, Schemes: []string{scheme}, Word: scheme}}
	if !keep {
		p.strip = p.Strip()
	}
	return p
}

// find finds the token of a request. at is nil where there is none; many says that there are
// several, or that one might be taken for several.
func find(places []place, h *http1.RequestHead) (raw []byte, at *place, many bool) {
	for i := range places {
		p := &places[i]
		token, n := p.Find(h, nil)
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
