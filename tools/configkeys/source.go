package configkeys

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"path"
	"slices"
	"strings"
)

// A Tree is the source of a module: the text of each file by its path from the top.
type Tree struct {
	Module string
	Files  map[string]string
}

// source is a tree whose packages are looked at as they are imported.
type source struct {
	module   string
	fset     *token.FileSet
	files    map[string][]*ast.File // by folder
	info     types.Info
	packages map[string]*types.Package // by import path
}

// parse reads the files of a tree, but for tests. A file that does not parse is an error: what it
// reads would be missed.
func parse(tree Tree) (*source, error) {
	s := &source{
		module: tree.Module, fset: token.NewFileSet(), files: make(map[string][]*ast.File),
		info: types.Info{
			Selections: make(map[*ast.SelectorExpr]*types.Selection),
			Defs:       make(map[*ast.Ident]types.Object),
		},
		packages: make(map[string]*types.Package),
	}
	for _, name := range slices.Sorted(maps.Keys(tree.Files)) {
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		if err := s.add(path.Dir(name), name, tree.Files[name]); err != nil {
			return nil, err
		}
	}
	for name, text := range stubs() {
		if err := s.add(name, name+".go", text); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *source) add(folder, name, text string) error {
	f, err := parser.ParseFile(s.fset, name, text, parser.SkipObjectResolution)
	if err != nil {
		return fmt.Errorf("read the source tree: %w", err)
	}
	s.files[folder] = append(s.files[folder], f)
	return nil
}

// Import returns a package of the tree, looked at with all its function bodies, and an empty one
// for every other path. What an empty package lacks is an error of the check of types, and those
// are passed over: the compiler has judged the code already.
func (s *source) Import(name string) (*types.Package, error) {
	if p := s.packages[name]; p != nil {
		return p, nil
	}
	folder := name
	if local, ok := strings.CutPrefix(name, s.module+"/"); ok {
		folder = local
	}
	files := s.files[folder]
	if len(files) == 0 {
		p := types.NewPackage(name, path.Base(name))
		p.MarkComplete()
		s.packages[name] = p
		return p, nil
	}
	conf := types.Config{Importer: s, Error: func(error) {}, FakeImportC: true}
	p, _ := conf.Check(name, s.fset, files, &s.info)
	s.packages[name] = p
	return p, nil
}
