package nosleep

import (
	"go/ast"
	"go/parser"
	"go/token"
	"testing"

	"golang.org/x/tools/go/analysis"
)

func TestSleepsAreReported(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, file, src string
		lines           []int
	}{
		{
			"in a test", "a_test.go",
			"package a\nimport \"time\"\nfunc f() {\n\ttime.Sleep(1)\n}\n", []int{4},
		},
		{
			"under another name", "a_test.go",
			"package a\nimport other \"time\"\nfunc f() { other.Sleep(1) }\n", []int{3},
		},
		{
			"handed on as a value", "a_test.go",
			"package a\nimport \"time\"\nvar nap = time.Sleep\n", []int{3},
		},
		{
			"with its reason", "a_test.go",
			"package a\nimport \"time\"\nfunc f() {\n\ttime.Sleep(1) // a slow reader\n}\n", nil,
		},
		{
			"below a comment", "a_test.go",
			"package a\nimport \"time\"\nfunc f() {\n\t// wait a bit\n\ttime.Sleep(1)\n}\n",
			[]int{5},
		},
		{"outside tests", "a.go", "package a\nimport \"time\"\nfunc f() { time.Sleep(1) }\n", nil},
		{
			"of another package", "a_test.go",
			"package a\nimport \"time\"\nvar _ time.Duration\nfunc f() { clock.Sleep(1) }\n", nil,
		},
		{"in a synctest bubble", "a_test.go",
			"package a\nimport (\n\"testing/synctest\"\n\"time\"\n)\n" +
				"func f() { synctest.Test(t, func() { time.Sleep(1) }) }\n", nil},
	} {
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, c.file, c.src, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		var lines []int
		pass := &analysis.Pass{
			Fset: fset, Files: []*ast.File{file}, Report: func(d analysis.Diagnostic) {
				lines = append(lines, fset.Position(d.Pos).Line)
			},
		}
		if _, err := Analyzer.Run(pass); err != nil {
			t.Fatal(err)
		}
		if len(lines) != len(c.lines) || (len(lines) == 1 && lines[0] != c.lines[0]) {
			t.Errorf("%s: reported on lines %v, want %v", c.name, lines, c.lines)
		}
	}
}
