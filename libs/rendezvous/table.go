package rendezvous

import (
	"math"
	"slices"
)

// Slots is how many groups of keys there are. Of ten equal choices, each then has a tenth of them
// with a standard error of 1.2 % of that. A Table takes four bytes for each.
const Slots = 1 << slotBits

const slotBits = 16

// A Table says which choice each group of keys belongs to. It never changes. The nil Table has no
// choices.
type Table struct {
	names   []string
	weights []int
	slots   []uint32 // nil: there is no choice
}

// New makes the table of choices with names, which should be unique, and weights. A choice whose
// weight is zero or below gets no keys. It takes time in proportion to the number of choices: about
// 0.2 to 0.4 ms for each.
func New(names []string, weights []int) *Table {
	t := &Table{names: slices.Clone(names), weights: slices.Clone(weights)}
	var choices []choice
	equal := true
	for i, w := range weights {
		if w > 0 {
			choices = append(choices, choice{uint32(i), Sum([]byte(names[i])), float64(w)})
			equal = equal && float64(w) == choices[0].weight
		}
	}
	if len(choices) == 0 {
		return t
	}
	t.slots = make([]uint32, Slots)
	for slot := range t.slots {
		if equal {
			t.slots[slot] = highest(choices, Mix(uint64(slot)))
		} else {
			t.slots[slot] = first(choices, Mix(uint64(slot)))
		}
	}
	return t
}

// Is says whether a table is that of such choices, so that it need not be made again.
func (t *Table) Is(names []string, weights []int) bool {
	return t != nil && slices.Equal(t.names, names) && slices.Equal(t.weights, weights)
}

// At returns the index of the choice that a hash belongs to, -1 if there is none.
func (t *Table) At(hash uint64) int {
	if t == nil || t.slots == nil {
		return -1
	}
	return int(t.slots[hash>>(64-slotBits)])
}

type choice struct {
	index  uint32
	seed   uint64
	weight float64
}

// highest returns the choice with the highest number for a slot.
func highest(choices []choice, slot uint64) uint32 {
	best, most := uint32(0), uint64(0)
	for i := range choices {
		if n := Mix(slot ^ choices[i].seed); n >= most {
			best, most = choices[i].index, n
		}
	}
	return best
}

// first returns the choice that comes first at a slot, where each waits for a time that is
// exponentially distributed with its weight as the rate: it is first with a probability in
// proportion to its weight.
func first(choices []choice, slot uint64) uint32 {
	best, least := uint32(0), math.Inf(1)
	for i := range choices {
		c := &choices[i]
		n := Mix(slot ^ c.seed)
		left := (float64(n>>11) + 0.5) / (1 << 53) // between 0 and 1
		// The logarithm is what takes time. It is at least this much, which is mostly too much.
		if 1-left >= least*c.weight {
			continue
		}
		if time := -math.Log(left) / c.weight; time < least {
			best, least = c.index, time
		}
	}
	return best
}

// Sum is the hash of a key, or of a name.
func Sum(key []byte) uint64 {
	const offset, prime = 14695981039346656037, 1099511628211
	h := uint64(offset)
	for len(key) >= 8 {
		w := uint64(key[0]) | uint64(key[1])<<8 | uint64(key[2])<<16 | uint64(key[3])<<24 |
			uint64(key[4])<<32 | uint64(key[5])<<40 | uint64(key[6])<<48 | uint64(key[7])<<56
		h = Mix(h ^ w)
		key = key[8:]
	}
	for _, b := range key {
		h = (h ^ uint64(b)) * prime
	}
	return Mix(h ^ uint64(len(key))<<56)
}

// Mix makes another hash of one: each bit of it depends on all bits of x (the finalizer of
// MurmurHash3, with the constants that Stafford found, after a step of a Weyl sequence).
func Mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
