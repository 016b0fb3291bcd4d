package config

// MostPage is how many bytes a file that is sent to clients may have.
const MostPage = 1 << 20

// Respond is an answer that is the same for all requests of a route.
type Respond struct {
	Status      int               `config:"status,min=200,max=599"`
	Body        string            `config:"body"`
	File        string            `config:"file,file,form=page"`
	ContentType string            `config:"content_type,form=value"`
	Headers     map[string]string `config:"headers,form=template"`
}

func (Respond) keyTexts() texts {
	return texts{
		"status": "From 200 to 599.",
		"body":   "The content. Neither this nor `file`: there is none.",
		"file": "The content, read when the configuration is loaded and watched as the " +
			"configuration is: at most 1 MiB.",
		"content_type": "Absent: by the ending of `file`, such as `text/html; charset=utf-8` for " +
			"`.html`, or `application/octet-stream`; for `body`, `text/plain; charset=utf-8`.",
		"headers": "Field names with their values, as `headers.response.set` has them. " +
			"Placeholders are filled in.",
	}
}
