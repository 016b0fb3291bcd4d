package configserver

import (
	"slices"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config"
)

// authWithoutFiles returns auth without what a plan would read files for, and without names that
// only nodes know.
func authWithoutFiles(auth *config.Auth) *config.Auth {
	if auth == nil {
		return nil
	}
	out := *auth
	out.JWT = slices.Clone(auth.JWT)
	for i := range out.JWT {
		j := &out.JWT[i]
		j.JWKS.File, j.JWKS.CA = "", ""
		if j.Introspection != nil {
			asked := *j.Introspection
			asked.CA = ""
			j.Introspection = &asked
		}
	}
	out.Forward = slices.Clone(auth.Forward)
	for i := range out.Forward {
		out.Forward[i].Security = config.Security{Mode: config.SecurityNone}
	}
	out.ClientCertificates = slices.Clone(auth.ClientCertificates)
	for i := range out.ClientCertificates {
		c := &out.ClientCertificates[i]
		c.Clients = slices.Clone(c.Clients)
		for j := range c.Clients {
			c.Clients[j].Names = known(c.Clients[j].Names)
		}
	}
	return &out
}

// known are the texts of a list that are no references to secrets.
func known(list []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool {
		return strings.HasPrefix(s, "secret:")
	})
}
