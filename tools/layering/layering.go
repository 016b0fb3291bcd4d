package layering

import (
	"fmt"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

const module = "github.com/gatewayhomebrew/gateway"

// Import is one import statement of the tree.
type Import struct {
	// File is the path of the importing file, relative to the top of the tree, with slashes.
	File string
	// Line is where the statement is.
	Line int
	// Path is what is imported.
	Path string
}

// ParseImports reads the import statements of one Go file.
func ParseImports(file string, src []byte) ([]Import, error) {
	fset := token.NewFileSet()
	parsed, err := parser.ParseFile(fset, file, src, parser.ImportsOnly)
	if err != nil {
		return nil, fmt.Errorf("read the imports of %s: %w", file, err)
	}
	var imports []Import
	for _, spec := range parsed.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, fmt.Errorf("read the imports of %s: %w", file, err)
		}
		imports = append(imports, Import{
			File: file, Line: fset.Position(spec.Pos()).Line, Path: path,
		})
	}
	return imports, nil
}

// CheckFolder returns the problem of a folder below libs/ that no tier names, or "".
func CheckFolder(dir string) string {
	name, ok := libsPackage(dir)
	if !ok || name == testPackage || tierOf(name) >= 0 {
		return checkRoom(dir, name)
	}
	return fmt.Sprintf(
		"libs/%s is in no tier. Rule: every package of libs/ has a place in the architecture, "+
			"because a package without one is soon imported from everywhere. Add it to a tier in "+
			"tools/layering/table.go", name)
}

// checkRoom returns the problem of a folder that the house it stands in does not name, or "".
func checkRoom(dir, name string) string {
	h, ok := houses[name]
	if !ok {
		return ""
	}
	if room, _ := roomOf(dir, name); h.step(room) < 0 {
		return fmt.Sprintf("%s is in no step. Rule: the folders of libs/%s have an order, because "+
			"its arrows go down only. Add it to houses in tools/layering/table.go", dir, name)
	}
	return ""
}

// CheckTable returns the problems of the tables in table.go: names of folders that do not exist, as
// exists tells, and of tiers that there are not. A name that is left behind would let the next
// package that is called so slip into a tier that nobody chose for it.
func CheckTable(exists func(dir string) bool) (problems []string) {
	want := func(dir string) {
		if !exists(dir) {
			problems = append(problems, fmt.Sprintf("%s has no Go files. Rule: the tables in "+
				"tools/layering/table.go name what is there, because they are the map that people "+
				"read (docs/architecture.md). Take the name out", dir))
		}
	}
	for _, t := range Tiers {
		for _, name := range t.Packages {
			want("libs/" + name)
		}
	}
	for _, e := range exceptions {
		want("libs/" + e.from)
		want("libs/" + e.to)
	}
	for _, r := range restrictions {
		for _, name := range slices.Concat(r.only, r.never) {
			want("libs/" + name)
		}
		for _, dir := range r.and {
			want(dir)
		}
	}
	for name, h := range houses {
		for _, room := range slices.Concat(h.steps...) {
			want(strings.TrimSuffix("libs/"+name+"/"+room, "/"))
		}
	}
	for _, dir := range testHelpers {
		want(dir)
	}
	want("libs/" + testPackage)
	for _, tier := range testPackageUses {
		if !slices.ContainsFunc(Tiers, func(t Tier) bool { return t.Name == tier }) {
			problems = append(problems, fmt.Sprintf("there is no tier %q, which testkit may import",
				tier))
		}
	}
	return problems
}

// CheckImport returns the problems of one import statement: none, one, or several.
func CheckImport(imp Import) []string {
	var problems []string
	complain := func(rule, reason string) {
		problems = append(problems,
			fmt.Sprintf("%s:%d imports %s. Rule: %s, because %s", imp.File, imp.Line,
				short(imp.Path), rule, reason))
	}
	dir := imp.File[:max(strings.LastIndexByte(imp.File, '/'), 0)]
	from, inLibs := libsPackage(dir)
	isTest := strings.HasSuffix(imp.File, "_test.go") || slices.Contains(testHelpers, dir)

	checkRestrictions(imp, from, isTest, complain)

	local, ok := strings.CutPrefix(imp.Path, module+"/")
	if !ok {
		return problems
	}
	if service, ok := firstBelow(local, "services"); ok {
		if mine, _ := firstBelow(dir, "services"); mine != service {
			complain("nobody imports a service",
				"a service is a thin main; what two of them share belongs in libs/")
		}
	}
	if slices.Contains(testHelpers, local) && !isTest {
		complain("only tests import "+local,
			"it is for tests, may use testkit, and must never be linked into a gateway")
	}
	to, toLibs := libsPackage(local)
	if !toLibs {
		return problems
	}
	checkHouses(dir, local, isTest, complain)
	switch {
	case inLibs && from == to:
	case to == testPackage:
		if !isTest {
			complain("only tests import testkit",
				"its doubles and process runner must never be linked into a gateway")
		}
	case from == testPackage:
		if i := tierOf(to); i >= 0 && !slices.Contains(testPackageUses, Tiers[i].Name) {
			complain("testkit imports only "+strings.Join(testPackageUses, " and "),
				"tests of every tier use it, and a higher import would close a cycle")
		}
	case inLibs:
		checkTiers(from, to, complain)
	}
	return problems
}

