package http2

import (
	"bytes"
	"hash/maphash"

	"golang.org/x/net/http2/hpack"
)

// tableSize is the size of the compression tables, either way (RFC 7541
// section 4.2, and its initial value).
const tableSize = 4096

const (
	fieldSlots = 64 // of which a field can be in two
	seenSlots  = 256
	// maxIndexed is the largest field that goes into the table: larger ones would
	// push out too many.
	maxIndexed = 512
)

// encoder compresses header blocks (RFC 7541). Only a field that has come twice
// of late goes into the table, so that values which are never the same (request
// IDs, lengths, dates of change) do not push out those that are, and cost no
// memory. That, and writing from byte slices, is what hpack.Encoder cannot do;
// Huffman coding is hpack's.
//
// A connection that has answered nothing has none of its memory.
type encoder struct {
	*encoderTable
	block []byte // the one encoded last
	// scratch is a pseudo field's bytes.
	scratch []byte
	max     uint32 // of the table: what the client allows
	low     uint32 // the least that was, since the last block
	moved   bool   // the client must be told of low and max
}

// encoderTable mirrors the client's table.
type encoderTable struct {
	seed  maphash.Seed
	slots [fieldSlots]slot
	seen  [seenSlots]uint32 // of fields that came once: part of their hash
	// misses is how many fields were put there.
	misses uint32
	// Entries are numbered from 1; those above evicted, up to inserted, are in.
	inserted, evicted uint64
	size              uint32
	sizes             [tableSize / fieldOverhead]uint32
}

// slot remembers where a field is in the table.
type slot struct {
	entry uint64 // 0: none
	hash  uint64
	name  int    // length of
	field []byte // name and value
}

func (e *encoder) init() { e.max, e.low = tableSize, tableSize }

// setMax adopts SETTINGS_HEADER_TABLE_SIZE.
func (e *encoder) setMax(n uint32) {
	n = min(n, tableSize)
	if n == e.max {
		return
	}
	if e.low = min(e.low, n); e.low < n {
		// It went down and up, or only up. Decoders that take one update per block
		// take two if the first empties the table (hpack.Decoder).
		e.low = 0
	}
	e.max, e.moved = n, true
	if e.encoderTable != nil {
		e.evict(e.low)
	}
}

// encode encodes a block, valid until the next. status 0 is for none.
func (e *encoder) encode(status int, h *Head) []byte {
	dst := e.begin()
	if status != 0 {
		dst = appendStatus(dst, status)
	}
	return e.fields(dst, h)
}

// encodeRequest encodes the head of a request, valid until the next block.
func (e *encoder) encodeRequest(t *Target, h *Head) []byte {
	dst := e.begin()
	switch string(t.Method) {
	case "GET":
		dst = append(dst, 0x80|staticGet)
	case "POST":
		dst = append(dst, 0x80|staticPost)
	default:
		dst = e.pseudo(dst, ":method", t.Method)
	}
	switch string(t.Scheme) {
	case "http":
		dst = append(dst, 0x80|staticHTTP)
	case "https":
		dst = append(dst, 0x80|staticHTTPS)
	default:
		dst = e.pseudo(dst, ":scheme", t.Scheme)
	}
	dst = e.pseudo(dst, ":authority", t.Authority)
	if string(t.Path) == "/" {
		dst = append(dst, 0x80|staticRoot)
	} else {
		dst = e.pseudo(dst, ":path", t.Path)
	}
	dst = e.pseudo(dst, ":protocol", t.Protocol)
	return e.fields(dst, h)
}

// pseudo appends a pseudo field that is there if it has a value.
func (e *encoder) pseudo(dst []byte, name string, value []byte) []byte {
	if len(value) == 0 {
		return dst
	}
	e.scratch = append(append(e.scratch[:0], name...), value...)
	return e.append(dst, e.scratch, len(name))
}

// begin begins a block.
func (e *encoder) begin() []byte {
	if e.encoderTable == nil {
		e.encoderTable = &encoderTable{seed: maphash.MakeSeed()}
	}
	dst := e.block[:0]
	if e.moved {
		if e.low < e.max {
			dst = appendInt(dst, 0x20, 5, uint64(e.low))
		}
		dst = appendInt(dst, 0x20, 5, uint64(e.max))
		e.low, e.moved = e.max, false
	}
	return dst
}

// fields appends a block's fields, which ends it.
func (e *encoder) fields(dst []byte, h *Head) []byte {
	for i := range h.fields {
		f := &h.fields[i]
		if f.never {
			dst = appendNever(dst, h.buf[f.name:f.value], h.buf[f.value:f.end])
			continue
		}
		dst = e.append(dst, h.buf[f.name:f.end], int(f.value-f.name))
	}
	e.block = dst
	if cap(dst) > keptHead {
		e.block = nil
	}
	if cap(e.scratch) > keptHead {
		e.scratch = nil
	}
	return dst
}

