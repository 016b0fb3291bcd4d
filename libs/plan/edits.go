package plan

import (
	"bytes"
	"slices"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config"
)

// Edits change the header section of a message. They are immutable.
type Edits struct {
	// Host takes the place of the Host field; "" leaves it.
	Host string

	lines []byte   // what is added, each line with its end
	drop  [][]byte // lower-case names of what is left out: removed, or set anew
	// lengths has a bit for each length of a name in drop, so that most fields
	// need no comparison.
	lengths uint64
}

func newEdits(e config.HeaderEdit) *Edits {
	if len(e.Set) == 0 && len(e.Remove) == 0 {
		return nil
	}
	out := &Edits{}
	leaveOut := func(name string) {
		name = strings.ToLower(name)
		out.drop = append(out.drop, []byte(name))
		out.lengths |= 1 << (len(name) & 63)
	}
	for _, name := range e.Remove {
		leaveOut(name)
	}
	names := make([]string, 0, len(e.Set))
	for name := range e.Set {
		names = append(names, name)
	}
	slices.Sort(names) // a map has no order; the same document gives the same bytes
	for _, name := range names {
		if strings.EqualFold(name, "Host") {
			out.Host = e.Set[name]
			continue
		}
		leaveOut(name)
		out.lines = append(out.lines, name+": "+e.Set[name]+"\r\n"...)
	}
	return out
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
