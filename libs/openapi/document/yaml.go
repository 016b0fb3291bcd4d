package document

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/big"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/gatewayhomebrew/gateway/libs/openapi/value"
)

// lineSigns and fileSigns are how many signs that begin or divide something there may be. The
// library keeps all of a line, and all that is within brackets, before it looks at the first.
const lineSigns, fileSigns = 100_000, 3_000_000

// crowded is a line at which there are more signs than that, 0 if there is none.
func crowded(data []byte) int {
	line, signs, all := 1, 0, 0
	for _, c := range data {
		switch c {
		case '\n':
			line++
			signs = 0
		case '"', '\'', '&', '!', '*', ']', '}', ',', ':', '[', '{':
			signs++
			if all++; signs > lineSigns || all > fileSigns {
				return line
			}
		}
	}
	return 0
}

// parseYAML reads a text of YAML.
func parseYAML(f *File, data []byte) (p *Problem) {
	if line := crowded(data); line > 0 {
		return &Problem{File: f.Shown, Line: line, Column: 1,
			Message: "up to here there is too much in one line, or in the file; write it as JSON"}
	}
	// The library panics at what it does not expect.
	defer func() {
		if r := recover(); r != nil {
			p = &Problem{File: f.Shown, Line: 1, Column: 1,
				Message: fmt.Sprintf("this is not YAML: %v", r)}
		}
	}()
	d := yaml.NewDecoder(bytes.NewReader(data))
	var doc yaml.Node
	if err := d.Decode(&doc); err != nil {
		if errors.Is(err, io.EOF) {
			return &Problem{File: f.Shown, Line: 1, Column: 1, Message: "the file is empty"}
		}
		return yamlProblem(f, err)
	}
	var more yaml.Node
	if err := d.Decode(&more); err == nil {
		return &Problem{File: f.Shown, Line: max(more.Line, 1), Column: max(more.Column, 1),
			Message: "a second document starts here"}
	} else if !errors.Is(err, io.EOF) {
		return yamlProblem(f, err)
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 {
		return &Problem{File: f.Shown, Line: 1, Column: 1, Message: "the file is empty"}
	}
	c := yamlConverter{file: f, made: map[*yaml.Node]*Node{}}
	root, p := c.convert(doc.Content[0], 0)
	f.Root = root
	return p
}

var yamlLine = regexp.MustCompile(`(?:line |<unknown position>|L)(\d+)(?:[.:, ]+(?:column |C)?(\d+))?`)

// yamlProblem takes the place out of an error of the library. The rest may have text of the file.
func yamlProblem(f *File, err error) *Problem {
	message := strings.TrimSpace(err.Error())
	p := &Problem{File: f.Shown, Line: 1, Column: 1}
	if m := yamlLine.FindStringSubmatch(message); m != nil {
		p.Line, _ = strconv.Atoi(m[1])
	}
	p.Line = max(p.Line, 1)
	if i := strings.IndexByte(message, '\n'); i > 0 {
		message = message[:i]
	}
	message = strings.TrimPrefix(message, "yaml: ")
	if m := yamlLine.FindString(message); m != "" && strings.HasPrefix(message, m) {
		message = strings.TrimLeft(message[len(m):], ": ")
	}
	p.Message = "this is not YAML: " + message
	return p
}

// yamlConverter makes nodes of those of the library.
type yamlConverter struct {
	file *File
	made map[*yaml.Node]*Node // of anchors; nil while one is under way
}

func (c *yamlConverter) fail(n *yaml.Node, format string, args ...any) *Problem {
	return &Problem{File: c.file.Shown, Line: n.Line, Column: n.Column,
		Message: fmt.Sprintf(format, args...)}
}

func (c *yamlConverter) convert(n *yaml.Node, depth int) (*Node, *Problem) {
	if depth > MaxDepth {
		return nil, c.fail(n, "values are nested more than %d deep", MaxDepth)
	}
	if n.Kind == yaml.AliasNode {
		out := c.made[n.Alias]
		if out == nil {
			return nil, c.fail(n, "the alias stands within what it means")
		}
		return out, nil
	}
	if n.Anchor != "" {
		c.made[n] = nil
	}
	out := &Node{File: c.file, Line: int32(n.Line), Column: int32(n.Column)}
	var p *Problem
	switch n.Kind {
	case yaml.MappingNode:
		p = c.mapping(n, out, depth)
	case yaml.SequenceNode:
		out.Kind = value.Array
		for _, item := range n.Content {
			var converted *Node
			if converted, p = c.convert(item, depth+1); p != nil {
				return nil, p
			}
			out.Items = append(out.Items, converted)
		}
	default:
		p = c.scalar(n, out)
	}
	if p != nil {
		return nil, p
	}
	if twice, ok := out.finish(); !ok {
		return nil, c.fail(n, "the key %q is here twice", twice)
	}
	if out.size > MaxValues {
		return nil, c.fail(n, "there are more than %d values, aliases put in", MaxValues)
	}
	if n.Anchor != "" {
		c.made[n] = out
	}
	return out, nil
}

func (c *yamlConverter) mapping(n *yaml.Node, out *Node, depth int) *Problem {
	out.Kind = value.Object
	var merged []*Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		if key.Kind != yaml.ScalarNode {
			return c.fail(n.Content[i], "a key is not a text")
		}
		v, p := c.convert(n.Content[i+1], depth+1)
		if p != nil {
			return p
		}
		if key.ShortTag() == "!!merge" {
			merged = append(merged, v)
			continue
		}
		out.Members = append(out.Members, Member{key.Value, v})
	}
	for _, m := range merged {
		sources := []*Node{m}
		if m.Kind == value.Array {
			sources = m.Items
		}
		for _, s := range sources {
			if s.Kind != value.Object {
				return c.fail(n, "only a mapping can be merged (<<)")
			}
			c.merge(out, s)
		}
	}
	return nil
}

// merge adds the members of another object that are not there yet.
func (c *yamlConverter) merge(out, from *Node) {
	there := make(map[string]bool, len(out.Members))
	for _, m := range out.Members {
		there[m.Key] = true
	}
	for _, m := range from.Members {
		if !there[m.Key] {
			out.Members = append(out.Members, m)
		}
	}
}

func (c *yamlConverter) scalar(n *yaml.Node, out *Node) *Problem {
	out.Kind, out.Text = value.String, n.Value
	switch n.ShortTag() {
	case "!!null":
		out.Kind, out.Text = value.Null, ""
	case "!!bool":
		out.Kind, out.Text = value.Bool, strings.ToLower(n.Value)
	case "!!int", "!!float":
		out.Kind = value.Number
		if value.IsNumber([]byte(n.Value)) {
			return nil
		}
		text := strings.ReplaceAll(n.Value, "_", "")
		if i, ok := new(big.Int).SetString(text, 0); ok && len(text) < 100 {
			out.Text = i.String()
			return nil
		}
		v, err := strconv.ParseFloat(text, 64)
		out.Text = strconv.FormatFloat(v, 'g', -1, 64)
		if err != nil || !value.IsNumber([]byte(out.Text)) {
			return c.fail(n, "JSON has no such number")
		}
	case "!!str", "!!timestamp", "!!binary":
	default:
		return c.fail(n, "the tag %q means nothing here", n.Tag)
	}
	return nil
}
