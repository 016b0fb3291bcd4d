package http2

// A Head is a list of header fields in one buffer, in the order they came.
// What it hands out is valid until its stream's handler returns.
type Head struct {
	buf    []byte
	fields []span
	// size is as SETTINGS_MAX_HEADER_LIST_SIZE counts, and lines are as HTTP/1.1 counts
	// fields; but cookies count as one field of each.
	size, lines int
	cookies     bool // there is one
	all         int  // the size without that exception
	// tooLarge says that the list went over a limit, and that fields are missing.
	tooLarge bool
}

// span is one field: name and value lie one behind the other.
type span struct {
	name, value, end uint32
	never            bool // the sender asked never to index it (RFC 7541 section 7.1.3)
}

// fieldOverhead is what a field counts beyond its bytes (RFC 9113 section 6.5.2).
const fieldOverhead = 32

// keptHead is the buffer that a reused head keeps.
const keptHead = 8 << 10

func (h *Head) reset() {
	if cap(h.buf) > keptHead {
		h.buf = nil
	}
	*h = Head{buf: h.buf[:0], fields: h.fields[:0]}
}

// listSize is how large the fields are as RFC 9113 section 6.5.2 counts.
func (h *Head) listSize() int64 { return int64(len(h.buf) + len(h.fields)*fieldOverhead) }

// Len is how many fields there are.
func (h *Head) Len() int { return len(h.fields) }

// Name is the name of field i, in lower case.
func (h *Head) Name(i int) []byte {
	f := &h.fields[i]
	return h.buf[f.name:f.value:f.value]
}

// Value is the value of field i.
func (h *Head) Value(i int) []byte {
	f := &h.fields[i]
	return h.buf[f.value:f.end:f.end]
}

// Sensitive reports whether the sender asked that field i never be put into a
// compression table, by nobody on its way.
func (h *Head) Sensitive(i int) bool { return h.fields[i].never }

func (h *Head) add(name, value string, never bool) {
	f := span{name: uint32(len(h.buf)), never: never}
	h.buf = append(h.buf, name...)
	f.value = uint32(len(h.buf))
	h.buf = append(h.buf, value...)
	f.end = uint32(len(h.buf))
	h.fields = append(h.fields, f)
}

// Fields are the fields of a head to be sent. The zero value is empty.
type Fields struct{ list Head }

// Reset takes all fields out.
func (f *Fields) Reset() { f.list.reset() }

// Len is how many fields there are.
func (f *Fields) Len() int { return f.list.Len() }

// Field is field i. It is valid until the next call that adds one.
func (f *Fields) Field(i int) (name, value []byte) { return f.list.Name(i), f.list.Value(i) }

// Add appends a field; its name is put into lower case. Fields that are about
// an HTTP/1.1 connection must not be added (RFC 9113 section 8.2.2), nor values
// that have not been checked.
func (f *Fields) Add(name, value []byte) { appendField(&f.list, name, value) }

// AddString is Add for strings.
func (f *Fields) AddString(name, value string) { appendField(&f.list, name, value) }

// AddSensitive is Add for a field that nobody on its way may put into
// a compression table: because Head.Sensitive said so of it.
func (f *Fields) AddSensitive(name, value []byte) {
	appendField(&f.list, name, value)
	f.list.fields[len(f.list.fields)-1].never = true
}

func appendField[T []byte | string](h *Head, name, value T) {
	s := span{name: uint32(len(h.buf))}
	h.buf = append(h.buf, name...)
	for i, c := range h.buf[s.name:] {
		if 'A' <= c && c <= 'Z' {
			h.buf[int(s.name)+i] = c + 'a' - 'A'
		}
	}
	s.value = uint32(len(h.buf))
	h.buf = append(h.buf, value...)
	s.end = uint32(len(h.buf))
	h.fields = append(h.fields, s)
}
