package routing

// inlineText is how many bytes of a host or prefix are kept beside what it leads to. It makes a
// scope and a leaf fill one cache line each, and is longer than most hosts and prefixes.
const inlineText = 30

// text is a host or a prefix, compared without following a pointer unless it is long.
type text struct {
	head   [inlineText]byte
	length uint16
	long   uint32 // index into Table.long of what the head can't hold
}

func (t *Table) newText(s string) (x text) {
	x.length = uint16(len(s)) // see maxPrefix and hostname.MaxBytes
	if copy(x.head[:], s) < len(s) {
		x.long = uint32(len(t.long))
		t.long = append(t.long, s[inlineText:])
	}
	return x
}

// is says whether x is b.
func (t *Table) is(x *text, b []byte) bool {
	if len(b) != int(x.length) {
		return false
	}
	if len(b) <= inlineText {
		return string(x.head[:len(b)]) == string(b)
	}
	return string(x.head[:]) == string(b[:inlineText]) && t.long[x.long] == string(b[inlineText:])
}

// isHost says whether x, which is in lower case, is b in any case.
func (t *Table) isHost(x *text, b []byte) bool {
	if len(b) != int(x.length) {
		return false
	}
	if t.is(x, b) {
		return true
	}
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if i < inlineText && x.head[i] != c ||
			i >= inlineText && t.long[x.long][i-inlineText] != c {
			return false
		}
	}
	return true
}
