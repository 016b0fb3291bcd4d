// Package basic is the authenticator of users with passwords (auth.basic), as RFC 7617 has them.
//
// Passwords are hashed such that each guess costs much, so each is verified once and then
// remembered (Verifier), and what wrong ones cost is bounded. A name that is nobody's takes as long
// as one of a user.
package basic

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/htpasswd"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/policy"
	"github.com/gatewayhomebrew/gateway/libs/policy/auth"
)

// An Authenticator knows the users of a file. It is an auth.Authenticator.
type Authenticator struct {
	name, file, challenge string
	users                 *htpasswd.File // nil: the file can't be used
	verifier              *Verifier
	strip                 *http1.Edits // nil: the credentials go on
}

// New makes the authenticator of an entry of auth.basic, with the users of its file; nil: it can't
// be used, and nobody can say who sends a request.
func New(c *config.BasicUsers, users *htpasswd.File, v *Verifier) *Authenticator {
	a := &Authenticator{
		name: c.Name, file: c.File, users: users, verifier: v,
		challenge: "Basic realm=" + quoted(c.Realm) + `, charset="UTF-8"`,
	}
	if !c.Keep {
		a.strip = http1.NewEdits(nil, []string{"Authorization"})
	}
	return a
}

// quoted is a text as a quoted-string (RFC 9110 section 5.6.4).
func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// Users are those of the file, nil where it could not be used.
func (a *Authenticator) Users() *htpasswd.File { return a.users }

// File is the path of the file, or the reference to the secret.
func (a *Authenticator) File() string { return a.file }

// Challenge is auth.Authenticator's.
func (a *Authenticator) Challenge(f auth.Failure, _ []string) string {
	if f == auth.LittleScope {
		return "" // another password would not help
	}
	return a.challenge
}

// Takes is auth.Authenticator's.
func (a *Authenticator) Takes() *http1.Edits { return nil }

const (
	rule  = "auth.basic: "
	wrong = "no user has this name and password"
)

func refused(why string) auth.Outcome {
	return auth.Outcome{Verdict: auth.Refused, Rule: why}
}

// Authenticate is auth.Authenticator's.
func (a *Authenticator) Authenticate(r *policy.Request) auth.Outcome {
	var room [mostToken]byte
	c, s, why := read(&r.Head.Head, room[:])
	switch {
	case s == absent:
		return auth.Outcome{}
	case a.users == nil:
		return auth.Outcome{Verdict: auth.Unavailable, Rule: rule + "the file can't be used"}
	case s == malformed:
		return refused(rule + why)
	}
	hash, real := a.users.Find(c.name)
	if !real {
		var some bool
		if hash, some = a.users.Decoy(c.name); !some {
			return refused(rule + wrong)
		}
	}
	m := a.verifier.marker.mark(a.name, c, hash.Text())
	if id, ok := a.verifier.right.find(&m); ok && real {
		return a.accepted(id)
	}
	if _, ok := a.verifier.wrong.find(&m); ok {
		return refused(rule + wrong)
	}
	return a.verify(r, c, &m, hash, real)
}

func (a *Authenticator) accepted(id *policy.Identity) auth.Outcome {
	return auth.Outcome{Verdict: auth.Accepted, Identity: id, Edits: a.strip}
}

// verify finds out about a password that is not remembered.
func (a *Authenticator) verify(
	r *policy.Request, c credentials, m *mark, hash htpasswd.Hash, real bool,
) auth.Outcome {
	// A copy, as what is handed on so far can't be on the stack where all requests come by.
	right, err := a.verifier.check(r.Origin(), r.Deadline, m, hash, real, bytes.Clone(c.password))
	var spent spentError
	switch {
	case errors.As(err, &spent):
		o := refused(rule + err.Error())
		o.Answer = &policy.Answer{
			Code: gwerr.RateLimited, Message: "too many wrong passwords came from this address",
			Rule: o.Rule, Lines: retryAfter(spent.wait),
		}
		return o
	case err != nil:
		return auth.Outcome{Verdict: auth.Unavailable, Rule: rule + err.Error()}
	case !right:
		return refused(rule + wrong)
	}
	id := &policy.Identity{Kind: config.AuthBasic, Name: a.name, Subject: string(c.name)}
	a.verifier.right.add(m, id)
	return a.accepted(id)
}

func retryAfter(d time.Duration) []byte {
	seconds := max(1, int64((d+time.Second-1)/time.Second))
	return append(strconv.AppendInt([]byte("Retry-After: "), seconds, 10), "\r\n"...)
}
