package checks

import (
	"go/parser"
	"go/token"
	"path"
	"strings"
	"testing"
)

// TestPackagesSayWhatTheyAre wants one package comment in each package: a reader who meets a
// package must learn when to use it.
func TestPackagesSayWhatTheyAre(t *testing.T) {
	t.Parallel()
	commented := map[string]bool{}
	eachFile(t, func(file string, content []byte) {
		if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, content,
			parser.PackageClauseOnly|parser.ParseComments)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			return
		}
		dir := path.Dir(file)
		commented[dir] = commented[dir] || saysWhatItIs(parsed.Name.Name, parsed.Doc.Text())
	})
	for dir, ok := range commented {
		if !ok {
			t.Errorf("%s has no package comment. Write a doc.go that starts with \"Package %s \" "+
				"(a binary: \"Command %s \")",
				dir, path.Base(dir), path.Base(dir))
		}
	}
}

func saysWhatItIs(name, comment string) bool {
	if name == "main" {
		return strings.HasPrefix(comment, "Command ")
	}
	return strings.HasPrefix(comment, "Package "+name+" ")
}

func TestSaysWhatItIs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, comment string
		want          bool
	}{
		{"netx", "Package netx has sockets.", true},
		{"netx", "Package net has sockets.", false},
		{"netx", "", false},
		{"main", "Command edge is the gateway.", true},
		{"main", "Package main is the gateway.", false},
	} {
		if got := saysWhatItIs(c.name, c.comment); got != c.want {
			t.Errorf("%s with %q: %v", c.name, c.comment, got)
		}
	}
}
