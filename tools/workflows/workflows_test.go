package workflows

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/rhysd/actionlint"

	"github.com/gatewayhomebrew/gateway/tools/internal/tree"
)

func workflows(t *testing.T) []string {
	t.Helper()
	root, err := tree.Root()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(root, ".github", "workflows", "*.yml"))
	if err != nil || len(files) < 2 {
		t.Fatalf("found the workflows %q, %v", files, err)
	}
	return files
}

func TestWorkflowsAreWhatGitHubTakes(t *testing.T) {
	t.Parallel()
	for _, file := range workflows(t) {
		problems, err := lint(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range problems {
			t.Error(p)
		}
	}
}

func lint(file string) ([]*actionlint.Error, error) {
	// Without shellcheck and pyflakes, which are other programs.
	linter, err := actionlint.NewLinter(io.Discard, &actionlint.LinterOptions{})
	if err != nil {
		return nil, err
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return linter.Lint(filepath.Base(file), content, nil)
}

// The linter must be one that finds something.
func TestAMistakeIsFound(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "x.yml")
	const wrong = "on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n" +
		"      - run: echo ${{ github.nothing }}\n"
	if err := os.WriteFile(file, []byte(wrong), 0o600); err != nil {
		t.Fatal(err)
	}
	if problems, err := lint(file); err != nil || len(problems) != 1 {
		t.Errorf("%v, %v", problems, err)
	}
}

var (
	uses   = regexp.MustCompile(`(?m)^\s*(?:- )?uses: .*$`)
	pinned = regexp.MustCompile(`uses: [a-z0-9-]+/[a-z0-9-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`)
)

func TestActionsArePinnedByCommit(t *testing.T) {
	t.Parallel()
	found := 0
	for _, file := range workflows(t) {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range uses.FindAllString(string(content), -1) {
			found++
			if !pinned.MatchString(line) {
				t.Errorf("%s: %q: an action is named by its commit, with its version in a "+
					"comment", filepath.Base(file), line)
			}
		}
	}
	if found == 0 {
		t.Error("no workflow uses an action: the check looks at nothing")
	}
}
