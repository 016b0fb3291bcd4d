package config

import (
	"fmt"
	"path/filepath"

	"github.com/gatewayhomebrew/gateway/libs/config/text"
	"github.com/gatewayhomebrew/gateway/libs/placeholder"
)

// variableRef is the reference to a variable of the environment, as secrets have it: {env.NAME} in
// the value of a header field is read as those are, when the document is, and kept beside it.
func variableRef(name string) string { return secretPrefix + "env:" + name }

// environment reads the variables of the environment that a text has.
func (d *decoder) environment(n *text.Node) bool {
	t, err := placeholder.Parse(n.Text)
	if err != nil || d.options.Elsewhere {
		return true // validation says what is wrong
	}
	dir := ""
	if n.At.File != nil {
		dir = filepath.Dir(*n.At.File)
	}
	for _, name := range t.Variables() {
		ref := variableRef(name)
		if _, ok := d.secrets[ref]; ok {
			continue
		}
		if d.options.Secrets == nil {
			d.add(n, CodePlaceholder, fmt.Sprintf(
				"{env.%s} is read from the environment, and here nothing does that", name), "")
			return false
		}
		value, err := d.options.Secrets(ref, dir)
		if err != nil {
			hint := ""
			if h, ok := err.(interface{ Hint() string }); ok {
				hint = h.Hint()
			}
			d.add(n, CodePlaceholder, fmt.Sprintf("{env.%s} has no value: %s",
				text.Printable(name), text.Printable(err.Error())), hint)
			return false
		}
		if d.secrets == nil {
			d.secrets = make(secrets)
		}
		d.secrets[ref] = value
	}
	return true
}

// fill puts values of the environment into the texts of a route that is revealed. from is the route
// as it is written. What a secret is has no placeholders.
func (d *Document) fill(to, from *Route) {
	revealed := to.values()
	for i, written := range from.values() {
		for name, value := range written.set {
			revealed[i].set[name] = d.filled(value)
		}
	}
}

// filled returns a text with placeholders with the values of the environment in it.
func (d *Document) filled(written string) string {
	if isSecret(written) {
		return placeholder.Escape(d.Secret(written))
	}
	t, err := placeholder.Parse(written)
	if err != nil || len(t.Variables()) == 0 {
		return written
	}
	return t.With(func(name string) string { return d.secrets[variableRef(name)] })
}
