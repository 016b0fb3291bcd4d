package buffers

import "sync"

// Sizes of the buffers of a connection that is busy, in bytes.
const (
	// Head is for a request head; it grows up to the listener's limit.
	Head = 4 << 10
	// Answer is for a response head with the beginning of its body.
	Answer = 16 << 10
	// Body is the size of a Block.
	Body = 64 << 10
)

// A Buffer holds bytes that were read and are not used yet: B[R:W]. The zero
// Buffer has no room. It is for one goroutine at a time.
type Buffer struct {
	B    []byte
	R, W int
}

// Bytes are the bytes that are not used yet.
func (b *Buffer) Bytes() []byte { return b.B[b.R:b.W] }

// Space is where more bytes can be read into.
func (b *Buffer) Space() []byte { return b.B[b.W:] }

// Len is how many bytes are not used yet.
func (b *Buffer) Len() int { return b.W - b.R }

// Clear forgets what is in the buffer.
func (b *Buffer) Clear() { b.R, b.W = 0, 0 }

// Tidy moves what is not used yet to the front.
func (b *Buffer) Tidy() {
	if b.R == 0 {
		return
	}
	b.W = copy(b.B, b.B[b.R:b.W])
	b.R = 0
}

// Room makes space to read into, up to limit bytes in all. It returns false
// when the buffer is full at that.
func (b *Buffer) Room(limit int) bool {
	if b.W < len(b.B) {
		return true
	}
	b.Tidy()
	if b.W < len(b.B) {
		return true
	}
	if len(b.B) >= limit {
		return false
	}
	bigger := make([]byte, min(2*len(b.B), limit))
	copy(bigger, b.B[:b.W])
	b.B = bigger
	return true
}

// Restore puts bytes in front again that came over the same connection, in place
// of all the buffer held.
func (b *Buffer) Restore(rest []byte) {
	if len(rest) >= len(b.B) {
		b.B = make([]byte, len(rest)+1)
	}
	b.R, b.W = 0, copy(b.B, rest)
}

// A Block is the large buffer through which bodies go.
type Block [Body]byte

var blocks = sync.Pool{New: func() any { return new(Block) }}

// Borrow lends a Block. Release gives it back.
func Borrow() *Block { return blocks.Get().(*Block) }

// Release gives a Block back that Borrow lent. It must not be used after that.
func (b *Block) Release() { blocks.Put(b) }
