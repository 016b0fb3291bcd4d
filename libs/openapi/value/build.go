package value

// A Builder makes a tree of what is not JSON. The tree's former value is gone.
type Builder struct{ t *Tree }

// Build begins a value.
func (t *Tree) Build() Builder {
	t.Reset()
	return Builder{t}
}

// Text appends a string.
func (b Builder) Text(s []byte) { b.leaf(String, s, 0) }

// Number appends a number, whose text is one of JSON: see [IsNumber].
func (b Builder) Number(s []byte) { b.leaf(Number, s, 0) }

// Bool appends a truth value.
func (b Builder) Bool(v bool) {
	count := uint32(0)
	if v {
		count = 1
	}
	b.leaf(Bool, nil, count)
}

// Null appends a null.
func (b Builder) Null() { b.leaf(Null, nil, 0) }

func (b Builder) leaf(k Kind, s []byte, count uint32) {
	start := uint32(len(b.t.made))
	b.t.made = append(b.t.made, s...)
	b.t.Nodes = append(b.t.Nodes, Node{Kind: k, made: true, start: start,
		end: uint32(len(b.t.made)), Next: uint32(len(b.t.Nodes)) + 1, Count: count})
}

// Open begins an array, or an object, whose members are a Text and a value each.
func (b Builder) Open(k Kind) (at uint32) {
	at = uint32(len(b.t.Nodes))
	b.t.Nodes = append(b.t.Nodes, Node{Kind: k, made: true})
	return at
}

// Close ends what Open began, with so many items or members.
func (b Builder) Close(at uint32, count int) {
	b.t.Nodes[at].Next = uint32(len(b.t.Nodes))
	b.t.Nodes[at].Count = uint32(count)
}

// Mark is a place to go Back to.
func (b Builder) Mark() (nodes, bytes int) { return len(b.t.Nodes), len(b.t.made) }

// Back forgets what was appended since a Mark.
func (b Builder) Back(nodes, bytes int) {
	b.t.Nodes, b.t.made = b.t.Nodes[:nodes], b.t.made[:bytes]
}

// IsNumber reports whether a text is a number of JSON.
func IsNumber(s []byte) bool { return len(s) > 0 && numberEnd(s) == len(s) }

// Graft appends a copy of a value of another tree.
func (b Builder) Graft(from *Tree, i uint32) {
	base := uint32(len(b.t.Nodes)) - i
	for k := i; k < from.Nodes[i].Next; k++ {
		n := from.Nodes[k]
		if n.Kind == String || n.Kind == Number {
			text := from.Text(k)
			n.start = uint32(len(b.t.made))
			b.t.made = append(b.t.made, text...)
			n.end = uint32(len(b.t.made))
		}
		n.made = true
		n.Next += base
		b.t.Nodes = append(b.t.Nodes, n)
	}
}
