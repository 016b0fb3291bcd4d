package forward

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/policy"
	"github.com/gatewayhomebrew/gateway/libs/policy/auth"
)

// Bounds of what one server can take of the gateway.
const (
	mostAsked   = 128 // requests to it at the same time
	mostIdle    = 32  // connections without one
	idle        = 30 * time.Second
	mostHead    = 64 << 10 // bytes of the head of an answer
	mostBody    = 64 << 10 // bytes of the body of a refusal; longer ones are left out
	mostCopied  = 16 << 10 // bytes of fields that are copied, and of fields of a refusal
	mostDrained = 4 << 10  // bytes that are read so that a connection can be used again
)

// An Authenticator asks one server. It is an auth.Authenticator.
type Authenticator struct {
	name     string
	config   config.Forward
	url      *url.URL
	takes    *http1.Edits
	asks     http.RoundTripper
	slots    chan struct{}
	pass     []string // canonical names
	memory   *memory  // nil: each request is asked about
	identity policy.Identity
}

// New makes the authenticator of an entry of auth.forward whose secrets are revealed. secured is
// for connections with TLS. last is the one of the same name before, nil for none: where nothing
// has changed, its connections and what it remembers stay.
func New(c *config.Forward, secured *tls.Config, last *Authenticator) (*Authenticator, error) {
	u, err := url.Parse(c.URL)
	if err != nil {
		return nil, err
	}
	a := &Authenticator{
		name: c.Name, config: *c, url: u, takes: http1.Change{Guard: c.Copy}.New(),
		slots: make(chan struct{}, mostAsked),
		identity: policy.Identity{
			Kind: config.AuthForward, Name: c.Name,
		},
	}
	for _, name := range c.Pass {
		a.pass = append(a.pass, http.CanonicalHeaderKey(name))
	}
	if c.Cache != nil {
		a.memory = newMemory(c.Cache, a.pass)
		a.memory.late = a.named(a.slow())
	}
	a.asks = &http.Transport{
		DialContext:     (&net.Dialer{Timeout: c.Timeout}).DialContext,
		TLSClientConfig: secured, TLSHandshakeTimeout: c.Timeout,
		MaxIdleConns: mostIdle, MaxIdleConnsPerHost: mostIdle, IdleConnTimeout: idle,
		MaxResponseHeaderBytes: mostHead, DisableCompression: true,
	}
	if last != nil && last.same(a) {
		a.slots, a.memory = last.slots, last.memory
		if u.Scheme == "http" { // else, what secures the connection may have changed
			a.asks = last.asks
		}
	}
	return a, nil
}

// same says that another asks the same server in the same way.
func (a *Authenticator) same(b *Authenticator) bool {
	x, y := &a.config, &b.config
	if x.URL != y.URL || x.Timeout != y.Timeout ||
		(x.Cache == nil) != (y.Cache == nil) {
		return false
	}
	lists := func(c *config.Forward) string {
		all := append([]string{c.Subject, c.Scopes, c.Roles, "|"}, c.Pass...)
		all = append(append(append(append(all, "|"), c.Copy...), "|"), c.ToClient...)
		if c.Cache != nil {
			all = append(append(append(all, "|"), c.Cache.Key...), c.Cache.TTL.String())
		}
		return strings.Join(all, "\x00")
	}
	return lists(x) == lists(y)
}

// Challenge is auth.Authenticator's: what is to be said, the server says.
func (a *Authenticator) Challenge(auth.Failure, []string) string { return "" }

// Takes is auth.Authenticator's.
func (a *Authenticator) Takes() *http1.Edits { return a.takes }

// Close ends the connections that are not in use.
func (a *Authenticator) Close() {
	if t, ok := a.asks.(*http.Transport); ok {
		t.CloseIdleConnections()
	}
}

// Authenticate is auth.Authenticator's.
func (a *Authenticator) Authenticate(r *policy.Request) auth.Outcome {
	until := time.Now().Add(a.config.Timeout)
	if !r.Deadline.IsZero() && r.Deadline.Before(until) {
		until = r.Deadline
	}
	if a.memory == nil {
		return a.outcome(r, a.ask(r, until))
	}
	k, ok := a.memory.key(r)
	if !ok {
		return a.outcome(r, a.ask(r, until))
	}
	return a.outcome(r, a.memory.get(&k, until, func() *verdict { return a.ask(r, until) }))
}

const rule = "auth.forward: "

// outcome is what a verdict means for a request.
func (a *Authenticator) outcome(r *policy.Request, v *verdict) auth.Outcome {
	switch {
	case v.kind == accepted:
		return auth.Outcome{
			Verdict: auth.Accepted, Identity: v.identity, Edits: v.edits, Reply: v.reply,
		}
	case v.kind == refused:
		return auth.Outcome{Verdict: auth.Refused, Rule: v.rule, Answer: v.answerTo(r)}
	case v.kind == away && a.config.OnError == config.ForwardPass:
		return auth.Outcome{Verdict: auth.Accepted, Identity: &a.identity}
	}
	return auth.Outcome{Verdict: auth.Unavailable, Rule: v.rule}
}
