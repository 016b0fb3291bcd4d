package plan

import (
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/policy"
	"github.com/gatewayhomebrew/gateway/libs/policy/auth"
)

// authenticators are those of a document (auth).
type authenticators map[config.AuthRef]auth.Authenticator

// authenticate makes them; none without auth. written is the document as it stands in the file.
func (p *Plan) authenticate(before *Plan, written *config.Document) {
	a := written.Auth
	if a == nil {
		return
	}
	p.auth = authenticators{}
	for i := range a.Basic {
		p.basicUsers(before, written, &a.Basic[i])
	}
	for i := range a.APIKeys {
		p.apiKeys(before, written, &a.APIKeys[i])
	}
}

// authenticator is one of the plan, nil for none.
func (p *Plan) authenticator(r config.AuthRef) auth.Authenticator {
	if p == nil {
		return nil
	}
	return p.auth.find(r)
}

// find is an auth.Finder.
func (a authenticators) find(r config.AuthRef) auth.Authenticator { return a[r] }

func authorized(c *config.Route, s *shared) (policy.Policy, error) {
	return auth.New(c, s.authenticators.find)
}
