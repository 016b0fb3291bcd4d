// Package nosleep reports time.Sleep in tests.
package nosleep

import (
	"go/ast"
	"go/token"
	"path"
	"strconv"
	"strings"

	"golang.org/x/tools/go/analysis"
)

// Analyzer is run by nogo. A sleep inside the function given to synctest.Test is fine: time there
// is not real. So is one with a comment on its line, which says why it does not wait for anything:
// a peer that is slow on purpose, a time to measure over.
var Analyzer = &analysis.Analyzer{
	Name: "nosleep",
	Doc:  "report time.Sleep in tests: wait for what happens, or move a clock",
	Run:  run,
}

func run(pass *analysis.Pass) (any, error) {
	for _, file := range pass.Files {
		if strings.HasSuffix(pass.Fset.Position(file.Pos()).Filename, "_test.go") {
			ast.Walk(visitor{
				pass: pass, explained: commentedLines(pass.Fset, file),
				time: importName(file, "time"), synctest: importName(file, "testing/synctest"),
			}, file)
		}
	}
	return nil, nil
}

// visitor goes by the names of the imports rather than by types, so that the test of this package
// needs no compiled library.
type visitor struct {
	pass *analysis.Pass
	// explained are the lines with a comment.
	explained      map[int]bool
	time, synctest string
}

// Visit does not go into calls of synctest.Test.
func (v visitor) Visit(node ast.Node) ast.Visitor {
	switch node := node.(type) {
	case *ast.CallExpr:
		if is(node.Fun, v.synctest, "Test") {
			return nil
		}
	case *ast.SelectorExpr:
		if is(node, v.time, "Sleep") && !v.explained[v.pass.Fset.Position(node.Pos()).Line] {
			v.pass.ReportRangef(node,
				"no time.Sleep in tests: it is too short on a busy machine and too long on "+
					"all others; "+
					"wait on a channel or poll with a deadline, move a fake clock, or use "+
					"testing/synctest. "+
					"If being slow is what is tested, say so in a comment on this line")
		}
	}
	return v
}

func commentedLines(fset *token.FileSet, file *ast.File) map[int]bool {
	lines := map[int]bool{}
	for _, group := range file.Comments {
		lines[fset.Position(group.Pos()).Line] = true
	}
	return lines
}

func is(expr ast.Expr, pkg, name string) bool {
	selector, ok := expr.(*ast.SelectorExpr)
	if !ok || pkg == "" || selector.Sel.Name != name {
		return false
	}
	x, ok := selector.X.(*ast.Ident)
	return ok && x.Name == pkg
}

// importName returns the name that a file knows an import by, or "".
func importName(file *ast.File, want string) string {
	for _, spec := range file.Imports {
		if imported, err := strconv.Unquote(spec.Path.Value); err == nil && imported == want {
			if spec.Name != nil {
				return spec.Name.Name
			}
			return path.Base(want)
		}
	}
	return ""
}
