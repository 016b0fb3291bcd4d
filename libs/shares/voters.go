package shares

import (
	"cmp"
	"hash/fnv"
	"slices"
)

// MaxVoters is how many voters a fleet has at most.
const MaxVoters = 7

// Voters are those who elect the leader: one of them.
type Voters struct {
	set   []uint64 // hashes of what the voters are called in the configuration, sorted
	nodes []string // the names of the nodes that they are, "" where that is not known
	self  int      // which of them this node is, -1: none
}

// A Voter is one of the voters of a configuration.
type Voter struct {
	// ID is what it is called in the configuration. All nodes have to call it the same.
	ID string
	// Node is the name of the node that it is, "" while that is not known.
	Node string
}

// NewVoters returns the voters of a node of this name. Of two with one ID the first counts, and
// there are MaxVoters at most: none where there are more.
func NewVoters(all []Voter, name string) Voters {
	v := Voters{self: -1}
	type hashed struct {
		hash uint64
		node string
	}
	var hs []hashed
	for _, one := range all {
		h := Hash(one.ID)
		if !slices.ContainsFunc(hs, func(o hashed) bool { return o.hash == h }) {
			hs = append(hs, hashed{h, one.Node})
		}
	}
	if len(hs) > MaxVoters {
		return v
	}
	slices.SortFunc(hs, func(a, b hashed) int { return cmp.Compare(a.hash, b.hash) })
	for i, h := range hs {
		v.set = append(v.set, h.hash)
		v.nodes = append(v.nodes, h.node)
		if h.node == name && name != "" && v.self < 0 {
			v.self = i
		}
	}
	return v
}

// Hash is the hash of a text that is the same in all nodes and versions: 64 bits of FNV-1a.
func Hash(s string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s))
	return h.Sum64()
}

// Count is how many voters there are, Found of how many it is known which nodes they are.
func (v *Voters) Count() int { return len(v.set) }

// Found is how many of the voters are nodes that are known.
func (v *Voters) Found() (n int) {
	for _, name := range v.nodes {
		if name != "" {
			n++
		}
	}
	return n
}

// Digest tells sets of voters apart.
func (v *Voters) Digest() uint64 {
	var b []byte
	for _, h := range v.set {
		for i := range 8 {
			b = append(b, byte(h>>(8*i)))
		}
	}
	return Hash(string(b))
}

// majority is how many of n voters have to promise.
func (r *rules) most(n int) int {
	if !r.majority {
		return (n + 1) / 2
	}
	return n/2 + 1
}

// adjacent says whether sets differ in one voter that only one of them has, or not at all. Any two
// majorities of such sets have a voter in common.
func adjacent(a, b []uint64) bool {
	differ := 0
	for _, h := range a {
		if _, found := slices.BinarySearch(b, h); !found {
			differ++
		}
	}
	for _, h := range b {
		if _, found := slices.BinarySearch(a, h); !found {
			differ++
		}
	}
	return differ <= 1
}
