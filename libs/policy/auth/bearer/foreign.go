package bearer

import (
	"crypto/sha256"
	"encoding/binary"
	"sync/atomic"
)

// foreigners is how many tokens of other issuers are remembered.
const foreigners = 1024

// foreign remembers tokens that say that they are of another issuer, which nothing can change:
// where a route takes tokens of several issuers, each of them is shown those of the others. Each
// token has one place, and the one that was seen last has it.
type foreign [foreigners]atomic.Pointer[[sha256.Size]byte]

func (f *foreign) place(sum *[sha256.Size]byte) *atomic.Pointer[[sha256.Size]byte] {
	return &f[binary.LittleEndian.Uint64(sum[:])%foreigners]
}

func (f *foreign) has(sum *[sha256.Size]byte) bool {
	there := f.place(sum).Load()
	return there != nil && *there == *sum
}

func (f *foreign) put(sum *[sha256.Size]byte) {
	kept := *sum
	f.place(sum).Store(&kept)
}
