package config

import (
	"strconv"
	"strings"
)

// Bounds of a file. They keep the worst input from taking more than about a second, and leave room for some 20,000 routes.
const (
	MaxBytes     = 4 << 20 // of a file
	MaxNesting   = 64      // of mappings and lists
	maxNodes     = 500_000 // values of a file, aliases counted each time they are used
	maxEntries   = 200_000 // lines and commas of a YAML file, which is what its parser takes time for
	maxProblems  = 1_000   // that are reported
	keptProblems = 20_000  // that are looked at to find the first
)

// A node is a value of a file with its place, whatever the syntax of the file was. Trees of nodes never share nodes and have
// no cycles.
type node struct {
	kind   kind
	text   string // of a scalar
	at     place
	keys   []key  // of a mapping, in the order of the file
	values []node // of a mapping or a list
}

// A place is small because there is one for every value and key; a large file has hundreds of thousands.
type place struct {
	file         *string // nil: nowhere
	line, column int32
}

// problem returns a problem at the place.
func (p place) problem(path, code, message, hint string) Problem {
	path = printable(path) // keys are the user's
	if len(path) > 400 {
		path = path[:400] + "…"
	}
	out := Problem{Line: int(p.line), Column: int(p.column), Path: path, Code: code, Message: message, Hint: hint}
	if p.file != nil {
		out.File = *p.file
	}
	return out
}

type key struct {
	name string
	at   place
}

type kind uint8

const (
	nullNode kind = iota
	stringNode
	boolNode
	intNode
	floatNode
	otherNode // a scalar of a type no value of the document has, such as a timestamp
	mapNode
	listNode
)

func (k kind) String() string {
	return [...]string{"nothing", "text", "true or false", "a whole number", "a number", "a special value", "a mapping", "a list"}[k]
}

// get returns the value of a key of a mapping, and nil when there is none.
func (n *node) get(name string) *node {
	if n == nil || n.kind != mapNode {
		return nil
	}
	for i := range n.keys {
		if n.keys[i].name == name {
			return &n.values[i]
		}
	}
	return nil
}

// step takes the first part off a path such as routes[1].cluster and returns the value it leads to, nil when there is none.
func (n *node) step(path string) (next *node, rest string) {
	if inner, ok := strings.CutPrefix(path, "["); ok {
		inner, rest, _ = strings.Cut(inner, "]")
		i, err := strconv.Atoi(inner)
		if err == nil && n.kind == listNode && i < len(n.values) {
			next = &n.values[i]
		}
	} else {
		end := strings.IndexAny(path, ".[")
		if end < 0 {
			end = len(path)
		}
		next, rest = n.get(path[:end]), path[end:]
	}
	return next, strings.TrimPrefix(rest, ".")
}

// find returns the place of the value at a path, or of the nearest thing around it when it isn't there.
func (n *node) find(path string) place {
	if n == nil {
		return place{}
	}
	at := n.at
	for path != "" {
		next, rest := n.step(path)
		if next == nil {
			return at
		}
		n, path, at = next, rest, next.at
	}
	return at
}

// joinKey and joinIndex build the path of a value within a value.
func joinKey(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func joinIndex(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

// trail is the way to a value, kept while a tree is walked. Its text is made only for values something is wrong with.
type trail []step

type step struct {
	key   string
	index int // -1: the step is a key
}

func (t *trail) enter(key string) { *t = append(*t, step{key, -1}) }
func (t *trail) enterIndex(i int) { *t = append(*t, step{"", i}) }
func (t *trail) leave()           { *t = (*t)[:len(*t)-1] }

// String returns the path, as in routes[1].cluster.
func (t trail) String() string {
	path := ""
	for _, s := range t {
		if s.index < 0 {
			path = joinKey(path, s.key)
		} else {
			path = joinIndex(path, s.index)
		}
	}
	return path
}
