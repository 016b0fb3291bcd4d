package config

// APIKeys is a file of keys that clients show.
type APIKeys struct {
	Name string `config:"name,required,name"`
	In   string `config:"in,form=carrier"`
	File string `config:"file,required,secret,file"`
	Keep bool   `config:"keep"`
}

func (APIKeys) keyTexts() texts {
	return texts{
		"name": "Required, unique.",
		"in": "Where a request has its key: `header:NAME`, `query:NAME` or `cookie:NAME`. With " +
			"`header:Authorization` it is what stands behind `Bearer` or `ApiKey`.",
		"file": "YAML or JSON, a list of keys: `id`, `sha256` (of the key, in hexadecimal), and " +
			"as wanted `scopes`, `roles` and `expires`. Or a secret that holds such a list. It " +
			"is read anew when it changes. Required.",
		"keep": "Let the key go on to the endpoint. Otherwise it ends at the gateway.",
	}
}
