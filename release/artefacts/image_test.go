package artefacts

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/gatewayhomebrew/gateway/release/pack"
)

// layoutOf unpacks the image of a program into a folder, and returns its one index.
func (r release) layoutOf(t *testing.T, program string) v1.ImageIndex {
	t.Helper()
	dir := t.TempDir()
	unpack(t, dir, r.open(t, fmt.Sprintf("gateway_%s_%s.oci.tar", r.version, program)))
	root, err := layout.ImageIndexFromPath(dir)
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := root.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	if len(manifest.Manifests) != 1 {
		t.Fatalf("%s: %d entries at the top, want the index", program, len(manifest.Manifests))
	}
	top := manifest.Manifests[0]
	if tag := top.Annotations["org.opencontainers.image.ref.name"]; tag != r.version {
		t.Errorf("%s: the index is named %q", program, tag)
	}
	idx, err := root.ImageIndex(top.Digest)
	if err != nil {
		t.Fatal(err)
	}
	return idx
}

// imagesOf are the images of a program, by platform.
func (r release) imagesOf(t *testing.T, program string) map[string]v1.Image {
	t.Helper()
	idx := r.layoutOf(t, program)
	manifest, err := idx.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	if manifest.MediaType != types.OCIImageIndex {
		t.Errorf("%s: the index is a %s", program, manifest.MediaType)
	}
	images := map[string]v1.Image{}
	for _, m := range manifest.Manifests {
		img, err := idx.Image(m.Digest)
		if err != nil {
			t.Fatal(err)
		}
		images[m.Platform.String()] = img
	}
	return images
}

// filesOf are the files of an image, upper layers over lower ones.
func filesOf(t *testing.T, img v1.Image) map[string]pack.File {
	t.Helper()
	layers, err := img.Layers()
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]pack.File{}
	for _, l := range layers {
		if kind, err := l.MediaType(); err != nil || kind != types.OCILayer {
			t.Errorf("a layer is a %s, %v", kind, err)
		}
		r, err := l.Uncompressed()
		if err != nil {
			t.Fatal(err)
		}
		inside, err := pack.ReadTar(r)
		if err != nil {
			t.Fatal(err)
		}
		// The hash of a layer is only known to be right once all of it was read.
		if _, err := io.Copy(io.Discard, r); err != nil {
			t.Fatal(err)
		}
		r.Close()
		for _, f := range inside {
			files[f.Name] = f
		}
	}
	return files
}

func TestImagesHaveTheirPlatformsAndConfiguration(t *testing.T) {
	t.Parallel()
	r := built(t)
	for _, program := range services {
		images := r.imagesOf(t, program)
		if len(images) != len(r.images) {
			t.Errorf("%s: %d images, want %q", program, len(images), r.images)
		}
		for _, platform := range r.images {
			if images[platform] == nil {
				t.Errorf("%s: no image for %s", program, platform)
				continue
			}
			config, err := images[platform].ConfigFile()
			if err != nil {
				t.Fatal(err)
			}
			checkConfig(t, r, program, platform, config)
		}
	}
}

func checkConfig(t *testing.T, r release, program, platform string, c *v1.ConfigFile) {
	t.Helper()
	where := program + " for " + platform
	if c.OS+"/"+c.Architecture != platform {
		t.Errorf("%s: the configuration says %s/%s", where, c.OS, c.Architecture)
	}
	if c.Config.User != "65532:65532" {
		t.Errorf("%s runs as %q", where, c.Config.User)
	}
	if !slices.Equal(c.Config.Entrypoint, []string{"/usr/local/bin/" + program}) {
		t.Errorf("%s starts %q", where, c.Config.Entrypoint)
	}
	if c.Config.WorkingDir != "/etc/gateway" || c.Config.StopSignal != "SIGTERM" {
		t.Errorf("%s: folder %q, signal %q", where, c.Config.WorkingDir, c.Config.StopSignal)
	}
	if !c.Created.Equal(pack.Time) {
		t.Errorf("%s was made at %v", where, c.Created)
	}
	for label, want := range map[string]string{
		"title": program, "version": r.version, "licenses": "Apache-2.0",
	} {
		if got := c.Config.Labels["org.opencontainers.image."+label]; got != want {
			t.Errorf("%s: the label %s is %q, want %q", where, label, got, want)
		}
	}
	revision := strings.TrimSuffix(c.Config.Labels["org.opencontainers.image.revision"], "-dirty")
	if len(revision) != 40 {
		t.Errorf("%s: the commit is %q", where, revision)
	}
}

func TestImagesHaveNothingButWhatTheyNeed(t *testing.T) {
	t.Parallel()
	r := built(t)
	for _, program := range services {
		for platform, img := range r.imagesOf(t, program) {
			checkLayers(t, program, platform, filesOf(t, img))
		}
	}
}

func checkLayers(t *testing.T, program, platform string, files map[string]pack.File) {
	t.Helper()
	want := []string{
		"etc/group", "etc/nsswitch.conf", "etc/passwd", "etc/ssl/certs/ca-certificates.crt",
		"usr/share/doc/gateway/LICENSE",
	}
	switch program {
	case "gateway":
		want = append(want, "etc/gateway/gateway.yaml")
		for _, s := range services {
			want = append(want, "usr/local/bin/"+s)
		}
	case "edge", "healthagg":
		want = append(want, "etc/gateway/gateway.yaml", "usr/local/bin/"+program)
	default:
		want = append(want, "usr/local/bin/"+program)
	}
	var got []string
	zones := 0
	for name, f := range files {
		mode, owner := fs.FileMode(0o644), 0
		switch {
		case name == "tmp":
			mode = fs.ModeDir | fs.ModeSticky | 0o777
		case name == "var/lib/gateway":
			mode, owner = fs.ModeDir|0o700, 65532
		case f.Mode.IsDir():
			mode = fs.ModeDir | 0o755
		case path.Dir(name) == "usr/local/bin":
			mode = 0o755
			checkBinary(t, platform, f)
		}
		if f.Mode != mode || f.UID != owner || f.GID != owner {
			t.Errorf("%s: %s has the mode %v and is of %d:%d", program, name, f.Mode, f.UID, f.GID)
		}
		switch {
		case f.Mode.IsDir():
		case strings.HasPrefix(name, "usr/share/zoneinfo/"):
			zones++
		default:
			got = append(got, name)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s has the files\n%q, want\n%q", program, got, want)
	}
	if zones < 400 || files["usr/share/zoneinfo/Europe/Berlin"].Body == nil {
		t.Errorf("%s has %d time zones", program, zones)
	}
	pool, rest := 0, files["etc/ssl/certs/ca-certificates.crt"].Body
	for block, rest := pem.Decode(rest); block != nil; block, rest = pem.Decode(rest) {
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			t.Errorf("%s: an authority: %v", program, err)
		}
		pool++
	}
	if pool < 80 {
		t.Errorf("%s knows %d authorities", program, pool)
	}
}
