package config

import "net/netip"

// When is what the requests of a route must have beside host, path and method. All of it must hold.
type When struct {
	Headers map[string]Match `config:"headers"`
	Query   map[string]Match `config:"query"`
	Cookies map[string]Match `config:"cookies"`
	Clients []netip.Prefix   `config:"clients"`
}

func (When) keyTexts() texts {
	return texts{
		"headers": "Header fields by name, of which case doesn't matter. A field that comes more " +
			"than once has its values joined with a comma and a space (RFC 9110 section 5.3).",
		"query": "Parameters of the query by name. The first one of a name counts, " +
			"percent-decoded.",
		"cookies": "Cookies by name. The first one of a name counts.",
		"clients": "Ranges of addresses, one of which the client's address is in: the one after " +
			"the PROXY protocol, and after `X-Forwarded-For` of trusted proxies.",
	}
}

// Match is what a value must be. In a file a text alone is the exact value.
type Match struct {
	Exact   *string `config:"exact"`
	Prefix  string  `config:"prefix"`
	Suffix  string  `config:"suffix"`
	Regex   string  `config:"regex"`
	Present *bool   `config:"present"`
	Not     *string `config:"not"`
}

func (Match) keyTexts() texts {
	return texts{
		"exact": "The whole value; case matters. A text in the place of the mapping is the same: " +
			"`X-Canary: \"1\"`.",
		"prefix": "How the value begins.",
		"suffix": "How the value ends.",
		"regex": "An expression of RE2 that the whole value matches: at most 1024 bytes, and no " +
			"lookahead or backreference.",
		"present": "`true`: there is a value, even an empty one. `false`: there is none.",
		"not":     "The value is another one, or there is none.",
	}
}

// set is how many of the tests are asked for.
func (m *Match) set() (n int) {
	for _, is := range []bool{
		m.Exact != nil, m.Prefix != "", m.Suffix != "", m.Regex != "", m.Present != nil,
		m.Not != nil,
	} {
		if is {
			n++
		}
	}
	return n
}
