package fromtraefik

import (
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft"
)

// node is a value of a file in YAML or TOML. A nil node is one that is absent.
type node struct {
	draft.Place
	text   string   // of a scalar
	keys   []string // of a mapping, in the order of the file
	values []*node  // of a mapping or a list
	kind   byte     // 's', 'm' or 'l'
}

// get returns the value of a key, whose case does not matter to Traefik. Dots lead into mappings.
func (n *node) get(path string) *node {
	for _, key := range strings.Split(path, ".") {
		if n == nil || n.kind != 'm' {
			return nil
		}
		var found *node
		for i, k := range n.keys {
			if strings.EqualFold(k, key) {
				found = n.values[i]
			}
		}
		n = found
	}
	return n
}

// str is the text of a scalar, or "".
func (n *node) str() string {
	if n == nil || n.kind != 's' {
		return ""
	}
	return n.text
}

// list is the texts of a list, or of one scalar.
func (n *node) list() (all []string) {
	if n == nil {
		return nil
	}
	if n.kind == 's' && n.text != "" {
		return []string{n.text}
	}
	if n.kind == 'l' {
		for _, v := range n.values {
			if v.kind == 's' {
				all = append(all, v.text)
			}
		}
	}
	return all
}

// items are the values of a list.
func (n *node) items() []*node {
	if n == nil || n.kind != 'l' {
		return nil
	}
	return n.values
}

// each calls f for the entries of a mapping.
func (n *node) each(f func(key string, value *node)) {
	if n == nil || n.kind != 'm' {
		return
	}
	for i, k := range n.keys {
		f(k, n.values[i])
	}
}

func (n *node) isTrue() bool { return strings.EqualFold(n.str(), "true") }

// number is a scalar as a number.
func (n *node) number() (int, bool) {
	v, err := strconv.Atoi(n.str())
	return v, err == nil
}

// read parses a file by the ending of its name.
func read(path string, files *draft.Files) (*node, error) {
	text, err := files.Read(path)
	if err != nil {
		return nil, err
	}
	if before, _, ok := strings.Cut(text, "{{"); ok {
		return nil, &draft.SyntaxError{
			Place:   draft.Place{File: path, Line: 1 + strings.Count(before, "\n")},
			Column:  len(before) - strings.LastIndexByte(before, '\n'),
			Message: "templates of Go are not read; import what they become",
		}
	}
	if strings.EqualFold(filepath.Ext(path), ".toml") {
		return parseTOML(path, text)
	}
	return parseYAML(path, text)
}

func parseYAML(file, text string) (*node, error) {
	// The parser takes time for every line and comma, so their number is bounded before.
	if strings.Count(text, "\n")+strings.Count(text, ",") > draft.MaxTokens/4 {
		return nil, &draft.SyntaxError{Place: draft.Place{File: file, Line: 1},
			Message: "the file has too many values"}
	}
	if crowded := deepest(text); crowded > 10*draft.MaxDepth {
		return nil, &draft.SyntaxError{Place: draft.Place{File: file, Line: 1},
			Message: "values are nested too deep"}
	}
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
		line := 1
		if found := regexp.MustCompile(`line (\d+)`).FindStringSubmatch(err.Error()); found != nil {
			line, _ = strconv.Atoi(found[1])
		}
		message := regexp.MustCompile(`^yaml: (line \d+: )?`).ReplaceAllString(err.Error(), "")
		return nil, &draft.SyntaxError{Place: draft.Place{File: file, Line: max(line, 1)},
			Column:  1,
			Message: message}
	}
	if len(doc.Content) == 0 {
		return &node{Place: draft.Place{File: file, Line: 1}, kind: 'm'}, nil
	}
	c := converter{file: file}
	n := c.node(doc.Content[0], 0)
	if c.err != nil {
		return nil, c.err
	}
	return n, nil
}

// deepest is how many brackets are open at once.
func deepest(text string) (most int) {
	open := 0
	for i := range len(text) {
		switch text[i] {
		case '[', '{':
			open++
			most = max(most, open)
		case ']', '}':
			open = max(open-1, 0)
		}
	}
	return most
}

// converter makes nodes of those of YAML; what anchors stand for counts each time.
type converter struct {
	file string
	made int
	err  error
}

func (c *converter) fail(y *yaml.Node, message string) *node {
	if c.err == nil {
		c.err = &draft.SyntaxError{Place: draft.Place{File: c.file, Line: max(y.Line, 1)},
			Column: y.Column, Message: message}
	}
	return nil
}

func (c *converter) node(y *yaml.Node, depth int) *node {
	if c.made++; c.made > draft.MaxTokens/4 {
		return c.fail(y, "the file has too many values")
	}
	if depth > draft.MaxDepth || c.err != nil {
		return c.fail(y, "values are nested too deep")
	}
	n := &node{Place: draft.Place{File: c.file, Line: y.Line}}
	switch y.Kind {
	case yaml.AliasNode:
		return c.node(y.Alias, depth+1)
	case yaml.ScalarNode:
		n.kind, n.text = 's', y.Value
		if y.Tag == "!!null" {
			n.text = ""
		}
	case yaml.SequenceNode:
		n.kind = 'l'
		for _, item := range y.Content {
			if v := c.node(item, depth+1); v != nil {
				n.values = append(n.values, v)
			}
		}
	case yaml.MappingNode:
		n.kind = 'm'
		for i := 0; i+1 < len(y.Content); i += 2 {
			v := c.node(y.Content[i+1], depth+1)
			if v == nil {
				return nil
			}
			if y.Content[i].Value == "<<" {
				v.each(func(key string, value *node) {
					n.keys, n.values = append(n.keys, key), append(n.values, value)
				})
				continue
			}
			if v.kind != 's' {
				v.Line = y.Content[i].Line // a mapping is where its key is
			}
			n.keys, n.values = append(n.keys, y.Content[i].Value), append(n.values, v)
		}
	default:
		return c.fail(y, "it is no value")
	}
	return n
}
