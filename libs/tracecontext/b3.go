package tracecontext

// A Decision is what a caller says of whether a trace is recorded.
type Decision uint8

// The decisions.
const (
	Undecided Decision = iota
	Deny
	Accept
)

// A Caller is what the fields of a request say of the trace that it belongs to.
type Caller struct {
	// Parent is the span of the caller; without a Trace it has said nothing of that.
	Parent   Parent
	Decision Decision
}

// OfParent is the caller that a traceparent tells of.
func OfParent(p Parent) Caller {
	if p.Sampled() {
		return Caller{Parent: p, Decision: Accept}
	}
	return Caller{Parent: p, Decision: Deny}
}

// ParseB3 reads the value of a b3 field: TRACE-SPAN, with -DECISION and -PARENT behind it or
// without, or the decision alone (https://github.com/openzipkin/b3-propagation). false: it is none.
func ParseB3(v []byte) (c Caller, ok bool) {
	if len(v) == 1 {
		ok = c.decide(v)
		return c, ok
	}
	n := 32
	if len(v) > 16 && v[16] == '-' {
		n = 16
	}
	if len(v) < n+1+16 || v[n] != '-' || !c.ids(v[:n], v[n+1:n+17]) {
		return Caller{}, false
	}
	rest := v[n+17:]
	if len(rest) == 0 {
		return c, true
	}
	if len(rest) < 2 || rest[0] != '-' || !c.decide(rest[1:2]) {
		return Caller{}, false
	}
	if rest = rest[2:]; len(rest) == 0 {
		return c, true
	}
	var parent SpanID
	if len(rest) != 17 || rest[0] != '-' || !decode(parent[:], rest[1:]) {
		return Caller{}, false
	}
	return c, true
}

// ParseXB3 reads the values of X-B3-TraceId, X-B3-SpanId, X-B3-Sampled and X-B3-Flags, nil for one
// that is not there. false: they are none.
func ParseXB3(trace, span, sampled, flags []byte) (c Caller, ok bool) {
	switch {
	case len(trace) > 0 || len(span) > 0:
		if !c.ids(trace, span) {
			return Caller{}, false
		}
	case len(sampled) == 0 && len(flags) == 0:
		return Caller{}, false
	}
	if len(flags) == 1 && flags[0] == '1' { // debug, which implies the other
		return c, c.decide([]byte{'d'})
	}
	switch string(sampled) { // older programs have written words
	case "":
	case "true":
		c.decide([]byte{'1'})
	case "false":
		c.decide([]byte{'0'})
	default:
		if !c.decide(sampled) {
			return Caller{}, false
		}
	}
	return c, true
}

// ids reads the two IDs. A trace's of 16 digits is the end of one of 32.
func (c *Caller) ids(trace, span []byte) bool {
	p := &c.Parent
	id := p.Trace[:]
	if len(trace) == 16 {
		id = p.Trace[8:]
	}
	return decode(id, trace) && decode(p.Span[:], span)
}

// decide reads a decision.
func (c *Caller) decide(v []byte) bool {
	if len(v) != 1 {
		return false
	}
	switch v[0] {
	case '0':
		c.Decision = Deny
	case '1', 'd':
		c.Decision = Accept
		c.Parent.Flags |= Sampled
	default:
		return false
	}
	return true
}

// AppendB3 appends the value of a b3 field.
func (p *Parent) AppendB3(dst []byte) []byte {
	dst = append(p.Trace.Append(dst), '-')
	dst = append(p.Span.Append(dst), '-')
	return append(dst, p.bit())
}

// AppendXB3 appends the lines X-B3-TraceId, X-B3-SpanId and X-B3-Sampled.
func (p *Parent) AppendXB3(dst []byte) []byte {
	dst = p.Trace.Append(append(dst, "X-B3-TraceId: "...))
	dst = p.Span.Append(append(dst, "\r\nX-B3-SpanId: "...))
	dst = append(dst, "\r\nX-B3-Sampled: "...)
	return append(dst, p.bit(), '\r', '\n')
}

func (p *Parent) bit() byte {
	if p.Sampled() {
		return '1'
	}
	return '0'
}
