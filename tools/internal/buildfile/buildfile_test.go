package buildfile

import (
	"strings"
	"testing"
)

func TestCheckFinds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, file, content, want string }{
		{"not parsed", "a/BUILD.bazel", "filegroup(", "syntax error"},
		{
			"badly formatted", "a/BUILD.bazel", "filegroup(name = 'x')\n",
			"a/BUILD.bazel is not formatted",
		},
		{"unused load", "a/BUILD.bazel", "load(\":a.bzl\", \"a\")\n", "a/BUILD.bazel:1: "},
		{"no docstring", "a/b.bzl", "def f():\n    pass\n", "docstring"},
		{"good", "a/BUILD.bazel", "filegroup(name = \"x\")\n", ""},
	} {
		problems := strings.Join(Check(c.file, []byte(c.content)), "\n")
		if (problems == "") != (c.want == "") || !strings.Contains(problems, c.want) {
			t.Errorf("%s: got %q, want something with %q", c.name, problems, c.want)
		}
	}
}

func TestFix(t *testing.T) {
	t.Parallel()
	got, err := Fix("a/BUILD.bazel", []byte("load(':a.bzl', 'a', 'b')\nb(name = 'x',)\n"))
	if want := "load(\":a.bzl\", \"b\")\n\nb(name = \"x\")\n"; err != nil || string(got) != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	if _, err := Fix("a/BUILD.bazel", []byte("filegroup(")); err == nil {
		t.Error("a broken file gave no error")
	}
}

func TestIs(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]bool{
		"BUILD.bazel": true, "libs/x/BUILD.bazel": true, "MODULE.bazel": true, "a/b.bzl": true,
		"BUILD.md": false, "a.bazelrc": false,
	} {
		if Is(file) != want {
			t.Errorf("Is(%q) = %v", file, !want)
		}
	}
}
