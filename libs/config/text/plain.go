package text

import (
	"strings"
	"unicode/utf8"
)

// parsePlain reads the part of YAML that configurations are written in nine times out of ten:
// indented mappings and lists, flow mappings and lists, texts on one line, comments. It returns nil
// for a file that holds anything else or anything wrong, and the library then reads all of it, so
// that there is one judge of what YAML is and what is an error. What it does return is the tree
// that the library gives, value by value and place by place; tests and a fuzz function compare the
// two.
//
// It exists because a reload happens beside traffic: the library takes 200 ms and 600,000
// allocations for a file of 10,000 routes, this takes a twentieth of that.
func parsePlain(file string, data []byte) *Node {
	r := newPlainReader(file, data)
	if !r.ascii && !plainRunes(data) || !r.advance() {
		return nil
	}
	if rest := r.text[r.pos:]; r.indent == 0 && strings.HasPrefix(rest, "---") &&
		(len(rest) == 3 || rest[3] == '\n') {
		r.pos += 3
		if !r.endLine() || !r.advance() {
			return nil
		}
	}
	if r.indent != 0 || r.text[r.pos] == '-' {
		return nil // indented as a whole, a list, or a line of a kind not known here
	}
	root, ok := r.mapping(0, 0)
	if !ok || r.indent >= 0 {
		return nil
	}
	return &root
}

// plainRunes says whether a text has no rune beyond ASCII that YAML treats as more than a letter.
func plainRunes(data []byte) bool {
	for i := 0; i < len(data); {
		if data[i] < utf8.RuneSelf {
			i++
			continue
		}
		c, size := utf8.DecodeRune(data[i:])
		if c < 0xa0 || c == 0x2028 || c == 0x2029 || c == 0xfeff || 0xd7ff < c && c < 0xe000 ||
			c == utf8.RuneError || c == 0xfffe || c == 0xffff {
			return false
		}
		i += size
	}
	return true
}

const (
	plainDepth = 32  // of values; the library judges what is deeper
	plainKeys  = 64  // of one mapping, since each is compared with all before it
	plainKey   = 200 // bytes of a key
)

// plainReader reads plain YAML. Its methods return false where it has to give up.
type plainReader struct {
	text  string
	file  *string
	ascii bool // the text has no byte beyond ASCII

	pos    int
	line   int32 // counted from 1
	start  int   // of the line
	indent int   // of the line; -1: the text is at its end

	count int
	// Entries of the lists and mappings that are open; they move to a slab once their number is
	// known.
	openKeys   []Key
	openValues []Node
	keys       slab[Key]
	values     slab[Node]
}

func newPlainReader(file string, data []byte) *plainReader {
	r := &plainReader{text: string(data), file: &file, ascii: true}
	for i := range data {
		if data[i] >= utf8.RuneSelf {
			r.ascii = false
			break
		}
	}
	return r
}

// A slab hands out short slices of long ones.
type slab[T any] struct{ free []T }

func (s *slab[T]) keep(from []T) []T {
	if len(from) > len(s.free) {
		s.free = make([]T, max(1024, len(from)))
	}
	out := s.free[:len(from):len(from)]
	s.free = s.free[len(from):]
	copy(out, from)
	return out
}

// advance goes from the start of a line to the first line at or after it that has a value, and to
// the first letter there.
func (r *plainReader) advance() bool {
	for r.pos < len(r.text) {
		r.line++
		r.start = r.pos
		i := r.pos
		for i < len(r.text) && r.text[i] == ' ' {
			i++
		}
		if i == len(r.text) {
			break
		}
		switch r.text[i] {
		case '\n':
			r.pos = i + 1
		case '#':
			r.pos = i
			if !r.comment() {
				return false
			}
		case '\t', '\r':
			return false
		default:
			r.pos, r.indent = i, i-r.start
			return true
		}
	}
	r.pos, r.indent = len(r.text), -1
	return true
}

// comment goes behind the end of the line, over what is no value.
func (r *plainReader) comment() bool {
	end := strings.IndexByte(r.text[r.pos:], '\n')
	if end < 0 {
		end = len(r.text) - r.pos - 1
	}
	line := r.text[r.pos : r.pos+end+1]
	r.pos += end + 1
	return strings.IndexByte(line, '\r') < 0 && strings.IndexByte(line, 0x7f) < 0
}

// atEnd says whether nothing but blanks and a comment is left on the line.
func (r *plainReader) atEnd() bool {
	i := r.pos
	for i < len(r.text) && r.text[i] == ' ' {
		i++
	}
	return i == len(r.text) || r.text[i] == '\n' || r.text[i] == '#' && i > r.pos
}

// endLine goes behind the end of the line if nothing is left on it.
func (r *plainReader) endLine() bool {
	return r.atEnd() && r.comment()
}

