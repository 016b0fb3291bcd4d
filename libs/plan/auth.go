package plan

import (
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/policy"
	"github.com/gatewayhomebrew/gateway/libs/policy/auth"
)

// authenticators are those of a document (auth).
type authenticators map[config.AuthRef]auth.Authenticator

// newAuthenticators makes them; none without auth.
func newAuthenticators(a *config.Auth) authenticators {
	if a == nil {
		return nil
	}
	return authenticators{}
}

// find is an auth.Finder.
func (a authenticators) find(r config.AuthRef) auth.Authenticator { return a[r] }

func authorized(c *config.Route, s *shared) (policy.Policy, error) {
	return auth.New(c, s.authenticators.find)
}
