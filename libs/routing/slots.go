package routing

import (
	"encoding/binary"
	"math/bits"
)

// slots say where things are that are found by their hash: in an array of the caller's, each at or
// soon after the place its hash calls for. A byte for each place tells most wrong ones apart, so
// that a lookup touches these bytes, which are few enough to stay in a processor's cache, and then
// nearly always the right thing and nothing else, or nothing at all.
//
// The caller compares what it finds, so slots keep no keys. Place 0 is never used.
type slots struct {
	tags  []byte // 0: the place is free. The last 8 always are, so that a window never ends outside
	homes uint64 // how many places hashes call for
}

// window is how many places are looked at together.
const window = 8

// newSlots has room for n things with a quarter of the places to spare.
func newSlots(n int) slots {
	homes := n + n/3 + 1
	return slots{tags: make([]byte, 1+homes+window), homes: uint64(homes)}
}

// places is how long the caller's array must be.
func (s *slots) places() int { return len(s.tags) }

func (s *slots) home(hash uint64) int {
	hi, _ := bits.Mul64(hash, s.homes)
	return int(hi) + 1
}

// tag is made of bits that home hardly uses.
func tag(hash uint64) uint64 { return max(hash&0xff, 1) }

// at returns the tags at a place and the seven after it.
func (s *slots) at(place int) uint64 { return binary.LittleEndian.Uint64(s.tags[place:]) }

// having returns a word whose marks stand where a tag is that of the hash, and sometimes above such
// a one.
func having(tags, hash uint64) uint64 {
	x := tags ^ ones*tag(hash)
	return (x - ones) &^ x & highs
}

// ends says whether a place is free, beyond which nothing is.
func ends(tags uint64) bool { return (tags-ones)&^tags&highs != 0 }

// take finds a free place for a hash. If it is outside the caller's array, that has to grow to
// places.
func (s *slots) take(hash uint64) int {
	for place := s.home(hash); ; place++ {
		if place+window >= len(s.tags) {
			s.tags = append(s.tags, make([]byte, 8*window)...)
		}
		if s.tags[place] == 0 {
			s.tags[place] = byte(tag(hash))
			return place
		}
	}
}
