package specedit

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// file is the text of a YAML or JSON file with what is to be added to it.
type file struct {
	data  []byte
	lines []int // where each begins
	root  *yaml.Node
	json  bool
	adds  []addition
}

type addition struct {
	at   int
	text string
}

func parse(data []byte) (*file, error) {
	f := &file{data: data, lines: []int{0}}
	f.json = bytes.HasPrefix(bytes.TrimSpace(data), []byte("{"))
	for i, c := range data {
		if c == '\n' {
			f.lines = append(f.lines, i+1)
		}
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, err
	}
	if len(doc.Content) == 0 {
		f.root = &yaml.Node{Kind: yaml.MappingNode, Line: 1, Column: 1}
		return f, nil
	}
	if f.root = doc.Content[0]; f.root.Kind != yaml.MappingNode {
		return nil, errors.New("it is no mapping")
	}
	return f, nil
}

// member is the value of a key, nil when there is none.
func member(n *yaml.Node, key string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

// offset is where a node begins. Columns count runes.
func (f *file) offset(n *yaml.Node) int {
	at := f.lines[n.Line-1]
	for range n.Column - 1 {
		_, size := utf8.DecodeRune(f.data[at:])
		at += size
	}
	return at
}

func (f *file) line(i int) string {
	end := len(f.data)
	if i+1 < len(f.lines) {
		end = f.lines[i+1]
	}
	return string(f.data[f.lines[i]:end])
}

func flow(n *yaml.Node) bool { return n.Style&yaml.FlowStyle != 0 || len(n.Content) == 0 }

// end is the number of the line behind a block that begins at a node: the first that is indented
// less and is no remark. What stands in between and is indented as the block belongs to it.
func (f *file) end(n *yaml.Node) int {
	indent := n.Column - 1
	last := n.Line
	for i := n.Line; i < len(f.lines); i++ {
		line := strings.TrimRight(f.line(i), "\r\n")
		text := strings.TrimLeft(line, " ")
		depth := len(line) - len(text)
		switch {
		case text == "":
			continue
		case strings.HasPrefix(text, "#"):
			if depth >= indent && depth > 0 {
				last = i + 1
			}
			continue
		case depth < indent,
			n.Kind == yaml.SequenceNode && depth == indent && !strings.HasPrefix(text, "-"),
			depth == 0 && (strings.HasPrefix(text, "---") || strings.HasPrefix(text, "...")),
			n.Kind == yaml.MappingNode && depth == indent && strings.HasPrefix(text, "- "):
			return last
		}
		last = i + 1
	}
	return last
}

// closing is where the bracket is that ends what begins at an offset.
func (f *file) closing(at int) (int, error) {
	depth, before := 0, byte(',')
	for i := at; i < len(f.data); i++ {
		c := f.data[i]
		switch {
		case c == '"' && strings.IndexByte("[{,:", before) >= 0:
			for i++; i < len(f.data) && f.data[i] != '"'; i++ {
				if f.data[i] == '\\' {
					i++
				}
			}
		case c == '\'' && strings.IndexByte("[{,:", before) >= 0:
			for i++; i < len(f.data) && f.data[i] != '\''; i++ {
			}
			// two of them are one of the text: what follows is taken for a text of its own
			if i+1 < len(f.data) && f.data[i+1] == '\'' {
				continue
			}
		case c == '#' && i > 0 && (f.data[i-1] == ' ' || f.data[i-1] == '\n'):
			for i < len(f.data) && f.data[i] != '\n' {
				i++
			}
			continue
		case c == '[' || c == '{':
			depth++
		case c == ']' || c == '}':
			if depth--; depth == 0 {
				return i, nil
			}
		}
		if c != ' ' && c != '\n' && c != '\r' && c != '\t' {
			before = c
		}
	}
	return 0, errors.New("a bracket is not closed")
}

// into adds an entry to a node: text where it is written in brackets, and else lines, each indented
// as the entries are.
func (f *file) into(n *yaml.Node, text string, lines []string) error {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" && n.Value == "" {
		return f.first(n, lines)
	}
	if !flow(n) {
		indent := strings.Repeat(" ", n.Column-1)
		end := f.end(n)
		at, block := len(f.data), ""
		if end < len(f.lines) {
			at = f.lines[end]
		}
		if at == len(f.data) && at > 0 && f.data[at-1] != '\n' {
			block = "\n"
		}
		for _, line := range lines {
			block += indent + line + "\n"
		}
		f.adds = append(f.adds, addition{at, block})
		return nil
	}
	begin := f.offset(n)
	if begin >= len(f.data) || f.data[begin] != '[' && f.data[begin] != '{' {
		return fmt.Errorf("line %d: there is nothing to add to", n.Line)
	}
	at, err := f.closing(begin)
	if err != nil {
		return fmt.Errorf("line %d: %w", n.Line, err)
	}
	inner := bytes.TrimRight(f.data[begin+1:at], " \t\r\n")
	if len(inner) > 0 && inner[len(inner)-1] != ',' {
		text = ", " + text
	}
	f.adds = append(f.adds, addition{begin + 1 + len(inner), text})
	return nil
}

// first adds lines below a key that has no value yet.
func (f *file) first(n *yaml.Node, lines []string) error {
	block := ""
	for _, line := range lines {
		block += "  " + line + "\n"
	}
	at := len(f.data)
	if n.Line < len(f.lines) {
		at = f.lines[n.Line]
	} else if at > 0 && f.data[at-1] != '\n' {
		block = "\n" + block
	}
	f.adds = append(f.adds, addition{at, block})
	return nil
}

// key adds a key with an entry to the file itself.
func (f *file) key(key, text string, lines []string) error {
	if f.json {
		return f.into(f.root, quote(key)+": "+text, nil)
	}
	block := ""
	if n := len(f.data); n > 0 && f.data[n-1] != '\n' {
		block = "\n"
	}
	block += key + ":\n"
	for _, line := range lines {
		block += "  " + line + "\n"
	}
	f.adds = append(f.adds, addition{len(f.data), block})
	return nil
}

// text is the file with what was added.
func (f *file) text() []byte {
	slices.SortStableFunc(f.adds, func(a, b addition) int { return a.at - b.at })
	var out []byte
	at := 0
	for _, a := range f.adds {
		out = append(append(out, f.data[at:a.at]...), a.text...)
		at = a.at
	}
	return append(out, f.data[at:]...)
}

// quote writes a text as JSON, which YAML reads too.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// scalar writes a text as YAML has it in brackets: as it is where nothing in it means anything.
func (f *file) scalar(s string) string {
	plain := s != "" && !f.json
	for i, r := range s {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r == '/', r == '_', r == '.':
		case i > 0 && (r >= '0' && r <= '9' || r == '-'):
		default:
			plain = false
		}
	}
	switch strings.ToLower(s) {
	case "true", "false", "yes", "no", "on", "off", "null", "y", "n", ".":
		plain = false
	}
	if plain {
		return s
	}
	return quote(s)
}

func (f *file) name(s string) string {
	if f.json {
		return quote(s)
	}
	return s
}

// list writes texts in brackets.
func (f *file) list(all []string) string {
	parts := make([]string, len(all))
	for i, s := range all {
		parts[i] = f.scalar(s)
	}
	return "[" + strings.Join(parts, ", ") + "]"
}
