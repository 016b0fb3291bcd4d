package main

import (
	"errors"
	"fmt"
	"go/doc"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gatewayhomebrew/gateway/tools/internal/tree"
	"github.com/gatewayhomebrew/gateway/tools/layering"
)

// The map of packages is between these lines of the page.
const (
	mapPage  = "docs/architecture.md"
	mapBegin = "<!-- BEGIN map: made by tools/gen from the table of tools/layering and " +
		"the package " +
		"comments; do not edit. -->\n"
	mapEnd = "<!-- END map -->\n"
)

// architecture returns the page with a new map.
func architecture(root string) ([]byte, error) {
	page, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(mapPage)))
	if err != nil {
		return nil, err
	}
	before, rest, found := strings.Cut(string(page), mapBegin)
	_, after, ended := strings.Cut(rest, mapEnd)
	if !found || !ended {
		return nil, errors.New(mapPage + " has lost the lines between which the map is")
	}
	says, err := packages(root)
	if err != nil {
		return nil, err
	}
	return []byte(before + mapBegin + packageMap(says) + mapEnd + after), nil
}

// packageMap is a table for each tier of libs/, the lowest first, and one for each other folder
// that has packages of the gateway or of its tools.
func packageMap(says map[string]string) string {
	var b strings.Builder
	rows := func(title string, belongs func(dir string) bool) {
		fmt.Fprintf(&b, "\n**%s**\n\n| package | |\n|---|---|\n", title)
		for _, dir := range slices.Sorted(maps.Keys(says)) {
			if belongs(dir) {
				fmt.Fprintf(&b, "| `%s` | %s |\n", dir, says[dir])
			}
		}
	}
	below := func(top string) func(string) bool {
		return func(dir string) bool { return dir == top || strings.HasPrefix(dir, top+"/") }
	}
	for i, tier := range layering.Tiers {
		rows(fmt.Sprintf("Tier %d of libs: %s", i+1, tier.Name), func(dir string) bool {
			return slices.ContainsFunc(tier.Packages, func(name string) bool {
				return below("libs/" + name)(dir)
			})
		})
	}
	rows("Outside the tiers of libs: for tests only", below("libs/testkit"))
	rows("Services", below("services"))
	rows("API documents and examples", func(dir string) bool {
		return below("openspec")(dir) || below("examples")(dir)
	})
	rows("Tools", below("tools"))
	b.WriteByte('\n')
	return b.String()
}

// packages returns what each package of the tree says of itself, by its folder: the first sentence
// of its comment, without its name.
func packages(root string) (map[string]string, error) {
	says := map[string]string{}
	err := tree.Walk(root, func(file string) error {
		dir := path.Dir(file)
		if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") || dir == "." ||
			says[dir] != "" || isScenario(root, dir) {
			return nil
		}
		name := filepath.Join(root, filepath.FromSlash(file))
		parsed, err := parser.ParseFile(token.NewFileSet(), name, nil,
			parser.PackageClauseOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		if parsed.Doc != nil {
			says[dir] = sentence(parsed.Doc.Text())
		}
		return nil
	})
	return says, err
}

// isScenario tells whether a folder is a scenario of examples/. The package in it only embeds the
// files of the scenario.
func isScenario(root, dir string) bool {
	_, err := os.Stat(filepath.Join(root, filepath.FromSlash(dir), "gateway.yaml"))
	return err == nil && strings.HasPrefix(dir, "examples/")
}

// sentence is the first sentence of a package comment, ready for a cell of a table.
func sentence(comment string) string {
	text := new(doc.Package).Synopsis(comment)
	for _, kind := range []string{"Package ", "Command "} {
		if rest, ok := strings.CutPrefix(text, kind); ok {
			_, text, _ = strings.Cut(rest, " ")
		}
	}
	return strings.NewReplacer("[", "", "]", "", "|", "\\|", "<", "&lt;").Replace(text)
}
