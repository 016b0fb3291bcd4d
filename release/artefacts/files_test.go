package artefacts

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/checksums"
	"github.com/gatewayhomebrew/gateway/release/pack"
)

// services are the programs of a release.
var services = []string{"configsync", "edge", "gateway", "healthagg", "relay"}

// release is what the build has made, by the names of files.
type release struct {
	version   string
	platforms []string // os/arch
	images    []string // the platforms that images are for
	files     map[string]string
	final     bool // built with --config=release
}

// built finds the files that the BUILD file names.
func built(t *testing.T) release {
	t.Helper()
	given := os.Getenv("RELEASE_FILES")
	if given == "" {
		t.Skip("the files of a release are built by Bazel: tools/bazel test //release/...")
	}
	r := release{
		version: os.Getenv("RELEASE_VERSION"), files: map[string]string{},
		final: os.Getenv("RELEASE_FINAL") == "True",
	}
	here := runtime.GOOS + "/" + runtime.GOARCH
	r.platforms, r.images = []string{here}, []string{here}
	if os.Getenv("RELEASE_PLATFORMS") != "" {
		r.platforms = strings.Fields(os.Getenv("RELEASE_PLATFORMS"))
		r.images = []string{"linux/amd64", "linux/arm64"}
	}
	for path := range strings.FieldsSeq(given) {
		path = filepath.Join(os.Getenv("TEST_SRCDIR"), filepath.FromSlash(path))
		r.files[filepath.Base(path)] = path
	}
	return r
}

// name is that of a file for a platform, without its end.
func (r release) name(platform string) string {
	return fmt.Sprintf("gateway_%s_%s", r.version, strings.ReplaceAll(platform, "/", "_"))
}

func (r release) archive(platform string) string {
	if strings.HasPrefix(platform, "windows/") {
		return r.name(platform) + ".zip"
	}
	return r.name(platform) + ".tar.gz"
}

// packages are the names of the packages for a platform, which Linux alone has.
func (r release) packages(platform string) (deb, rpm string, ok bool) {
	arch, ok := strings.CutPrefix(platform, "linux/")
	other := map[string]string{"amd64": "x86_64", "arm64": "aarch64"}[arch]
	return fmt.Sprintf("gateway_%s_%s.deb", r.version, arch),
		fmt.Sprintf("gateway-%s-1.%s.rpm", r.version, other), ok
}

func (r release) open(t *testing.T, name string) map[string]pack.File {
	t.Helper()
	files, err := pack.Read(r.files[name])
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]pack.File{}
	for _, f := range files {
		byName[f.Name] = f
	}
	return byName
}

func TestTheReleaseHasTheseFiles(t *testing.T) {
	t.Parallel()
	r := built(t)
	want := []string{"SHA256SUMS"}
	for _, p := range r.platforms {
		want = append(want, r.archive(p), r.name(p)+".cdx.json")
		if deb, rpm, ok := r.packages(p); ok {
			want = append(want, deb, rpm)
		}
	}
	want = append(want, fmt.Sprintf("gateway_%s.intoto.json", r.version))
	if len(r.platforms) > 1 {
		want = append(want, "gateway.rb")
	}
	for _, s := range services {
		want = append(want, fmt.Sprintf("gateway_%s_%s.oci.tar", r.version, s))
	}
	var got []string
	for name := range r.files {
		got = append(got, name)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestTheSumsAreThoseOfTheFiles(t *testing.T) {
	t.Parallel()
	r := built(t)
	text, err := os.ReadFile(r.files["SHA256SUMS"])
	if err != nil {
		t.Fatal(err)
	}
	listed, err := checksums.Parse(string(text))
	if err != nil {
		t.Fatal(err)
	}
	if len(listed) != len(r.files)-1 {
		t.Errorf("%d files are listed, and there are %d", len(listed), len(r.files)-1)
	}
	for _, want := range listed {
		got, err := checksums.Of(r.files[want.Name])
		if err != nil || got.Hex != want.Hex {
			t.Errorf("%s: %s, %v, and %s is listed", want.Name, got.Hex, err, want.Hex)
		}
	}
}
