package l7

import "math/rand/v2"

// idLength is the length of a request ID in bytes before it is written in
// hexadecimal: long enough that two never meet, as W3C Trace Context has it.
const idLength = 16

// appendID appends a new request ID. The generator is the runtime's ChaCha8,
// seeded by the system and kept per thread: no lock, and no ID tells the next.
func appendID(dst []byte) []byte {
	const digits = "0123456789abcdef"
	for range idLength / 8 {
		v := rand.Uint64()
		for range 16 {
			dst = append(dst, digits[v>>60])
			v <<= 4
		}
	}
	return dst
}

// validID reports whether an ID from a trusted proxy is fit to be passed on
// and logged.
func validID(id []byte) bool {
	if len(id) == 0 || len(id) > 128 {
		return false
	}
	for _, c := range id {
		if c <= ' ' || c >= 0x7f || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}
