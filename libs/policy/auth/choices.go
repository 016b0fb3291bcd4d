package auth

import "github.com/gatewayhomebrew/gateway/libs/config"

// choices are the authenticators of a route in the order in which they are tried. What the route
// wants of everybody beside any_of is not among what each of them wants.
func choices(a *config.RouteAuth) []config.AuthChoice {
	if len(a.AnyOf) > 0 {
		return a.AnyOf
	}
	return []config.AuthChoice{{
		JWT: a.JWT, Basic: a.Basic, APIKey: a.APIKey, Forward: a.Forward,
		ClientCertificate: a.ClientCertificate,
		Scopes:            a.Scopes, Roles: a.Roles,
	}}
}

// reference is the authenticator that a choice names.
func reference(c *config.AuthChoice) config.AuthRef {
	switch {
	case c.JWT != "":
		return config.AuthRef{Kind: config.AuthJWT, Name: c.JWT}
	case c.Basic != "":
		return config.AuthRef{Kind: config.AuthBasic, Name: c.Basic}
	case c.APIKey != "":
		return config.AuthRef{Kind: config.AuthAPIKey, Name: c.APIKey}
	case c.Forward != "":
		return config.AuthRef{Kind: config.AuthForward, Name: c.Forward}
	case c.ClientCertificate != "":
		return config.AuthRef{Kind: config.AuthClientCertificate, Name: c.ClientCertificate}
	}
	return config.AuthRef{}
}
