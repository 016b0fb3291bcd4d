package config

// RouteHeaders edits header fields both ways.
type RouteHeaders struct {
	Request  HeaderEdit `config:"request"`
	Response HeaderEdit `config:"response"`
}

func (RouteHeaders) keyTexts() texts {
	return texts{
		"request":  "On the way to the upstream.",
		"response": "On the way to the client.",
	}
}

// HeaderEdit is one direction's edits. Fields are removed first, then rewritten, then set, then
// added.
type HeaderEdit struct {
	Set     map[string]string       `config:"set,form=template"`
	Add     map[string]string       `config:"add,form=template"`
	Remove  []string                `config:"remove,form=field"`
	Replace map[string]FieldRewrite `config:"replace"`
}

func (HeaderEdit) keyTexts() texts {
	return texts{
		"set": "Field names with their values, in the place of what the client has sent under " +
			"these names. `Host` is one of them. `{client.address}` and other placeholders are " +
			"filled in; a field whose value is empty then is not sent. `{{` is a brace.",
		"add": "Field names with their values, as those of `set`, beside what there is under " +
			"these names.",
		"remove": "Field names.",
		"replace": "Rewrites the values of fields, by name: of each line of this name what " +
			"`regex` matches becomes `with`.",
	}
}

// FieldRewrite changes the values of a header field.
type FieldRewrite struct {
	Regex string `config:"regex,required"`
	With  string `config:"with,form=fieldPart"`
}

func (FieldRewrite) keyTexts() texts {
	return texts{
		"regex": "An expression of RE2, at most 1024 bytes. It may match a part: `^` is the " +
			"beginning of the value, `$` its end. Every match is replaced; a field with more " +
			"than 100 is left out.",
		"with": "What comes in the place of a match. `$1` or `${1}` is what the first group " +
			"matched, `${name}` what a group `(?P<name>…)` did, `$$` a dollar: as Go's " +
			"`Regexp.Expand` reads it, so `$1x` is the group `1x`, which is empty. A field of " +
			"which nothing is left is not sent.",
	}
}

// fieldValues are values of header fields that may have placeholders, with their key in the route.
type fieldValues struct {
	key string
	set map[string]string
}

// values are all that the route has.
func (r *Route) values() (all []fieldValues) {
	if h := r.Headers; h != nil {
		all = append(all, fieldValues{"headers.request.set", h.Request.Set},
			fieldValues{"headers.request.add", h.Request.Add},
			fieldValues{"headers.response.set", h.Response.Set},
			fieldValues{"headers.response.add", h.Response.Add})
	}
	if r.Respond != nil {
		all = append(all, fieldValues{"respond.headers", r.Respond.Headers})
	}
	return all
}
