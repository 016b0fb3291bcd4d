package specdraft

import (
	"bytes"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// object is a mapping that keeps its order.
type object struct{ *yaml.Node }

func newObject() object { return object{&yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}} }

// set appends a member; one that is there already gets the value.
func (o object) set(key string, value *yaml.Node) {
	for i := 0; i+1 < len(o.Content); i += 2 {
		if o.Content[i].Value == key {
			o.Content[i+1] = value
			return
		}
	}
	o.Content = append(o.Content, text(key), value)
}

func (o object) get(key string) *yaml.Node {
	for i := 0; i+1 < len(o.Content); i += 2 {
		if o.Content[i].Value == key {
			return o.Content[i+1]
		}
	}
	return nil
}

func (o object) text(key, value string) { o.set(key, text(value)) }

// child returns the object of a member, and makes it when there is none.
func (o object) child(key string) object {
	if n := o.get(key); n != nil {
		return object{n}
	}
	c := newObject()
	o.set(key, c.Node)
	return c
}

func text(s string) *yaml.Node {
	n := &yaml.Node{}
	n.SetString(s)
	return n
}

func number(n int) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: strconv.Itoa(n)}
}

func truth(b bool) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: strconv.FormatBool(b)}
}

func list(items ...*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Content: items}
}

// YAML writes a document as YAML.
func YAML(n *yaml.Node) ([]byte, error) {
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(n); err != nil {
		return nil, err
	}
	return b.Bytes(), e.Close()
}
