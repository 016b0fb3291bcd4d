package http1

import (
	"bytes"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/placeholder"
)

// Edits change the header section of a message. They are immutable; nil changes nothing.
type Edits struct {
	host  placeholder.Template // takes the place of the Host field
	hosts bool                 // there is such a host

	added []addition
	lines []byte   // those of added in one piece, where each is the same for all messages
	drop  [][]byte // lower-case names of what is left out: removed, or set anew
	// lengths has a bit for each length of a name in drop, so that most fields need no
	// comparison.
	lengths  uint64
	rewrites []Rewrite
	// forwards says that they leave out some of what tells endpoints of clients.
	forwards bool
	// alike says that a name of drop also stands for those with _ in the place of -.
	alike  bool
	hidden hidden
}

// An addition is a line that is added.
type addition struct {
	name []byte
	text []byte               // the line with its end, or its name up to the value
	fill placeholder.Template // the value
	open bool                 // fill counts
}

// A Change is what Edits do, in this order: fields are removed, then rewritten, then set in the
// place of those of their name, then added beside those. Names and texts have to be valid.
//
// Guard are fields that are removed too, together with those whose names have _ in the place of -,
// which many endpoints can't tell apart. Cookies and Parameters are left out of the Cookie fields
// and of the query.
type Change struct {
	Remove   []string
	Guard    []string
	Rewrite  map[string]Rewriting
	Set, Add map[string]placeholder.Template

	Cookies, Parameters []string
}

// A Rewriting puts With in the place of what Regex matches, as regexp.Expand has it.
type Rewriting struct {
	Regex *regexp.Regexp
	With  []byte
}

// New makes the edits; nil where there are none.
func (c Change) New() *Edits {
	if len(c.Set)+len(c.Remove)+len(c.Add)+len(c.Rewrite)+len(c.Guard)+len(c.Cookies)+
		len(c.Parameters) == 0 {
		return nil
	}
	out := &Edits{alike: len(c.Guard) > 0, hidden: hidden{c.Cookies, c.Parameters}}
	for _, name := range append(slices.Clone(c.Guard), c.Remove...) {
		out.leaveOut(name)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Rewrite)) {
		out.rewrites = append(out.rewrites, Rewrite{[]byte(name), c.Rewrite[name]})
	}
	// A map has no order; the same document gives the same bytes.
	for _, name := range slices.Sorted(maps.Keys(c.Set)) {
		if strings.EqualFold(name, "Host") {
			out.host, out.hosts = c.Set[name], true
			continue
		}
		out.leaveOut(name)
		out.add(name, c.Set[name])
	}
	for _, name := range slices.Sorted(maps.Keys(c.Add)) {
		out.add(name, c.Add[name])
	}
	for i := range out.added {
		if out.added[i].open {
			out.lines = nil
			break
		}
		out.lines = append(out.lines, out.added[i].text...)
	}
	return out
}

// leaveOut drops the fields of a name.
func (e *Edits) leaveOut(name string) {
	name = strings.ToLower(name)
	e.drop = append(e.drop, []byte(name))
	e.lengths |= 1 << (len(name) & 63)
	e.forwards = e.forwards || strings.HasPrefix(name, "x-forwarded-") || name == "forwarded"
}

func (e *Edits) add(name string, value placeholder.Template) {
	a := addition{name: []byte(name), text: []byte(name + ": ")}
	if fixed, ok := value.Fixed(); ok {
		a.text = append(a.text, fixed+"\r\n"...)
	} else {
		a.fill, a.open = value, true
	}
	e.added = append(e.added, a)
}

// NewEdits makes edits that set fields to values and remove others; nil where there are
// none of both. Names and values have to be valid.
func NewEdits(set map[string]string, remove []string) *Edits {
	c := Change{Remove: remove, Set: make(map[string]placeholder.Template, len(set))}
	for name, value := range set {
		c.Set[name] = placeholder.Literal(value)
	}
	return c.New()
}

// NewAddition makes edits that add a field beside those of its name. It has to be valid, and may be
// any but Host.
func NewAddition(name, value string) *Edits {
	return Change{Add: map[string]placeholder.Template{name: placeholder.Literal(value)}}.New()
}

// WithLines makes edits that add lines, each with its end, and leave out the fields of some names,
// in lower case; nil leaves out none. They hold on to both.
func WithLines(lines []byte, instead [][]byte) Edits {
	e := Edits{lines: lines, drop: instead}
	for _, name := range instead {
		e.lengths |= 1 << (len(name) & 63)
	}
	return e
}

// Drops reports whether a field of this name is left out.
func (e *Edits) Drops(name []byte) bool {
	if e == nil || e.lengths>>(len(name)&63)&1 == 0 {
		return false
	}
	for _, d := range e.drop {
		if len(d) == len(name) && (bytes.EqualFold(d, name) || e.alike && alike(d, name)) {
			return true
		}
	}
	return false
}

// alike compares two names of the same length, to which _ and - are the same.
func alike(a, b []byte) bool {
	for i, c := range a {
		if c != b[i] && dashed(c) != dashed(b[i]) {
			return false
		}
	}
	return true
}

