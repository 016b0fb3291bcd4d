package heads

import (
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/tracecontext"
)

// A Trace is what the head of a request that goes on says of its trace, in the place of the fields
// that came.
type Trace struct {
	// Parent is the span that the endpoint's are below of.
	Parent tracecontext.Parent
	// State says that the tracestate that came goes on.
	State bool
	// B3 and XB3 say that there are B3's fields too: the one, or the three.
	B3, XB3 bool
}

// TraceFields are the fields of a request's trace, as they came.
type TraceFields struct {
	parent, b3              []byte // nil: there is none
	trace, span, says, flag []byte // of B3's several fields
	parents                 int
	// XB3 says that there are some of B3's several fields.
	XB3 bool
}

// FindTrace finds them. Heads that are not Traced have none.
func FindTrace(h *http1.Head) (t TraceFields) {
	for i := range h.Fields {
		f := &h.Fields[i]
		switch f.ID {
		case http1.FieldTraceparent:
			t.parent = h.Value(f)
			t.parents++
		case http1.FieldB3:
			t.b3 = h.Value(f)
		case http1.FieldXB3:
			t.several(h.Name(f), h.Value(f))
		}
	}
	return t
}

// several takes one of B3's several fields.
func (t *TraceFields) several(name, value []byte) {
	t.XB3 = true
	for _, known := range [...]struct {
		name string
		into *[]byte
	}{
		{"x-b3-traceid", &t.trace}, {"x-b3-spanid", &t.span}, {"x-b3-sampled", &t.says},
		{"x-b3-flags", &t.flag},
	} {
		if http1.EqualFold(name, known.name) {
			*known.into = value
		}
	}
}

// B3 says that there is B3's one field.
func (t *TraceFields) B3() bool { return t.b3 != nil }

// Caller is what they say. w3c says that it is a traceparent that says it, so that the tracestate
// counts. One that comes twice counts as none.
func (t *TraceFields) Caller() (c tracecontext.Caller, w3c bool) {
	if t.parents == 1 {
		if p, ok := tracecontext.ParseParent(t.parent); ok {
			return tracecontext.OfParent(p), true
		}
	}
	if c, ok := tracecontext.ParseB3(t.b3); ok {
		return c, false
	}
	c, _ = tracecontext.ParseXB3(t.trace, t.span, t.says, t.flag)
	return c, false
}

// ID is the trace's ID in hexadecimal, as it came; nil: there is none.
func (t *TraceFields) ID() []byte {
	if t.parents == 0 && t.b3 == nil && !t.XB3 { // most requests
		return nil
	}
	c, w3c := t.Caller()
	_, single := tracecontext.ParseB3(t.b3)
	switch {
	case c.Parent.Trace.IsZero():
		return nil
	case w3c:
		return tracecontext.TraceOf(t.parent)
	case !single:
		return t.trace
	}
	for i, c := range t.b3 {
		if c == '-' {
			return t.b3[:i]
		}
	}
	return nil
}

var (
	traceparent = []byte("traceparent")
	tracestate  = []byte("tracestate")
	b3          = []byte("b3")
	xB3         = []byte("X-B3-TraceId")
)

// append appends the fields, but for those that edits take care of.
func (t *Trace) append(dst []byte, h *http1.Head, edits http1.EditList) []byte {
	if !edits.Drops(traceparent) {
		dst = append(append(dst, traceparent...), ": "...)
		dst = append(t.Parent.Append(dst), "\r\n"...)
	}
	if t.State && !edits.Drops(tracestate) {
		dst = AppendTraceState(dst, h, "tracestate: ", "\r\n")
	}
	if t.B3 && !edits.Drops(b3) {
		dst = append(append(dst, b3...), ": "...)
		dst = append(t.Parent.AppendB3(dst), "\r\n"...)
	}
	if t.XB3 && !edits.Drops(xB3) {
		dst = t.Parent.AppendXB3(dst)
	}
	return dst
}

// AppendTraceState appends the tracestate that came, of all its fields, between two texts; nothing
// where there is none, or none that is valid.
func AppendTraceState(dst []byte, h *http1.Head, before, behind string) []byte {
	start := len(dst)
	dst = append(dst, before...)
	from := len(dst)
	var s tracecontext.State
	for i := range h.Fields {
		if f := &h.Fields[i]; f.ID == http1.FieldTracestate {
			dst = s.Append(dst, h.Value(f))
		}
	}
	if dst = s.Cut(dst, from); len(dst) == from {
		return dst[:start]
	}
	return append(dst, behind...)
}
