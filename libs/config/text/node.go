package text

import (
	"fmt"
	"strconv"
	"strings"
)

// Bounds of a file. They keep the worst input from taking more than about a second, and leave room
// for some 20,000 routes.
const (
	MaxBytes   = 4 << 20 // of a file
	MaxNesting = 64      // of mappings and lists
	maxNodes   = 500_000 // values of a file, aliases counted each time they are used
	maxEntries = 200_000 // lines and commas of a YAML file, which is what its parser takes time for

	// MostProblems is how many Problems keeps, of which the first are shown.
	MostProblems = 20_000
)

// A Node is a value of a file with its place, whatever the syntax of the file was. Trees of nodes
// never share nodes and have no cycles.
type Node struct {
	Kind   Kind
	Text   string // of a scalar
	At     Place
	Keys   []Key  // of a mapping, in the order of the file
	Values []Node // of a mapping or a list
}

// A Place is where something is in a file. It is small because there is one for every value and
// key; a large file has hundreds of thousands.
type Place struct {
	File         *string // nil: nowhere
	Line, Column int32
}

// Problem returns a problem at the place.
func (p Place) Problem(path, code, message, hint string) Problem {
	path = Printable(path) // keys are the user's
	if len(path) > 400 {
		path = path[:400] + "…"
	}
	out := Problem{Line: int(p.Line), Column: int(p.Column), Path: path, Code: code,
		Message: message, Hint: hint}
	if p.File != nil {
		out.File = *p.File
	}
	return out
}

// A Key is the name of a value in a mapping.
type Key struct {
	Name string
	At   Place
}

// A Kind says what a value is.
type Kind uint8

// The kinds of values.
const (
	Null Kind = iota
	String
	Bool
	Int
	Float
	Other // a scalar of a type no value of the document has, such as a timestamp
	Map
	List
)

// String returns the kind in words.
func (k Kind) String() string {
	return [...]string{"nothing", "text", "true or false", "a whole number", "a number",
		"a special value", "a mapping", "a list"}[k]
}

// Describe says in words what a value is, and shows it when it is a scalar.
func (n *Node) Describe() string {
	switch n.Kind {
	case String, Bool, Int, Float, Other:
		return fmt.Sprintf("%s (%s)", n.Kind, Quote(n.Text))
	default:
		return n.Kind.String()
	}
}

// Get returns the value of a key of a mapping, and nil when there is none.
func (n *Node) Get(name string) *Node {
	if n == nil || n.Kind != Map {
		return nil
	}
	for i := range n.Keys {
		if n.Keys[i].Name == name {
			return &n.Values[i]
		}
	}
	return nil
}

// step takes the first part off a path such as routes[1].cluster and returns the value it leads to,
// nil when there is none.
func (n *Node) step(path string) (next *Node, rest string) {
	if inner, ok := strings.CutPrefix(path, "["); ok {
		inner, rest, _ = strings.Cut(inner, "]")
		i, err := strconv.Atoi(inner)
		if err == nil && n.Kind == List && i < len(n.Values) {
			next = &n.Values[i]
		}
	} else {
		end := strings.IndexAny(path, ".[")
		if end < 0 {
			end = len(path)
		}
		next, rest = n.Get(path[:end]), path[end:]
	}
	return next, strings.TrimPrefix(rest, ".")
}

// Value returns the value at a path, nil where there is none.
func (n *Node) Value(path string) *Node {
	for n != nil && path != "" {
		n, path = n.step(path)
	}
	return n
}

// Find returns the place of the value at a path, or of the nearest thing around it when it isn't
// there.
func (n *Node) Find(path string) Place {
	if n == nil {
		return Place{}
	}
	at := n.At
	for path != "" {
		next, rest := n.step(path)
		if next == nil {
			return at
		}
		n, path, at = next, rest, next.At
	}
	return at
}

// Each calls f for every value that a path leads to, given as its keys, in which [] stands for
// every entry of a list. at is the place of its key; t leads to it during the call.
func (n *Node) Each(path []string, t *Trail, at Place, f func(n *Node, at Place)) {
	switch {
	case len(path) == 0:
		f(n, at)
	case path[0] == "[]" && n.Kind == List:
		for i := range n.Values {
			t.EnterIndex(i)
			n.Values[i].Each(path[1:], t, n.Values[i].At, f)
			t.Leave()
		}
	case path[0] == "[]" && n.Kind == Map: // it stands for a list of one
		n.Each(path[1:], t, at, f)
	case n.Kind == Map:
		for i := range n.Keys {
			if n.Keys[i].Name == path[0] {
				t.Enter(path[0])
				n.Values[i].Each(path[1:], t, n.Keys[i].At, f)
				t.Leave()
			}
		}
	}
}
