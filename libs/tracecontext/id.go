package tracecontext

import (
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
)

// A TraceID names a trace. One of zeros names none.
type TraceID [16]byte

// A SpanID names a span within its trace. One of zeros names none.
type SpanID [8]byte

// NewTraceID makes a random one. The generator is the runtime's ChaCha8, seeded by the system and
// kept per thread: no lock, and no ID tells the next.
func NewTraceID() (id TraceID) {
	binary.BigEndian.PutUint64(id[:8], rand.Uint64())
	binary.BigEndian.PutUint64(id[8:], rand.Uint64()|1) // never zero
	return id
}

// NewSpanID makes a random one.
func NewSpanID() (id SpanID) {
	binary.BigEndian.PutUint64(id[:], rand.Uint64()|1)
	return id
}

// IsZero says whether the ID names nothing.
func (id TraceID) IsZero() bool { return id == TraceID{} }

// IsZero says whether the ID names nothing.
func (id SpanID) IsZero() bool { return id == SpanID{} }

// Child is the ID of the n-th span below this one, from 0: always the same, so that it need not be
// kept. Two of one span differ, and to anybody who does not know the span they are random.
func (id SpanID) Child(n int) (child SpanID) {
	// The finalizer of SplitMix64, a bijection: different inputs have different outputs.
	z := binary.BigEndian.Uint64(id[:]) + uint64(n+1)*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	z ^= z >> 31
	if z == 0 {
		z = 1
	}
	binary.BigEndian.PutUint64(child[:], z)
	return child
}

// Append appends the ID in hexadecimal.
func (id TraceID) Append(dst []byte) []byte { return hex.AppendEncode(dst, id[:]) }

// Append appends the ID in hexadecimal.
func (id SpanID) Append(dst []byte) []byte { return hex.AppendEncode(dst, id[:]) }

// Chance is where the trace stands among all, from 0 to just below 1. It is the same for everybody
// who samples by the trace's ID as OpenTelemetry's SDKs do, so that all who keep a share keep the
// same traces.
func (id TraceID) Chance() float64 {
	return float64(binary.BigEndian.Uint64(id[8:])>>1) / (1 << 63)
}

// decode reads an ID in lower case; false: it is none.
func decode(dst, text []byte) bool {
	if len(text) != 2*len(dst) {
		return false
	}
	zero := byte(0)
	for i := range dst {
		high, low := nibble(text[2*i]), nibble(text[2*i+1])
		if high > 15 || low > 15 {
			return false
		}
		dst[i] = high<<4 | low
		zero |= dst[i]
	}
	return zero != 0
}

// nibble is the value of a digit in lower case, over 15 for none.
func nibble(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	}
	return 255
}
