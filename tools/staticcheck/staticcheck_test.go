package staticcheck

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/tools/internal/tree"
)

// checks are U1000, unused code, and all of SA but SA1019: some tests speak with what
// golang.org/x/net calls old, since it lets them do what a polite peer does not.
const checks = "SA*,-SA1019,U1000"

// TestStaticcheckFindsNothing asks the Go command for the program, which may fetch modules: the
// BUILD file lets it see the user's settings. go.mod says which version it is.
func TestStaticcheckFindsNothing(t *testing.T) {
	t.Parallel()
	root := treeRoot(t)
	if out, err := run(t, root, program(t, root), "-checks", checks, "./..."); err != nil {
		t.Errorf("staticcheck: %v\n%s\nTake out what nothing uses, and mend the rest. "+
			"What a check means: go tool staticcheck -explain CHECK", err, out)
	}
}

// faulty is a package with two faults.
const faulty = `// Package faulty has faults.
package faulty

func nobodyCalls() {}

// Same reports what it always does.
func Same(a int) bool { return a == a }
`

func TestStaticcheckFindsSomething(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module faulty.test\n\ngo 1.26\n", "faulty.go": faulty,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, err := run(t, dir, program(t, treeRoot(t)), "-checks", checks, ".")
	if err == nil || !strings.Contains(out, "U1000") || !strings.Contains(out, "SA4000") {
		t.Errorf("in a package with two faults it finds: %v\n%s", err, out)
	}
}

// program is the path of staticcheck, in the version of go.mod.
func program(t *testing.T, root string) string {
	t.Helper()
	out, err := run(t, root, "go", "tool", "-n", "staticcheck")
	if err != nil {
		t.Fatalf("go tool -n staticcheck: %v\n%s", err, out)
	}
	return strings.TrimSpace(out)
}

func run(t *testing.T, dir, name string, args ...string) (output string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 25*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err = cmd.Run(); err != nil {
		return stdout.String() + stderr.String(), err
	}
	return stdout.String(), nil
}

func treeRoot(t *testing.T) string {
	t.Helper()
	root, err := tree.Root()
	if err != nil {
		t.Fatal(err)
	}
	return root
}
