package checks

import (
	"context"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestGoModIsTidy asks the Go command itself, which may fetch modules: the BUILD file lets it see
// the user's settings.
func TestGoModIsTidy(t *testing.T) {
	t.Parallel()
	gotool, err := exec.LookPath("go")
	if err != nil {
		t.Fatalf("there is no go on PATH: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, gotool, "mod", "tidy", "-diff")
	cmd.Dir = treeRoot(t)
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Errorf("go.mod or go.sum is not tidy: go mod tidy\n%v\n%s%s", err, stdout.String(),
			stderr.String())
	}
}
