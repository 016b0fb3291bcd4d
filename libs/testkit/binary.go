package testkit

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"
)

// edgePackage is what `go build` builds when no binary is given.
const edgePackage = "github.com/gatewayhomebrew/gateway/services/edge"

// runfilesPath is where rules_go puts the binary of //services/edge below a runfiles root.
const runfilesPath = "services/edge/edge_/edge"

var built struct {
	once sync.Once
	dir  string
	path string
	err  error
}

// EdgeBinary returns the path of an edge binary: GATEWAY_EDGE_BIN when it is set, else the one among
// Bazel's runfiles, else one built with `go build`, once for the test process.
func EdgeBinary() (string, error) {
	root := os.Getenv("TEST_SRCDIR")
	if root == "" {
		lookAtSources()
	}
	if p := os.Getenv("GATEWAY_EDGE_BIN"); p != "" {
		return p, nil
	}
	if root != "" {
		// The main repository's folder is _main with bzlmod; TEST_WORKSPACE names it either way.
		for _, repo := range []string{os.Getenv("TEST_WORKSPACE"), "_main"} {
			p := filepath.Join(root, repo, filepath.FromSlash(runfilesPath))
			if _, err := os.Stat(p); err == nil {
				return p, nil
			}
		}
		return "", fmt.Errorf("no %s among the runfiles in %s: the test needs data = [\"//services/edge\"]", runfilesPath, root)
	}
	built.once.Do(build)
	return built.path, built.err
}

// lookAtSources lists the folders the edge is built from. A test that runs a binary does not import its packages, so
// the go command would take a result from its cache though the gateway has changed; it does notice changes in folders
// that a test has read.
func lookAtSources() {
	root, err := os.Getwd()
	for err == nil {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			break
		}
		if root == filepath.Dir(root) {
			return
		}
		root = filepath.Dir(root)
	}
	for _, top := range []string{"libs", filepath.Join("services", "edge")} {
		_ = filepath.WalkDir(filepath.Join(root, top), func(string, fs.DirEntry, error) error { return nil })
	}
}

func build() {
	dir, err := os.MkdirTemp("", "edge-under-test")
	if err != nil {
		built.err = err
		return
	}
	built.dir = dir
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	out := filepath.Join(dir, "edge")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", out, edgePackage)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		built.err = fmt.Errorf("go build %s: %w\n%s", edgePackage, err, text)
		return
	}
	built.path = out
}

func removeBuilt() {
	if built.dir != "" {
		_ = os.RemoveAll(built.dir)
	}
}
