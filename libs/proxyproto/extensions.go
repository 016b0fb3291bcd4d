package proxyproto

import (
	"encoding/binary"
	"hash/crc32"
	"net/netip"
)

// Types of extensions (TLVs) that have a name: section 2.2.
const (
	TypeALPN      = 0x01 // the protocol that the client's TLS agreed on
	TypeAuthority = 0x02 // the host that the client asked for, as in SNI
	TypeCRC32C    = 0x03 // a checksum of the whole header, itself taken as zeros
	TypeNoOp      = 0x04 // room that means nothing
	TypeUniqueID  = 0x05 // a name for the connection
	TypeSSL       = 0x20 // the client's TLS, with what is known of its certificate
	TypeNetNS     = 0x30 // a network namespace on the sender's machine
)

// extensionHead is a type, and the length of what follows.
const extensionHead = 1 + 2

// OfHop says whether an extension is about the header that it stands in: another header has its
// own, or none.
func OfHop(kind byte) bool { return kind == TypeCRC32C || kind == TypeNoOp }

// A Selection is which extensions of a header that was received stand in one that is sent. The zero
// value is none.
type Selection struct{ kinds [4]uint64 }

// All is the selection of what says something about the client: of all kinds but those of a hop,
// and names that only the sender's machine knows.
func All() Selection {
	s := Selection{[4]uint64{^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)}}
	return s.Without(TypeCRC32C, TypeNoOp, TypeNetNS)
}

// With is the selection with one kind more. Those of a hop can't be selected.
func (s Selection) With(kind byte) Selection {
	if !OfHop(kind) {
		s.kinds[kind>>6] |= 1 << (kind & 63)
	}
	return s
}

// And is the selection of what one of two selects.
func (s Selection) And(other Selection) Selection {
	for i, bits := range other.kinds {
		s.kinds[i] |= bits
	}
	return s
}

// Without is the selection without some kinds.
func (s Selection) Without(kinds ...byte) Selection {
	for _, k := range kinds {
		s.kinds[k>>6] &^= 1 << (k & 63)
	}
	return s
}

// has says whether a kind is selected.
func (s *Selection) has(kind byte) bool { return s.kinds[kind>>6]&(1<<(kind&63)) != 0 }

// Extensions returns the extensions of a header that Parse has read, which are a part of b. There
// are none where the header names no client: then nothing in it counts (section 2.2).
func Extensions(b []byte) []byte {
	at := fixed
	switch {
	case len(b) < fixed || b[12] != proxy || !begins(b, signature):
		return nil
	case b[13] == tcp4:
		at += size4
	case b[13] == tcp6:
		at += size6
	default:
		return nil
	}
	if end := fixed + int(binary.BigEndian.Uint16(b[14:])); at < end && end <= len(b) {
		return b[at:end:end]
	}
	return nil
}

// AppendV2With is AppendV2 with some of the extensions that a header of the same two addresses came
// with, in their order. If that one had a checksum, this has its own. The result is no longer than
// the other header was. Without both addresses there are no extensions.
func AppendV2With(
	dst []byte, source, destination netip.AddrPort, extensions []byte, s Selection,
) []byte {
	start := len(dst)
	dst = AppendV2(dst, source, destination)
	if dst[start+12] != proxy {
		return dst
	}
	summed := false
	for b := extensions; len(b) >= extensionHead; {
		end := extensionHead + int(binary.BigEndian.Uint16(b[1:]))
		if end > len(b) {
			break // Parse lets none through
		}
		if s.has(b[0]) {
			dst = append(dst, b[:end]...)
		}
		summed = summed || b[0] == TypeCRC32C
		b = b[end:]
	}
	if summed {
		dst = append(dst, TypeCRC32C, 0, crc32.Size, 0, 0, 0, 0)
	}
	header := dst[start:]
	binary.BigEndian.PutUint16(header[len(signature)+2:], uint16(len(header)-fixed))
	if summed {
		at := len(header) - crc32.Size
		binary.BigEndian.PutUint32(header[at:], checksum(header, at))
	}
	return dst
}

// checksum is that of a header whose own four bytes for it are at an index: section 2.2.3.
func checksum(b []byte, at int) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	sum := crc32.Update(0, table, b[:at])
	sum = crc32.Update(sum, table, make([]byte, crc32.Size))
	return crc32.Update(sum, table, b[at+crc32.Size:])
}