func checkTiers(from, to string, complain func(rule, reason string)) {
	a, b := tierOf(from), tierOf(to)
	if a < 0 || b < 0 || b < a {
		// A folder without a tier is CheckFolder's problem.
		return
	}
	for _, e := range exceptions {
		if e.from == from && e.to == to {
			return
		}
	}
	switch {
	case b > a:
		complain(fmt.Sprintf("imports go down only, and %s (%s) is below %s (%s)", from,
			Tiers[a].Name, to, Tiers[b].Name),
			"a lower package never learns who uses it")
	case Tiers[a].Name == "model":
		complain("model packages never import each other, except health -> wrr",
			"each is pure and can be read, tested and replaced alone; a join above puts "+
				"them together")
	default:
		complain(fmt.Sprintf("imports go down only, and %s and %s are both in the tier %s", from,
			to, Tiers[a].Name),
			"packages of one tier that know each other become one package; what they share goes "+
				"a tier down")
	}
}

// checkHouses checks an import of a folder inside a package that is made of several.
func checkHouses(dir, local string, isTest bool, complain func(rule, reason string)) {
	name, _ := libsPackage(local)
	h, ok := houses[name]
	if !ok {
		return
	}
	room, ok := roomOf(dir, name)
	if !ok {
		if inner, _ := roomOf(local, name); h.closed && inner != "" && !isTest {
			complain("nobody outside imports what libs/"+name+" is made of",
				"its parts may change places as long as the package itself stays what it is")
		}
		return
	}
	inner, _ := roomOf(local, name)
	if a, b := h.step(room), h.step(inner); a >= 0 && b >= 0 && b >= a && room != inner && !isTest {
		complain(fmt.Sprintf("imports go down only, and in libs/%s the folder %q is not above %q",
			name, room, inner), "a lower part never learns who uses it")
	}
}

// roomOf returns the folder of a path inside the package of that name, "" for the package itself.
func roomOf(path, name string) (string, bool) {
	rest, ok := strings.CutPrefix(path, "libs/"+name)
	if !ok || rest != "" && rest[0] != '/' {
		return "", false
	}
	return strings.TrimPrefix(rest, "/"), true
}

// step is the place of a folder, -1 for one that has none.
func (h house) step(room string) int {
	return slices.IndexFunc(h.steps, func(step []string) bool {
		return slices.Contains(step, room)
	})
}

func checkRestrictions(imp Import, from string, isTest bool, complain func(rule, reason string)) {
	for _, r := range restrictions {
		switch {
		case !r.match(imp.Path), isTest && r.tests:
		case r.only != nil && !slices.Contains(r.only, from) &&
			!slices.ContainsFunc(r.and, func(top string) bool {
				return strings.HasPrefix(imp.File, top+"/")
			}):
			complain(fmt.Sprintf("only %s imports %s", strings.Join(r.only, ", "), r.what),
				r.reason)
		case slices.Contains(r.never, from):
			complain(fmt.Sprintf("%s do not import %s outside tests", strings.Join(r.never, ", "),
				r.what), r.reason)
		}
	}
}

// Visibility returns the default visibility that the BUILD file of a folder of libs/ must have.
func Visibility(dir string) (label string, ok bool) {
	name, ok := libsPackage(dir)
	if !ok {
		return "", false
	}
	if name == testPackage {
		return "//libs:tests", true
	}
	if room, _ := roomOf(dir, name); room != "" && houses[name].closed {
		return "//libs/" + name + ":__subpackages__", true
	}
	if i := tierOf(name); i >= 0 {
		return "//libs:" + Tiers[i].Group, true
	}
	return "", false
}

// libsPackage returns the first folder below libs/ of a path: the unit that tiers are made of.
func libsPackage(path string) (string, bool) { return firstBelow(path, "libs") }

func firstBelow(path, top string) (string, bool) {
	rest, ok := strings.CutPrefix(path, top+"/")
	if !ok {
		return "", false
	}
	name, _, _ := strings.Cut(rest, "/")
	return name, true
}

func tierOf(name string) int {
	return slices.IndexFunc(Tiers, func(t Tier) bool { return slices.Contains(t.Packages, name) })
}

func short(path string) string { return strings.TrimPrefix(path, module+"/") }

func within(top string) func(string) bool {
	return func(path string) bool { return path == top || strings.HasPrefix(path, top+"/") }
}
