package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/checksums"
)

var (
	one   = strings.Repeat("1", 64)
	two   = strings.Repeat("2", 64)
	three = strings.Repeat("3", 64)
)

func TestTheFirstDifferenceIsSaid(t *testing.T) {
	t.Parallel()
	published := []checksums.Sum{{Hex: one, Name: "a"}, {Hex: two, Name: "b"}}
	for name, c := range map[string]struct {
		built []checksums.Sum
		want  string
	}{
		"equal": {published, ""},
		"another": {
			[]checksums.Sum{{Hex: one, Name: "a"}, {Hex: three, Name: "b"}}, "b was published",
		},
		"one less": {published[:1], "does not make it"},
		"one more": {append([]checksums.Sum{{Hex: three, Name: "c"}}, published...), "c is made"},
	} {
		err := compare(published, c.built)
		if c.want == "" && err != nil || c.want != "" && (err == nil ||
			!strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// repository has a tag, and a Bazel whose builds have the digest that the commit says.
func repository(t *testing.T) string {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	dir := t.TempDir()
	script := `#!/bin/sh
set -e
case "$*" in
*shutdown*) exit 0 ;;
*--output_base=*"build --config=release --disk_cache= //release:all"*) ;;
*) echo "unexpected: $*" >&2; exit 1 ;;
esac
test "$PWD" = "$(cd "$(dirname "$0")/.." && pwd)"
mkdir -p bazel-bin/release/all
cp digest bazel-bin/release/all/SHA256SUMS
`
	git := func(args ...string) {
		cmd := exec.CommandContext(t.Context(), "git", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "HOME="+dir,
			"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a",
			"GIT_COMMITTER_EMAIL=a@example.com")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %q: %v\n%s", args, err, out)
		}
	}
	write := func(name, body string, mode os.FileMode) {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(body), mode); err != nil {
			t.Fatal(err)
		}
	}
	git("init", "-q")
	write("tools/bazel", script, 0o755)
	write("digest", one+"  a.tar.gz\n", 0o644)
	git("add", ".")
	git("commit", "-qm", "x")
	git("tag", "v1.0.0")
	// What is there now is not what was tagged.
	write("digest", two+"  a.tar.gz\n", 0o644)
	return dir
}

func TestTheTaggedCommitIsBuiltAgain(t *testing.T) {
	t.Setenv("BUILD_WORKSPACE_DIRECTORY", repository(t))
	t.Setenv("BUILD_WORKING_DIRECTORY", t.TempDir())
	t.Setenv("TMPDIR", t.TempDir())
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	list := filepath.Join(os.Getenv("BUILD_WORKING_DIRECTORY"), "SHA256SUMS")
	for sum, want := range map[string]string{
		one: "match: 1 files of v1.0.0", two: "differs: a.tar.gz",
	} {
		if err := os.WriteFile(list, []byte(sum+"  a.tar.gz\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		said := ""
		if err := run(ctx, []string{"v1.0.0", "--sums", "SHA256SUMS"}, &out); err != nil {
			said = err.Error()
		}
		if !strings.Contains(out.String()+said, want) {
			t.Errorf("%s, %s; want %q", &out, said, want)
		}
	}
	// Nothing stays.
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) != 0 {
		t.Errorf("left are %v, %v", left, err)
	}
	if err := run(ctx, []string{"v9", "--sums", list}, &bytes.Buffer{}); err == nil {
		t.Error("a tag that is not there was no error")
	}
}
