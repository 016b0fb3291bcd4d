package artefacts

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/release/pack"
)

func TestArchivesHaveWhatBelongsToTheBinaries(t *testing.T) {
	t.Parallel()
	r := built(t)
	for _, platform := range r.platforms {
		files := r.open(t, r.archive(platform))
		inside := map[string]pack.File{}
		for name, f := range files {
			name, ok := strings.CutPrefix(name, r.name(platform)+"/")
			if !ok {
				t.Errorf("%s: %s is beside the folder", platform, f.Name)
			}
			inside[name] = f
		}
		want := []string{
			"CHANGELOG.md", "LICENSE", "NOTICES.txt", "gateway.schema.json", "gateway.yaml",
			"completions/_gateway", "completions/gateway.bash", "completions/gateway.fish",
			"completions/gateway.ps1",
		}
		programs := slices.Clone(services)
		for i := range programs {
			if strings.HasPrefix(platform, "windows/") {
				programs[i] += ".exe"
			}
		}
		var got, manual []string
		for name, f := range inside {
			if f.Mode.Perm() != 0o644 && !slices.Contains(programs, name) {
				t.Errorf("%s: %s has the mode %v", platform, name, f.Mode)
			}
			if strings.HasPrefix(name, "man/man1/") {
				manual = append(manual, name)
				continue
			}
			got = append(got, name)
		}
		want = append(want, programs...)
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: got  %q\nwant %q", platform, got, want)
		}
		if len(manual) < 30 || !slices.Contains(manual, "man/man1/gateway-config-validate.1") {
			t.Errorf("%s: the manual has the pages %q", platform, manual)
		}
		checkFiles(t, inside)
		for _, p := range programs {
			checkBinary(t, platform, inside[p])
		}
	}
}

func checkFiles(t *testing.T, inside map[string]pack.File) {
	t.Helper()
	if !json.Valid(inside["gateway.schema.json"].Body) {
		t.Error("the schema is no JSON")
	}
	for name, want := range map[string]string{
		"LICENSE":                  "Apache License",
		"gateway.yaml":             "version: 1",
		"completions/gateway.bash": "__start_gateway",
		"completions/_gateway":     "#compdef gateway",
		"completions/gateway.fish": "complete -c gateway",
		"completions/gateway.ps1":  "Register-ArgumentCompleter",
		// A module of each binary's own, Go, and one with a notice.
		"NOTICES.txt": "Copyright 2009 The Go Authors",
	} {
		if !bytes.Contains(inside[name].Body, []byte(want)) {
			t.Errorf("%s does not have %q", name, want)
		}
	}
	for _, module := range []string{
		"github.com/hashicorp/memberlist", "google.golang.org/grpc", "github.com/spf13/cobra",
		"go.etcd.io/etcd/client/v3",
	} {
		if !bytes.Contains(inside["NOTICES.txt"].Body, []byte("\n"+module+" v")) {
			t.Errorf("the notices do not name %s", module)
		}
	}
}

// hostPaths are parts of paths of machines that build: homes, caches, and Bazel's own folders.
var hostPaths = []string{
	"/root/", "/home/runner", "/Users/", "/work/", "/.cache/", "/execroot/", "/sandbox/",
	"bazel-out/", "/go/pkg/mod/",
}

// checkBinary looks for the platform that a binary is for, and for traces of the machine that built
// it.
func checkBinary(t *testing.T, platform string, f pack.File) {
	t.Helper()
	if f.Mode.Perm() != 0o755 {
		t.Errorf("%s: %s has the mode %v", platform, f.Name, f.Mode)
	}
	info, err := buildinfo.Read(bytes.NewReader(f.Body))
	if err != nil {
		t.Errorf("%s: %s: %v", platform, f.Name, err)
		return
	}
	if !strings.HasPrefix(info.GoVersion, "go1.") {
		t.Errorf("%s: %s is built with %q", platform, f.Name, info.GoVersion)
	}
	magic := map[string]string{"linux": "\x7fELF", "darwin": "\xcf\xfa\xed\xfe", "windows": "MZ"}
	system, _, _ := strings.Cut(platform, "/")
	if !bytes.HasPrefix(f.Body, []byte(magic[system])) {
		t.Errorf("%s is not for %s", f.Name, platform)
	}
	for _, path := range hostPaths {
		if at := bytes.Index(f.Body, []byte(path)); at >= 0 {
			around := f.Body[max(0, at-40):min(len(f.Body), at+60)]
			t.Errorf("%s: %s has a path of a machine: %q", platform, f.Name, around)
		}
	}
}

// versionLine is what a binary says of itself. The commit is one where git is there.
var versionLine = regexp.MustCompile(
	`^([a-z]+) (\S+), commit ([0-9a-f]{40}(?:-dirty)?), go1\.\S+, ([a-z]+/[a-z0-9]+)(?:, .*)?\n$`)

func TestBinariesSayTheirVersionAndCommit(t *testing.T) {
	t.Parallel()
	r := built(t)
	here := runtime.GOOS + "/" + runtime.GOARCH
	if !slices.Contains(r.platforms, here) {
		t.Skipf("no binary is for %s", here)
	}
	want := r.version
	if !r.final {
		want += "-dev"
	}
	files := r.open(t, r.archive(here))
	for _, name := range services {
		program := filepath.Join(t.TempDir(), name)
		body := files[r.name(here)+"/"+name].Body
		if err := os.WriteFile(program, body, 0o700); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		cmd := exec.CommandContext(ctx, program, "--version")
		cmd.Env = []string{}
		out, err := cmd.Output()
		if err != nil {
			t.Errorf("%s --version: %v", name, err)
			continue
		}
		said := versionLine.FindStringSubmatch(string(out))
		if said == nil || said[1] != name || said[2] != want || said[4] != here {
			t.Errorf("%s --version: %q, want %s %s, a commit, and %s", name, out, name, want, here)
		}
	}
}
