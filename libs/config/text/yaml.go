package text

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v4"
)

// parseYAML turns the text of a YAML file into a tree.
func parseYAML(file string, data []byte, ps *Problems) *Node {
	if n := bytes.Count(data, []byte("\n")) + bytes.Count(data, []byte(",")); n > maxEntries {
		ps.Add(Problem{File: file, Line: 1, Column: 1, Code: CodeTooLarge,
			Message: fmt.Sprintf("the file has %d lines and entries, and %d are the most", n,
				maxEntries)})
		return nil
	}
	if root := parsePlain(file, data); root != nil {
		return root
	}
	if line := crowded(data); line > 0 {
		if json.Valid(data) {
			return parseJSON(file, data, ps) // a program wrote it, and JSON is YAML
		}
		ps.Add(Problem{File: file, Line: line, Column: 1, Code: CodeTooLarge,
			Message: fmt.Sprintf("up to here there are more than %d quotes, commas, colons and "+
				"other signs in one line, or %d in the file", lineSigns, fileSigns)})
		return nil
	}
	return parseWholeYAML(file, data, ps)
}

// lineSigns and fileSigns are how many signs that begin, end or divide something there may be.
const lineSigns, fileSigns = 100_000, 400_000

// crowded is the number of a line at which there are more signs than that, 0 if there is none. The
// library keeps all of a line, and all that is within brackets, before it looks at the first, since
// a colon may follow that makes a key of it: 4 MB of such take a gigabyte. Of brackets the closing
// ones count: how deep the others are is bounded elsewhere. What people write has a few in a line.
func crowded(data []byte) int {
	line, signs, all := 1, 0, 0
	for i, c := range data {
		switch c {
		case '\n':
			line++
			signs = 0
		case '-', '?':
			if i+1 < len(data) && data[i+1] > ' ' {
				continue // within a word
			}
			fallthrough
		case '"', '\'', '&', '!', '*', ']', '}', ',', ':':
			signs++
			if all++; signs > lineSigns || all > fileSigns {
				return line
			}
		}
	}
	return 0
}

// parseWholeYAML reads any YAML, with the library.
func parseWholeYAML(file string, data []byte, ps *Problems) (root *Node) {
	// The library reports what it expects by panicking within itself; what it does not expect must
	// not end the process.
	defer func() {
		if r := recover(); r != nil {
			ps.Add(Problem{File: file, Line: 1, Column: 1, Code: CodeSyntax,
				Message: fmt.Sprintf("this is not YAML: %v", r)})
			root = nil
		}
	}()
	d := yaml.NewDecoder(bytes.NewReader(data))
	var doc yaml.Node
	if err := d.Decode(&doc); err != nil {
		if errors.Is(err, io.EOF) {
			return &Node{Kind: Null, At: Place{&file, 1, 1}}
		}
		ps.Add(yamlError(file, data, err))
		return nil
	}
	var more yaml.Node
	if err := d.Decode(&more); err == nil {
		ps.Add(Problem{File: file, Line: max(more.Line, 1), Column: max(more.Column, 1),
			Code:    CodeSyntax,
			Message: "a second document starts here", Hint: "put one document in each file"})
		return nil
	} else if !errors.Is(err, io.EOF) {
		ps.Add(yamlError(file, data, err))
		return nil
	}
	c := yamlConverter{file: &file, data: data, problems: ps, budget: maxNodes}
	if doc.Kind == yaml.DocumentNode && len(doc.Content) == 1 {
		return c.convert(doc.Content[0], 0)
	}
	return &Node{Kind: Null, At: Place{&file, 1, 1}}
}

// yamlConverter copies a tree of the library into one of ours, aliases resolved.
type yamlConverter struct {
	file     *string
	data     []byte
	problems *Problems
	budget   int // nodes that may still be made
	stopped  bool
}

// fail notes the problem that ends the conversion. The tree made so far is of no use then.
func (c *yamlConverter) fail(n *yaml.Node, code, message, hint string) *Node {
	if !c.stopped {
		c.stopped = true
		c.problems.Add(c.place(n).Problem("", code, message, hint))
	}
	return nil
}

func (c *yamlConverter) place(n *yaml.Node) Place {
	return Place{c.file, int32(n.Line), int32(n.Column)}
}

