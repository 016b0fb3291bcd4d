package rig

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const (
	edgePackage = "./services/edge"
	// where rules_go puts the binary of //services/edge
	edgeRunfiles = "_main/services/edge/edge_/edge"
)

// FindEdge returns the edge to measure: named, or BENCH_EDGE, or the one Bazel built beside the
// benchmark, or one that it builds in dir with the go command, as a release would be built.
func FindEdge(ctx context.Context, named, dir string) (string, error) {
	for _, path := range []string{named, os.Getenv("BENCH_EDGE")} {
		if path == "" {
			continue
		}
		if _, err := os.Stat(path); err != nil {
			return "", fmt.Errorf("the edge: %w", err)
		}
		return filepath.Abs(path)
	}
	if path, ok := inRunfiles(edgeRunfiles); ok {
		return path, nil
	}
	return build(ctx, edgePackage, filepath.Join(dir, Edge))
}

// build builds a package of this repository.
func build(ctx context.Context, pkg, path string) (string, error) {
	root, err := moduleRoot(ctx)
	if err != nil {
		return "", fmt.Errorf("no binary of %s was named and none can be built: %w", pkg, err)
	}
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", path, pkg)
	build.Dir = root
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building %s: %w\n%s", pkg, err, out)
	}
	return path, nil
}

// inRunfiles finds a file that Bazel built along.
func inRunfiles(runfile string) (string, bool) {
	roots := []string{os.Getenv("RUNFILES_DIR"), os.Getenv("TEST_SRCDIR")}
	if exe, err := os.Executable(); err == nil {
		roots = append(roots, exe+".runfiles")
	}
	for _, root := range roots {
		if root == "" {
			continue
		}
		path := filepath.Join(root, filepath.FromSlash(runfile))
		if _, err := os.Stat(path); err == nil {
			return path, true
		}
	}
	return "", false
}

func moduleRoot(ctx context.Context) (string, error) {
	env := exec.CommandContext(ctx, "go", "env", "GOMOD")
	// set by `bazel run`; empty is the working directory
	env.Dir = os.Getenv("BUILD_WORKSPACE_DIRECTORY")
	out, err := env.Output()
	if err != nil {
		return "", fmt.Errorf("go env GOMOD: %w", err)
	}
	mod := strings.TrimSpace(string(out))
	if mod == "" || mod == os.DevNull {
		return "", errors.New("this is not the gateway's source tree; use --edge")
	}
	return filepath.Dir(mod), nil
}

// EdgeVersion asks an edge for its version: the word after its name.
func EdgeVersion(ctx context.Context, path string) string {
	out, err := exec.CommandContext(ctx, path, "--version").Output()
	if err != nil {
		return "unknown"
	}
	words := strings.Fields(string(out))
	if len(words) < 2 {
		return "unknown"
	}
	return strings.TrimSuffix(words[1], ",")
}
