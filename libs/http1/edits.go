package http1

import (
	"bytes"
	"slices"
	"strings"
)

// Edits change the header section of a message. They are immutable; nil changes nothing.
type Edits struct {
	// Host takes the place of the Host field; "" leaves it.
	Host string

	lines []byte   // what is added, each line with its end
	drop  [][]byte // lower-case names of what is left out: removed, or set anew
	// lengths has a bit for each length of a name in drop, so that most fields need no
	// comparison.
	lengths uint64
}

// NewEdits makes edits that set fields to values and remove others; nil where there are
// none of both. Names and values have to be valid. A Host is set by Edits.Host.
func NewEdits(set map[string]string, remove []string) *Edits {
	if len(set) == 0 && len(remove) == 0 {
		return nil
	}
	out := &Edits{}
	leaveOut := func(name string) {
		name = strings.ToLower(name)
		out.drop = append(out.drop, []byte(name))
		out.lengths |= 1 << (len(name) & 63)
	}
	for _, name := range remove {
		leaveOut(name)
	}
	names := make([]string, 0, len(set))
	for name := range set {
		names = append(names, name)
	}
	slices.Sort(names) // a map has no order; the same document gives the same bytes
	for _, name := range names {
		if strings.EqualFold(name, "Host") {
			out.Host = set[name]
			continue
		}
		leaveOut(name)
		out.lines = append(out.lines, name+": "+set[name]+"\r\n"...)
	}
	return out
}

// NewAddition makes edits that add a field beside those of its name. It has to be valid, and may be
// any but Host.
func NewAddition(name, value string) *Edits {
	return &Edits{lines: []byte(name + ": " + value + "\r\n")}
}

// Drops reports whether a field of this name is left out.
func (e *Edits) Drops(name []byte) bool {
	if e == nil || e.lengths>>(len(name)&63)&1 == 0 {
		return false
	}
	for _, d := range e.drop {
		if len(d) == len(name) && bytes.EqualFold(d, name) {
			return true
		}
	}
	return false
}

// Append appends the lines that are added.
func (e *Edits) Append(dst []byte) []byte {
	if e == nil {
		return dst
	}
	return append(dst, e.lines...)
}

// EditList is several Edits, done one after the other.
type EditList []*Edits

// Host is what takes the place of the Host field; "" leaves it.
func (l EditList) Host() string {
	for i := len(l) - 1; i >= 0; i-- {
		if l[i].Host != "" {
			return l[i].Host
		}
	}
	return ""
}

// Drops reports whether a field of this name is left out.
func (l EditList) Drops(name []byte) bool {
	for _, e := range l {
		if e.Drops(name) {
			return true
		}
	}
	return false
}

// Append appends the lines that are added, but for those that later Edits leave out.
func (l EditList) Append(dst []byte) []byte {
	for i, e := range l {
		later := l[i+1:]
		if len(later) == 0 {
			return e.Append(dst)
		}
		for rest := e.lines; len(rest) > 0; {
			end := bytes.IndexByte(rest, '\n') + 1
			line := rest[:end]
			rest = rest[end:]
			if !later.Drops(line[:bytes.IndexByte(line, ':')]) {
				dst = append(dst, line...)
			}
		}
	}
	return dst
}
