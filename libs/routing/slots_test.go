package routing

import (
	"math/rand/v2"
	"testing"
)

// Hashes that crowd the last places make the slots grow; those that crowd others make long runs.
func TestSlotsHoldWhateverTheHashes(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	for _, draw := range []func() uint64{
		r.Uint64,
		func() uint64 { return ^uint64(0) },
		func() uint64 { return ^uint64(0) - r.Uint64N(3) },
		func() uint64 { return r.Uint64() & 0xff },
		func() uint64 { return 0 },
	} {
		const n = 300
		s := newSlots(n)
		hashes := make(map[int]uint64)
		for range n {
			h := draw()
			at := s.take(h)
			if _, taken := hashes[at]; taken || at < 1 || at >= s.places() {
				t.Fatalf("place %d of %d is taken twice or none", at, s.places())
			}
			hashes[at] = h
		}
		for at, h := range hashes {
			if !s.finds(h, at) {
				t.Fatalf("hash %x is not found at %d", h, at)
			}
		}
		for range n {
			s.finds(r.Uint64(), -1) // ends
		}
	}
}

// finds walks as scopeNamed and leafAt do.
func (s *slots) finds(hash uint64, want int) bool {
	for place := s.home(hash); ; place += window {
		tags := s.at(place)
		for m := having(tags, hash); m != 0; m &= m - 1 {
			for i := range window {
				if m>>(8*i)&0x80 != 0 && place+i == want {
					return true
				}
			}
		}
		if ends(tags) {
			return false
		}
	}
}

func TestWordsInLowerCaseAndTheirMarks(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	for range 100_000 {
		b := make([]byte, 1+r.IntN(20))
		for i := range b {
			b[i] = byte(r.IntN(256))
			if r.IntN(3) == 0 {
				b[i] = "@AZ[`az{./"[r.IntN(10)]
			}
		}
		at := r.IntN(len(b) + 1)
		before, after := wordBefore(b, at), wordAt(b, at)
		for i := range 8 {
			var want, wantAfter byte
			if j := at - 8 + i; j >= 0 {
				want = b[j]
			}
			if at+i < len(b) {
				wantAfter = b[at+i]
			}
			if byte(before>>(8*i)) != want || byte(after>>(8*i)) != wantAfter {
				t.Fatalf("%q at %d: %016x and %016x", b, at, before, after)
			}
			lower := want
			if 'A' <= want && want <= 'Z' {
				lower += 'a' - 'A'
			}
			if got := byte(lowerWord(before) >> (8 * i)); got != lower {
				t.Fatalf("%q becomes %q", want, got)
			}
			if got := byte(marks(before, '.') >> (8 * i)); got != 0 && got != 0x80 ||
				(got == 0x80) != (want == '.') {
				t.Fatalf("mark of %q is %x", want, got)
			}
		}
	}
}
