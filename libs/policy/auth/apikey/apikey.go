// Package apikey is the authenticator of clients that show a key (auth.api_keys).
//
// The gateway knows the SHA-256 of each key, and no key. That is enough for keys that are random
// and long; a hash that is slow on purpose, as for passwords, would protect nothing more.
package apikey

import (
	"crypto/sha256"
	"crypto/subtle"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/policy"
	"github.com/gatewayhomebrew/gateway/libs/policy/auth"
)

// mostKey is how long a key of a request may be, in bytes.
const mostKey = 1024

// An Authenticator knows the keys of a file. It is an auth.Authenticator.
type Authenticator struct {
	carrier auth.Carrier
	file    string
	listed  []config.APIKey
	keys    map[[sha256.Size]byte]*key // nil: the file can't be used
	takes   *http1.Edits
	strip   *http1.Edits // of a request with a key that counts
}

type key struct {
	hash     [sha256.Size]byte
	identity policy.Identity
	expires  time.Time // zero: never
	over     string    // the rule, once it has expired
}

// New makes the authenticator of an entry of auth.api_keys, with the keys of its file; usable is
// false where that can't be used, and nobody can say who sends a request.
func New(c *config.APIKeys, keys []config.APIKey, usable bool) *Authenticator {
	a := &Authenticator{file: c.File, listed: keys}
	at, _ := config.ParseCarrier(c.In) // which is valid
	a.carrier = auth.Carrier{Carrier: at, Schemes: []string{"bearer", "apikey"}}
	if !c.Keep {
		a.strips()
	}
	if !usable {
		return a
	}
	a.keys = make(map[[sha256.Size]byte]*key, len(keys))
	for i := range keys {
		k := &keys[i]
		a.keys[k.SHA256] = &key{
			hash: k.SHA256, expires: k.Expires,
			over: rule + "the key " + k.ID + " has expired",
			identity: policy.Identity{
				Kind: config.AuthAPIKey, Name: c.Name, Subject: k.ID, Scopes: k.Scopes,
				Roles: k.Roles,
			},
		}
	}
	return a
}

// strips takes the keys out of what goes to endpoints. A key is left out also where another
// authenticator has accepted the request, but for Authorization, which may be that one's.
func (a *Authenticator) strips() {
	if a.carrier.InAuthorization() {
		a.strip = a.carrier.Strip()
	} else {
		a.takes = a.carrier.Strip()
	}
}

// Keys are those of the file; ok is false where it could not be used.
func (a *Authenticator) Keys() (keys []config.APIKey, ok bool) { return a.listed, a.keys != nil }

// File is the path of the file, or the reference to the secret.
func (a *Authenticator) File() string { return a.file }

// Challenge is auth.Authenticator's.
func (a *Authenticator) Challenge(f auth.Failure, _ []string) string {
	switch {
	case f == auth.LittleScope:
		return ""
	case a.carrier.InAuthorization():
		return "Bearer"
	}
	return "ApiKey" // no scheme that is registered; RFC 9110 section 15.5.2 asks for one
}

// Takes is auth.Authenticator's.
func (a *Authenticator) Takes() *http1.Edits { return a.takes }

const rule = "auth.api_key: "

func refused(why string) auth.Outcome { return auth.Outcome{Verdict: auth.Refused, Rule: why} }

// Authenticate is auth.Authenticator's.
func (a *Authenticator) Authenticate(r *policy.Request) auth.Outcome {
	var room [mostKey]byte
	value, n := a.carrier.Find(r.Head, room[:0])
	switch {
	case n == 0 || len(value) == 0:
		return auth.Outcome{}
	case a.keys == nil:
		return auth.Outcome{Verdict: auth.Unavailable, Rule: rule + "the file can't be used"}
	case n > 1:
		return refused(rule + "the request has several keys")
	case len(value) > mostKey:
		return refused(rule + "the key is too long")
	}
	hash := sha256.Sum256(value)
	// What the search takes tells of the hash of what the client has sent, and of no key.
	k := a.keys[hash]
	switch {
	case k == nil || subtle.ConstantTimeCompare(k.hash[:], hash[:]) != 1:
		return refused(rule + "no such key")
	case !k.expires.IsZero() && !r.Start.Before(k.expires):
		return refused(k.over)
	}
	return auth.Outcome{Verdict: auth.Accepted, Identity: &k.identity, Edits: a.strip}
}
