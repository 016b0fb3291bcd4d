package main

import (
	"io"

	"github.com/gatewayhomebrew/gateway/libs/checksums"
	"github.com/gatewayhomebrew/gateway/release/pack"
)

// listSums writes SHA256SUMS of files.
func listSums(args []string) error {
	o := newOptions("sums")
	out := o.text("out", "the `file` to write")
	files := o.list("file", "a `file` to list")
	if err := o.parse(args); err != nil {
		return err
	}
	var all []checksums.Sum
	for _, file := range *files {
		s, err := checksums.Of(file)
		if err != nil {
			return err
		}
		all = append(all, s)
	}
	return pack.WriteFile(*out, func(w io.Writer) error {
		_, err := io.WriteString(w, checksums.Format(all))
		return err
	})
}