func (r *plainReader) place() Place {
	if r.ascii {
		return Place{r.file, r.line, int32(r.pos - r.start + 1)}
	}
	return Place{r.file, r.line, int32(utf8.RuneCountInString(r.text[r.start:r.pos]) + 1)}
}

func (r *plainReader) spaces() {
	for r.pos < len(r.text) && r.text[r.pos] == ' ' {
		r.pos++
	}
}

// entryDash says whether an entry of a list begins here.
func (r *plainReader) entryDash() bool {
	return r.pos+1 < len(r.text) && r.text[r.pos] == '-' &&
		(r.text[r.pos+1] == ' ' || r.text[r.pos+1] == '\n')
}

// mapping reads the entries that begin in a column, and leaves the reader at the first line that
// does not belong to it.
func (r *plainReader) mapping(column, depth int) (Node, bool) {
	n := Node{Kind: Map, At: r.place()}
	firstKey, firstValue := len(r.openKeys), len(r.openValues)
	for {
		k, ok := r.key()
		if !ok || depth > plainDepth {
			return n, false
		}
		if !r.newKey(k, firstKey) {
			return n, false
		}
		var v Node
		if r.atEnd() {
			v, ok = r.below(column, depth)
		} else {
			r.spaces()
			v, ok = r.inLine(depth)
			ok = ok && r.endLine() && r.advance()
		}
		if !ok || r.indent > column {
			return n, false
		}
		r.openValues = append(r.openValues, v)
		if r.indent < column {
			break
		}
	}
	r.close(&n, firstKey, firstValue)
	return n, true
}

// close moves the entries of a value out of the way of its neighbours.
func (r *plainReader) close(n *Node, firstKey, firstValue int) {
	n.Keys = r.keys.keep(r.openKeys[firstKey:])
	n.Values = r.values.keep(r.openValues[firstValue:])
	r.openKeys, r.openValues = r.openKeys[:firstKey], r.openValues[:firstValue]
}

// newKey notes a key of the mapping whose keys begin at first, and gives up if it is not the first
// of its name.
func (r *plainReader) newKey(k Key, first int) bool {
	if len(r.openKeys)-first == plainKeys {
		return false
	}
	for i := first; i < len(r.openKeys); i++ {
		if r.openKeys[i].Name == k.Name {
			return false
		}
	}
	r.openKeys = append(r.openKeys, k)
	return true
}

// key reads a key and the colon behind it, which a blank or the end of the line must follow.
func (r *plainReader) key() (Key, bool) {
	i := r.pos
	for i < len(r.text) && plainBytes[r.text[i]]&inKey != 0 {
		i++
	}
	if i == r.pos || i-r.pos > plainKey || r.text[r.pos] == '-' || i+1 >= len(r.text) ||
		r.text[i] != ':' || r.text[i+1] != ' ' && r.text[i+1] != '\n' {
		return Key{}, false
	}
	k := Key{r.text[r.pos:i], r.place()}
	r.pos = i + 1
	return k, true
}

// below reads the value of a key that has nothing behind it, in the lines after.
func (r *plainReader) below(column, depth int) (Node, bool) {
	nothing := Node{Kind: Null, At: r.place()}
	if !r.endLine() || !r.advance() {
		return nothing, false
	}
	switch {
	case r.indent > column && r.entryDash():
		return r.list(r.indent, depth+1)
	case r.indent > column:
		return r.mapping(r.indent, depth+1)
	case r.indent == column && r.entryDash():
		return r.list(column, depth+1)
	}
	r.count++
	return nothing, r.count <= maxNodes
}

// list reads the entries whose dashes are in a column.
func (r *plainReader) list(column, depth int) (Node, bool) {
	n := Node{Kind: List, At: r.place()}
	firstKey, firstValue := len(r.openKeys), len(r.openValues)
	for {
		r.pos++
		if r.atEnd() || depth > plainDepth {
			return n, false
		}
		r.spaces()
		var v Node
		var ok bool
		if r.keyFollows() {
			v, ok = r.mapping(r.pos-r.start, depth+1)
		} else {
			v, ok = r.inLine(depth)
			ok = ok && r.endLine() && r.advance()
		}
		if !ok || r.indent > column {
			return n, false
		}
		r.openValues = append(r.openValues, v)
		if r.indent < column || !r.entryDash() {
			break
		}
	}
	r.close(&n, firstKey, firstValue)
	return n, true
}

func (r *plainReader) keyFollows() bool {
	pos := r.pos
	_, ok := r.key()
	r.pos = pos
	return ok
}

// inLine reads a value that begins on a line of a block.
func (r *plainReader) inLine(depth int) (Node, bool) {
	if r.count++; r.count > maxNodes || depth >= plainDepth {
		return Node{}, false
	}
	switch r.text[r.pos] {
	case '[', '{':
		return r.flow(depth + 1)
	case '"', '\'':
		return r.quoted()
	default:
		return r.scalar(false)
	}
}
