package modules

import (
	"fmt"
	"io"
	"strings"
)

// rule is what stands between two modules.
var rule = strings.Repeat("=", 80)

// WriteNotices writes what the licences of modules ask for: the text of each, beside the names of
// those that it is of. Before them come the texts of Go itself, whose standard library is
// in every binary.
func WriteNotices(w io.Writer, golang []Text, found []Module) error {
	var b strings.Builder
	fmt.Fprintf(&b, "The binaries of this archive contain Go's standard library and %d modules "+
		"that others wrote. Their licences follow.\n", len(found))
	write := func(what string, texts []Text) {
		fmt.Fprintf(&b, "\n%s\n%s\n", rule, what)
		for _, t := range texts {
			fmt.Fprintf(&b, "\n--- %s\n\n%s\n", t.Name, strings.TrimRight(t.Body, "\r\n"))
		}
	}
	write("Go", golang)
	for _, m := range found {
		write(fmt.Sprintf("%s %s (%s)", m.Path, m.Version, strings.Join(m.Licences, ", ")),
			m.Texts)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
