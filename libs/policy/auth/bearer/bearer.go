package bearer

import (
	"context"
	"crypto/sha256"
	"strings"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/introspect"
	"github.com/gatewayhomebrew/gateway/libs/jwks"
	"github.com/gatewayhomebrew/gateway/libs/jwt"
	"github.com/gatewayhomebrew/gateway/libs/policy"
	"github.com/gatewayhomebrew/gateway/libs/policy/auth"
)

// Sources are what a Bearer asks. At least one of them is there.
type Sources struct {
	// Keys are those of the issuer, nil where every token is asked about.
	Keys *jwks.Source
	// Server is asked about opaque tokens, nil where there are none.
	Server *introspect.Server
	// Hide takes secrets out of a text.
	Hide func(string) string
}

// A Bearer knows the tokens of one issuer. It is auth.Authenticator.
type Bearer struct {
	Sources
	name     string // as rules have it
	config   *config.JWT
	places   []place
	rules    jwt.Rules
	answered jwt.Rules // for what the server says
	twice    *policy.Answer
	known    *table
	foreign  foreign
	another  string // the rule that refuses tokens of other issuers
}

// New makes the authenticator of an entry of auth.jwt, whose secrets are revealed.
func New(c *config.JWT, s Sources) *Bearer {
	b := &Bearer{Sources: s, name: "auth.jwt " + c.Name + ": ", config: c, known: newTable()}
	for _, from := range c.From {
		b.places = append(b.places, newPlace(from, c.Keep))
	}
	b.rules = jwt.Rules{
		Types: append([]string(nil), c.Types...), Issuer: c.Issuer, Audiences: c.Audiences,
		Required: c.Require, Leeway: c.Leeway,
	}
	for i, t := range b.rules.Types {
		if t == config.NoType {
			b.rules.Types[i] = ""
		}
	}
	names := c.Algorithms
	if len(names) == 0 {
		names = jwt.AlgorithmNames()
	}
	for _, name := range names {
		if a, ok := jwt.ParseAlgorithm(name); ok {
			b.rules.Algorithms = append(b.rules.Algorithms, a)
		}
	}
	b.answered = b.rules
	b.answered.Required = nil
	for _, name := range c.Require {
		if name != "exp" { // the server says that the token is active still
			b.answered.Required = append(b.answered.Required, name)
		}
	}
	b.twice = b.refuseTwice()
	b.another = b.name + jwt.ErrIssuer.Error()
	return b
}

// Takes is auth.Authenticator's: identities become fields by placeholders alone.
func (b *Bearer) Takes() *http1.Edits { return nil }

// Authenticate is auth.Authenticator's.
func (b *Bearer) Authenticate(r *policy.Request) auth.Outcome {
	raw, at, many := find(b.places, r.Head)
	switch {
	case many:
		return auth.Outcome{Verdict: auth.Refused, Rule: b.twice.Rule, Answer: b.twice}
	case at == nil:
		return auth.Outcome{}
	case len(raw) > jwt.MaxBytes:
		return b.refuse(jwt.ErrTooLong)
	}
	sum := sha256.Sum256(raw)
	if e := b.known.get(&sum, r.Start, b.keys()); e != nil {
		return b.outcome(e, at)
	}
	if b.foreign.has(&sum) {
		return auth.Outcome{Verdict: auth.Refused, Rule: b.another}
	}
	return b.learn(r, string(raw), &sum, at)
}

// keys are those that are known at the moment, nil for none.
func (b *Bearer) keys() *jwt.Set {
	if b.Keys == nil {
		return nil
	}
	return b.Keys.Keys()
}

// outcome is what was found out about a token that stands in a place.
func (b *Bearer) outcome(e *entry, at *place) auth.Outcome {
	if e.identity == nil {
		return b.refuse(errInactive)
	}
	return auth.Outcome{Verdict: auth.Accepted, Identity: e.identity, Edits: at.strip}
}

// errInactive is what the server says of a token that does not count.
const errInactive jwt.Error = "the token is not active, as its server says"

