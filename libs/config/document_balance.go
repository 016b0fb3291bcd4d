package config

import (
	"cmp"
	"errors"
	"strings"
	"time"
)

// Values of Balance.Policy.
const (
	BalanceRoundRobin   = "round_robin"
	BalanceLeastRequest = "least_request"
	BalanceHash         = "hash"
)

// Balance is how requests and sessions are shared among the endpoints of a cluster.
type Balance struct {
	// BalanceRoundRobin, BalanceLeastRequest or BalanceHash
	Policy string `config:"policy,enum=round_robin|least_request|hash"`
	// Key is what ParseBalanceKey reads; with BalanceHash only.
	Key string `config:"key,form=balanceKey"`
	// SlowStart of 0 is none.
	SlowStart time.Duration `config:"slow_start"`
}

// String says how it is in a few words: round_robin, least_request, hash by header:X-Tenant.
func (b Balance) String() string {
	if b.Policy != BalanceHash {
		return b.Policy
	}
	return b.Policy + " by " + cmp.Or(b.Key, KeyClient)
}

func (Balance) keyTexts() texts {
	return texts{
		"policy": "`round_robin`: in turn, smoothly. `least_request`: of two that chance takes, " +
			"the one with fewer requests or sessions in flight for its weight. `hash`: requests " +
			"with one key go to one endpoint, unless that has over 1.25 times its share of all " +
			"that is in flight. Weights count with each.",
		"key": "With `policy: hash`, what goes to one endpoint: `client` (the address, after " +
			"PROXY protocol and trusted X-Forwarded-For), `header:NAME`, `cookie:NAME`, " +
			"`query:NAME`, or `path` (without the query). A request that has no such thing goes " +
			"to any, in turn. Absent: `client`, the only one for TCP sessions.",
		"slow_start": "How long an endpoint that has recovered, or that a reload has added, " +
			"takes to get its full weight: it begins with a tenth, and gets more in a line. Not " +
			"when the gateway starts. `0s`: at once.",
	}
}

// The kinds of BalanceKey.
const (
	KeyClient = "client"
	KeyHeader = "header"
	KeyCookie = "cookie"
	KeyQuery  = "query"
	KeyPath   = "path"
)

// A BalanceKey is what a request is hashed by: KeyClient, KeyPath, or a KeyHeader, KeyCookie or
// KeyQuery with a name.
type BalanceKey struct{ Kind, Name string }

// ParseBalanceKey reads a key such as client or header:X-Tenant. Names of header fields come out in
// lower case. "" is client.
func ParseBalanceKey(s string) (BalanceKey, error) {
	kind, name, named := strings.Cut(s, ":")
	switch {
	case s == "":
		return BalanceKey{Kind: KeyClient}, nil
	case (s == KeyClient || s == KeyPath):
		return BalanceKey{Kind: s}, nil
	case kind != KeyHeader && kind != KeyCookie && kind != KeyQuery || !named:
		return BalanceKey{}, errors.New("is no key of a request")
	case name == "":
		return BalanceKey{}, errors.New("has no name behind the colon")
	case kind == KeyQuery && strings.ContainsFunc(name, func(r rune) bool { return r < ' ' }),
		kind != KeyQuery && !validToken(name):
		return BalanceKey{}, errors.New("has a name that no " + kind + " can have")
	case kind == KeyHeader:
		name = strings.ToLower(name)
	}
	return BalanceKey{kind, name}, nil
}

// LeastStickySecret is how many bytes the secret of a Sticky has at least.
const LeastStickySecret = 16

// Sticky keeps each client at one endpoint.
type Sticky struct {
	Cookie string `config:"cookie,required,form=cookie"`
	// TTL of 0 is until the browser ends.
	TTL    time.Duration `config:"ttl"`
	Secret string        `config:"secret,secret"`
}

func (Sticky) keyTexts() texts {
	return texts{
		"cookie": "Required. The name of the cookie. It is the gateway's own: endpoints do not " +
			"get it.",
		"ttl": "How long a client keeps its endpoint after its last visit or so: the cookie is " +
			"given anew when half of this is over. At least 1s. `0s`: until the browser closes.",
		"secret": "What cookies are signed with, at least 16 bytes that nobody can guess, the " +
			"same on all nodes. Absent: random for each process and cluster. It outlives " +
			"reloads; after a restart, or at another node, clients begin anew.",
	}
}