// append appends a field, whose name is the first n bytes of it.
func (e *encoder) append(dst, field []byte, n int) []byte {
	name, value := field[:n], field[n:]
	size := uint32(len(field) + fieldOverhead)
	index := staticName(name)
	switch {
	case index == staticSetCookie, index == staticCookie, index == staticAuthorization,
		index == staticProxyAuth:
		// Clients share a connection to an upstream: none may find out by lengths
		// what another has sent (RFC 7541 section 7.1).
		return appendNever(dst, name, value)
	case size > maxIndexed || size > e.max:
		return appendLiteral(dst, index, name, value)
	}
	hash := maphash.Bytes(e.seed, field) ^ uint64(n)
	a, b := &e.slots[hash%fieldSlots], &e.slots[(hash>>8)%fieldSlots]
	for _, s := range [...]*slot{a, b} {
		if s.entry > e.evicted && s.hash == hash && s.name == n && bytes.Equal(s.field, field) {
			return appendInt(dst, 0x80, 7, staticEntries+1+e.inserted-s.entry)
		}
	}
	if !e.cameBefore(hash) {
		return appendLiteral(dst, index, name, value)
	}
	e.evict(e.max - size)
	e.inserted++
	e.size += size
	e.sizes[e.inserted%uint64(len(e.sizes))] = size
	if b.entry < a.entry {
		a = b
	}
	a.entry, a.hash, a.name, a.field = e.inserted, hash, n, append(a.field[:0], field...)
	dst = appendInt(dst, 0x40, 6, uint64(index))
	if index == 0 {
		dst = appendHuffman(dst, name)
	}
	return appendHuffman(dst, value)
}

// cameBefore reports whether a field has come of late, and remembers it. There are two
// places for each, taken by turns, so that no two fields of every block take each
// other's for ever and never get into the table.
func (t *encoderTable) cameBefore(hash uint64) bool {
	mark := uint32(hash>>32) | 1
	a, b := &t.seen[(hash>>16)%seenSlots], &t.seen[(hash>>24)%seenSlots]
	if *a == mark || *b == mark {
		return true
	}
	if t.misses++; *a != 0 && (*b == 0 || t.misses%2 == 0) {
		a = b
	}
	*a = mark
	return false
}

// evict takes the oldest entries out until the table's size is at most n.
func (t *encoderTable) evict(n uint32) {
	for t.size > n {
		t.evicted++
		t.size -= t.sizes[t.evicted%uint64(len(t.sizes))]
	}
}

// appendLiteral appends a field that does not go into the table.
func appendLiteral(dst []byte, index int, name, value []byte) []byte {
	dst = appendInt(dst, 0, 4, uint64(index))
	if index == 0 {
		dst = appendRaw(dst, name)
	}
	return appendRaw(dst, value)
}

// appendNever appends a field that nobody may put into a table.
func appendNever(dst, name, value []byte) []byte {
	index := staticName(name)
	dst = appendInt(dst, 0x10, 4, uint64(index))
	if index == 0 {
		dst = appendRaw(dst, name)
	}
	return appendRaw(dst, value)
}

// appendRaw appends a string as it is: Huffman coding costs more than the few
// bytes it saves, unless it is done once for many uses.
func appendRaw(dst, s []byte) []byte {
	return append(appendInt(dst, 0, 7, uint64(len(s))), s...)
}

func appendHuffman(dst, s []byte) []byte {
	text := string(s)
	n := hpack.HuffmanEncodeLength(text)
	if n >= uint64(len(s)) {
		return appendRaw(dst, s)
	}
	return hpack.AppendHuffmanString(appendInt(dst, 0x80, 7, n), text)
}

// appendInt appends an integer with a prefix of so many bits (RFC 7541 section 5.1).
func appendInt(dst []byte, first byte, bits uint8, v uint64) []byte {
	top := uint64(1)<<bits - 1
	if v < top {
		return append(dst, first|byte(v))
	}
	dst = append(dst, first|byte(top))
	for v -= top; v >= 0x80; v >>= 7 {
		dst = append(dst, byte(v)|0x80)
	}
	return append(dst, byte(v))
}

func appendStatus(dst []byte, status int) []byte {
	switch status {
	case 200:
		return append(dst, 0x88)
	case 204:
		return append(dst, 0x89)
	case 206:
		return append(dst, 0x8a)
	case 304:
		return append(dst, 0x8b)
	case 400:
		return append(dst, 0x8c)
	case 404:
		return append(dst, 0x8d)
	case 500:
		return append(dst, 0x8e)
	}
	return append(dst, 8, 3, byte('0'+status/100%10), byte('0'+status/10%10), byte('0'+status%10))
}
