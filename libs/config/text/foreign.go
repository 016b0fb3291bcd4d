package text

import (
	"bytes"
	"strings"

	"go.yaml.in/yaml/v4"
)

// foreign says whether a value has a tag that is not one of YAML's own, such as !include. Programs
// give those a meaning of their own, and here they would silently have none.
func foreign(n *yaml.Node) bool {
	return n.Kind != yaml.AliasNode && strings.HasPrefix(n.Tag, "!") && n.Tag != "!" &&
		!strings.HasPrefix(n.Tag, "!!")
}

// tagHint says what to write instead of a tag.
func tagHint(n *yaml.Node) string {
	switch strings.ToLower(n.Tag) {
	case "!env", "!env_var", "!envvar":
		name := "NAME"
		if n.Kind == yaml.ScalarNode && n.Value != "" {
			name = Shorten(Printable(n.Value))
		}
		return "where a text may be a secret, write secret:env:" + name +
			"; elsewhere put the variable in before (envsubst)"
	case "!include", "!import", "!file", "!read":
		return "a configuration is one file; GATEWAY_ENV lays a second one over it, and " +
			"secret:file:PATH reads a text"
	case "!secret", "!vault":
		return "write secret:env:NAME, secret:file:PATH or secret:keychain:SERVICE/ACCOUNT"
	}
	return "remove it"
}

// hintOf says what is in a line that is no YAML but a template of another program, "" where it is
// none.
func hintOf(data []byte, line int) string {
	for _, at := range []int{line, line - 1} { // the library may see it in the next one
		text := lineOf(data, at)
		switch {
		case bytes.Contains(text, []byte("{{")), bytes.Contains(text, []byte("{%")),
			bytes.Contains(text, []byte("<%")):
			return "this is a template: fill it in first (helm template, jinja2), and " +
				"validate what " +
				"comes of it; a text that has these signs is put in quotes"
		case bytes.Contains(text, []byte("${")), bytes.Contains(text, []byte("$(")),
			bytes.Contains(text, []byte("%(")):
			return "variables are not put in here: do it before (envsubst), or write " +
				"secret:env:NAME where a text may be a secret"
		}
	}
	return ""
}

// lineOf returns a line of a text, which count from 1.
func lineOf(data []byte, line int) []byte {
	for n := 1; len(data) > 0; n++ {
		var text []byte
		if text, data, _ = bytes.Cut(data, []byte("\n")); n == line {
			return text
		}
	}
	return nil
}
