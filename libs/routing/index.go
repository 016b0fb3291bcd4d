package routing

import (
	"encoding/binary"
	"math/bits"
)

// An index finds the number of a key by the key's hash. It keeps no keys: the caller compares the key it finds the number
// for, and asks on with next when it is another. Slots are 16 bytes in one open-addressed table, so that a lookup in a large
// table costs about one cache miss.
//
// Keys come from the configuration. A client that finds colliding hosts or paths only makes its own lookups compare more.
type index struct {
	slots []slot // a power of two of them, at most half in use
	used  int
}

type slot struct {
	hash   uint64
	number uint32 // 0: the slot is free
}

// find returns the number of the first key with the hash, and where to go on; 0 when there is none.
func (x *index) find(hash uint64) (number uint32, at uint64) {
	if len(x.slots) == 0 {
		return 0, 0
	}
	return x.next(hash, hash)
}

func (x *index) next(hash, at uint64) (number uint32, after uint64) {
	for mask := uint64(len(x.slots) - 1); ; at++ {
		s := &x.slots[at&mask]
		if s.number == 0 {
			return 0, 0
		}
		if s.hash == hash {
			return s.number, at + 1
		}
	}
}

// add puts a key in, whether or not one with the same hash is there.
func (x *index) add(hash uint64, number uint32) {
	if 2*(x.used+1) > len(x.slots) {
		old := x.slots
		x.slots = make([]slot, max(8, 2*len(old)))
		for _, s := range old {
			if s.number != 0 {
				x.place(s)
			}
		}
	}
	x.place(slot{hash, number})
	x.used++
}

func (x *index) place(s slot) {
	mask := uint64(len(x.slots) - 1)
	at := s.hash
	for x.slots[at&mask].number != 0 {
		at++
	}
	x.slots[at&mask] = s
}

// extend returns the hash of a sequence of segments that is one segment longer than the one with hash h. It mixes eight
// bytes at a time with a wide multiplication.
func extend(h uint64, segment []byte) uint64 {
	const k0, k1 = 0x9e3779b97f4a7c15, 0xd6e8feb86659fd93
	b := segment
	h = bits.RotateLeft64(h, 29) ^ uint64(len(b))*k1
	for len(b) > 8 {
		hi, lo := bits.Mul64(h^binary.LittleEndian.Uint64(b), k0)
		h = hi ^ lo
		b = b[8:]
	}
	var tail uint64
	switch {
	case len(b) == 8:
		tail = binary.LittleEndian.Uint64(b)
	case len(b) >= 4:
		tail = uint64(binary.LittleEndian.Uint32(b)) | uint64(binary.LittleEndian.Uint32(b[len(b)-4:]))<<32
	case len(b) > 0:
		tail = uint64(b[0]) | uint64(b[len(b)/2])<<8 | uint64(b[len(b)-1])<<16
	}
	hi, lo := bits.Mul64(h^tail, k1)
	return hi ^ lo ^ k0
}
