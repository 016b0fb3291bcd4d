package config

import "time"

// Auth holds the authenticators that routes refer to by name.
type Auth struct {
	JWT     []JWT        `config:"jwt"`
	Basic   []BasicUsers `config:"basic"`
	APIKeys []APIKeys    `config:"api_keys"`
	Forward []Forward    `config:"forward"`
}

func (Auth) keyTexts() texts {
	return texts{
		"jwt":      "Issuers of tokens.",
		"basic":    "Files of users with passwords.",
		"api_keys": "Files of keys that clients show.",
		"forward":  "Servers that say who may do what.",
	}
}

// JWT is one issuer of tokens.
type JWT struct {
	Name          string         `config:"name,required,name"`
	Issuer        string         `config:"issuer,required,form=some"`
	Audiences     []string       `config:"audiences"`
	Algorithms    []string       `config:"algorithms"`
	JWKS          JWKS           `config:"jwks,required"`
	Introspection *Introspection `config:"introspection"`
}

func (JWT) keyTexts() texts {
	return texts{
		"name":          "Required, unique.",
		"issuer":        "The `iss` of its tokens. Required.",
		"audiences":     "One of them is in `aud`.",
		"algorithms":    "Those accepted.",
		"jwks":          "Where its keys are; one of the two.",
		"introspection": "For opaque OAuth2 tokens.",
	}
}

// JWKS is where an issuer's keys are; one of the two.
type JWKS struct {
	URL  string `config:"url"`
	File string `config:"file"`
}

func (JWKS) keyTexts() texts {
	return texts{
		"url":  "An address.",
		"file": "A file.",
	}
}

// Introspection asks the issuer about opaque tokens.
type Introspection struct {
	URL          string `config:"url"`
	ClientID     string `config:"client_id"`
	ClientSecret string `config:"client_secret,secret"`
}

func (Introspection) keyTexts() texts {
	return texts{
		"url":           "Whom to ask.",
		"client_id":     "As whom.",
		"client_secret": "A secret.",
	}
}

// BasicUsers is a file of users with passwords (RFC 7617).
type BasicUsers struct {
	Name  string `config:"name,required,name"`
	Realm string `config:"realm"`
	File  string `config:"file,required,file"`
}

func (BasicUsers) keyTexts() texts {
	return texts{
		"name":  "Required, unique.",
		"realm": "What a browser shows people who are asked for a password.",
		"file":  "The file.",
	}
}

// APIKeys is a file of keys that clients show.
type APIKeys struct {
	Name string `config:"name,required,name"`
	In   string `config:"in,required"`
	File string `config:"file,required,file"`
}

func (APIKeys) keyTexts() texts {
	return texts{
		"name": "Required, unique.",
		"in":   "Where a request has its key: `header:NAME`.",
		"file": "The file.",
	}
}

// Forward is a server that is asked about each request.
type Forward struct {
	Name    string        `config:"name,required,name"`
	URL     string        `config:"url,required"`
	Pass    []string      `config:"pass,form=field"`
	Copy    []string      `config:"copy,form=field"`
	Timeout time.Duration `config:"timeout,positive"`
	Cache   *ForwardCache `config:"cache"`
}

func (Forward) keyTexts() texts {
	return texts{
		"name":    "Required, unique.",
		"url":     "Whom to ask.",
		"pass":    "Fields of the request that it gets.",
		"copy":    "Fields of its answer that the endpoint gets.",
		"timeout": "How long it may take.",
		"cache":   "How its answers are remembered. Absent: they are not.",
	}
}

// ForwardCache says how answers of a Forward are remembered.
type ForwardCache struct {
	Key []string      `config:"key,required,form=field"`
	TTL time.Duration `config:"ttl,required,positive"`
}

func (ForwardCache) keyTexts() texts {
	return texts{
		"key": "The fields of a request that an answer is remembered by.",
		"ttl": "For how long.",
	}
}
