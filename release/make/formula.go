package main

import (
	"io"
	"os"

	"github.com/gatewayhomebrew/gateway/libs/checksums"
	brew "github.com/gatewayhomebrew/gateway/release/internal/formula"
	"github.com/gatewayhomebrew/gateway/release/pack"
)

// formula writes what Homebrew installs the archives by.
func formula(args []string) error {
	o := newOptions("formula")
	out := o.text("out", "the `file` to write")
	version := o.text("version", "the `version` of the release")
	list := o.text("sums", "the `file` SHA256SUMS of the archives")
	if err := o.parse(args); err != nil {
		return err
	}
	text, err := os.ReadFile(*list)
	if err != nil {
		return err
	}
	parsed, err := checksums.Parse(string(text))
	if err != nil {
		return err
	}
	return pack.WriteFile(*out, func(w io.Writer) error {
		return brew.Write(w, brew.Release{
			Version: *version, Base: "https://" + own + "/releases/download", Sums: parsed,
		})
	})
}
