// Package noinit reports init functions outside tests.
package noinit

import (
	"go/ast"
	"strings"

	"golang.org/x/tools/go/analysis"
)

// Analyzer is run by nogo.
var Analyzer = &analysis.Analyzer{
	Name: "noinit",
	Doc: "report init functions: what a package does must start where main can be read, not by " +
		"being imported",
	Run: run,
}

func run(pass *analysis.Pass) (any, error) {
	for _, file := range pass.Files {
		if strings.HasSuffix(pass.Fset.Position(file.Pos()).Filename, "_test.go") ||
			ast.IsGenerated(file) {
			continue
		}
		for _, decl := range file.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				pass.ReportRangef(fn.Name,
					"no init functions: main composes values top to bottom, and an import "+
						"that runs code "+
						"cannot be ordered, configured or tested; make it a function that main "+
						"calls, or a variable with a value")
			}
		}
	}
	return nil, nil
}
