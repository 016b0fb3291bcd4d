package heads

import "math/rand/v2"

// IDLength is the length of a request ID in bytes before it is written in
// hexadecimal: long enough that two never meet, as W3C Trace Context has it.
const IDLength = 16

// AppendID appends a new request ID. The generator is the runtime's ChaCha8, seeded
// by the system and kept per thread: no lock, and no ID tells the next.
func AppendID(dst []byte) []byte {
	const digits = "0123456789abcdef"
	for range IDLength / 8 {
		v := rand.Uint64()
		for range 16 {
			dst = append(dst, digits[v>>60])
			v <<= 4
		}
	}
	return dst
}

// ValidID reports whether an ID from a trusted proxy is fit to be passed on and
// logged.
func ValidID(id []byte) bool {
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
