package config

// Auth holds the authenticators that routes refer to by name.
type Auth struct {
	JWT                []JWT                `config:"jwt"`
	Basic              []BasicUsers         `config:"basic"`
	APIKeys            []APIKeys            `config:"api_keys"`
	Forward            []Forward            `config:"forward"`
	ClientCertificates []ClientCertificates `config:"client_certificates"`
}

func (Auth) keyTexts() texts {
	return texts{
		"jwt":      "Issuers of tokens.",
		"basic":    "Files of users with passwords.",
		"api_keys": "Files of keys that clients show.",
		"client_certificates": "Clients by their certificates. Needs a listener with " +
			"`tls.client_ca`.",
		"forward": "Servers that say who may do what.",
	}
}