func (c *yamlConverter) convert(n *yaml.Node, depth int) *Node {
	if c.stopped {
		return nil
	}
	if depth > MaxNesting {
		return c.fail(n, CodeTooLarge,
			fmt.Sprintf("values are nested more than %d deep", MaxNesting), "")
	}
	if c.budget--; c.budget < 0 {
		return c.fail(n, CodeTooLarge, fmt.Sprintf(
			"the document has more than %d values once its aliases are put in", maxNodes), "")
	}
	if foreign(n) {
		return c.fail(n, CodeType, "the tag "+Quote(n.Tag)+" means nothing here", tagHint(n))
	}
	out := &Node{At: c.place(n)}
	switch n.Kind {
	case yaml.AliasNode:
		inner := c.convert(n.Alias, depth+1)
		if inner != nil {
			inner.At = out.At // the use is to blame, not the definition
		}
		return inner
	case yaml.MappingNode:
		out.Kind = Map
		seen := make(map[string]int, len(n.Content)/2)
		for i := 0; i+1 < len(n.Content); i += 2 {
			k := n.Content[i]
			if k.Kind == yaml.AliasNode {
				k = k.Alias
			}
			if k.Kind != yaml.ScalarNode {
				return c.fail(n.Content[i], CodeSyntax,
					"this key is "+map[bool]string{true: "a mapping", false: "a list"}[k.Kind ==
						yaml.MappingNode]+", and a key is a text",
					hintOf(c.data, n.Content[i].Line))
			}
			if k.ShortTag() == "!!merge" {
				return c.fail(n.Content[i], CodeSyntax, "merge keys of YAML (<<) are not put in",
					"write out what it would put in; an alias stands for a whole value alone: "+
						"timeouts: *name")
			}
			if line, ok := seen[k.Value]; ok {
				c.problems.Add(c.place(n.Content[i]).Problem("", CodeDuplicateKey,
					fmt.Sprintf("the key %s is in this mapping twice, first in line %d",
						Quote(k.Value), line), "remove one"))
				continue
			}
			seen[k.Value] = n.Content[i].Line
			v := c.convert(n.Content[i+1], depth+1)
			if v == nil {
				return nil
			}
			out.Keys = append(out.Keys, Key{k.Value, c.place(n.Content[i])})
			out.Values = append(out.Values, *v)
		}
	case yaml.SequenceNode:
		out.Kind = List
		for _, e := range n.Content {
			v := c.convert(e, depth+1)
			if v == nil {
				return nil
			}
			out.Values = append(out.Values, *v)
		}
	case yaml.ScalarNode:
		out.Text = n.Value
		out.Kind = tagKind(n)
	default:
		return c.fail(n, CodeSyntax, "this is not a value", "")
	}
	return out
}

// tagKind returns what a scalar is.
func tagKind(n *yaml.Node) Kind {
	switch n.ShortTag() {
	case "!!str":
		return String
	case "!!null":
		return Null
	case "!!bool":
		return Bool
	case "!!int":
		return Int
	case "!!float":
		return Float
	default:
		return Other
	}
}

// yamlError turns an error of the library into a problem.
func yamlError(file string, data []byte, err error) Problem {
	p := Problem{File: file, Line: 1, Column: 1, Code: CodeSyntax, Message: "this is not YAML: "}
	var e *yaml.LoadError
	if !errors.As(err, &e) {
		p.Message += oneLine(err.Error())
		return p
	}
	at := e.Mark
	if open := strings.Contains(e.Message, "unexpected end of stream"); at.Line == 0 || open &&
		e.ContextMark.Line > 0 {
		at = e.ContextMark // what was opened there is never closed
	}
	p.Line, p.Column = max(at.Line, 1), max(at.Column, 1)
	p.Message += oneLine(e.Message)
	if e.ContextMsg != "" && e.ContextMark.Line > 0 && e.ContextMark.Line < p.Line {
		p.Message += fmt.Sprintf(", %s that begins in line %d", oneLine(e.ContextMsg),
			e.ContextMark.Line)
	}
	if hint := hintOf(data, p.Line); hint != "" {
		p.Hint = hint
		return p
	}
	switch {
	case strings.Contains(e.Message, "unknown anchor"),
		strings.Contains(e.Message, "expected alphabetic or numeric"):
		p.Hint =
			`put a text that begins with * in quotes, such as "*.example.org"; without them it ` +
				"is an alias of YAML"
	case strings.Contains(e.Message, "unexpected end of stream"):
		p.Message += ", " + oneLine(e.ContextMsg)
		p.Hint = "close what is opened here"
	case strings.Contains(e.Message, "tab character"):
		p.Hint = "indent with spaces, not with tabs"
	case strings.Contains(e.Message, "cannot start any token"):
		if lineAt(data, p.Line, p.Column) == '\t' {
			p.Hint = "indent with spaces, not with tabs"
		} else {
			p.Hint = "put the value in quotes"
		}
	case strings.Contains(e.Message, "mapping values are not allowed"):
		p.Hint = "put a value with a colon in quotes, and check the indentation"
	case strings.Contains(e.Message, "did not find expected"),
		strings.Contains(e.Message, "could not find expected"):
		p.Hint = "check the indentation and the brackets around this line"
	}
	return p
}

// lineAt returns the byte at a place of a text, 0 beyond its end.
func lineAt(data []byte, line, column int) byte {
	text := lineOf(data, line)
	if len(text) < column {
		return 0
	}
	return text[column-1]
}

// oneLine returns a text of the library as part of a message.
func oneLine(s string) string { return Shorten(strings.ReplaceAll(s, "\n", " ")) }
