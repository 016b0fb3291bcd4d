package routing

import (
	"encoding/binary"
	"math/bits"
)

// Hosts and paths are hashed eight bytes at a time, from the end at which all patterns for them
// start, so that the hash of every pattern that can match falls out of one pass: where a label or a
// segment ends inside a word, the state before that word and the word with the rest masked away are
// the hash. Zero bytes that masking leaves are told from others by the length.
//
// Nothing here is secret. Two texts with the same hash make lookups compare once more.

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080

	seed    = 0x51ed270b9a3c4f17
	kWord   = 0x9e3779b97f4a7c15
	kLength = 0xd6e8feb86659fd93
	kScope  = 0xa0761d6478bd642f
)

// mix multiplies and folds the two halves of the product together.
func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

// add returns the state after one more whole word.
func add(state, word uint64) uint64 { return mix(state^word, kWord) }

// finish returns the hash of length bytes of which the last are in word. number tells apart what is
// hashed for different owners; that it comes last lets a processor hash a path before it knows the
// number.
func finish(state, word uint64, length int, number uint64) uint64 {
	return mix(state^word^uint64(length)*kLength, (number+1)*kScope)
}

// marks returns a word with the high bit of every byte set that is c in word.
func marks(word uint64, c byte) uint64 {
	x := word ^ ones*uint64(c)
	return ^((x&^highs + ones*0x7f) | x | ^uint64(highs))
}

// lowerWord returns word with its ASCII letters in lower case.
func lowerWord(word uint64) uint64 {
	low := word &^ highs
	atLeastA, beyondZ := low+ones*(0x80-'A'), low+ones*(0x7f-'Z')
	return word | (atLeastA^beyondZ)&^word&highs>>2
}

// wordBefore returns the eight bytes of b that end at end; if there are fewer, they are in the high
// bytes.
func wordBefore(b []byte, end int) uint64 {
	switch {
	case end >= 8:
		return binary.LittleEndian.Uint64(b[end-8:])
	case len(b) >= 8:
		return binary.LittleEndian.Uint64(b) << (8 * uint(8-end))
	default:
		return short(b[:end]) << (8 * uint(8-end))
	}
}

// wordAt returns the eight bytes of b that start at at; if there are fewer, they are in the low
// bytes.
func wordAt(b []byte, at int) uint64 {
	switch n := len(b); {
	case at+8 <= n:
		return binary.LittleEndian.Uint64(b[at:])
	case n >= 8:
		return binary.LittleEndian.Uint64(b[n-8:]) >> (8 * uint(at+8-n))
	default:
		return short(b[at:])
	}
}

// short returns up to seven bytes in the low bytes of a word.
func short(b []byte) (word uint64) {
	switch n := uint(len(b)); {
	case n >= 4:
		return uint64(binary.LittleEndian.Uint32(b)) | uint64(binary.LittleEndian.Uint32(b[n-4:]))<<
			(8*(n-4))
	case n > 0:
		return uint64(b[0]) | uint64(b[n/2])<<(8*(n/2)) | uint64(b[n-1])<<(8*(n-1))
	}
	return 0
}

// hashHost returns the hash of a host in lower case, as scopeOf has it at the end of its pass. That
// of a wildcard is the complement of that of what follows "*.".
func hashHost(host []byte, wild bool) uint64 {
	state, end := uint64(seed), len(host)
	for ; end >= 8; end -= 8 {
		state = add(state, wordBefore(host, end))
	}
	hash := finish(state, wordBefore(host, end), len(host), 0)
	if wild {
		return ^hash
	}
	return hash
}

// hashPrefix returns the hash of a path prefix ("/a/b", or "/") of a scope, as leafOf has it.
func hashPrefix(scope uint32, prefix []byte) uint64 {
	state, at := uint64(seed), 1
	for ; at+8 <= len(prefix); at += 8 {
		state = add(state, wordAt(prefix, at))
	}
	return finish(state, wordAt(prefix, at), len(prefix), uint64(scope))
}
