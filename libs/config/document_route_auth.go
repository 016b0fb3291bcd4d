package config

// RouteAuth says who may use a route: one authenticator, or one of several.
type RouteAuth struct {
	JWT               string       `config:"jwt,ref"`
	Basic             string       `config:"basic,ref"`
	APIKey            string       `config:"api_key,ref"`
	Forward           string       `config:"forward,ref"`
	ClientCertificate string       `config:"client_certificate,ref"`
	AnyOf             []AuthChoice `config:"any_of"`
	Scopes            []string     `config:"scopes"`
	Roles             []string     `config:"roles"`
}

func (RouteAuth) keyTexts() texts {
	return texts{
		"jwt":                "A name of `auth.jwt`.",
		"basic":              "A name of `auth.basic`.",
		"api_key":            "A name of `auth.api_keys`.",
		"forward":            "A name of `auth.forward`.",
		"client_certificate": "A name of `auth.client_certificates`.",
		"any_of": "Authenticators, of which the first that accepts a request " +
			"is enough.",
		"scopes": "All of them are required, whoever of `any_of` has accepted the " +
			"request.",
		"roles": "One of them is required, whoever of `any_of` has accepted the " +
			"request.",
	}
}

// AuthChoice is one of the authenticators of RouteAuth.AnyOf.
type AuthChoice struct {
	JWT               string   `config:"jwt,ref"`
	Basic             string   `config:"basic,ref"`
	APIKey            string   `config:"api_key,ref"`
	Forward           string   `config:"forward,ref"`
	ClientCertificate string   `config:"client_certificate,ref"`
	Scopes            []string `config:"scopes"`
	Roles             []string `config:"roles"`
}

func (AuthChoice) keyTexts() texts {
	return texts{
		"jwt":                "A name of `auth.jwt`.",
		"basic":              "A name of `auth.basic`.",
		"api_key":            "A name of `auth.api_keys`.",
		"forward":            "A name of `auth.forward`.",
		"client_certificate": "A name of `auth.client_certificates`.",
		"scopes":             "All of them are required with this authenticator.",
		"roles":              "One of them is required with this authenticator.",
	}
}

// Kinds of authenticators, as RouteAuth has their keys.
const (
	AuthJWT     = "jwt"
	AuthBasic   = "basic"
	AuthAPIKey  = "api_key"
	AuthForward = "forward"

	AuthClientCertificate = "client_certificate"
)

// An AuthRef names an entry of Auth.
type AuthRef struct{ Kind, Name string }

// List is the entry's list in the document.
func (r AuthRef) List() string {
	switch r.Kind {
	case AuthAPIKey, AuthClientCertificate:
		return "auth." + r.Kind + "s"
	}
	return "auth." + r.Kind
}

// named are the authenticators that a choice names: one, where it is valid.
func (c *AuthChoice) named() (refs []AuthRef) {
	for _, r := range []AuthRef{
		{AuthJWT, c.JWT}, {AuthBasic, c.Basic}, {AuthAPIKey, c.APIKey}, {AuthForward, c.Forward},
		{AuthClientCertificate, c.ClientCertificate},
	} {
		if r.Name != "" {
			refs = append(refs, r)
		}
	}
	return refs
}

// own is what the route itself names beside AnyOf.
func (a *RouteAuth) own() AuthChoice {
	return AuthChoice{JWT: a.JWT, Basic: a.Basic, APIKey: a.APIKey, Forward: a.Forward,
		ClientCertificate: a.ClientCertificate, Scopes: a.Scopes, Roles: a.Roles}
}
