package config

// Whose errors an ErrorPage is for.
const (
	ErrorsOfGateway  = "gateway"
	ErrorsOfUpstream = "upstream"
	ErrorsOfBoth     = "both"
)

// ErrorPage is what people see where a request ends with an error.
type ErrorPage struct {
	// On has statuses from 400 to 599, and the classes 4xx and 5xx.
	On   []string `config:"on,required,form=errorStatus"`
	From string   `config:"from,enum=gateway|upstream|both"`
	File string   `config:"file,required,file,form=page"`
}

func (ErrorPage) keyTexts() texts {
	return texts{
		"on": "Statuses from `\"400\"` to `\"599\"` in quotes, or `4xx` or `5xx` for all of a " +
			"class, for which it is shown. A status of its own comes before its class.",
		"from": "`gateway` (its own errors), `upstream` (what an endpoint answers) or `both`.",
		"file": "The page as HTML in UTF-8, read when the configuration is loaded and watched as " +
			"the configuration is: at most 1 MiB. `{status}`, `{reason}`, `{code}`, `{message}` " +
			"and `{request.id}` in it are filled in.",
	}
}