// errForm is that of a token that is none (RFC 6750 section 2.1).
const errForm jwt.Error = "the token has characters that no token has, or none"

func (b *Bearer) refuse(err error) auth.Outcome {
	return auth.Outcome{Verdict: auth.Refused, Rule: b.name + err.Error()}
}

func (b *Bearer) unavailable(why string) auth.Outcome {
	if b.Hide != nil {
		why = b.Hide(why)
	}
	return auth.Outcome{Verdict: auth.Unavailable, Rule: b.name + why}
}

// learn finds out about a token that was not seen before.
func (b *Bearer) learn(
	r *policy.Request, raw string, sum *[sha256.Size]byte, at *place,
) auth.Outcome {
	if !wellFormed(raw) {
		return b.refuse(errForm)
	}
	ctx, cancel := context.WithDeadline(context.Background(), r.Deadline)
	defer cancel()
	if b.Keys == nil || b.Server != nil && strings.Count(raw, ".") != 2 {
		return b.ask(ctx, r.Start, raw, sum, at)
	}
	return b.check(ctx, r.Start, raw, sum, at)
}

// check checks a signed token.
func (b *Bearer) check(
	ctx context.Context, now time.Time, raw string, sum *[sha256.Size]byte, at *place,
) auth.Outcome {
	t, err := jwt.Parse(raw)
	if err != nil {
		return b.refuse(err)
	}
	claims, failed := jwt.ParseClaims(t.Payload())
	if failed == nil && b.rules.Issuer != "" && claims.Text("iss") != b.rules.Issuer {
		// It needs no key to be refused, and neither does it wait for one.
		b.foreign.put(sum)
		return auth.Outcome{Verdict: auth.Refused, Rule: b.another}
	}
	if err = b.rules.Header(t); err != nil {
		return b.refuse(err)
	}
	set := b.Keys.First(ctx)
	if set == nil {
		return b.unavailable("the keys of the issuer are not there: " + b.Keys.Why())
	}
	err = set.Verify(t)
	if err == jwt.ErrUnknownKey && failed == nil {
		// The issuer may have a new key. A token of another issuer does not come here.
		if newer := b.Keys.Renewed(ctx, set); newer != set {
			set = newer
			err = set.Verify(t)
		}
	}
	if err == nil {
		err = failed
	}
	if err != nil {
		return b.refuse(err)
	}
	expires, err := b.rules.Claims(claims, now)
	if err != nil {
		return b.refuse(err)
	}
	e := &entry{
		sum: *sum, identity: b.identity(claims, claims.Text("sub")), keys: set, until: expires,
		bytes: weight(len(raw)),
	}
	b.known.put(e, now)
	return b.outcome(e, at)
}

// refusedFor bounds how long it is remembered that a token is not active.
const refusedFor = 10 * time.Second

// ask asks the server about a token.
func (b *Bearer) ask(
	ctx context.Context, now time.Time, raw string, sum *[sha256.Size]byte, at *place,
) auth.Outcome {
	c := b.config.Introspection
	claims, active, err := b.Server.Ask(ctx, raw)
	if err != nil {
		return b.unavailable("the server for opaque tokens can't be asked: " + err.Error())
	}
	e := &entry{sum: *sum, until: now.Add(min(c.TTL, refusedFor)), bytes: weight(len(raw))}
	if !active {
		b.remember(c, e, now)
		return b.outcome(e, at)
	}
	expires, err := b.answered.Answered(claims, now)
	if err != nil {
		return b.refuse(err)
	}
	e.until = now.Add(c.TTL)
	if !expires.IsZero() && expires.Before(e.until) {
		e.until = expires
	}
	subject := claims.Text("sub")
	for _, other := range []string{"username", "client_id"} {
		if subject == "" {
			subject = claims.Text(other)
		}
	}
	e.identity = b.identity(claims, subject)
	b.remember(c, e, now)
	return b.outcome(e, at)
}

// remember keeps what the server said, unless every request is to ask anew.
func (b *Bearer) remember(c *config.Introspection, e *entry, now time.Time) {
	if c.TTL > 0 {
		b.known.put(e, now)
	}
}
