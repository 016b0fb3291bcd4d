package checks

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rhysd/actionlint"
)

// GitHub takes the workflows, and they run only code that we have looked at: an action is named by
// its commit, for a tag can be moved to other code.
func TestWorkflowsAreSound(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(treeRoot(t), ".github/workflows/*.yml"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 2 {
		t.Fatalf("%d workflows were found", len(files))
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, problem := range workflowProblems(t, file, text) {
			t.Errorf("%s: %s", filepath.Base(file), problem)
		}
	}
}

// pinned is how a step names an action: by a commit, with the version behind it.
var pinned = regexp.MustCompile(`^\s*(?:- )?uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`)

func workflowProblems(t *testing.T, file string, text []byte) (problems []string) {
	t.Helper()
	// Without shellcheck and pyflakes: they are programs of the machine.
	l, err := actionlint.NewLinter(io.Discard, &actionlint.LinterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	found, err := l.Lint(file, text, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range found {
		problems = append(problems, e.Error())
	}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\n")
		if strings.Contains(line, "uses: ") && !pinned.MatchString(line) {
			problems = append(problems, "write it as NAME@COMMIT # vX.Y.Z: "+line)
		}
	}
	if !strings.Contains(string(text), "\npermissions:\n") {
		problems = append(problems, "it says no permissions, and so may do all that the "+
			"repository allows: write permissions at the top")
	}
	return problems
}

func TestAnUnsoundWorkflowIsTold(t *testing.T) {
	t.Parallel()
	const unsound = "on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n" +
		"      - uses: actions/checkout@v5\n      - run: echo ${{ github.nothing_of_it }}\n"
	got := strings.Join(workflowProblems(t, "a.yml", []byte(unsound)), "\n")
	for _, want := range []string{"nothing_of_it", "NAME@COMMIT", "says no permissions"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not told of:\n%s", want, got)
		}
	}
}
