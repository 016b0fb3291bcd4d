package layering

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/tools/internal/tree"
)

// TestTree checks the repository itself.
func TestTree(t *testing.T) {
	t.Parallel()
	root, err := tree.Root()
	if err != nil {
		t.Fatal(err)
	}
	folders := map[string]bool{}
	files := 0
	err = tree.Walk(root, func(file string) error {
		if !strings.HasSuffix(file, ".go") {
			return nil
		}
		if dir := path.Dir(file); !folders[dir] {
			folders[dir] = true
			if problem := CheckFolder(dir); problem != "" {
				t.Error(problem)
			}
			checkVisibility(t, root, dir)
		}
		src, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(file)))
		if err != nil {
			return err
		}
		imports, err := ParseImports(file, src)
		if err != nil {
			return err
		}
		for _, imp := range imports {
			for _, problem := range CheckImport(imp) {
				t.Error(problem)
			}
		}
		files++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range CheckTable(func(dir string) bool { return folders[dir] }) {
		t.Error(problem)
	}
	checkGroups(t, root, folders)
	// A check that looks at nothing passes for ever.
	if files < 10 {
		t.Fatalf("found %d Go files below %s: not the source tree", files, root)
	}
}

var groupMember = regexp.MustCompile(`"//(libs/[^"]+)/\.\.\."`)

// checkGroups wants the package groups of libs/BUILD.bazel to name packages that are there.
func checkGroups(t *testing.T, root string, folders map[string]bool) {
	t.Helper()
	build, err := os.ReadFile(filepath.Join(root, "libs", "BUILD.bazel"))
	if err != nil {
		t.Fatal(err)
	}
	for _, match := range groupMember.FindAllSubmatch(build, -1) {
		if dir := string(match[1]); !folders[dir] {
			t.Errorf("libs/BUILD.bazel names //%s/..., which has no Go files. Take it out", dir)
		}
	}
}

var defaultVisibility = regexp.MustCompile(`(?s)\bpackage\(\s*default_visibility = \[(.*?)\]`)

// checkVisibility sees to it that Bazel enforces the same tiers. A package may be private, which is
// stricter than its tier.
func checkVisibility(t *testing.T, root, dir string) {
	t.Helper()
	want, ok := Visibility(dir)
	if !ok {
		return
	}
	build, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(dir), "BUILD.bazel"))
	if err != nil {
		t.Errorf("%s has no BUILD.bazel: run tools/bazel run //:gazelle, put this line into it, "+
			"and run it again:\n# gazelle:default_visibility %s", dir, want)
		return
	}
	match := defaultVisibility.FindSubmatch(build)
	if match == nil ||
		!strings.Contains(string(match[1]), strconv.Quote(want)) &&
			!strings.Contains(string(match[1]), `"//visibility:private"`) {
		t.Errorf("%s/BUILD.bazel: Rule: a package of libs/ is visible to the tiers above its "+
			"own, because then Bazel refuses what "+
			"this test would. Put this line into it and run tools/bazel run //:gazelle:\n"+
			"# gazelle:default_visibility %s", dir, want)
	}
	// What Gazelle writes into a new package that has no such line yet.
	if strings.Contains(string(build), `visibility = ["//visibility:public"]`) {
		t.Errorf("%s/BUILD.bazel: Rule: nothing in libs/ is visible to all, because a tier ends "+
			"where anyone may reach in. "+
			"Take the visibility line out of the target: the package's default, %s, is meant", dir,
			want)
	}
}
