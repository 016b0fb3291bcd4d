package config

import (
	"github.com/gatewayhomebrew/gateway/libs/config/text"
)

// ClientCertificates say what clients may do, by their verified certificates.
type ClientCertificates struct {
	Name    string             `config:"name,required,name"`
	Clients []CertifiedClients `config:"clients,required"`
}

func (ClientCertificates) keyTexts() texts {
	return texts{
		"name": "Required, unique.",
		"clients": "Which certificates count, and for what. One that fits several entries has " +
			"the scopes and roles of all. Required.",
	}
}

// CertifiedClients are some of the clients of ClientCertificates.
type CertifiedClients struct {
	Names  []string `config:"names,required"`
	Scopes []string `config:"scopes"`
	Roles  []string `config:"roles"`
}

func (CertifiedClients) keyTexts() texts {
	return texts{
		"names": "DNS names (`*.x` for one label), URIs (a `*` at the end for what begins so) or " +
			"subjects (`CN=ops,O=Example`), one of which has to be in the certificate. Required.",
		"scopes": "What routes may want all of.",
		"roles":  "What routes may want one of.",
	}
}

// Values of TLS.ClientAuth.
const (
	ClientAuthRequired = "required"
	ClientAuthOptional = "optional"
)

// certified checks an entry of auth.client_certificates.
func (v *validator) certified(c *ClientCertificates, at string) {
	for i := range c.Clients {
		names := text.JoinKey(text.JoinIndex(text.JoinKey(at, "clients"), i), "names")
		if c.Clients[i].Names != nil && len(c.Clients[i].Names) == 0 {
			v.add(names, CodeMissing, "it names no client", "write [CN=ops] or remove the entry")
		}
		for j, n := range c.Clients[i].Names {
			if _, err := ClientName(v.value(n)); err != nil {
				v.wrong(text.JoinIndex(names, j), CodeValue, n, err, "")
			}
		}
	}
}
