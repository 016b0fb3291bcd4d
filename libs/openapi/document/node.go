package document

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/openapi/value"
)

// A Node is one value of a file. It is not changed once the file is read. Its address tells it from
// others: an alias of YAML is the node that it stands for.
type Node struct {
	Kind value.Kind
	// Text is a string, a number as JSON writes it, or true or false.
	Text string
	// Items are those of an array, Members those of an object, in order.
	Items   []*Node
	Members []Member
	// File has the node, and these are the place in it, from 1.
	File         *File
	Line, Column int32

	index map[string]*Node // of many members
	size  int              // values in it, aliases put in
}

// A Member is one of an object.
type Member struct {
	Key   string
	Value *Node
}

// A File is one that was read.
type File struct {
	// Path is where it was read, Shown how it is called in messages, URI how references call it.
	Path, Shown, URI string
	Root             *Node
}

// A Problem is what is wrong with a file.
type Problem struct {
	File         string
	Line, Column int
	Message      string
	// Unread says that the file could not be read.
	Unread bool
}

func (p *Problem) Error() string {
	if p.Line == 0 {
		return fmt.Sprintf("%s: %s", p.File, p.Message)
	}
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Message)
}

// Problem is one at this node.
func (n *Node) Problem(format string, args ...any) *Problem {
	return &Problem{File: n.File.Shown, Line: int(n.Line), Column: int(n.Column),
		Message: fmt.Sprintf(format, args...)}
}

// Get is the value that an object has for a key, nil where it has none, or is no object. n may be
// nil.
func (n *Node) Get(key string) *Node {
	if n == nil {
		return nil
	}
	if n.index != nil {
		return n.index[key]
	}
	for i := range n.Members {
		if n.Members[i].Key == key {
			return n.Members[i].Value
		}
	}
	return nil
}

// String is the text of a string, "" for other nodes. n may be nil.
func (n *Node) String() string {
	if n == nil || n.Kind != value.String {
		return ""
	}
	return n.Text
}

// True reports whether the node is the value true. n may be nil.
func (n *Node) True() bool { return n != nil && n.Kind == value.Bool && n.Text == "true" }

// Child is the value that a token of a JSON pointer leads to, nil for none.
func (n *Node) Child(token string) *Node {
	if n.Kind != value.Array {
		return n.Get(token)
	}
	if i, err := strconv.Atoi(token); err == nil && i >= 0 && i < len(n.Items) &&
		(token == "0" || token[0] != '0') {
		return n.Items[i]
	}
	return nil
}

// Tokens are the parts of a JSON pointer (RFC 6901) that is not empty.
func Tokens(pointer string) []string {
	tokens := strings.Split(pointer, "/")[1:]
	for i, t := range tokens {
		tokens[i] = unescape.Replace(t)
	}
	return tokens
}

// Escape writes a key as a token of a JSON pointer.
func Escape(key string) string { return escape.Replace(key) }

var (
	unescape = strings.NewReplacer("~1", "/", "~0", "~")
	escape   = strings.NewReplacer("~", "~0", "/", "~1")
)

// Tree builds the node as a value.
func (n *Node) Tree() *value.Tree {
	t := new(value.Tree)
	n.build(t.Build())
	return t
}

func (n *Node) build(b value.Builder) {
	switch n.Kind {
	case value.Null:
		b.Null()
	case value.Bool:
		b.Bool(n.Text == "true")
	case value.Number:
		b.Number([]byte(n.Text))
	case value.String:
		b.Text([]byte(n.Text))
	case value.Array:
		at := b.Open(value.Array)
		for _, item := range n.Items {
			item.build(b)
		}
		b.Close(at, len(n.Items))
	case value.Object:
		at := b.Open(value.Object)
		for _, m := range n.Members {
			b.Text([]byte(m.Key))
			m.Value.build(b)
		}
		b.Close(at, len(n.Members))
	}
}

// finish counts what is in a node, and makes its index. It reports the key that an object has
// twice.
func (n *Node) finish() (twice string, ok bool) {
	n.size = 1
	for _, i := range n.Items {
		n.size = min(n.size+i.size, MaxValues+1)
	}
	for _, m := range n.Members {
		n.size = min(n.size+m.Value.size, MaxValues+1)
	}
	if len(n.Members) <= 8 {
		for i := range n.Members {
			for k := range i {
				if n.Members[i].Key == n.Members[k].Key {
					return n.Members[i].Key, false
				}
			}
		}
		return "", true
	}
	n.index = make(map[string]*Node, len(n.Members))
	for _, m := range n.Members {
		if _, there := n.index[m.Key]; there {
			return m.Key, false
		}
		n.index[m.Key] = m.Value
	}
	return "", true
}
