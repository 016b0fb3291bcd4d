package recall

import (
	"encoding/hex"
	"math/rand/v2"
)

// IDLength is the length of an ID in bytes before it is written in hexadecimal: long enough that
// two never meet, as W3C Trace Context has it.
const IDLength = 16

// AppendID appends a new ID for a request or a session. The generator is the runtime's ChaCha8,
// seeded by the system and kept per thread: no lock, and no ID tells the next.
func AppendID(dst []byte) []byte {
	var id [2 * IDLength]byte
	for i := 0; i < len(id); i += 16 {
		v := rand.Uint64()
		for k := 0; k < 16; k += 2 {
			*(*[2]byte)(id[i+k:]) = pairs[v>>56]
			v <<= 8
		}
	}
	return append(dst, id[:]...)
}

// pairs are the bytes in hexadecimal.
var pairs = func() (p [256][2]byte) {
	for i := range p {
		hex.Encode(p[i][:], []byte{byte(i)})
	}
	return p
}()
