package config

import (
	"fmt"
	"slices"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config/text"
)

// longestRefill is how long a burst may take to come back. No process lives longer.
const longestRefill = 366 * 24 * time.Hour

// rateLimits checks how many requests a route takes.
func (v *validator) rateLimits(route *Route, at spot) {
	if n := len(route.RateLimit); n > MaxRateLimits {
		v.add(at.of("rate_limit").String(), CodeValue, fmt.Sprintf(
			"the route has %d limits, and %d are the most", n, MaxRateLimits),
			"each is asked for every request; remove some")
		return
	}
	for j := range route.RateLimit {
		v.rateLimit(route, &route.RateLimit[j], v.entryPath(at, "rate_limit", j))
	}
}

func (v *validator) rateLimit(route *Route, r *RateLimit, path string) {
	key := text.JoinKey(path, "key")
	k, err := ParseRateKey(r.Key)
	if err != nil {
		v.wrong(key, CodeValue, r.Key, err,
			"write client, route, header:NAME, cookie:NAME, query:NAME, subject, api_key or "+
				"claim:NAME")
	}
	v.limitedBy(k, route.Auth, key)
	if r.Scope == ScopeFleet && v.doc.Gossip == nil && !v.options.Elsewhere {
		v.add(text.JoinKey(path, "scope"), CodeMissing,
			"a fleet shares a limit over gossip, and this node has none",
			"add gossip with bind, join and key, or count by node")
	}
	if r.Requests < 1 || r.Per <= 0 {
		return // that was said already
	}
	room := Room(r.Requests, r.Burst)
	took := r.Per.Hours() / float64(r.Requests) * float64(room)
	if took > longestRefill.Hours() {
		v.add(text.JoinKey(path, "burst"), CodeValue, fmt.Sprintf(
			"a burst of %d takes %.0f days to come back", room, took/24),
			"allow less at once, or more requests; a year is the most")
	}
}

// limitedBy checks that auth finds out what a route counts by.
func (v *validator) limitedBy(k RateKey, auth *RouteAuth, path string) {
	switch k.Kind {
	case KeySubject, KeyClaim, KeyAPIKey:
	default:
		return
	}
	if auth == nil {
		v.add(path, CodeConflict, fmt.Sprintf("%s is what auth finds out, and the route has none",
			text.Quote(k.String())), "add auth to the route, or count by another key")
		return
	}
	if k.Kind == KeyAPIKey && auth.APIKey == "" && !slices.ContainsFunc(auth.AnyOf,
		func(c AuthChoice) bool { return c.APIKey != "" }) {
		v.add(path, CodeConflict, "the route's auth takes no API keys",
			"add api_key to its auth, or count by subject")
	}
}
