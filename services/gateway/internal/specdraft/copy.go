package specdraft

import (
	"fmt"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/gatewayhomebrew/gateway/libs/openapi/document"
	"github.com/gatewayhomebrew/gateway/libs/openapi/value"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/apidoc"
)

// copier copies parts of documents into another one. What a reference leads to becomes one of its
// components, once.
type copier struct {
	components object
	names      map[*document.Node]string // of components, with their kind: "schemas/User"
	taken      map[string]bool
	depth      int
	lost       []string // references that lead nowhere
}

func newCopier() *copier {
	return &copier{
		components: newObject(), names: map[*document.Node]string{}, taken: map[string]bool{},
	}
}

// kinds are the components that a reference below a key leads to.
var kinds = map[string]string{
	"parameters": "parameters", "responses": "responses", "requestBody": "requestBodies",
	"headers": "headers", "examples": "examples", "links": "links", "callbacks": "callbacks",
}

// mostDepth is how deep values may be nested: a document has a bound of its own below it.
const mostDepth = 400

// copy copies a value. kind is what a reference in its place leads to. old says that the document
// is of OpenAPI 3.0, whose schemas become those of 3.1.
func (c *copier) copy(d *apidoc.Document, n *document.Node, kind string, old bool) *yaml.Node {
	c.depth++
	defer func() { c.depth-- }()
	if n == nil || c.depth > mostDepth {
		return text("")
	}
	switch n.Kind {
	case value.Null:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"}
	case value.Bool:
		return truth(n.True())
	case value.Number:
		tag := "!!int"
		if strings.ContainsAny(n.Text, ".eE") {
			tag = "!!float"
		}
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: n.Text}
	case value.String:
		return text(n.Text)
	case value.Array:
		out := list()
		for _, item := range n.Items {
			out.Content = append(out.Content, c.copy(d, item, kind, old))
		}
		return out
	}
	if n.Get("$ref") != nil && kind != "values" {
		return c.reference(d, n, kind, old)
	}
	out := newObject()
	for _, m := range n.Members {
		out.set(m.Key, c.copy(d, m.Value, kindBelow(kind, m.Key), old))
	}
	if old && kind == "schemas" {
		modernise(out)
	}
	return out.Node
}

// kindBelow is what stands below a key of an object.
func kindBelow(kind, key string) string {
	switch {
	case kind == "values" || key == "example" || key == "default" || key == "enum" ||
		key == "const" || key == "value" || strings.HasPrefix(key, "x-"):
		return "values" // of a user, in which $ref is a name as any other
	case kind == "schemas":
		return kind
	case key == "schema":
		return "schemas"
	case kinds[key] != "":
		return kinds[key]
	}
	return kind
}

// reference copies what a reference leads to into the components, and returns one that leads there.
func (c *copier) reference(
	d *apidoc.Document, n *document.Node, kind string, old bool,
) *yaml.Node {
	ref := n.Get("$ref").String()
	to := d.Resolve(n)
	if to == nil {
		c.lost = append(c.lost, ref)
		return newObject().Node
	}
	name := c.names[to]
	if name == "" {
		name = c.name(kind, ref)
		c.names[to] = name
		group, key, _ := strings.Cut(name, "/")
		all := c.components.child(group)
		all.set(key, newObject().Node) // keeps the place, also where it refers to itself
		all.set(key, c.copy(d, to, kind, old))
	}
	out := newObject()
	out.text("$ref", "#/components/"+name)
	for _, m := range n.Members { // which a schema of 3.1 may have beside
		if m.Key != "$ref" && !old && kind == "schemas" {
			out.set(m.Key, c.copy(d, m.Value, kindBelow(kind, m.Key), old))
		}
	}
	return out.Node
}

// name is that of a component: as the reference has it, with a number where it is taken.
func (c *copier) name(kind, ref string) string {
	last := ref[strings.LastIndexAny(ref, "/#")+1:]
	if file, fragment, _ := strings.Cut(ref, "#"); fragment == "" {
		last = strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
	}
	last = strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9',
			r == '_', r == '-', r == '.':
			return r
		}
		return '_'
	}, last)
	if last == "" {
		last = "part"
	}
	name := kind + "/" + last
	for i := 2; c.taken[name]; i++ {
		name = fmt.Sprintf("%s/%s_%d", kind, last, i)
	}
	c.taken[name] = true
	return name
}

// modernise turns a schema of OpenAPI 3.0 into one of 3.1, which is JSON Schema.
func modernise(o object) {
	remove := func(key string) *yaml.Node {
		for i := 0; i+1 < len(o.Content); i += 2 {
			if o.Content[i].Value == key {
				v := o.Content[i+1]
				o.Content = append(o.Content[:i], o.Content[i+2:]...)
				return v
			}
		}
		return nil
	}
	if n := remove("nullable"); n != nil && n.Value == "true" {
		if t := o.get("type"); t != nil && t.Kind == yaml.ScalarNode {
			o.set("type", list(text(t.Value), text("null")))
		}
		if e := o.get("enum"); e != nil {
			e.Content = append(e.Content,
				&yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"})
		}
	}
	for _, side := range []struct{ flag, bound string }{
		{"exclusiveMinimum", "minimum"}, {"exclusiveMaximum", "maximum"},
	} {
		n := o.get(side.flag)
		if n == nil || n.Tag != "!!bool" {
			continue
		}
		remove(side.flag)
		if n.Value == "true" {
			if bound := remove(side.bound); bound != nil {
				o.set(side.flag, bound)
			}
		}
	}
	if e := o.get("example"); e != nil && o.get("examples") == nil {
		remove("example")
		o.set("examples", list(e))
	}
}
