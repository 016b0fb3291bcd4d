package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func write(t *testing.T, root string, files map[string]string) {
	t.Helper()
	for name, body := range files {
		name = filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func read(t *testing.T, root string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "CHANGELOG.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func left(t *testing.T, root string) int {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(root, "release/notes/unreleased/*"))
	if err != nil {
		t.Fatal(err)
	}
	return len(paths)
}

func TestFragmentsBecomeASection(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	write(t, root, map[string]string{
		"MODULE.bazel": "module(\n    name = \"gateway\",\n    version = \"0.6.0\",\n)\n" +
			"bazel_dep(name = \"x\", version = \"9\")\n",
		"CHANGELOG.md":                  "# Changelog\n\nWhat.\n\n" + none,
		"release/notes/0.6.0.md":        "The first.\n",
		"release/notes/unreleased/b.md": "- two\n  lines\n",
		"release/notes/unreleased/a.md": "Not a list,\nof two lines.\n",
	})
	if err := gather(root); err != nil {
		t.Fatal(err)
	}
	first := "## 0.6.0\n\nThe first.\n\n### Everything in it\n\n" +
		"- Not a list,\n  of two lines.\n- two\n  lines\n"
	if got, want := read(t, root), "# Changelog\n\nWhat.\n\n"+first; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if left(t, root) != 0 {
		t.Error("fragments stay")
	}
	// Again: the section is there once.
	write(t, root, map[string]string{"release/notes/unreleased/c.md": "- three\n"})
	before := read(t, root)
	if err := gather(root); err != nil || read(t, root) != before || left(t, root) != 1 {
		t.Errorf("a second run: %v, %d fragments left\n%s", err, left(t, root), read(t, root))
	}
	// The next release is above it.
	write(t, root, map[string]string{
		"MODULE.bazel":           "module(name = \"gateway\", version = \"0.7.0\")\n",
		"release/notes/0.7.0.md": "The next.\n",
	})
	if err := gather(root); err != nil {
		t.Fatal(err)
	}
	want := "# Changelog\n\nWhat.\n\n## 0.7.0\n\nThe next.\n\n### Everything in it\n\n- three\n\n" +
		first
	if got := read(t, root); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestNothingIsLostWhereNotesAreMissing(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	write(t, root, map[string]string{
		"MODULE.bazel":                  "module(name = \"gateway\", version = \"0.6.0\")\n",
		"CHANGELOG.md":                  "# Changelog\n\n" + none,
		"release/notes/unreleased/b.md": "- two\n",
	})
	if err := gather(root); err == nil || !strings.Contains(err.Error(), "0.6.0.md") {
		t.Errorf("%v", err)
	}
	if left(t, root) != 1 || !strings.Contains(read(t, root), none) {
		t.Error("something was changed")
	}
}

// The version is in one place, which the notes of the next release follow.
func TestTheVersionHasNotes(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	version, err := versionOf(root)
	if err != nil {
		t.Skipf("the source tree is not here: %v", err)
	}
	if _, err := os.Stat(filepath.Join(root, "release", "notes", version+".md")); err != nil {
		t.Errorf("MODULE.bazel says %s: %v", version, err)
	}
}