func dashed(c byte) byte {
	if c == '_' {
		return '-'
	}
	return lower(c)
}

// Append appends the lines that are added. What they are filled in with comes from the source,
// which may be nil where Open is false.
func (e *Edits) Append(dst []byte, from placeholder.Source) []byte {
	if e == nil {
		return dst
	}
	return e.append(dst, from, nil)
}

// Open reports whether a line that is added is not the same for all messages.
func (e *Edits) Open() bool { return e != nil && len(e.added) > 0 && e.lines == nil }

// append is Append without the lines that later edits leave out.
func (e *Edits) append(dst []byte, from placeholder.Source, later EditList) []byte {
	if e.lines != nil && (len(later) == 0 || len(e.added) == 0) {
		at := len(dst)
		dst = append(dst, e.lines...)
		if len(later) == 0 {
			return dst
		}
		return later.CutOwn(dst, at) // those of WithLines
	}
	for i := range e.added {
		a := &e.added[i]
		if len(later) > 0 && later.Drops(a.name) {
			continue
		}
		dst = a.append(dst, from)
	}
	return dst
}

// append appends the line, unless it has been filled in with nothing.
func (a *addition) append(dst []byte, from placeholder.Source) []byte {
	before := len(dst)
	dst = append(dst, a.text...)
	if !a.open {
		return dst
	}
	at := len(dst)
	dst = a.fill.Append(dst, from)
	value := trimOWS(dst[at:])
	if len(value) == 0 {
		return dst[:before]
	}
	dst = dst[:at+copy(dst[at:], value)]
	return append(dst, "\r\n"...)
}

// A Rewrite changes the values of the fields of one name.
type Rewrite struct {
	name []byte
	Rewriting
}

// Bounds of a Rewrite, so that no client can make it take long, or much memory.
const (
	mostMatches = 100     // in one value
	mostLonger  = 8 << 10 // bytes that a value may grow by
)

// Append appends a value as it goes on; false: the field is left out. It is where nothing of it is
// left, and where the value has more matches than anyone means, or would grow without end.
func (w *Rewrite) Append(dst, value []byte) ([]byte, bool) {
	if !w.Regex.Match(value) {
		return append(dst, value...), true
	}
	at, last := len(dst), 0
	found := w.Regex.FindAllSubmatchIndex(value, mostMatches+1)
	if len(found) > mostMatches {
		return dst, false
	}
	for _, m := range found {
		dst = append(dst, value[last:m[0]]...)
		dst = w.Regex.Expand(dst, w.With, value, m)
		last = m[1]
		if len(dst)-at > len(value)+mostLonger {
			return dst[:at], false
		}
	}
	dst = append(dst, value[last:]...)
	trimmed := trimOWS(dst[at:])
	return dst[:at+copy(dst[at:], trimmed)], len(trimmed) > 0
}

// EditList is several Edits, done one after the other.
type EditList []*Edits

// AppendHost appends what takes the place of the value of the Host field; false: nothing does.
// Where it was filled in with what is no host, such as the server name of a client that sent none,
// the request's own stays.
func (l EditList) AppendHost(dst []byte, from placeholder.Source) ([]byte, bool) {
	for i := len(l) - 1; i >= 0; i-- {
		if l[i] == nil || !l[i].hosts {
			continue
		}
		if fixed, ok := l[i].host.Fixed(); ok {
			return append(dst, fixed...), true
		}
		at := len(dst)
		dst = l[i].host.Append(dst, from)
		if ValidAuthority(dst[at:]) {
			return dst, true
		}
		return dst[:at], false
	}
	return dst, false
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

// Rewrites returns what changes the values of the fields of this name, nil for nothing.
func (l EditList) Rewrites(name []byte) *Rewrite {
	for _, e := range l {
		if e == nil {
			continue
		}
		for i := range e.rewrites {
			if w := &e.rewrites[i]; len(w.name) == len(name) && bytes.EqualFold(w.name, name) {
				return w
			}
		}
	}
	return nil
}

// Append appends the lines that are added, but for those that later Edits leave out.
func (l EditList) Append(dst []byte, from placeholder.Source) []byte {
	for i, e := range l {
		if e != nil {
			dst = e.append(dst, from, l[i+1:])
		}
	}
	return dst
}

// CutOwn leaves lines out of those that begin in dst at from, which the gateway has written about
// the client: those that the edits take the place of, or remove.
func (l EditList) CutOwn(dst []byte, from int) []byte {
	to := from
	for from < len(dst) {
		end := from + bytes.IndexByte(dst[from:], '\n') + 1
		line := dst[from:end]
		from = end
		if !l.Drops(line[:bytes.IndexByte(line, ':')]) {
			to += copy(dst[to:], line)
		}
	}
	return dst[:to]
}

// Forwards reports whether the edits leave out some of what tells endpoints of clients: Forwarded
// and the fields X-Forwarded-….
func (l EditList) Forwards() bool {
	for _, e := range l {
		if e != nil && e.forwards {
			return true
		}
	}
	return false
}
