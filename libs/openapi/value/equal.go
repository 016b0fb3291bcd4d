package value

import (
	"bytes"
	"hash/maphash"
)

// Equal reports whether two values are the same as JSON Schema has it: numbers by what they are
// worth, objects whatever the order of their members.
func Equal(a *Tree, i uint32, b *Tree, k uint32) bool {
	x, y := &a.Nodes[i], &b.Nodes[k]
	if x.Kind != y.Kind {
		return false
	}
	switch x.Kind {
	case Null:
		return true
	case Bool:
		return x.Count == y.Count
	case String:
		return bytes.Equal(a.Text(i), b.Text(k))
	case Number:
		s, t := a.Text(i), b.Text(k)
		if bytes.Equal(s, t) {
			return true
		}
		var p, q [40]byte
		return ParseDecimal(s, p[:]).Cmp(ParseDecimal(t, q[:])) == 0
	}
	if x.Count != y.Count {
		return false
	}
	if x.Kind == Array {
		i, k = i+1, k+1
		for range x.Count {
			if !Equal(a, i, b, k) {
				return false
			}
			i, k = a.Nodes[i].Next, b.Nodes[k].Next
		}
		return true
	}
	if x.Count > few {
		return equalMany(a, i, b, k)
	}
	m := i + 1
	for range x.Count {
		other, ok := b.Member(k, string(a.Text(m)))
		if !ok || !Equal(a, m+1, b, other) {
			return false
		}
		m = a.Nodes[m+1].Next
	}
	return true
}

// equalMany is Equal for objects of so many members that not each is looked for from the first on.
func equalMany(a *Tree, i uint32, b *Tree, k uint32) bool {
	members := make(map[string]uint32, b.Nodes[k].Count)
	m := k + 1
	for range b.Nodes[k].Count {
		members[string(b.Text(m))] = m + 1
		m = b.Nodes[m+1].Next
	}
	m = i + 1
	for range a.Nodes[i].Count {
		other, ok := members[string(a.Text(m))]
		if !ok || !Equal(a, m+1, b, other) {
			return false
		}
		m = a.Nodes[m+1].Next
	}
	return true
}

// Unique reports whether no two items of an array are equal, in a time that grows with the array's
// length and not faster; if they are not, with the place of the second of two.
func (t *Tree) Unique(array uint32) (twice int, unique bool) {
	count := int(t.Nodes[array].Count)
	if count < 2 {
		return 0, true
	}
	if count <= few {
		return t.uniqueOfFew(array, count)
	}
	seed := maphash.MakeSeed()
	seen := make(map[uint64][]uint32, count)
	i := array + 1
	for k := range count {
		h := t.hash(seed, i)
		for _, other := range seen[h] {
			if Equal(t, other, t, i) {
				return k, false
			}
		}
		seen[h] = append(seen[h], i)
		i = t.Nodes[i].Next
	}
	return 0, true
}

// uniqueOfFew is Unique for an array whose items are compared with each other.
func (t *Tree) uniqueOfFew(array uint32, count int) (twice int, unique bool) {
	i := array + 1
	for k := range count {
		other := array + 1
		for range k {
			if Equal(t, other, t, i) {
				return k, false
			}
			other = t.Nodes[other].Next
		}
		i = t.Nodes[i].Next
	}
	return 0, true
}

// hash is the same for values that are equal.
func (t *Tree) hash(seed maphash.Seed, i uint32) uint64 {
	n := &t.Nodes[i]
	switch n.Kind {
	case String:
		return maphash.Bytes(seed, t.Text(i))
	case Number:
		var room [40]byte
		d := ParseDecimal(t.Text(i), room[:])
		h := maphash.Bytes(seed, d.Digits)*31 + uint64(d.Exp)
		if d.Neg {
			h = ^h
		}
		return h
	case Array:
		h := uint64(Array)
		i++
		for range n.Count {
			h = (h ^ t.hash(seed, i)) * 0x9e3779b97f4a7c15
			h ^= h >> 29
			i = t.Nodes[i].Next
		}
		return h
	case Object:
		h := uint64(Object)
		i++
		for range n.Count { // a sum, since the order means nothing
			m := (t.hash(seed, i) ^ t.hash(seed, i+1)*31) * 0x9e3779b97f4a7c15
			h += m ^ m>>29
			i = t.Nodes[i+1].Next
		}
		return h
	}
	return uint64(n.Kind)<<8 | uint64(n.Count)
}
