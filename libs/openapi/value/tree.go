package value

// A Kind is one of the six kinds of values of JSON.
type Kind uint8

// The kinds.
const (
	Null Kind = iota
	Bool
	Number
	String
	Array
	Object
)

var kindNames = [...]string{"null", "boolean", "number", "string", "array", "object"}

// String is what JSON Schema calls the kind.
func (k Kind) String() string { return kindNames[k] }

// A Node is one value of a tree, or the key of a member.
type Node struct {
	Kind Kind
	// made says that the text is in Tree.made, since it does not stand in the source as it is.
	made       bool
	start, end uint32
	// Next is the index of the first node behind this one and all within it.
	Next uint32
	// Count is how many items an array has, or members an object; 1 for true.
	Count uint32
}

// A Tree is a value. The zero Tree is ready for use, and can be used again; its memory is kept.
//
// The nodes of an array's items come behind it, in order; those of an object are a key and its
// value for each member. The value itself is node 0.
type Tree struct {
	// Nodes are not to be changed.
	Nodes  []Node
	source []byte
	made   []byte
	order  []uint32 // keys of an object, while they are looked through
}

// Text is a string without its quotes and escapes, or a number as it was written. It is valid
// until the tree is used again, and so is the source.
func (t *Tree) Text(i uint32) []byte {
	n := &t.Nodes[i]
	if n.made {
		return t.made[n.start:n.end]
	}
	return t.source[n.start:n.end]
}

// Member is the index of the value that an object has for a key.
func (t *Tree) Member(object uint32, key string) (uint32, bool) {
	i := object + 1
	for range t.Nodes[object].Count {
		if string(t.Text(i)) == key {
			return i + 1, true
		}
		i = t.Nodes[i+1].Next
	}
	return 0, false
}

// Size is how many bytes of memory the tree keeps for its next use.
func (t *Tree) Size() int {
	return cap(t.Nodes)*20 + cap(t.made) + cap(t.order)*4
}

// Reset forgets the value, and keeps the memory.
func (t *Tree) Reset() { t.Nodes, t.made, t.source = t.Nodes[:0], t.made[:0], nil }

// Offset is the byte of the source at which a value begins; for one with escapes, it is 0.
func (t *Tree) Offset(i uint32) int {
	n := &t.Nodes[i]
	if n.made {
		return 0
	}
	return int(n.start)
}
