package http1

import (
	"bytes"
	"math"
	"time"
)

// connectionSchemes are the authentication schemes that tell who a connection is, in
// place of a request (RFC 4559 section 6; MS-NTHT). Negotiate may do so.
var connectionSchemes = [...]string{"ntlm", "negotiate", "nego2"}

// isConnectionScheme reports whether a word is one of connectionSchemes.
func isConnectionScheme(word []byte) bool {
	for _, s := range connectionSchemes {
		if EqualFold(word, s) {
			return true
		}
	}
	return false
}

// namesConnectionScheme reports whether the value of an Authorization field begins with
// one of connectionSchemes, or the value of a WWW-Authenticate field has one among its
// challenges. A parameter that is called like a scheme makes a mistake that costs a
// connection; a scheme that is overlooked would cost more. In quotes nothing is one.
func namesConnectionScheme(v []byte) bool {
	for len(v) > 0 {
		v = bytes.TrimLeft(v, " \t,")
		n := 0
		for n < len(v) && class[v[n]]&cToken != 0 {
			n++
		}
		if n > 0 && isConnectionScheme(v[:n]) {
			return true
		}
		v = nextChallenge(v[n:])
	}
	return false
}

// nextChallenge skips to behind the next comma that is not in quotes (RFC 9110 section
// 5.6.4), which another challenge may follow. Quotes that nobody closes are none.
func nextChallenge(v []byte) []byte {
	quoted := false
	for i := 0; i < len(v); i++ {
		switch {
		case quoted && v[i] == '\\':
			i++
		case v[i] == '"':
			quoted = !quoted
		case v[i] == ',' && !quoted:
			return v[i+1:]
		}
	}
	if quoted {
		_, rest, _ := bytes.Cut(v, []byte(","))
		return rest
	}
	return nil
}

// ConnectionAuth reports whether the request has credentials of a scheme by which the
// receiver may know the connection from then on, also for others (NTLM, Negotiate).
func (r *RequestHead) ConnectionAuth() bool { return r.byScheme }

// ConnectionAuth reports whether the response asks for credentials of a scheme by which
// the sender may know the connection from then on, also for others (NTLM, Negotiate).
func (r *ResponseHead) ConnectionAuth() bool {
	if r.Status != 401 && r.Status != 407 {
		return false
	}
	for i := range r.Fields {
		f := &r.Fields[i]
		name := r.Name(f)
		if (EqualFold(name, "www-authenticate") || EqualFold(name, "proxy-authenticate")) &&
			namesConnectionScheme(r.Value(f)) {
			return true
		}
	}
	return false
}

// keepAlive takes a Keep-Alive value (RFC 2068 section 19.7.1.1), of which timeout is of
// use. What cannot be read is as if it was not there.
func (h *Head) keepAlive(v []byte) {
	for rest := v; rest != nil; {
		var part []byte
		part, rest = nextElement(rest)
		name, value, ok := bytes.Cut(part, []byte("="))
		if !ok || !EqualFold(bytes.TrimRight(name, " \t"), "timeout") {
			continue
		}
		value = bytes.Trim(value, " \t\"")
		if seconds, ok := parseDecimal(value); ok {
			h.keepSaid = true
			h.keepFor = time.Duration(min(seconds, math.MaxInt32)) * time.Second
		}
	}
}

// KeepFor is how long the sender keeps the connection while it is idle; false: it has not
// said.
func (r *ResponseHead) KeepFor() (time.Duration, bool) { return r.keepFor, r.keepSaid }
