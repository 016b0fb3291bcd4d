package reference

import (
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config"
)

// fieldNames is the schema of names of header fields that may be edited. path says which edit it
// is.
func fieldNames(path string) object {
	request := strings.Contains(path, ".request.")
	edit := config.EditSet
	switch last(path) {
	case "add":
		edit = config.EditAdd
	case "remove":
		edit = config.EditRemove
	case "replace":
		edit = config.EditReplace
	}
	all := []object{ref("field")}
	never := func(why string, names ...string) {
		for i, name := range names {
			names[i] = anyCase(name)
		}
		all = append(all, refuse(
			object{{"type", "string"}, {"pattern", "^(" + strings.Join(names, "|") + ")$"}},
			"This header field can't be "+string(edit)+": "+why+"."))
	}
	for _, k := range config.KeptFields(request, edit) {
		never(k.Why, k.Names...)
	}
	for _, name := range []string{"host", "date"} {
		if why := config.FieldName(name, request, edit); why != "" {
			never(why, name)
		}
	}
	return object{{"allOf", all}}
}

// anyCase returns a pattern for a word in any case. Patterns of JSON Schema have no flag for it.
func anyCase(word string) string {
	var b strings.Builder
	for _, c := range word {
		if 'a' <= c && c <= 'z' {
			b.WriteString("[" + string(c-'a'+'A') + string(c) + "]")
		} else {
			b.WriteRune(c)
		}
	}
	return b.String()
}

// something is a value that asks for something: null and what is empty do not.
func something() object {
	return object{{"type", []string{"string", "array", "object"}}, {"minLength", 1},
		{"minItems", 1}}
}

// with says that a mapping has a key with such a value. The two halves stand apart since editors
// take a schema that has both for a kind of mapping, and propose to write one.
func with(key string, value object) object {
	return all(object{{"required", []string{key}}}, about(key, value))
}

// about says what the value of a key is, if there is one. The key's own schema is elsewhere, with
// what an editor proposes to write.
func about(key string, value object) object {
	return object{{"properties", object{{key, append(value, member{"doNotSuggest", true})}}}}
}

// has says that a mapping has a key with a value that asks for something.
func has(key string) object { return with(key, something()) }

// is says that a mapping has a key with this value.
func is(key string, value any) object { return with(key, object{{"const", value}}) }

func all(of ...object) object { return object{{"allOf", of}} }

func either(of ...object) object { return object{{"anyOf", of}} }

// provided demands something where a condition is met.
func provided(condition, demanded object) object {
	return object{{"if", condition}, {"then", demanded}}
}

// unless demands something where a condition is not met.
func unless(condition, demanded object) object {
	return object{{"if", condition}, {"else", demanded}}
}

// demand says that a mapping needs a key with a value that asks for something.
func demand(key, words string) object {
	return with(key, object{{"pattern", `[\s\S]`}, {"minItems", 1}, {"errorMessage", words}})
}

// noKey says that a key has no place here, where the key is.
func noKey(key, why string) object {
	return about(key, refuse(something(), why))
}

