package tracecontext

// Flags are those of a traceparent.
type Flags uint8

// The flags. Random is that of W3C Trace Context level 2: the trace's ID is random.
const (
	Sampled Flags = 1 << iota
	Random
)

// A Parent is a span of another program, or of this one, that spans can be below of.
type Parent struct {
	Trace TraceID
	Span  SpanID
	Flags Flags
}

// ParentLength is the length of a traceparent of version 00.
const ParentLength = len("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")

// Places of the parts of a traceparent.
const (
	traceAt  = 3
	spanAt   = traceAt + 33
	flagsAt  = spanAt + 17
	flagsEnd = flagsAt + 2
)

// ParseParent reads the value of a traceparent field; false: it is none. Of a later version it
// reads what version 00 has, as W3C Trace Context asks for (section 3.2.4).
func ParseParent(v []byte) (p Parent, ok bool) {
	if len(v) < ParentLength || v[2] != '-' || v[spanAt-1] != '-' || v[flagsAt-1] != '-' {
		return Parent{}, false
	}
	version, ok := octet(v[0], v[1])
	switch {
	case !ok, version == 0xff:
		return Parent{}, false
	case version == 0 && len(v) != ParentLength:
		return Parent{}, false
	case len(v) > ParentLength && v[flagsEnd] != '-':
		return Parent{}, false
	}
	flags, ok := octet(v[flagsAt], v[flagsAt+1])
	if !ok || !decode(p.Trace[:], v[traceAt:spanAt-1]) || !decode(p.Span[:], v[spanAt:flagsAt-1]) {
		return Parent{}, false
	}
	// What other flags mean nobody knows yet; they are not passed on.
	p.Flags = Flags(flags) & (Sampled | Random)
	return p, true
}

// TraceOf is the trace's ID within a traceparent that ParseParent takes.
func TraceOf(v []byte) []byte { return v[traceAt : spanAt-1] }

func octet(a, b byte) (byte, bool) {
	high, low := nibble(a), nibble(b)
	return high<<4 | low, high <= 15 && low <= 15
}

// Append appends the value of a traceparent field.
func (p *Parent) Append(dst []byte) []byte {
	const digits = "0123456789abcdef"
	dst = append(dst, "00-"...)
	dst = append(p.Trace.Append(dst), '-')
	dst = append(p.Span.Append(dst), '-')
	return append(dst, digits[p.Flags>>4], digits[p.Flags&15])
}

// Sampled says whether the trace is recorded.
func (p *Parent) Sampled() bool { return p.Flags&Sampled != 0 }
