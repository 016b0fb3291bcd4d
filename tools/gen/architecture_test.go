package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/tools/internal/tree"
)

func TestTheMapIsOfThisTree(t *testing.T) {
	t.Parallel()
	root, err := tree.Root()
	if err != nil {
		t.Fatal(err)
	}
	want, err := architecture(root)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(mapPage)))
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("the map in %s is not what the packages say. Run `go run ./tools/gen`", mapPage)
	}
}

func TestTheMapFollowsTheTree(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	write := func(name, content string) {
		t.Helper()
		file := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(mapPage, "kept\n"+mapBegin+"old\n"+mapEnd+"kept too\n")
	write("libs/wrr/wrr.go", "// Package wrr spreads [picks]. More of it.\npackage wrr\n")
	write("libs/wrr/deep/deep.go",
		"// Package deep is below it\n// and has two lines.\npackage deep\n")
	write("libs/netx/netx_test.go", "// Package netx_test is not listed.\npackage netx_test\n")
	write("services/edge/main.go", "// Command edge is the gateway.\npackage main\n")
	write("examples/hello/embed.go", "// Package hello is files.\npackage hello\n")
	write("examples/hello/gateway.yaml", "version: 1\n")
	page, err := architecture(root)
	if err != nil {
		t.Fatal(err)
	}
	text := string(page)
	for _, want := range []string{
		"kept\n<!--", "-->\nkept too\n", "**Tier 2 of libs: model**",
		"| `libs/wrr` | spreads picks. |\n| `libs/wrr/deep` | is below it and has two lines. |\n",
		"**Services**\n\n| package | |\n|---|---|\n| `services/edge` | is the gateway. |\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing:\n%s", want, text)
		}
	}
	if strings.Contains(text, "old\n") || strings.Contains(text, "libs/netx") ||
		strings.Contains(text, "hello") {
		t.Errorf("too much is in it:\n%s", text)
	}
	write(mapPage, "no place for it\n")
	if _, err := architecture(root); err == nil {
		t.Error("a page without a place for the map is taken")
	}
}
