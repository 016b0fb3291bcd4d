package main

import (
	"debug/buildinfo"
	"fmt"
	"io"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/checksums"
	"github.com/gatewayhomebrew/gateway/release/internal/sbom"
	"github.com/gatewayhomebrew/gateway/release/pack"
)

// bom writes the bill of materials of the binaries for one platform.
func bom(args []string) error {
	o := newOptions("sbom")
	out := o.text("out", "the `file` to write")
	index := o.text("index", "the `file` index.json of release/modules.bzl")
	version := o.text("version", "the `version` of the release")
	platform := o.text("platform", "the `os/arch` of the binaries")
	binaries := o.list("binary", "`NAME=FILE`, a binary")
	packages := o.list("packages", "`NAME=FILE`, a file with the packages of a binary")
	if err := o.parse(args); err != nil {
		return err
	}
	lists, err := pairs(*packages)
	if err != nil {
		return err
	}
	r := sbom.Release{Version: *version, Platform: *platform}
	for _, given := range *binaries {
		name, file, ok := strings.Cut(given, "=")
		if !ok {
			return fmt.Errorf("%q is not NAME=FILE", given)
		}
		b, err := binary(*index, name, file, lists[name])
		if err != nil {
			return err
		}
		r.Binaries = append(r.Binaries, b)
	}
	return pack.WriteFile(*out, func(w io.Writer) error { return sbom.Write(w, r) })
}

func binary(index, name, file, packages string) (b sbom.Binary, err error) {
	b.Name = name
	if packages == "" {
		return b, fmt.Errorf("no packages were given for %s", name)
	}
	if b.Modules, err = used(index, []string{packages}); err != nil {
		return b, err
	}
	sum, err := checksums.Of(file)
	if err != nil {
		return b, err
	}
	b.SHA256 = sum.Hex
	info, err := buildinfo.ReadFile(file)
	if err != nil {
		return b, fmt.Errorf("look into %s: %w", name, err)
	}
	b.Go = info.GoVersion
	return b, nil
}

func pairs(given []string) (map[string]string, error) {
	found := map[string]string{}
	for _, pair := range given {
		name, value, ok := strings.Cut(pair, "=")
		if !ok {
			return nil, fmt.Errorf("%q is not NAME=FILE", pair)
		}
		found[name] = value
	}
	return found, nil
}
