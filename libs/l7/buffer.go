package l7

import "sync"

// Sizes of the buffers of a connection that is busy; an idle one has none.
const (
	headBuffer   = 4 << 10  // a request head; grown up to the listener's limit
	answerBuffer = 16 << 10 // a response head with the beginning of its body
	streamBuffer = 64 << 10 // bodies that did not fit
)

// A buffer holds bytes read and not yet used: b[r:w].
type buffer struct {
	b    []byte
	r, w int
}

func (b *buffer) bytes() []byte { return b.b[b.r:b.w] }
func (b *buffer) space() []byte { return b.b[b.w:] }
func (b *buffer) len() int      { return b.w - b.r }

// tidy moves what is left to the front.
func (b *buffer) tidy() {
	if b.r == 0 {
		return
	}
	b.w = copy(b.b, b.b[b.r:b.w])
	b.r = 0
}

// room makes space to read into, up to limit bytes in all; it returns false
// when the buffer is full at that.
func (b *buffer) room(limit int) bool {
	if b.w < len(b.b) {
		return true
	}
	b.tidy()
	if b.w < len(b.b) {
		return true
	}
	if len(b.b) >= limit {
		return false
	}
	bigger := make([]byte, min(2*len(b.b), limit))
	copy(bigger, b.b[:b.w])
	b.b = bigger
	return true
}

// streams lends the large buffers.
var streams = sync.Pool{New: func() any { return new([streamBuffer]byte) }}
