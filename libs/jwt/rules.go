package jwt

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"time"
)

// Rules are what tokens have to be like.
type Rules struct {
	// Algorithms are those that are allowed.
	Algorithms []Algorithm
	// Types are the values of typ that are allowed, without application/; letters count as equal
	// whatever their case. "" is a token without typ.
	Types []string
	// Issuer is what iss has to be, "" for anything.
	Issuer string
	// Audiences are those of which aud has to name one; none: aud may be anything.
	Audiences []string
	// Required are the claims that have to be there.
	Required []string
	// Leeway is how far the clocks of the issuer and of this machine may be apart.
	Leeway time.Duration
}

// Header checks what a token says of itself, before a key is looked for. The error is an Error.
func (r *Rules) Header(t *Token) error {
	if t.none {
		return ErrNone
	}
	if t.algorithm == 0 || !slices.Contains(r.Algorithms, t.algorithm) {
		return ErrAlgorithm
	}
	typ := mediaType(t.typ)
	if !slices.ContainsFunc(r.Types, func(s string) bool { return strings.EqualFold(s, typ) }) {
		return ErrType
	}
	return nil
}

// Claims checks the claims of a token, and returns the moment from which on it is refused; zero for
// never. The error is an Error.
func (r *Rules) Claims(c Claims, now time.Time) (expires time.Time, err error) {
	if r.Issuer != "" && c.all["iss"] != r.Issuer {
		return time.Time{}, ErrIssuer
	}
	if len(r.Audiences) > 0 {
		if err := r.audience(c.all["aud"]); err != nil {
			return time.Time{}, err
		}
	}
	return r.Answered(c, now)
}

// Answered checks claims that somebody else answers for, as a server that is asked about a token:
// iss and aud may be missing then.
func (r *Rules) Answered(c Claims, now time.Time) (expires time.Time, err error) {
	if v, ok := c.all["iss"]; ok && r.Issuer != "" && v != r.Issuer {
		return time.Time{}, ErrIssuer
	}
	if v, ok := c.all["aud"]; ok && len(r.Audiences) > 0 {
		if err := r.audience(v); err != nil {
			return time.Time{}, err
		}
	}
	if v, ok := c.all["sub"]; ok {
		if _, ok := v.(string); !ok {
			return time.Time{}, ErrClaimType
		}
	}
	for _, name := range r.Required {
		if v := c.Value(name); v == nil || v == "" {
			return time.Time{}, ErrMissing
		}
	}
	return r.times(c, now)
}

// audience checks aud, which is a text or a list of texts (RFC 7519 section 4.1.3).
func (r *Rules) audience(v any) error {
	switch v := v.(type) {
	case string:
		if slices.Contains(r.Audiences, v) {
			return nil
		}
	case []any:
		found := false
		for _, e := range v {
			s, ok := e.(string)
			if !ok {
				return ErrClaimType
			}
			found = found || slices.Contains(r.Audiences, s)
		}
		if found {
			return nil
		}
	case nil:
	default:
		return ErrClaimType
	}
	return ErrAudience
}

func (r *Rules) times(c Claims, now time.Time) (expires time.Time, err error) {
	exp, hasExp, err := c.date("exp")
	if err != nil {
		return time.Time{}, err
	}
	nbf, hasNbf, err := c.date("nbf")
	if err != nil {
		return time.Time{}, err
	}
	iat, hasIat, err := c.date("iat")
	if err != nil {
		return time.Time{}, err
	}
	if hasExp {
		if expires = exp.Add(r.Leeway); !now.Before(expires) {
			return time.Time{}, ErrExpired
		}
	}
	latest := now.Add(r.Leeway)
	if hasNbf && nbf.After(latest) {
		return time.Time{}, ErrNotYet
	}
	if hasIat && iat.After(latest) {
		return time.Time{}, ErrIssued
	}
	return expires, nil
}

// lastDate is the end of the year 9999, in seconds since 1970. What is later is in milliseconds, or
// a trick.
const lastDate = 253402300799

// date is a claim in seconds since 1970, which may have a fraction (RFC 7519 section 2).
func (c Claims) date(name string) (t time.Time, there bool, err error) {
	v, there := c.all[name]
	if !there {
		return time.Time{}, false, nil
	}
	n, ok := v.(json.Number)
	if !ok {
		return time.Time{}, true, ErrClaimType
	}
	seconds, err := n.Float64()
	if err != nil || math.Abs(seconds) > lastDate {
		return time.Time{}, true, ErrClaimType
	}
	whole, fraction := math.Modf(seconds)
	return time.Unix(int64(whole), int64(fraction*1e9)), true, nil
}
