package config

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config/text"
)

// cors checks which pages of other origins may use a route.
func (v *validator) cors(c *CORS, at spot) {
	if len(c.Origins) == 0 && !v.damagedWithin(at.of("cors.origins").String()) {
		v.add(at.of("cors.origins").String(), CodeMissing, "it says no origin",
			"add origins: [https://app.example.com]")
	}
	seen := make(map[string]bool, len(c.Origins))
	for j, s := range c.Origins {
		at := at.item("cors.origins", j).String()
		normal, any := s, s == AnyOrigin
		if !any && s != NullOrigin {
			o, err := ParseOrigin(s)
			if err != nil {
				v.wrong(at, CodeValue, s, err, originHint(s))
				continue
			}
			normal, any = o.String(), o.Below && o.Host == ""
		}
		switch {
		case any && c.Credentials:
			v.add(at, CodeConflict, fmt.Sprintf("%s with credentials would let any page on "+
				"the web read what is for the signed-in user", text.Quote(s)),
				"name the origins, or remove credentials")
		case s == AnyOrigin && len(c.Origins) > 1:
			v.add(at, CodeValue, "\"*\" is every origin, so the others say nothing",
				"remove them, or \"*\"")
		case seen[normal]:
			v.add(at, CodeValue, fmt.Sprintf("%s is in this list twice", text.Quote(s)),
				"remove one")
		}
		seen[normal] = true
	}
	v.corsMethods(c, at)
	for _, k := range []struct {
		key  string
		list []string
	}{{"cors.headers", c.Headers}, {"cors.expose", c.Expose}} {
		for j, name := range k.list {
			at := at.item(k.key, j).String()
			switch {
			case name == "*" && k.key == "cors.expose" && c.Credentials:
				v.add(at, CodeConflict,
					"with credentials browsers take \"*\" for the name of a field",
					"name the fields")
			case name != "*" && !validToken(name):
				v.add(at, CodeHeader, fmt.Sprintf("%s is no name of a header field",
					text.Quote(name)), "")
			case slices.ContainsFunc(k.list[:min(j, 100)],
				func(o string) bool { return strings.EqualFold(o, name) }):
				v.add(at, CodeHeader, fmt.Sprintf("%s is in this list twice", text.Quote(name)),
					"remove one")
			}
		}
	}
	if c.MaxAge%time.Second != 0 {
		v.add(at.of("cors.max_age").String(), CodeValue,
			"browsers are told whole seconds, and this is none", "write 5s, 10m, 24h")
	}
}

// corsMethods checks the methods that scripts may use.
func (v *validator) corsMethods(c *CORS, at spot) {
	for j, m := range c.Methods {
		at := at.item("cors.methods", j).String()
		switch {
		case m == "*":
		case !validToken(m):
			v.add(at, CodeMethod, fmt.Sprintf("%s is not a method", text.Quote(m)), "")
		case m != strings.ToUpper(m):
			v.add(at, CodeMethod, fmt.Sprintf(
				"the method %s is not in upper case, and methods have a case", text.Quote(m)),
				"write "+strings.ToUpper(m))
		case unrouted(m) != "":
			v.add(at, CodeMethod, fmt.Sprintf("no script can use %s", m), "remove it")
		case slices.Contains(c.Methods[:min(j, 100)], m):
			v.add(at, CodeValue, fmt.Sprintf("%s is in this list twice", text.Quote(m)),
				"remove one")
		}
	}
}

// originHint says what to write in the place of what is no origin.
func originHint(s string) string {
	if t, ok := strings.CutSuffix(s, "/"); ok {
		if o, err := ParseOrigin(t); err == nil {
			return "write " + text.Quote(o.String())
		}
	}
	if o, err := ParseOrigin("https://" + s); err == nil {
		return "write " + text.Quote(o.String())
	}
	return "write https://app.example.com, https://*.example.com, \"null\" or \"*\""
}
