package basic

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"sync/atomic"

	"github.com/gatewayhomebrew/gateway/libs/policy"
)

// A mark stands for a name with a password and the hash that it was verified with. Nobody can find
// the password in it: it depends on a secret that the process forgets when it ends.
type mark [sha256.Size]byte

// A marker makes marks.
type marker struct{ secret [sha256.Size]byte }

// memory remembers marks, so that each password is verified once. A mark is of no use when the
// user's line in the file has changed, so nothing has to be forgotten then.
type memory struct {
	sets [sets][ways]atomic.Pointer[known]
	next atomic.Uint32 // the way that is given up
}

// A memory has room for 8,192 marks and takes about 2 MB when it is full.
const (
	sets = 2048
	ways = 4
)

type known struct {
	mark     mark
	identity *policy.Identity
}

func newMarker() *marker {
	m := new(marker)
	_, _ = rand.Read(m.secret[:]) // it never fails (crypto/rand)
	return m
}

// mark makes the mark of a password that is right if the hash says so.
func (k *marker) mark(authenticator string, c credentials, hash string) mark {
	var room [1024]byte
	dst := append(room[:0], k.secret[:]...)
	dst = appendPart(dst, authenticator)
	dst = appendPart(dst, c.name)
	dst = appendPart(dst, hash)
	return sha256.Sum256(append(dst, c.password...))
}

// appendPart appends a text such that nobody can take its end for the beginning of the next.
func appendPart[T string | []byte](dst []byte, part T) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(part)))
	return append(dst, part...)
}

func (v *memory) set(m *mark) *[ways]atomic.Pointer[known] {
	return &v.sets[binary.BigEndian.Uint32(m[:])%sets]
}

// find returns who a mark is of, where it is remembered; nil for a wrong password.
func (v *memory) find(m *mark) (*policy.Identity, bool) {
	set := v.set(m)
	for i := range set {
		if k := set[i].Load(); k != nil && subtle.ConstantTimeCompare(k.mark[:], m[:]) == 1 {
			return k.identity, true
		}
	}
	return nil, false
}

// add remembers a mark, for which another may be forgotten.
func (v *memory) add(m *mark, id *policy.Identity) {
	k := &known{*m, id}
	set := v.set(m)
	for i := range set {
		if set[i].Load() == nil && set[i].CompareAndSwap(nil, k) {
			return
		}
	}
	set[v.next.Add(1)%ways].Store(k)
}
