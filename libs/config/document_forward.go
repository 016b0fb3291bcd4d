package config

import (
	"strings"
	"time"
)

// Forward is a server that is asked about each request.
type Forward struct {
	Name     string        `config:"name,required,name"`
	URL      string        `config:"url,required,form=authURL"`
	Pass     []string      `config:"pass,form=field"`
	Copy     []string      `config:"copy,form=field"`
	ToClient []string      `config:"copy_to_client,form=field"`
	Subject  string        `config:"subject,form=field"`
	Scopes   string        `config:"scopes,form=field"`
	Roles    string        `config:"roles,form=field"`
	Timeout  time.Duration `config:"timeout,positive"`
	OnError  string        `config:"on_error,enum=refuse|pass"`
	Cache    *ForwardCache `config:"cache"`
	Security Security      `config:"security"`
}

// What becomes of requests while the server of a Forward does not answer.
const (
	ForwardRefuse = "refuse"
	ForwardPass   = "pass"
)

func (Forward) keyTexts() texts {
	return texts{
		"name": "Required, unique.",
		"url": "Whom to ask, with GET: `http://` or `https://`, and its path. It is told of the " +
			"request in `X-Forwarded-Method`, `-Proto`, `-Host`, `-Uri` and `-For`, and in " +
			"`X-Original-URL`, `-URI` and `-Method`. An answer with 2xx lets the request " +
			"through; 3xx and 4xx go to the client. Required.",
		"pass": "Header fields of the request that it gets too.",
		"copy": "Header fields of its answer that the endpoint gets. What clients send under " +
			"these names is left out, also where the answer has none.",
		"copy_to_client": "Header fields of an answer that lets the request through which are " +
			"added to the response, such as `Set-Cookie` of a session that was renewed.",
		"subject": "The field of the answer with the name of the client, for `{auth.subject}` " +
			"and logs.",
		"scopes": "The field with the scopes that routes may want, with blanks or commas between " +
			"them.",
		"roles":   "The field with the roles, such as groups, in the same way.",
		"timeout": "How long the answer may take, with its body.",
		"on_error": "What becomes of requests while there is no answer, or one with 5xx: " +
			"`refuse` with 503 `GW_AUTH_UNAVAILABLE`, or let them `pass`, without scopes and " +
			"roles.",
		"cache":    "How answers are remembered. Absent: each request is asked about.",
		"security": "How an `https://` server is verified. Absent: by the system's authorities.",
	}
}

// Secured is how the server is verified: where only the URL says that there is TLS, by that.
func (f *Forward) Secured() Security {
	s := f.Security
	if s.Mode == SecurityNone && strings.HasPrefix(f.URL, "https://") {
		s.Mode = SecurityTLS
	}
	return s
}

// ForwardCache says how answers of a Forward are remembered.
type ForwardCache struct {
	Key []string      `config:"key,required,form=forwardKey"`
	TTL time.Duration `config:"ttl,required,positive"`
}

func (ForwardCache) keyTexts() texts {
	return texts{
		"key": "What an answer is remembered by: names of header fields, `cookie:NAME`, or " +
			"`{request.path}`. Without any of them in the request, it is asked about. Route, " +
			"host, method and all fields of `pass` that may tell who the client is belong to the " +
			"key too.",
		"ttl": "For how long at most. `Cache-Control` of the answer can shorten it or forbid it.",
	}
}
