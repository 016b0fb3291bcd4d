package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/gatewayhomebrew/gateway/release/internal/packages"
	"github.com/gatewayhomebrew/gateway/release/pack"
)

// deb writes a package for Debian and what is made of it; rpm one for Fedora, SUSE and theirs.
func deb(args []string) error { return linux(args, packages.Package.WriteDeb) }

func rpm(args []string) error { return linux(args, packages.Package.WriteRPM) }

func linux(args []string, write func(packages.Package, io.Writer) error) error {
	o := newOptions("package")
	out := o.text("out", "the `file` to write")
	version := o.text("version", "the `version` of the release")
	arch := o.text("arch", "the `architecture`, as Go names it")
	archive := o.text("archive", "the `archive` of the release for it")
	files := o.list("file", "a `file` of release/linux")
	if err := o.parse(args); err != nil {
		return err
	}
	p := packages.Package{
		Name: "gateway", Version: *version, Arch: *arch, License: "Apache-2.0",
		Summary: "L7 and L4 gateway with fleet configuration and health",
		Description: "An edge for HTTP/1.1, HTTP/2, gRPC and WebSocket, a relay for TCP,\n" +
			"a server that gives a fleet its configuration, one that explains its\n" +
			"health, and their command line.",
		Maintainer: "gatewayhomebrew <gatewayhomebrew@users.noreply.github.com>",
		Homepage:   "https://github.com/gatewayhomebrew/gateway",
		Config:     []string{"etc/gateway/gateway.yaml"},
	}
	inside, err := pack.Read(*archive)
	if err != nil {
		return err
	}
	for _, f := range inside {
		_, name, _ := strings.Cut(f.Name, "/")
		if f, ok, err := installed(name, f); err != nil {
			return err
		} else if ok {
			p.Files = append(p.Files, f)
		}
	}
	for _, file := range *files {
		if err := extra(&p, file); err != nil {
			return err
		}
	}
	return pack.WriteFile(*out, func(w io.Writer) error { return write(p, w) })
}

// places are where the files of an archive go that are no programs.
var places = map[string]string{
	"LICENSE": "usr/share/doc/gateway/copyright", "NOTICES.txt": "usr/share/doc/gateway/NOTICES",
	"CHANGELOG.md":             "usr/share/doc/gateway/CHANGELOG.md",
	"gateway.schema.json":      "usr/share/gateway/gateway.schema.json",
	"gateway.yaml":             "etc/gateway/gateway.yaml",
	"completions/gateway.bash": "usr/share/bash-completion/completions/gateway",
	"completions/_gateway":     "usr/share/zsh/site-functions/_gateway",
	"completions/gateway.fish": "usr/share/fish/vendor_completions.d/gateway.fish",
}

// installed says where a file of an archive is installed, if at all.
func installed(name string, f pack.File) (pack.File, bool, error) {
	switch {
	case places[name] != "":
		f.Name = places[name]
	case strings.HasPrefix(name, "man/"):
		// Manual pages are compressed, as policies of distributions want it.
		var b bytes.Buffer
		err := pack.Gzip(&b, func(w io.Writer) error {
			_, err := w.Write(f.Body)
			return err
		})
		if err != nil {
			return f, false, err
		}
		f.Name, f.Body = "usr/share/"+name+".gz", b.Bytes()
	case !strings.Contains(name, "/") && f.Mode.Perm() == 0o755:
		f.Name = "usr/bin/" + name
	default:
		return f, false, nil
	}
	return f, true, nil
}

func extra(p *packages.Package, file string) error {
	body, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	name := path.Base(filepath.ToSlash(file))
	switch {
	case name == "postinst.sh":
		p.Scripts.AfterInstall = string(body)
	case name == "prerm.sh":
		p.Scripts.BeforeRemove = string(body)
	case name == "postrm.sh":
		p.Scripts.AfterRemove = string(body)
	case name == "sysusers.conf":
		p.Files = append(p.Files, pack.File{Name: "usr/lib/sysusers.d/gateway.conf", Body: body})
	case strings.HasSuffix(name, ".service"), strings.HasSuffix(name, ".socket"):
		p.Files = append(p.Files, pack.File{Name: "usr/lib/systemd/system/" + name, Body: body})
	default:
		return fmt.Errorf("%s has no place in a package", name)
	}
	return nil
}
