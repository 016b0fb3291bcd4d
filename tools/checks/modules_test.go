package checks

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bazelbuild/buildtools/build"
	"golang.org/x/mod/modfile"
)

// TestModuleBazelNamesTheDirectDependencies compares use_repo(go_deps, ...) with go.mod. Bazel's
// own command for this, `bazel mod tidy`, needs a program that a restricted machine cannot fetch.
func TestModuleBazelNamesTheDirectDependencies(t *testing.T) {
	t.Parallel()
	root := treeRoot(t)
	gomod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	module, err := os.ReadFile(filepath.Join(root, "MODULE.bazel"))
	if err != nil {
		t.Fatal(err)
	}
	want, err := directRepositories(gomod)
	if err != nil {
		t.Fatal(err)
	}
	got, err := usedRepositories(module)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, want) {
		t.Errorf("MODULE.bazel names other modules than go.mod requires directly. It should "+
			"say:\n\nuse_repo(\n    go_deps,\n    \"%s\",\n)",
			strings.Join(want, "\",\n    \""))
	}
}

func TestDirectRepositories(t *testing.T) {
	t.Parallel()
	got, err := directRepositories([]byte(`module example.com/x
require (
	golang.org/x/net v0.1.0
	example.com/not/this v1.0.0 // indirect
	example.com/a/tool v1.0.0 // indirect
	example.com/a/tool/inner v1.0.0 // indirect
	github.com/Some-One/go.thing/v2 v2.0.0
)
tool example.com/a/tool/cmd/it
tool example.com/a/tool/inner
`))
	if want := []string{
		"com_example_a_tool", "com_example_a_tool_inner", "com_github_some_one_go_thing_v2",
		"org_golang_x_net",
	}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

func TestUsedRepositories(t *testing.T) {
	t.Parallel()
	got, err := usedRepositories([]byte(`use_repo(other, "x")
use_repo(
    go_deps,
    "b",
    "a",
)
`))
	if want := []string{"b", "a"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

// directRepositories returns the sorted names that Gazelle gives to the repositories of direct
// requirements, and to those that have a tool.
func directRepositories(gomod []byte) ([]string, error) {
	parsed, err := modfile.Parse("go.mod", gomod, nil)
	if err != nil {
		return nil, err
	}
	tools := map[string]bool{}
	for _, tool := range parsed.Tool {
		module := ""
		for _, require := range parsed.Require {
			if p := require.Mod.Path; len(p) > len(module) &&
				strings.HasPrefix(tool.Path+"/", p+"/") {
				module = p
			}
		}
		tools[module] = true
	}
	var names []string
	for _, require := range parsed.Require {
		if !require.Indirect || tools[require.Mod.Path] {
			names = append(names, repositoryName(require.Mod.Path))
		}
	}
	slices.Sort(names)
	return names, nil
}

// repositoryName turns the host's parts around and replaces what a repository's name cannot have.
func repositoryName(module string) string {
	host, rest, _ := strings.Cut(strings.ToLower(module), "/")
	parts := strings.Split(host, ".")
	slices.Reverse(parts)
	name := strings.Join(parts, "_")
	if rest != "" {
		name += "/" + rest
	}
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, name)
}

func usedRepositories(module []byte) ([]string, error) {
	parsed, err := build.ParseModule("MODULE.bazel", module)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, statement := range parsed.Stmt {
		call, ok := statement.(*build.CallExpr)
		if !ok || len(call.List) == 0 {
			continue
		}
		function, _ := call.X.(*build.Ident)
		extension, _ := call.List[0].(*build.Ident)
		if function == nil || function.Name != "use_repo" || extension == nil ||
			extension.Name != "go_deps" {
			continue
		}
		for _, argument := range call.List[1:] {
			if name, ok := argument.(*build.StringExpr); ok {
				names = append(names, name.Value)
			}
		}
	}
	return names, nil
}
