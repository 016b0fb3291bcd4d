package config

import "time"

// Forward is a server that is asked about each request.
type Forward struct {
	Name    string        `config:"name,required,name"`
	URL     string        `config:"url,required"`
	Pass    []string      `config:"pass,form=field"`
	Copy    []string      `config:"copy,form=field"`
	Timeout time.Duration `config:"timeout,positive"`
	Cache   *ForwardCache `config:"cache"`
}

func (Forward) keyTexts() texts {
	return texts{
		"name":    "Required, unique.",
		"url":     "Whom to ask.",
		"pass":    "Fields of the request that it gets.",
		"copy":    "Fields of its answer that the endpoint gets.",
		"timeout": "How long it may take.",
		"cache":   "How its answers are remembered. Absent: they are not.",
	}
}

// ForwardCache says how answers of a Forward are remembered.
type ForwardCache struct {
	Key []string      `config:"key,required,form=field"`
	TTL time.Duration `config:"ttl,required,positive"`
}

func (ForwardCache) keyTexts() texts {
	return texts{
		"key": "The fields of a request that an answer is remembered by.",
		"ttl": "For how long.",
	}
}
