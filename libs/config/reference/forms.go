package reference

import (
	"slices"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/config/internal/tags"
	"github.com/gatewayhomebrew/gateway/libs/jwt"
	"github.com/gatewayhomebrew/gateway/libs/placeholder"
)

// forms are the schemas of texts, by the name that tags give them. They let through what a pattern
// can't judge. Each has the words that an editor shows for a value that does not fit, and neither a
// title nor a description: those of the key would be hidden behind them.
func forms() object {
	const number = `([0-9]+(\.[0-9]*)?|\.[0-9]+)`
	const above = `([0-9]*[1-9][0-9]*(\.[0-9]*)?|[0-9]*\.[0-9]*[1-9][0-9]*)`
	const units = `(ns|us|µs|μs|ms|s|m|h)`
	const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]"
	const media = "[!#$%&'+.^_`|~0-9A-Za-z-]+"
	const name = `[A-Za-z0-9][A-Za-z0-9._-]{0,127}`
	const address = `((\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]*):[0-9]{1,5}|` +
		`unix:(@[^\x00]+|/*[^@/\x00][^\x00]*)|systemd:[^\s:]+)`
	const aName = "up to 128 letters, digits and . _ -, starting with a letter or digit."
	const anAddress = "An address is host:port, such as 127.0.0.1:8080, :8080 or " +
		"[::1]:8080; IPv6 stands in brackets. Or unix:/run/app.sock, a unix socket"
	all := object{
		{"name", form("^"+name+"$", "A name is "+aName)},
		{"reference", form("^("+name+")?$",
			"Expected the name of something in this document: "+aName)},
		{"secret", examples(form(`^secret:(env:[^= ]+|file:.+|keychain:.+/[^/]+)$`,
			"A reference to a secret is secret:env:NAME, secret:file:PATH or "+
				"secret:keychain:SERVICE/ACCOUNT."),
			"secret:env:NAME", "secret:file:PATH", "secret:keychain:SERVICE/ACCOUNT")},
		{"text", object{{"type", "string"}, {"errorMessage", aText}}},
		{"some", form(`^[\s\S]`, "Expected a text that is not empty. "+quotes)},
		{"carrier", examples(form(`^(header|query|cookie):[^\s:]+$`,
			"Expected a part of a request, such as header:X-API-Key, query:api_key or cookie:key."),
			"header:X-API-Key", "query:api_key", "cookie:key")},
		{"authURL", examples(form(`^https?://[^\s#@]+$`,
			"Expected a URL, such as http://127.0.0.1:4181/verify."),
			"http://127.0.0.1:4181/verify")},
		{"forwardKey", examples(form("^((cookie:)?"+token+`+|\{request\.(path|query)\})$`,
			"Expected a header field, cookie:NAME, {request.path} or {request.query}."),
			"Cookie", "cookie:session")},
		{"duration", examples(form(`^\+?(`+number+units+`)+$`,
			"A duration needs its unit: ms, s, m or h, such as 250ms, 10s or 1h30m."),
			"10s", "250ms", "1h30m")},
		{"durationAboveZero", examples(form(`^\+?(`+number+units+`)*`+above+units+`(`+number+
			units+`)*$`,
			"Expected a duration above zero with its unit: ms, s, m or h, such as 250ms or 10s."),
			"10s")},
		{"percentage", examples(form(`^\+?0*(100(\.0*)?|[0-9]{1,2}(\.[0-9]*)?|\.[0-9]+)%$`,
			"A percentage is 0% to 100%, with its sign, such as 20%."), "20%")},
		{"cidr", examples(form(`^([0-9A-Fa-f:.]+/[0-9]{1,3}|unix:)$`,
			"A range of addresses is an address and the bits that count, such as 10.0.0.0/8, "+
				"192.0.2.1/32 or fd00::/8; or unix: for clients of unix sockets."),
			"10.0.0.0/8", "fd00::/8", "unix:")},
		{"address", examples(form("^"+address+"$", anAddress+"."),
			"127.0.0.1:8080", "[::1]:8080")},
		{"addressOff", examples(form("^("+address+"|off)$", anAddress+"; or the word off."),
			"127.0.0.1:9901", "off")},
		{"host", examples(form(`^(\*|(\*\.)?[^*\s/:]+|\[?[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*\]?)$`,
			"Expected a host without scheme, port or path, such as api.example.com; "+
				"\"*.example.org\", in quotes, for all below it; \"*\" for every host."),
			"api.example.com", "*.example.org")},
		{"prefix", examples(append(
			form(`^(/([!$&'()+,./0-9:;=@A-Z\[\]_a-z~-]|%[0-9A-F]{2})*)?$`,
				"A path starts with / and has no query. What else needs it is percent-encoded in "+
					"upper case, such as /a%20b."),
			refuse(object{{"type", "string"}, {"pattern", `//|/\.\.?(/|$)|%00|%5C`}},
				"No request has this path: //, /./ and /../ are gone after normalising, and %00 "+
					"and %5C are refused.")...), "/users")},
		{"method", examples(append(form("^"+strings.ReplaceAll(token, "a-z", "")+"{1,64}$",
			"A method is a word in upper case, such as GET."),
			refuse(object{{"enum", []string{"CONNECT", "TRACE"}}},
				"CONNECT and TRACE never reach a route.")...), "GET")},
		{"retry", examples(form(`^(connect|reset|unavailable|resource-exhausted|5[0-9][0-9])$`,
			"Expected a reason to try again: connect, reset, a status in quotes "+
				"(\"500\" to \"599\"), or, for gRPC, unavailable or resource-exhausted."),
			"connect", "503")},
		{"mediaRange", examples(form(`^(\*/\*|`+media+`/(\*|(\*\+)?`+media+`))$`,
			"Expected a media type or a range of them, without parameters, such as text/html, "+
				"text/*, application/*+json or */*."), "text/*", "application/json")},
		{"path", examples(form(`^/([!"$&-~]|%[0-9A-Fa-f]{2})*$`,
			"A path starts with /, and may have a query, such as /healthz."), "/healthz")},
		{"service", examples(form(`^[^\x00-\x20\x7f]*$`,
			"Expected the full name of a gRPC service, such as users.v1.Users."),
			"users.v1.Users")},
		{"status", examples(form(`^[1-5][0-9][0-9](-[1-5][0-9][0-9])?$`,
			"Expected a status of HTTP or a range of them, in quotes: \"200\" or \"200-399\"."),
			"200", "200-399")},
		{"errorStatus", examples(form(`^[45]([0-9][0-9]|xx)$`,
			"Expected a status of an error in quotes, \"400\" to \"599\", or 4xx or 5xx."),
			"404", "5xx")},
		{"balanceKey", examples(form(
			`^(client|path|(header|cookie):`+token+`+|query:[^\x00-\x1f]+)?$`,
			"Expected what requests are hashed by: client, path, header:NAME, cookie:NAME or "+
				"query:NAME."), "client", "header:X-Tenant", "cookie:session")},
		{"rateKey", examples(form(
			`^(client|route|subject|api_key|(header|cookie):`+token+`+|`+
				`(query|claim):[^\x00-\x1f]+)?$`,
			"Expected what requests are counted by: client, route, header:NAME, cookie:NAME, "+
				"query:NAME, subject, api_key or claim:NAME."), "client", "header:X-Tenant",
			"route")},
		{"tokenPlace", examples(form(`^((header|cookie):`+token+`{1,64}|query:[\s\S]+)$`,
			"Expected where requests have their token: header:NAME, cookie:NAME or query:NAME."),
			"header:Authorization", "cookie:access_token")},
		{"algorithm", examples(form("^("+strings.Join(jwt.AlgorithmNames(), "|")+")$",
			"Expected an algorithm of signatures: "+strings.Join(jwt.AlgorithmNames(), ", ")+"."),
			"RS256", "ES256")},
		{"serverURL", examples(form(`^[Hh][Tt][Tt][Pp][Ss]?://[^/?#\s][^#\s]*$`,
			"Expected a URL, such as https://id.example.com/keys."),
			"https://id.example.com/keys")},
		{"cookie", examples(form("^"+token+"+$",
			"The name of a cookie has letters, digits and - _ . and a few other signs."), "gw")},
		{"cipher", form(`^TLS_ECDHE_[A-Z0-9_]+$`,
			"Expected a cipher suite of TLS 1.2 by its IANA name, "+
				"such as TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256.")},
		{"mode", examples(form(`^0?[0-7]{3}$`,
			"The permission bits of a file are three octal digits in quotes, such as \"0660\"."),
			"0660")},
		{"tlv", examples(form(`^(pass|alpn|authority|unique_id|ssl|netns|0x[0-9A-Fa-f]{2})$`,
			"Expected a TLV of the PROXY protocol: pass for all, a type such as \"0xEA\", or one "+
				"of alpn, authority, unique_id, ssl and netns."), "pass", "unique_id")},
		{"pin", form(`^sha256/[A-Za-z0-9+/]{43}=$`,
			"A pin is sha256/ and the SHA-256 of a public key in base64, 44 signs.")},
		{"field", examples(form("^"+token+"{1,64}$", "The name of a header field is up to 64 "+
			"letters, digits and - _ . and a few other signs, without a colon."), "X-From")},
		{"value", append(form(`^([^\x00-\x20\x7f]([^\x00-\x1f\x7f]*[^\x00-\x20\x7f])?)?$`,
			"The value of a header field is one line of text, without blanks around it. "+quotes),
			member{"maxLength", config.MaxFieldValue})},
		{"template", examples(append(form(`^([^\x00-\x20\x7f]([^\x00-\x1f\x7f]*[^\x00-\x20\x7f])?)?$`,
			"The value of a header field is one line of text, without blanks around it. "+quotes),
			append(object{member{"maxLength", config.MaxFieldValue}}, refuse(object{
				{"type", "string"}, {"anyOf", []object{
					{{"pattern", `[$%]\{[^{]`}}, {{"not", object{{"pattern", templates()}}}},
				}}},
				"Expected {client.address} or another placeholder between braces, without a "+
					"dollar; a brace that begins none is written {{.")...)...),
			"edge", "{client.address}")},
		{"origin", examples(form(
			`^(\*|null|[A-Za-z][A-Za-z0-9+.-]*://(\*|(\*\.)?[^*\s/:?#@]+|\[[0-9A-Fa-f:.]+\])(:([1-9][0-9]{0,4}|\*))?)$`,
			"Expected an origin: scheme, host and possibly a port, such as "+
				"https://app.example.com; \"https://*.example.org\" for all below it; \"*\", in "+
				"quotes, for every origin."), "https://app.example.com")},
		{"anyMethod", examples(append(form(`^(\*|`+strings.ReplaceAll(token, "a-z", "")+`{1,64})$`,
			"A method is a word in upper case, such as PUT; \"*\" is any."),
			refuse(object{{"enum", []string{"CONNECT", "TRACE"}}},
				"No script can use CONNECT and TRACE.")...), "PUT")},
		{"anyField", examples(form("^"+token+"{1,64}$", "The name of a header field is up to 64 "+
			"letters, digits and - _ . and a few other signs, without a colon; \"*\" is any."),
			"X-Total")},
		{"comparedField", examples(form("^"+token+"{1,64}$", "The name of a header field is up "+
			"to 64 letters, digits and - _ . and a few other signs, without a colon."),
			"Content-Type")},
		{"pointer", examples(form(`^(/([^~/]|~[01])*)+$`, "A JSON pointer begins with a slash, "+
			"such as /ts or /items/*/id; ~1 is a slash in a key, and ~0 a tilde."),
			"/ts", "/items/*/id")},
		{"fieldPart", append(form(`^[^\x00-\x1f\x7f]*$`,
			"Expected a text in one line. "+quotes), member{"maxLength", config.MaxFieldValue})},
		{"page", examples(append(form(`^[\s\S]`, "Expected the path of a file that clients get."),
			refuse(object{{"type", "string"}, {"pattern", "^secret:"}},
				"What clients get is no secret.")...), "pages/down.html")},
		{"scheme", examples(form(`^(https?)?$`,
			"Expected the scheme of a URL: http or https."), "https")},
		{"redirectHost", examples(form(`^([^*\s/:@]+|\[?[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*\]?)?$`,
			"Expected a host without scheme, port or path, such as www.example.com."),
			"www.example.com")},
		{"hostField", examples(form(`^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+)(:[0-9]{1,5})?$`,
			"Expected a host, possibly with a port, such as users.internal:8080."),
			"users.internal:8080")},
		{"hostTemplate", examples(form(
			`^(\[[0-9A-Fa-f:.]+\]|([A-Za-z0-9_.-]|\{[a-z_.]+\}|\{env\.[^={} ]+\})+)(:[0-9]{1,5})?$`,
			"Expected a host, possibly with a port, such as users.internal:8080, or a placeholder "+
				"for one, such as {endpoint}."), "users.internal:8080", "{request.host}")},
		{"token", append(form(`^[A-Za-z0-9._~+/-]{16,}=*$`,
			"A token has at least 16 letters, digits and - . _ ~ + /. Better a reference to a "+
				"secret: secret:env:NAME."), member{"maxLength", 4096})},
	}
	slices.SortFunc(all, func(a, b member) int { return strings.Compare(a.key, b.key) })
	return all
}

