package document

import (
	"bytes"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/openapi/value"
)

// Bounds of a file.
const (
	// MaxBytes is the most bytes of one file.
	MaxBytes = 16 << 20
	// MaxValues is the most values of one file, aliases put in.
	MaxValues = 2_000_000
	// MaxDepth is how deep values may be nested.
	MaxDepth = 200
)

// parse reads the text of a file into f.Root.
func parse(f *File, data []byte) *Problem {
	if len(data) > MaxBytes {
		return &Problem{File: f.Shown, Message: "the file has more than 16 MiB"}
	}
	trimmed := bytes.TrimLeft(data, " \t\r\n")
	asJSON := strings.HasSuffix(strings.ToLower(f.Shown), ".json")
	if asJSON || len(trimmed) > 0 && trimmed[0] == '{' {
		p, rule := parseJSON(f, data)
		if p == nil || asJSON || rule != value.RuleSyntax { // which YAML in braces breaks
			return p
		}
	}
	return parseYAML(f, data)
}

// parseJSON reads a text of JSON.
func parseJSON(f *File, data []byte) (p *Problem, rule string) {
	var t value.Tree
	if err := t.Parse(data, MaxDepth); err != nil {
		line, column := place(data, err.Offset)
		return &Problem{File: f.Shown, Line: line, Column: column, Message: err.Message}, err.Rule
	}
	if len(t.Nodes) > 2*MaxValues {
		return &Problem{File: f.Shown, Message: "the file has too many values"}, ""
	}
	c := jsonConverter{file: f, tree: &t, data: data, line: 1}
	f.Root = c.convert(0)
	return nil, ""
}

// place is the line and column of a byte.
func place(data []byte, offset int) (line, column int) {
	before := data[:min(offset, len(data))]
	return bytes.Count(before, []byte("\n")) + 1, len(before) - bytes.LastIndexByte(before, '\n')
}

// jsonConverter makes nodes of a tree, whose nodes come in the order of the text.
type jsonConverter struct {
	file *File
	tree *value.Tree
	data []byte
	// at is how far lines were counted; the line there, and where it begins.
	at, line, begin int
}

func (c *jsonConverter) convert(i uint32) *Node {
	t := &c.tree.Nodes[i]
	n := &Node{Kind: t.Kind, File: c.file}
	c.advance(c.tree.Offset(i))
	n.Line, n.Column = int32(c.line), int32(c.at-c.begin+1)
	switch t.Kind {
	case value.String, value.Number:
		n.Text = string(c.tree.Text(i))
	case value.Bool:
		n.Text = "false"
		if t.Count == 1 {
			n.Text = "true"
		}
	case value.Array:
		n.Items = make([]*Node, t.Count)
		k := i + 1
		for j := range n.Items {
			n.Items[j] = c.convert(k)
			k = c.tree.Nodes[k].Next
		}
	case value.Object:
		n.Members = make([]Member, t.Count)
		k := i + 1
		for j := range n.Members {
			n.Members[j] = Member{string(c.tree.Text(k)), c.convert(k + 1)}
			k = c.tree.Nodes[k+1].Next
		}
	}
	n.finish()
	return n
}

// advance counts lines up to a byte.
func (c *jsonConverter) advance(offset int) {
	for ; c.at < offset; c.at++ {
		if c.data[c.at] == '\n' {
			c.line++
			c.begin = c.at + 1
		}
	}
}
