package config

import (
	"errors"
	"strings"
	"time"
)

// Values of RateLimit.Scope.
const (
	ScopeNode  = "node"
	ScopeFleet = "fleet"
)

// RateLimit bounds how many requests a route takes.
type RateLimit struct {
	Requests int           `config:"requests,required,min=1,max=1000000000"`
	Per      time.Duration `config:"per,positive"`
	// Burst is nil where it is Requests. See Room.
	Burst *int `config:"burst,min=0,max=1000000000"`
	// Key is what ParseRateKey reads.
	Key        string `config:"key,form=rateKey"`
	Scope      string `config:"scope,enum=node|fleet"`
	IPv6Prefix int    `config:"ipv6_prefix,min=1,max=128"`
	Headers    bool   `config:"headers"`
}

// MaxRateLimits is how many limits a route may have.
const MaxRateLimits = 8

// Room is how many requests may come at once, of a limit of so many requests with a burst: at least
// one. Without a burst, nil, it is all of them.
func Room(requests int, burst *int) int {
	if burst == nil {
		return requests
	}
	return max(*burst, 1)
}

func (RateLimit) keyTexts() texts {
	return texts{
		"requests": "How many requests are taken in the time `per`.",
		"per": "The time in which `requests` are. They come back one by one, so that of " +
			"100 in `1s` one is back after 10ms.",
		"burst": "How many may come at once where none came for a while. In any time, no more " +
			"than this and what comes back in it are taken. `0` is as `1`: they have to be " +
			"apart. " +
			"Absent: as many as `requests`.",
		"key": "What is counted apart: `client` (its address, after PROXY protocol and trusted " +
			"X-Forwarded-For), `header:NAME`, `cookie:NAME`, `query:NAME`, or `route` (all " +
			"requests of the route together); with `auth`, `subject` (who it found the client to " +
			"be), `api_key` (the id of the key) or `claim:NAME`. A request that has no such " +
			"thing counts for its client.",
		"scope": "`node`: each gateway counts for itself. `fleet`: all of them together pass no " +
			"more than this, each has a share that follows its traffic; it takes `gossip`.",
		"ipv6_prefix": "With `key: client`, how many bits of an IPv6 address are a client: who " +
			"has one address of a /64 can use all of them.",
		"headers": "Tell clients what is left, in the fields `RateLimit` and `RateLimit-Policy` " +
			"(draft-ietf-httpapi-ratelimit-headers). `Retry-After` comes with a 429 either way.",
	}
}

// The kinds of RateKey that a BalanceKey has not.
const (
	KeyRoute   = "route"   // all requests of a route share it
	KeySubject = "subject" // of the identity that auth has found
	KeyAPIKey  = "api_key" // the same, where it is an API key's
	KeyClaim   = "claim"   // of that identity
)

// A RateKey is what requests are counted by: KeyClient, KeyRoute, KeySubject, KeyAPIKey, or a
// KeyHeader, KeyCookie, KeyQuery or KeyClaim with a name.
type RateKey struct{ Kind, Name string }

// ParseRateKey reads a key such as client or header:X-Tenant. Names of header fields come out in
// lower case. "" is client.
func ParseRateKey(s string) (RateKey, error) {
	if s == KeyRoute || s == KeySubject || s == KeyAPIKey {
		return RateKey{Kind: s}, nil
	}
	if name, ok := strings.CutPrefix(s, KeyClaim+":"); ok && name != "" {
		return RateKey{KeyClaim, name}, nil
	}
	k, err := ParseBalanceKey(s)
	if err == nil && k.Kind == KeyPath {
		err = errors.New("is no key of a rate limit, since clients choose paths")
	}
	return RateKey(k), err
}

// String is what ParseRateKey reads.
func (k RateKey) String() string {
	return strings.TrimSuffix(k.Kind+":"+k.Name, ":")
}

// Limit bounds how many requests a route has in flight.
type Limit struct {
	Concurrent int  `config:"concurrent,required,min=1,max=1000000"`
	Adaptive   bool `config:"adaptive"`
	Least      int  `config:"least,min=1,max=1000000"`
}

func (Limit) keyTexts() texts {
	return texts{
		"concurrent": "How many requests may be in flight: from their heads to the ends of their " +
			"responses. A tunnel, such as a WebSocket, is in flight while it is open.",
		"adaptive": "Learn how many the endpoints bear, from how long they take to answer, and " +
			"let in fewer than `concurrent` where they get slower.",
		"least": "With `adaptive`, how many are let in however slow it gets.",
	}
}
