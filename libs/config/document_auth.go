package config

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
