package proxyproto

import (
	"encoding/binary"
	"hash/crc32"
	"net/netip"
)

// signature begins every header of version 2.
const signature = "\r\n\r\n\x00\r\nQUIT\n"

// Parts of a header of version 2: section 2.2.
const (
	fixed = len(signature) + 4 // up to the length, that included

	local = 0x20 // version 2 with its command
	proxy = 0x21

	tcp4 = 0x11 // address family and transport
	tcp6 = 0x21

	size4 = 4 + 4 + 2 + 2
	size6 = 16 + 16 + 2 + 2
)

func parse2(b []byte) (h Header, n int, err error) {
	if !begins(b, signature) {
		return h, 0, refuse("it begins like neither version")
	}
	if len(b) > len(signature) && b[12] != local && b[12] != proxy {
		return h, 0, refuse("the version is not 2, or the command is unknown")
	}
	if len(b) > len(signature)+1 && !known(b[13]) {
		return h, 0, refuse("the address family or the transport is unknown")
	}
	if len(b) < fixed {
		return h, 0, ErrNeedMore
	}
	length := int(binary.BigEndian.Uint16(b[14:]))
	if fixed+length > MaxBytes {
		return h, 0, refuse("it is longer than 4096 bytes")
	}
	// The addresses of other families (UNIX sockets, datagrams) say nothing that counts.
	size := 0
	if b[12] == proxy {
		switch b[13] {
		case tcp4:
			size = size4
		case tcp6:
			size = size6
		}
	}
	if length < size {
		return h, 0, refuse("its length leaves no room for the addresses")
	}
	if len(b) < fixed+length {
		return h, 0, ErrNeedMore
	}
	if reason := damage(b[:fixed+length]); reason != "" {
		return h, 0, refuse(reason)
	}
	h.Version, h.Local = 2, b[12] == local
	at := b[fixed:]
	switch size {
	case size4:
		h.Source = netip.AddrPortFrom(netip.AddrFrom4([4]byte(at)), binary.BigEndian.Uint16(at[8:]))
		h.Destination = netip.AddrPortFrom(netip.AddrFrom4([4]byte(at[4:])),
			binary.BigEndian.Uint16(at[10:]))
	case size6:
		h.Source = netip.AddrPortFrom(netip.AddrFrom16([16]byte(at)).Unmap(),
			binary.BigEndian.Uint16(at[32:]))
		h.Destination = netip.AddrPortFrom(netip.AddrFrom16([16]byte(at[16:])).Unmap(),
			binary.BigEndian.Uint16(at[34:]))
	}
	return h, fixed + length, nil
}

// damage says what is wrong with the extensions of a whole header, "" for nothing.
func damage(b []byte) string {
	// Whatever the transport, the family says how long the addresses are. Where there are none, as
	// in a header of the command LOCAL that leaves them out, all is extensions.
	at := fixed
	if size := [...]int{0, size4, size6, 108 + 108}[b[13]>>4]; fixed+size <= len(b) {
		at += size
	}
	for at < len(b) {
		if at+extensionHead > len(b) && b[13]>>4 == 0 {
			return "" // what comes without a family need not be extensions
		}
		if at+extensionHead > len(b) {
			return "an extension is cut off"
		}
		end := at + extensionHead + int(binary.BigEndian.Uint16(b[at+1:]))
		switch {
		case end > len(b) && b[13]>>4 == 0:
			return ""
		case end > len(b):
			return "an extension is longer than the header"
		case b[at] == TypeCRC32C && (end-at != extensionHead+crc32.Size ||
			binary.BigEndian.Uint32(b[at+extensionHead:]) != checksum(b, at+extensionHead)):
			return "its checksum (CRC32C) does not fit"
		}
		at = end
	}
	return ""
}

// known reports whether a byte of family and transport is one that is defined.
func known(b byte) bool { return b>>4 <= 3 && b&15 <= 2 }

// AppendV2 appends a header of version 2. Where one of the addresses is not valid it
// is one of the command LOCAL.
func AppendV2(dst []byte, source, destination netip.AddrPort) []byte {
	dst = append(dst, signature...)
	src, to, v6, ok := family(source, destination)
	switch {
	case !ok:
		return append(dst, local, 0, 0, 0)
	case v6:
		dst = append(dst, proxy, tcp6, 0, size6)
	default:
		dst = append(dst, proxy, tcp4, 0, size4)
	}
	dst = append(dst, src.AsSlice()...)
	dst = append(dst, to.AsSlice()...)
	dst = binary.BigEndian.AppendUint16(dst, source.Port())
	return binary.BigEndian.AppendUint16(dst, destination.Port())
}
