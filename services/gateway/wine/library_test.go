package wine_test

import (
	"encoding/binary"
	"slices"
)

// forwarder is a DLL of Windows for amd64 with one function, which is another library's: nothing in
// it runs. to is LIBRARY.Function. The layout is that of Microsoft's "PE Format": headers, then one
// section with the export directory.
func forwarder(library, function, to string) []byte {
	const (
		address, align = 0x1000, 0x200 // of the section in memory, in the file
		headers        = 0x80          // where the PE header begins
	)
	le := binary.LittleEndian

	// The section: the export directory, its three tables of one entry, then the names.
	const tables = 40
	section := make([]byte, tables+4+4+2)
	name := func(s string) (at uint32) {
		at = address + uint32(len(section))
		section = append(section, append([]byte(s), 0)...)
		return at
	}
	le.PutUint32(section[12:], name(library))
	le.PutUint32(section[16:], 1) // the first ordinal
	le.PutUint32(section[20:], 1) // functions
	le.PutUint32(section[24:], 1) // names
	le.PutUint32(section[28:], address+tables)
	le.PutUint32(section[32:], address+tables+4)
	le.PutUint32(section[36:], address+tables+8)
	le.PutUint32(section[tables+4:], name(function))
	// An address inside of the directory is that of a name to forward to.
	le.PutUint32(section[tables:], name(to))
	size := uint32(len(section))

	h := make([]byte, align)
	copy(h, "MZ")
	le.PutUint32(h[0x3c:], headers)
	pe := h[headers:]
	copy(pe, "PE\x00\x00")
	le.PutUint16(pe[4:], 0x8664)  // amd64
	le.PutUint16(pe[6:], 1)       // sections
	le.PutUint16(pe[20:], 240)    // bytes of the optional header
	le.PutUint16(pe[22:], 0x2022) // a DLL, may be above 2 GiB
	o := pe[24:]
	le.PutUint16(o[0:], 0x20b) // 64 bits
	le.PutUint32(o[8:], align) // initialised data
	le.PutUint32(o[20:], address)
	le.PutUint64(o[24:], 0x180000000) // where it would like to be
	le.PutUint32(o[32:], address)     // alignment in memory
	le.PutUint32(o[36:], align)
	le.PutUint16(o[40:], 6) // Windows Vista
	le.PutUint16(o[48:], 6)
	le.PutUint32(o[56:], 2*address) // in memory, all
	le.PutUint32(o[60:], align)     // headers
	le.PutUint16(o[68:], 3)         // of the console
	le.PutUint16(o[70:], 0x140)     // moves anywhere, no code in data
	le.PutUint32(o[108:], 16)       // directories
	le.PutUint32(o[112:], address)  // of which the first is that of exports
	le.PutUint32(o[116:], size)
	s := o[240:]
	copy(s, ".rdata")
	le.PutUint32(s[8:], size)
	le.PutUint32(s[12:], address)
	le.PutUint32(s[16:], align)
	le.PutUint32(s[20:], align)
	le.PutUint32(s[36:], 0x40000040) // initialised data, to be read
	return slices.Concat(h, section, make([]byte, align-len(section)))
}
