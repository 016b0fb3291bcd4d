package plan

import (
	"fmt"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/policy"
	"github.com/gatewayhomebrew/gateway/libs/policy/auth"
	"github.com/gatewayhomebrew/gateway/libs/policy/auth/certificate"
	"github.com/gatewayhomebrew/gateway/libs/tlsconf"
)

// authenticators are those of a document (auth).
type authenticators map[config.AuthRef]auth.Authenticator

// authenticate makes them; none without auth. written is the document as it stands in the file, doc
// the one with the values of secrets.
func (p *Plan) authenticate(before *Plan, written, doc *config.Document) error {
	a := written.Auth
	if a == nil {
		return nil
	}
	p.auth, p.asks = authenticators{}, map[config.AuthRef]*tlsconf.Client{}
	for i := range a.Basic {
		p.basicUsers(before, written, &a.Basic[i])
	}
	for i := range a.APIKeys {
		p.apiKeys(before, written, &a.APIKeys[i])
	}
	for i := range a.ClientCertificates {
		c := &doc.Auth.ClientCertificates[i]
		one, err := certificate.New(c)
		if err != nil {
			return fmt.Errorf("auth.client_certificates %q: %w", c.Name, err)
		}
		p.auth[config.AuthRef{Kind: config.AuthClientCertificate, Name: c.Name}] = one
	}
	for i := range a.Forward {
		if err := p.forward(before, written, doc, i); err != nil {
			return fmt.Errorf("auth.forward %q: %w", a.Forward[i].Name, err)
		}
	}
	return nil
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
	return auth.New(c, auth.Common{
		Find: s.authenticators.find, Hide: s.veil.Text, Counts: s.authCounts,
	})
}
