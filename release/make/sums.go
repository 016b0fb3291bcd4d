package main

import (
	"io"

	"github.com/gatewayhomebrew/gateway/release/internal/sums"
	"github.com/gatewayhomebrew/gateway/release/pack"
)

// checksums writes SHA256SUMS of files.
func checksums(args []string) error {
	o := newOptions("sums")
	out := o.text("out", "the `file` to write")
	files := o.list("file", "a `file` to list")
	if err := o.parse(args); err != nil {
		return err
	}
	var all []sums.Sum
	for _, file := range *files {
		s, err := sums.Of(file)
		if err != nil {
			return err
		}
		all = append(all, s)
	}
	return pack.WriteFile(*out, func(w io.Writer) error {
		_, err := io.WriteString(w, sums.Format(all))
		return err
	})
}
