package draft

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Place is where something stands in a file of the other product.
type Place struct {
	File string
	Line int // from 1; 0: the file as a whole
}

// String returns file:line.
func (p Place) String() string {
	if p.Line == 0 {
		return p.File
	}
	return p.File + ":" + strconv.Itoa(p.Line)
}

// A Note is one thing that is not as it was in the other product.
type Note struct {
	Place
	// What is the directive, in the words of the other product, and never a secret.
	What string
	// Kept says that it was carried over, but differs in what Why says. Else it was left out.
	Kept bool
	Why  string
}

// String returns the note on one line.
func (n Note) String() string {
	does := " is left out: "
	if n.Kept {
		does = " differs: "
	}
	return n.Place.String() + ": `" + printable(n.What) + "`" + does + printable(n.Why)
}

// Object is a listener, a cluster or a route in the making.
type Object struct {
	Name string
	From Place
	// What says what it comes from, beside the place.
	What string
	Keys Map
	// Beside are lines of comments that stand with it.
	Beside []string
}

// Draft is a configuration in the making.
type Draft struct {
	// Product is the other product, as in `gateway config import PRODUCT`.
	Product string
	// Dir is the folder that the configuration is going to be in.
	Dir       string
	Listeners []*Object
	Clusters  []*Object
	Routes    []*Object
	// Top are keys of the document beside those.
	Top   Map
	notes []Note
	names map[string]bool
	// means are the settings that mean nothing here, told in one note.
	means []Note
	files []File
}

// New returns an empty draft of a configuration that is going to be in the folder dir.
func New(product, dir string) *Draft {
	return &Draft{Product: product, Dir: dir, names: map[string]bool{}}
}

// mostNotes bounds the list, so that it can be read.
const mostNotes = 2000

func (d *Draft) note(n Note) {
	if len(d.notes) < mostNotes && !slices.Contains(d.notes, n) {
		d.notes = append(d.notes, n)
	}
}

// LeftOut notes that something was not carried over, and why.
func (d *Draft) LeftOut(at Place, what, why string) { d.note(Note{at, what, false, why}) }

// Differs notes that something was carried over, and does not mean quite the same.
func (d *Draft) Differs(at Place, what, why string) { d.note(Note{at, what, true, why}) }

// Meaningless notes a setting that this gateway needs none for.
func (d *Draft) Meaningless(at Place, what string) {
	n := Note{Place: at, What: what}
	if len(d.means) < 200 && !slices.Contains(d.means, n) {
		d.means = append(d.means, n)
	}
}

// Notes returns the list, in the order of the files.
func (d *Draft) Notes() []Note {
	order := func(a, b Note) int {
		if a.File != b.File {
			return 0 // in the order in which they were read
		}
		return a.Line - b.Line
	}
	notes, means := slices.Clone(d.notes), slices.Clone(d.means)
	slices.SortStableFunc(notes, order)
	slices.SortStableFunc(means, order)
	if len(means) > 0 {
		var all []string
		for _, n := range means {
			all = append(all, fmt.Sprintf("%s (line %d)", n.What, n.Line))
		}
		notes = append(notes, Note{means[0].Place, strings.Join(all, ", "), false,
			"this gateway needs no such setting"})
	}
	return notes
}

// Name returns a name that no other object of the kind has, made of a text.
func (d *Draft) Name(kind, text string) string {
	var b strings.Builder
	for _, c := range strings.ToLower(text) {
		switch {
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '.' || c == '_':
			b.WriteRune(c)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() >= 60 {
			break
		}
	}
	base := strings.Trim(b.String(), "-._")
	if base == "" {
		base = kind
	}
	name := base
	for n := 2; d.names[kind+" "+name]; n++ {
		name = base + "-" + strconv.Itoa(n)
	}
	d.names[kind+" "+name] = true
	return name
}

// Path returns a path of the other product as the new file has to write it. base is the folder that
// the other product takes it from.
func (d *Draft) Path(path, base string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	full := filepath.Join(base, path)
	if relative, err := filepath.Rel(d.Dir, full); err == nil {
		return relative
	}
	return full
}

// On returns a path that Path has made as this process can open it.
func (d *Draft) On(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(d.Dir, path)
}

// printable makes control characters visible, so that no file can write to a terminal.
func printable(s string) string {
	quoted := strconv.Quote(s)
	s = strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`)
	return strings.ReplaceAll(s, `\\`, `\`)
}
