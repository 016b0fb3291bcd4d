package config

// APIKeys is a file of keys that clients show.
type APIKeys struct {
	Name string `config:"name,required,name"`
	In   string `config:"in,required"`
	File string `config:"file,required,file"`
}

func (APIKeys) keyTexts() texts {
	return texts{
		"name": "Required, unique.",
		"in":   "Where a request has its key: `header:NAME`.",
		"file": "The file.",
	}
}
