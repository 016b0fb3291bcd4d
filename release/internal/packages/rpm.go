package packages

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/google/rpmpack"

	"github.com/gatewayhomebrew/gateway/release/pack"
)

var rpmArch = map[string]string{"amd64": "x86_64", "arm64": "aarch64"}

// RPMName is the file name of a package, as rpm names files.
func (p Package) RPMName() string {
	return fmt.Sprintf("%s-%s-1.%s.rpm", p.Name, p.sortable(), rpmArch[p.Arch])
}

// WriteRPM writes an .rpm.
func (p Package) WriteRPM(w io.Writer) error {
	arch, err := p.arch(rpmArch)
	if err != nil {
		return err
	}
	r, err := rpmpack.NewRPM(rpmpack.RPMMetaData{
		Name: p.Name, Summary: p.Summary, Description: p.Description, Version: p.sortable(),
		Release: "1", Arch: arch, OS: "linux", URL: p.Homepage, Licence: p.License,
		Packager: p.Maintainer, Vendor: "gatewayhomebrew", Group: "System Environment/Daemons",
		// In blocks of one size: the number of processors changes nothing.
		Compressor: "gzip:6", BuildTime: pack.Time, BuildHost: "gateway",
	})
	if err != nil {
		return fmt.Errorf("begin an rpm: %w", err)
	}
	files, err := pack.Sorted(p.Files)
	if err != nil {
		return err
	}
	for _, f := range files {
		if !f.Mode.IsRegular() {
			return fmt.Errorf("%s: an rpm of ours has regular files alone", f.Name)
		}
		body, err := f.Content()
		if err != nil {
			return err
		}
		kind := rpmpack.GenericFile
		switch {
		case slices.Contains(p.Config, f.Name):
			kind = rpmpack.ConfigFile | rpmpack.NoReplaceFile
		case strings.HasPrefix(f.Name, "usr/share/doc/"),
			strings.HasPrefix(f.Name, "usr/share/man/"):
			kind = rpmpack.DocFile
		}
		r.AddFile(rpmpack.RPMFile{
			Name: "/" + f.Name, Body: body, Mode: uint(f.Mode.Perm()) | 0o100000, Owner: "root",
			Group: "root", MTime: uint32(pack.Time.Unix()), Type: kind,
		})
	}
	r.AddPostin(p.Scripts.AfterInstall)
	r.AddPreun(p.Scripts.BeforeRemove)
	r.AddPostun(p.Scripts.AfterRemove)
	if err := r.Write(w); err != nil {
		return fmt.Errorf("write an rpm: %w", err)
	}
	return nil
}
