package packages_test

import (
	"bytes"
	"io"
	"io/fs"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/release/internal/packages"
	"github.com/gatewayhomebrew/gateway/release/pack"
)

func sample() packages.Package {
	return packages.Package{
		Name: "gateway", Version: "0.7.0-rc.1", Arch: "arm64", Summary: "a gateway",
		Description: "one\n\nthree", Maintainer: "me <me@example.com>",
		Homepage: "https://example.com", License: "Apache-2.0",
		Files: []pack.File{
			{Name: "usr/bin/gateway", Mode: 0o755, Body: []byte("binary")},
			{Name: "etc/gateway/gateway.yaml", Body: []byte("version: 1\n")},
		},
		Config:  []string{"etc/gateway/gateway.yaml"},
		Scripts: packages.Scripts{AfterInstall: "#!/bin/sh\n"},
	}
}

// members takes an ar archive apart: name and content, in their order.
func members(t *testing.T, deb []byte) (names []string, bodies [][]byte) {
	t.Helper()
	rest, ok := bytes.CutPrefix(deb, []byte("!<arch>\n"))
	if !ok {
		t.Fatalf("it begins with %q", deb[:8])
	}
	for len(rest) > 0 {
		head := string(rest[:60])
		size := 0
		for _, digit := range strings.TrimSpace(head[48:58]) {
			size = size*10 + int(digit-'0')
		}
		names = append(names, strings.TrimSpace(head[:16]))
		bodies = append(bodies, rest[60:60+size])
		rest = rest[60+size+size%2:]
	}
	return names, bodies
}

func TestADebHasItsThreeParts(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := sample().WriteDeb(&b); err != nil {
		t.Fatal(err)
	}
	names, bodies := members(t, b.Bytes())
	if strings.Join(names, " ") != "debian-binary control.tar.gz data.tar.gz" ||
		string(bodies[0]) != "2.0\n" {
		t.Fatalf("%q, version %q", names, bodies[0])
	}
	control := map[string]string{}
	for _, f := range untar(t, bodies[1]) {
		control[f.Name] = string(f.Body)
		if want := fs.FileMode(0o644); f.Name != "postinst" && f.Mode != want {
			t.Errorf("%s has the mode %v", f.Name, f.Mode)
		}
	}
	// A line that is empty in a description is a dot, and "~" comes before the release.
	for _, want := range []string{
		"Version: 0.7.0~rc.1\n", "Architecture: arm64\n",
		"Description: a gateway\n one\n .\n three\n",
	} {
		if !strings.Contains(control["control"], want) {
			t.Errorf("control lacks %q:\n%s", want, control["control"])
		}
	}
	if control["conffiles"] != "/etc/gateway/gateway.yaml\n" ||
		control["postinst"] != "#!/bin/sh\n" ||
		!strings.HasSuffix(control["md5sums"], "  usr/bin/gateway\n") {
		t.Errorf("%q", control)
	}
	var paths []string
	for _, f := range untar(t, bodies[2]) {
		paths = append(paths, f.Name)
	}
	if got := strings.Join(paths, " "); got !=
		"etc etc/gateway etc/gateway/gateway.yaml usr usr/bin usr/bin/gateway" {
		t.Errorf("it installs %s", got)
	}
}

func untar(t *testing.T, compressed []byte) []pack.File {
	t.Helper()
	files, err := pack.ReadTarGz(bytes.NewReader(compressed))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestEqualFilesMakeEqualPackages(t *testing.T) {
	t.Parallel()
	for name, write := range map[string]func(packages.Package, io.Writer) error{
		"deb": packages.Package.WriteDeb, "rpm": packages.Package.WriteRPM,
	} {
		var first, second bytes.Buffer
		if err := write(sample(), &first); err != nil {
			t.Fatal(err)
		}
		turned := sample()
		turned.Files[0], turned.Files[1] = turned.Files[1], turned.Files[0]
		if err := write(turned, &second); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Errorf("two packages (%s) of the same files differ", name)
		}
	}
}

func TestAnArchitectureThatNobodyKnowsIsAnError(t *testing.T) {
	t.Parallel()
	p := sample()
	p.Arch = "mips"
	if err := p.WriteDeb(io.Discard); err == nil || !strings.Contains(err.Error(), "mips") {
		t.Errorf("deb: %v", err)
	}
	if err := p.WriteRPM(io.Discard); err == nil || !strings.Contains(err.Error(), "mips") {
		t.Errorf("rpm: %v", err)
	}
}
