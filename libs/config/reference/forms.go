package reference

import (
	"slices"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config"
)

// forms are the schemas of texts, by the name that tags give them. They let through what a pattern
// can't judge.
func forms() object {
	const unit = `([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)`
	const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]"
	const name = `[A-Za-z0-9][A-Za-z0-9._-]{0,127}`
	const address = `(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]*):[0-9]{1,5}`
	note := func(o object, words string, examples ...string) object {
		o = append(object{{"description", words}}, o...)
		if len(examples) > 0 {
			o = append(o, member{"examples", examples})
		}
		return o
	}
	all := object{
		{"name", note(pattern("^"+name+"$"),
			"Up to 128 letters, digits and . _ -, starting with a letter or digit.")},
		{"reference", note(pattern("^("+name+")?$"), "The name of something in this document.")},
		{"secret", note(pattern(`^secret:(env:[^= ]+|file:.+|keychain:.+/[^/]+)$`),
			"A reference to a secret.",
			"secret:env:NAME", "secret:file:PATH", "secret:keychain:SERVICE/ACCOUNT")},
		{"text",
			note(object{{"type", "string"},
				{"anyOf", []object{ref("secret"), {{"not", object{{"pattern", "^secret:"}}}}}}},
				"A text, or a reference to a secret.")},
		{"some",
			note(object{{"type", "string"}, {"minLength", 1},
				{"not", object{{"pattern", "^secret:"}}}}, "A text that is not empty.")},
		{"duration", note(pattern(`^\+?(`+unit+`)+$`), "A duration with its unit.", "10s", "250ms",
			"1h30m")},
		{"durationAboveZero",
			note(object{{"type", "string"}, {"pattern", `^\+?(` + unit + `)+$`},
				{"not", object{{"pattern", `^[+0.a-zµμ]*$`}}}},
				"A duration with its unit, above zero.", "10s")},
		{"percentage", note(pattern(`^\+?0*(100(\.0*)?|[0-9]{1,2}(\.[0-9]*)?|\.[0-9]+)%$`),
			"A percentage with its sign.", "20%")},
		{"cidr", note(pattern(`^[0-9A-Fa-f:.]+/[0-9]{1,3}$`), "A range of addresses.", "10.0.0.0/8",
			"fd00::/8")},
		{"address", note(pattern("^"+address+"$"), "host:port, IPv6 in brackets.", "127.0.0.1:8080",
			"[::1]:8080")},
		{"addressOff", note(pattern("^("+address+"|off)$"), "host:port, or off.", "127.0.0.1:9901",
			"off")},
		{"host", note(pattern(`^(\*|(\*\.)?[^*\s/:]+|\[?[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*\]?)$`),
			"A host, or *. and what all hosts of the route end with.", "api.example.com",
			"*.example.org")},
		{"prefix", note(object{
			{"type", "string"},
			{"pattern", `^(/([!$&'()+,./0-9:;=@A-Z\[\]_a-z~-]|%[0-9A-F]{2})*)?$`},
			{"not", object{{"pattern", `//|/\.\.?(/|$)|%00|%5C`}}},
		}, "A path as it is after normalising.", "/users")},
		{"method",
			note(object{{"type", "string"},
				{"pattern", "^" + strings.ReplaceAll(token, "a-z", "") + "{1,64}$"},
				{"not", object{{"enum", []string{"CONNECT", "TRACE"}}}}}, "A method in upper case.",
				"GET")},
		{"retry", note(pattern(`^(connect|reset|unavailable|resource-exhausted|5[0-9][0-9])$`),
			"A reason to try again.", "connect", "503")},
		{"path", note(pattern(`^/([!"$&-~]|%[0-9A-Fa-f]{2})*$`),
			"A path as it is sent, possibly with a query.", "/healthz")},
		{"service", note(pattern(`^[^\x00-\x20\x7f]*$`), "The full name of a gRPC service.",
			"users.v1.Users")},
		{"status", note(pattern(`^[1-5][0-9][0-9](-[1-5][0-9][0-9])?$`),
			"A status of HTTP, or a range of them.", "200", "200-399")},
		{"cipher", note(pattern(`^TLS_ECDHE_[A-Z0-9_]+$`),
			"A cipher suite of TLS 1.2, by its IANA name.")},
		{"pin", note(pattern(`^sha256/[A-Za-z0-9+/]{43}=$`), "The SHA-256 of a public key.")},
		{"field", note(pattern("^"+token+"{1,64}$"), "The name of a header field.", "X-From")},
		{"value", note(object{
			{"type", "string"}, {"maxLength", config.MaxFieldValue},
			{"pattern", `^([^\x00-\x20\x7f]([^\x00-\x1f\x7f]*[^\x00-\x20\x7f])?)?$`},
			{"not", object{{"pattern", "^secret:"}}},
		}, "The value of a header field.")},
		{"hostField", note(pattern(`^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+)(:[0-9]{1,5})?$`),
			"A host, possibly with a port.", "users.internal:8080")},
		{"token",
			note(object{{"type", "string"}, {"pattern", `^[A-Za-z0-9._~+/-]{16,}=*$`},
				{"maxLength", 4096}}, "A token. Better a reference to a secret.")},
	}
	slices.SortFunc(all, func(a, b member) int { return strings.Compare(a.key, b.key) })
	return all
}
