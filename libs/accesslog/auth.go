package accesslog

import (
	"unicode/utf8"

	"github.com/gatewayhomebrew/gateway/libs/jsonstr"
)

// Auth is who a client is, as the auth of a route has found out.
type Auth struct {
	Kind, Name string // of the authenticator, from the configuration: jwt and main
	Subject    string // of the client; MaxSubject bytes of it are written
}

// MaxSubject is how many bytes of a subject are in a line: an issuer may put anything there.
const MaxSubject = 256

// appendJSON appends the field "auth": kind, name, and the subject after a colon.
func (a *Auth) appendJSON(dst []byte, f *format) []byte {
	if a.Kind == "" {
		return dst
	}
	dst = append(append(dst, `,"auth":`...), '"')
	dst = jsonstr.AppendInner(dst, a.Kind)
	dst = jsonstr.AppendInner(append(dst, ' '), a.Name)
	dst = append(dst, ": "...)
	if f.hidden&hideAuth != 0 {
		return append(append(dst, Redacted...), '"')
	}
	dst = jsonstr.AppendInner(dst, a.subject())
	return append(dst, '"')
}

// subject is as much of the subject as a line has, whole characters only.
func (a *Auth) subject() string {
	if len(a.Subject) <= MaxSubject {
		return a.Subject
	}
	end := MaxSubject
	for end > MaxSubject-utf8.UTFMax && !utf8.RuneStart(a.Subject[end]) {
		end--
	}
	return a.Subject[:end]
}
