package main

import (
	"io"
	"os"
	"path"
	"path/filepath"

	"github.com/gatewayhomebrew/gateway/release/internal/modules"
	"github.com/gatewayhomebrew/gateway/release/pack"
)

// own is the project's module.
const own = "github.com/gatewayhomebrew/gateway"

// notices writes the licences of all that is in some binaries.
func notices(args []string) error {
	o := newOptions("notices")
	out := o.text("out", "the `file` to write")
	index := o.text("index", "the `file` index.json of release/modules.bzl")
	packages := o.list("packages", "a `file` with the packages of a binary")
	golang := o.list("go-text", "a `file` with a licence of Go")
	if err := o.parse(args); err != nil {
		return err
	}
	found, err := used(*index, *packages)
	if err != nil {
		return err
	}
	var texts []modules.Text
	for _, name := range *golang {
		body, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		texts = append(texts, modules.Text{
			Name: path.Base(filepath.ToSlash(name)), Body: string(body),
		})
	}
	return pack.WriteFile(*out, func(w io.Writer) error {
		return modules.WriteNotices(w, texts, found)
	})
}

func used(index string, lists []string) ([]modules.Module, error) {
	x, err := modules.Open(index)
	if err != nil {
		return nil, err
	}
	packages, err := modules.Packages(lists...)
	if err != nil {
		return nil, err
	}
	return x.Used(own, packages)
}
