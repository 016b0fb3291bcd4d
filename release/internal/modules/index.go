package modules

import (
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gatewayhomebrew/gateway/release/internal/spdx"
)

// A Module is a module at the version of go.mod.
type Module struct {
	Path    string
	Version string
	// Sum is the checksum of go.sum: "h1:" and a hash of all files in base64.
	Sum string
	// Texts are its licences and notices, those that count for the packages that are used.
	Texts []Text
	// Licences are the SPDX identifiers that the texts have, sorted. There is at least one.
	Licences []string
}

// A Text is a file of a module.
type Text struct {
	Name string // its path in the module
	Body string
}

// An Index has all modules of go.mod.
type Index struct {
	root    string
	modules []entry
}

// entry is a module in the file that release/modules.bzl writes.
type entry struct {
	Path    string   `json:"path"`
	Version string   `json:"version"`
	Sum     string   `json:"sum"`
	Folder  string   `json:"folder"`
	Texts   []string `json:"texts"`
}

// Open reads the index that release/modules.bzl has written.
func Open(file string) (*Index, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	x := &Index{root: filepath.Dir(file)}
	if err := json.Unmarshal(content, &x.modules); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return x, nil
}

// Used returns the modules that have these packages, sorted by their paths, each with the texts of
// the folders that the packages are in, and of those above. Packages whose path begins with own
// are the project's, and belong to no other module. Each other must belong to one, and each module
// must have a licence that is known.
func (x *Index) Used(own string, packages []string) ([]Module, error) {
	used := map[string][]string{} // packages by module, relative to it
	for _, p := range packages {
		if within(p, own) {
			continue
		}
		e, ok := x.of(p)
		if !ok {
			return nil, fmt.Errorf("no module of go.mod has the package %s", p)
		}
		used[e.Path] = append(used[e.Path], strings.TrimPrefix(p[len(e.Path):], "/"))
	}
	var found []Module
	for _, e := range x.modules {
		if in := used[e.Path]; in != nil {
			m, err := x.module(e, in)
			if err != nil {
				return nil, err
			}
			found = append(found, m)
		}
	}
	slices.SortFunc(found, func(a, b Module) int { return strings.Compare(a.Path, b.Path) })
	return found, nil
}

func within(pkg, module string) bool {
	return pkg == module || strings.HasPrefix(pkg, module+"/")
}

// of finds the module with the longest path that a package is within.
func (x *Index) of(pkg string) (found entry, ok bool) {
	for _, e := range x.modules {
		if within(pkg, e.Path) && (!ok || len(e.Path) > len(found.Path)) {
			found, ok = e, true
		}
	}
	return found, ok
}

func (x *Index) module(e entry, packages []string) (Module, error) {
	m := Module{Path: e.Path, Version: e.Version, Sum: e.Sum}
	for _, name := range e.Texts {
		dir := path.Dir(name)
		if dir != "." && !slices.ContainsFunc(packages, func(p string) bool {
			return within(p, dir)
		}) {
			continue
		}
		body, err := os.ReadFile(filepath.Join(x.root, filepath.FromSlash(e.Folder),
			filepath.FromSlash(name)))
		if err != nil {
			return m, fmt.Errorf("a licence of %s: %w", e.Path, err)
		}
		m.Texts = append(m.Texts, Text{Name: name, Body: string(body)})
		ids, _ := spdx.Identify(string(body))
		m.Licences = append(m.Licences, ids...)
	}
	slices.Sort(m.Licences)
	m.Licences = slices.Compact(m.Licences)
	if len(m.Licences) == 0 {
		return m, fmt.Errorf("%s@%s has no licence that is known (of %d texts): look at it, and "+
			"add it to release/internal/spdx if the project may use it", e.Path, e.Version,
			len(m.Texts))
	}
	return m, nil
}
