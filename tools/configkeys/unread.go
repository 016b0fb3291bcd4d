package configkeys

import (
	"errors"
	"go/ast"
	"go/token"
	"go/types"
	"reflect"
	"strings"
)

// home is the folder whose packages only decode, check, compare and describe the document. What
// they read does not count.
const home = "libs/config"

// testkit is for tests only, and what they read does not count either.
const testkit = "libs/testkit"

// readers are the folders in which a key may be acted on.
var readers = []string{"libs/", "services/"}

// A Key is a key of the document that nothing reads.
type Key struct {
	// routes[].allow_encoded_slash; the first, where the struct stands in several places
	Path  string
	Field string // Route.AllowEncodedSlash
}

// Unread returns the keys of config.Document that nothing outside libs/config reads, and how many
// keys it has looked for.
func Unread(tree Tree) (unread []Key, keys int, err error) {
	s, err := parse(tree)
	if err != nil {
		return nil, 0, err
	}
	p, err := s.Import(tree.Module + "/" + home)
	if err != nil {
		return nil, 0, err
	}
	document, ok := p.Scope().Lookup("Document").(*types.TypeName)
	if !ok {
		return nil, 0, errors.New("there is no " + home + ".Document in the source tree")
	}
	read := s.read()
	w := walker{seen: make(map[*types.Var]bool)}
	w.structure(document.Type(), "")
	for _, f := range w.fields {
		if !read[f.field] {
			unread = append(unread, f.Key)
		}
	}
	return unread, len(w.fields), nil
}

// read returns the fields that are read where a key may be acted on, and those that a method of the
// document reads which is called there.
func (s *source) read() map[*types.Var]bool {
	read, called := make(map[*types.Var]bool), make(map[*types.Func]bool)
	for folder, files := range s.files {
		if !acting(folder) {
			continue
		}
		if _, err := s.Import(s.module + "/" + folder); err != nil {
			continue
		}
		for _, f := range files {
			s.eachUse(f, read, called)
		}
	}
	for _, f := range s.files[home] {
		for _, d := range f.Decls {
			if m, ok := d.(*ast.FuncDecl); ok && called[s.method(m)] {
				s.eachUse(m, read, make(map[*types.Func]bool))
			}
		}
	}
	return read
}

// eachUse notes the fields that code reads, and the methods that it names.
func (s *source) eachUse(code ast.Node, read map[*types.Var]bool, called map[*types.Func]bool) {
	written := assigned(code)
	ast.Inspect(code, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok || written[sel] || s.info.Selections[sel] == nil {
			return true
		}
		switch x := s.info.Selections[sel].Obj().(type) {
		case *types.Var:
			read[x.Origin()] = true
		case *types.Func:
			called[x.Origin()] = true
		}
		return true
	})
}

// method returns a method of the document, nil for every other function.
func (s *source) method(d *ast.FuncDecl) *types.Func {
	f, ok := s.info.Defs[d.Name].(*types.Func)
	if !ok || f.Signature().Recv() == nil {
		return nil
	}
	t := f.Signature().Recv().Type()
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	if n, ok := t.(*types.Named); !ok || n.Obj().Name() != "Document" {
		return nil
	}
	return f
}

func acting(folder string) bool {
	for _, other := range []string{home, testkit} {
		if folder == other || strings.HasPrefix(folder, other+"/") {
			return false
		}
	}
	for _, top := range readers {
		if strings.HasPrefix(folder+"/", top) {
			return true
		}
	}
	return false
}

// assigned returns the selectors in code that are written and not read: what is left of =, and what
// that is in.
func assigned(code ast.Node) map[*ast.SelectorExpr]bool {
	written := make(map[*ast.SelectorExpr]bool)
	ast.Inspect(code, func(n ast.Node) bool {
		a, ok := n.(*ast.AssignStmt)
		if !ok || a.Tok != token.ASSIGN {
			return true
		}
		for _, e := range a.Lhs {
			for e != nil {
				switch x := e.(type) {
				case *ast.SelectorExpr:
					written[x] = true
					e = x.X
				case *ast.IndexExpr:
					e = x.X
				case *ast.ParenExpr:
					e = x.X
				case *ast.StarExpr:
					e = x.X
				default:
					e = nil
				}
			}
		}
		return true
	})
	return written
}

// walker goes through the document by its types.
type walker struct {
	seen   map[*types.Var]bool
	fields []found
}

type found struct {
	Key
	field *types.Var
}

func (w *walker) structure(t types.Type, at string) {
	named, ok := t.(*types.Named)
	if !ok {
		return
	}
	st, ok := named.Underlying().(*types.Struct)
	if !ok {
		return
	}
	for i := range st.NumFields() {
		key, _, _ := strings.Cut(reflect.StructTag(st.Tag(i)).Get("config"), ",")
		if key == "" || key == "-" {
			continue
		}
		f := st.Field(i)
		here := key
		if at != "" {
			here = at + "." + key
		}
		if !w.seen[f] {
			w.seen[f] = true
			w.fields = append(w.fields, found{Key{here, named.Obj().Name() + "." + f.Name()}, f})
		}
		inner := f.Type()
		if p, ok := inner.(*types.Pointer); ok {
			inner = p.Elem()
		} else if l, ok := inner.(*types.Slice); ok {
			inner, here = l.Elem(), here+"[]"
		}
		w.structure(inner, here)
	}
}
