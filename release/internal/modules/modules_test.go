package modules_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/release/internal/modules"
)

const (
	mit = "Permission is hereby granted, free of charge, to any person obtaining a copy … " +
		"THE SOFTWARE IS PROVIDED \"AS IS\""
	mpl = "Mozilla Public License Version 2.0 … Covered Software"
)

// tree has a module with two licences, one that is inside it by its path, and one without any.
func tree(t *testing.T) *modules.Index {
	t.Helper()
	dir := t.TempDir()
	for name, body := range map[string]string{
		"texts/0/LICENSE": mit, "texts/0/inner/deep/LICENSE": mpl, "texts/1/COPYING": mpl,
		"texts/2/LICENSE": "ask us",
		"index.json": `[
			{"path": "a.example/m", "version": "v1.0.0", "sum": "h1:AA==", "folder": "texts/0",
			 "texts": ["LICENSE", "inner/deep/LICENSE"]},
			{"path": "a.example/m/sub", "version": "v2.0.0", "sum": "h1:BB==",
			 "folder": "texts/1", "texts": ["COPYING"]},
			{"path": "b.example/x", "version": "v0.1.0", "sum": "h1:CC==", "folder": "texts/2",
			 "texts": ["LICENSE"]}]`,
	} {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	x, err := modules.Open(filepath.Join(dir, "index.json"))
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func TestPackagesBelongToTheLongestModule(t *testing.T) {
	t.Parallel()
	found, err := tree(t).Used("own.example/p", []string{
		"own.example/p/libs/a", "a.example/m/sub/pkg", "a.example/m/other",
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range found {
		got = append(got, m.Path+"@"+m.Version+" "+strings.Join(m.Licences, "+"))
	}
	want := []string{"a.example/m@v1.0.0 MIT", "a.example/m/sub@v2.0.0 MPL-2.0"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestALicenceDeepInAModuleCountsForWhatIsThere(t *testing.T) {
	t.Parallel()
	for pkg, want := range map[string]int{
		"a.example/m/inner/deep/er": 2, "a.example/m/inner/deep": 2, "a.example/m/inner": 1,
		"a.example/m/inner/deeper": 1, "a.example/m": 1,
	} {
		found, err := tree(t).Used("own.example/p", []string{pkg})
		if err != nil || len(found) != 1 || len(found[0].Texts) != want {
			t.Errorf("%s: %+v, %v, want %d texts", pkg, found, err, want)
		}
	}
}

func TestWhatIsNotKnownIsAnError(t *testing.T) {
	t.Parallel()
	for pkg, want := range map[string]string{
		"c.example/y": "no module of go.mod has the package c.example/y",
		"a.example":   "no module of go.mod has the package a.example",
		"b.example/x": "b.example/x@v0.1.0 has no licence that is known",
	} {
		if _, err := tree(t).Used("own.example/p", []string{pkg}); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", pkg, err, want)
		}
	}
}
