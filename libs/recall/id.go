package recall

import "math/rand/v2"

// IDLength is the length of an ID in bytes before it is written in hexadecimal: long enough that
// two never meet, as W3C Trace Context has it.
const IDLength = 16

// AppendID appends a new ID for a request or a session. The generator is the runtime's ChaCha8,
// seeded by the system and kept per thread: no lock, and no ID tells the next.
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
