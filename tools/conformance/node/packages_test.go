package node_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// packagesVariable names the folder node_modules; the BUILD file sets it to
// $(rlocationpath LABEL) of its marker file.
const packagesVariable = "NODE_PACKAGES"

// packages returns the folder node_modules with what package-lock.json names: ws, undici, and Node
// itself. A test without them is skipped; in CI it fails.
func packages(t *testing.T) string {
	t.Helper()
	folder, err := findPackages(t.Context())
	switch {
	case err != nil && os.Getenv("CI") != "":
		t.Fatalf("no packages of npm: %v", err)
	case err != nil:
		t.Skipf("no packages of npm: %v", err)
	}
	return folder
}

func findPackages(ctx context.Context) (string, error) {
	root := os.Getenv("TEST_SRCDIR")
	if root == "" {
		return installPackages(ctx)
	}
	marker := os.Getenv(packagesVariable)
	if marker == "" {
		return "", errors.New(packagesVariable + " is not set, see BUILD.bazel")
	}
	text, err := os.ReadFile(filepath.Join(root, marker))
	if err != nil {
		return "", err
	}
	if problem := strings.TrimSpace(string(text)); problem != "" {
		return "", errors.New(problem)
	}
	return filepath.Join(filepath.Dir(filepath.Join(root, marker)), "node_modules"), nil
}

// installPackages is for tests outside Bazel: npm installs the packages into the user's cache, once
// for each content of package-lock.json, whose checksums it holds them to.
func installPackages(ctx context.Context) (string, error) {
	lock, err := os.ReadFile("package-lock.json")
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	folder := filepath.Join(cache, fmt.Sprintf("gateway-node-%.6x", sha256.Sum256(lock)))
	modules := filepath.Join(folder, "node_modules")
	if _, err := os.Stat(modules); err == nil {
		return modules, nil
	}
	partial, err := os.MkdirTemp(cache, "gateway-node-*.partial")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(partial)
	for _, name := range []string{"package.json", "package-lock.json"} {
		text, err := os.ReadFile(name)
		if err != nil {
			return "", err
		}
		if err := os.WriteFile(filepath.Join(partial, name), text, 0o600); err != nil {
			return "", err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	cmd.Dir = partial
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("npm ci: %w\n%s", err, out)
	}
	// Another test may have been faster: its folder is as good.
	if err := os.Rename(partial, folder); err != nil && !errors.Is(err, os.ErrExist) {
		return "", err
	}
	return modules, nil
}

// program is Node: the package's where there is one for this machine, else that of the PATH.
func program(t *testing.T, modules string) string {
	t.Helper()
	arch := map[string]string{"amd64": "x64"}[runtime.GOARCH]
	if arch == "" {
		arch = runtime.GOARCH
	}
	node := filepath.Join(modules, "node-"+runtime.GOOS+"-"+arch, "bin", "node")
	if _, err := os.Stat(node); err == nil {
		return node
	}
	node, err := exec.LookPath("node")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	return node
}