// together returns what a schema says of several values at once. Each demand has words of its own,
// or words that the editor has for it ("Missing property"), and stands at the value to change.
func together(path string) []object {
	someWeight := provided(object{{"minItems", 1}}, object{
		{"contains", object{{"not", is("weight", 0)}}},
		{"errorMessage", "Nothing gets traffic when every weight is 0; give one a weight above 0."},
	})
	switch path {
	case "":
		return []object{unless(object{{"required", []string{"config_sync"}}}, with("listeners",
			object{{"minItems", 1}, {"if", object{{"type", "null"}}}, {"then", object{
				{"type", "array"},
				{"errorMessage", "Expected at least one listener: a dash and its first key."}}}}))}
	case "listeners[]":
		tcp := is("protocol", config.ProtocolTCP)
		const why = " is for listeners with protocol: tcp. Requests of HTTP find their cluster " +
			"by the routes."
		return []object{
			provided(tcp, unless(has("sni"), demand("cluster",
				"A listener with protocol: tcp needs the name of a cluster, or sni."))),
			provided(tcp, noKey("error_pages",
				"A listener with protocol: tcp answers no requests, so it has no error_pages.")),
			unless(tcp, all(noKey("cluster", "cluster"+why), noKey("sni", "sni"+why))),
			provided(tcp, noKey("forwarded", "A listener with protocol: tcp tells endpoints "+
				"nothing in header fields.")),
			unless(with("address", object{{"type", "string"}, {"pattern", "^(unix:[^@]|secret:)"}}),
				noKey("unix", "Only the file of a listener with address: unix:PATH has a mode "+
					"and an owner.")),
		}
	case "routes[].split[…]":
		return []object{someWeight}
	case "clusters[].endpoints[…]":
		return []object{someWeight, provided(object{{"minItems", 1}}, object{
			{"contains", object{{"not", is("backup", true)}}},
			{"errorMessage", "One endpoint must be no backup; remove backup from those that get " +
				"the traffic."},
		})}
	case "clusters[].balance":
		return []object{unless(is("policy", config.BalanceHash), noKey("key",
			"Only what is hashed has a key; set policy: hash, or remove the key."))}
	case "routes[]":
		both := func(a, b string) object {
			return provided(all(has(a), has(b)),
				noKey(b, "A route has "+a+" or "+b+", not both; remove one."))
		}
		return []object{
			unless(either(has("split"), has("redirect"), has("respond")), demand("cluster",
				"A route needs the name of a cluster, or split, redirect or respond.")),
			both("cluster", "split"), both("cluster", "redirect"), both("split", "redirect"),
			both("cluster", "respond"), both("split", "respond"), both("redirect", "respond"),
			both("redirect", "rewrite"), both("respond", "rewrite"),
			both("redirect", "retry"), both("respond", "retry"),
			both("redirect", "mirror"), both("respond", "mirror"),
			both("path", "path_prefix"), both("path", "path_regex"), both("path_prefix",
				"path_regex"),
		}
	case "listeners[].error_pages[]":
		return []object{about("from", object{{"enum", []string{config.ErrorsOfGateway}},
			{"errorMessage", "A listener has pages for errors of the gateway alone; those of " +
				"endpoints are in error_pages of the routes."}})}
	case "routes[].cors":
		return []object{provided(is("credentials", true), all(
			about("origins", object{{"items", refuse(object{{"type", "string"},
				{"pattern", `^(\*|[^*]*://\*(:.*)?)$`}},
				"With credentials, any page on the web could read what is for the signed-in user; "+
					"name the origins.")}}),
			about("expose", object{{"items", refuse(object{{"const", "*"}},
				"With credentials browsers take * for the name of a field; name the fields.")}})))}
	case "routes[].mirror[].compare":
		const words = "Nothing is compared; compare status, headers or body."
		return []object{
			provided(is("status", false), unless(either(has("headers"), is("body", config.BodyJSON),
				is("body", config.BodyExact)), about("status", never(words)))),
			unless(is("body", config.BodyJSON), noKey("ignore",
				"Pointers lead to values of JSON; add body: json, or remove ignore.")),
		}
	case "routes[].respond":
		return []object{provided(all(has("body"), has("file")), noKey("file",
			"An answer has body or file, not both; remove one."))}
	case "routes[].clients":
		return []object{unless(with("allow", something()), all(demand("deny",
			"clients needs allow or deny, with a range of addresses."),
			about("deny", object{{"minItems", 1}, {"errorMessage",
				"Expected a range of addresses, such as 10.0.0.0/8."}})))}
	case "routes[].redirect":
		return []object{
			about("status", object{{"enum", []int{301, 302, 303, 307, 308}},
				{"errorMessage", "A redirect has the status 301, 302, 303, 307 or 308."}}),
			unless(either(has("host"), object{{"required", []string{"port"}}}, has("path"),
				has("replace_prefix")), demand("scheme",
				"A redirect changes at least one of scheme, host, port, path and replace_prefix.")),
			provided(all(has("path"), has("replace_prefix")), noKey("replace_prefix",
				"A redirect has path or replace_prefix, not both; remove one.")),
		}
	case "routes[].rewrite":
		return []object{provided(is("strip_prefix", true), noKey("replace_prefix",
			"A rewrite has strip_prefix or replace_prefix, not both; remove one."))}
	case "admin":
		closed := `^(127\.[0-9.]+:.*|\[(0*:)+0*1\]:.*|` + anyCase("localhost") +
			`\.?:.*|off|unix:.*|secret:.*)$`
		open := with("address", object{{"type", "string"},
			{"not", object{{"pattern", closed}}}})
		return []object{provided(open, demand("token",
			"An admin API that others can reach needs a token."))}
	}
	return nil
}