// templates is the pattern of texts whose placeholders there are.
func templates() string {
	names := strings.ReplaceAll(strings.Join(placeholder.Names(), "|"), ".", `\.`)
	return `^([^{]|\{\{|\{(` + names + `|env\.[^={} ]+|auth\.claim\.[^{} ]+)\})*$`
}

const (
	quotes = "Put it in quotes if it looks like a number, true, false or null."
	aText  = "Expected a text. " + quotes
)

// form is the schema of a text, with what an editor says of everything else.
func form(pattern, words string) object {
	return object{{"type", "string"}, {"pattern", pattern}, {"errorMessage", words}}
}

func examples(o object, list ...string) object { return append(o, member{"examples", list}) }

// refuse lets nothing through that meets a condition, and says why. Editors have no words of ours
// for "not", so it says that what met the condition is null instead, which it never is.
func refuse(condition object, why string) object {
	return object{{"if", condition}, {"then", never(why)}}
}

func never(why string) object { return object{{"type", "null"}, {"errorMessage", why}} }

// orSecret is the schema of a text that may be a reference to a secret. What begins like one is
// judged as one, so that nobody is told of secrets who did not write one. An anyOf would tell of
// both, or of the wrong one.
func orSecret(o object) object {
	return object{
		{"if", object{{"type", "string"}, {"pattern", "^secret:"}}},
		{"then", ref("secret")},
		{"else", o},
	}
}

// textOf returns the schema of a text.
func textOf(r *tags.Rule) object {
	switch {
	case r.Words != nil:
		return object{{"enum", r.Words}}
	case r.Name, r.Ref && r.Required:
		return ref("name")
	case r.Ref:
		return ref("reference")
	case r.Form == "":
		return orSecret(ref("text"))
	case r.MayBeSecret():
		return orSecret(ref(r.Form))
	default:
		return ref(r.Form)
	}
}
