package config

import "time"

// NoType stands in JWT.Types for a token that does not say its type.
const NoType = "none"

// JWT is one issuer of tokens (RFC 7519, RFC 6750).
type JWT struct {
	Name       string        `config:"name,required,name"`
	Issuer     string        `config:"issuer,required,form=some"`
	Audiences  []string      `config:"audiences,form=some"`
	Algorithms []string      `config:"algorithms,form=algorithm"`
	Types      []string      `config:"types,form=some"`
	Leeway     time.Duration `config:"leeway"`
	Require    []string      `config:"require,form=some"`
	From       []string      `config:"from,form=tokenPlace"`
	Keep       bool          `config:"keep"`
	Roles      []string      `config:"roles,form=some"`

	JWKS          JWKS           `config:"jwks"`
	Introspection *Introspection `config:"introspection"`
}

func (JWT) keyTexts() texts {
	return texts{
		"name": "Required, unique.",
		"issuer": "The `iss` of its tokens, letter by letter: a slash at the end counts. " +
			"Required.",
		"audiences": "One of them has to be in `aud`. Absent: whom a token is for is not looked " +
			"at, so that tokens for other services of the issuer count too.",
		"algorithms": "Those that tokens may be signed by: `RS256`, `RS384`, `RS512`, `PS256`, " +
			"`PS384`, `PS512`, `ES256`, `ES384`, `ES512`, `EdDSA` (with Ed25519) and `Ed25519`. " +
			"Absent: all of them. There are none with shared keys (`HS256`). A key has to fit " +
			"too, by its kind, curve, size, `alg`, `use` and `key_ops`.",
		"types": "Values of `typ` that tokens may have; `none` is a token without one. Access " +
			"tokens after RFC 9068 have `at+jwt`.",
		"leeway": "How far the clocks of issuer and gateway may be apart, for `exp`, `nbf` and " +
			"`iat`: at most 10m.",
		"require": "Claims that a token has to have. `[]`: none, so that a token without `exp` " +
			"counts for ever.",
		"from": "Where requests have their token: `header:NAME`, `cookie:NAME` or `query:NAME`. " +
			"In `header:Authorization` it stands behind the word Bearer. A request that has " +
			"tokens in two places is refused.",
		"keep": "Tokens go on to endpoints. Otherwise they are taken out.",
		"roles": "Claims with roles, for `routes[].auth.roles`. A dot leads into a claim: " +
			"`resource_access.shop.roles`.",
		"jwks": "Where its keys are; one of the two. Absent: every token is asked about.",
		"introspection": "A server that is asked about tokens (RFC 7662): about opaque ones, and " +
			"without `jwks` about all.",
	}
}

// JWKS is where an issuer's keys are (RFC 7517); one of URL and File.
type JWKS struct {
	URL      string        `config:"url,form=serverURL"`
	File     string        `config:"file,file"`
	CA       string        `config:"ca,file"`
	Interval time.Duration `config:"interval,positive"`
	Timeout  time.Duration `config:"timeout,positive"`
}

func (JWKS) keyTexts() texts {
	return texts{
		"url": "Their address: https, or http where nobody can be in between. It is asked in " +
			"the background. While it does not answer, the keys of before stay in use; where " +
			"there are none yet, routes answer 503. Redirects are not followed.",
		"file": "A file with them, at most 1 MB and 1000 keys.",
		"ca":   "Certificates (PEM) that the server of `url` is verified by. Absent: the system's.",
		"interval": "How often they are fetched. An answer can ask for more often " +
			"(`Cache-Control: max-age`), down to 30s. A token whose key is not known has them " +
			"fetched at once, at most every 5s.",
		"timeout": "How long a fetch may take.",
	}
}

// Introspection asks the issuer about opaque tokens (RFC 7662).
type Introspection struct {
	URL          string        `config:"url,required,form=serverURL"`
	ClientID     string        `config:"client_id"`
	ClientSecret string        `config:"client_secret,secret"`
	CA           string        `config:"ca,file"`
	Timeout      time.Duration `config:"timeout,positive"`
	TTL          time.Duration `config:"ttl"`
}

func (Introspection) keyTexts() texts {
	return texts{
		"url":           "Whom to ask: https, or http where nobody can be in between.",
		"client_id":     "As whom. Absent: without saying.",
		"client_secret": "The secret of `client_id`.",
		"ca":            "Certificates (PEM) that the server is verified by. Absent: the system's.",
		"timeout":       "How long an answer may take. Without one in time the route answers 503.",
		"ttl": "How long an answer is remembered, and at most until the token expires; that a " +
			"token does not count for 10s at most. A token that is revoked counts for that long " +
			"still. `0s`: every request is asked about.",
	}
}
