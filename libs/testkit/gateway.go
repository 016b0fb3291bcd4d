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

// gatewayPackage is what `go build` builds when no binary is given.
const gatewayPackage = "github.com/gatewayhomebrew/gateway/services/gateway"

// gatewayRunfiles is where rules_go puts the binary of //services/gateway below a runfiles root.
const gatewayRunfiles = "services/gateway/gateway_/gateway"

var builtGateway struct {
	once sync.Once
	dir  string
	path string
	err  error
}

// GatewayBinary returns the path of the CLI's binary: GATEWAY_CLI_BIN when it is set, else the one among Bazel's runfiles,
// else one built with `go build`, once for the test process.
func GatewayBinary() (string, error) {
	root := os.Getenv("TEST_SRCDIR")
	if root == "" {
		lookAtSources()
		lookAtGateway()
	}
	if p := os.Getenv("GATEWAY_CLI_BIN"); p != "" {
		return p, nil
	}
	if root != "" {
		for _, repo := range []string{os.Getenv("TEST_WORKSPACE"), "_main"} {
			p := filepath.Join(root, repo, filepath.FromSlash(gatewayRunfiles))
			if _, err := os.Stat(p); err == nil {
				return p, nil
			}
		}
		return "", fmt.Errorf("no %s among the runfiles in %s: the test needs data = [\"//services/gateway\"]", gatewayRunfiles, root)
	}
	builtGateway.once.Do(buildGateway)
	return builtGateway.path, builtGateway.err
}

// lookAtGateway does for the CLI what lookAtSources does for the edge.
func lookAtGateway() {
	dir, err := os.Getwd()
	for err == nil {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			return
		}
		dir = filepath.Dir(dir)
	}
	for _, top := range []string{filepath.Join("services", "gateway"), "examples"} {
		_ = filepath.WalkDir(filepath.Join(dir, top), func(string, fs.DirEntry, error) error { return nil })
	}
}

func buildGateway() {
	dir, err := os.MkdirTemp("", "gateway-under-test")
	if err != nil {
		builtGateway.err = err
		return
	}
	builtGateway.dir = dir
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	out := filepath.Join(dir, "gateway")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", out, gatewayPackage)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		builtGateway.err = fmt.Errorf("go build %s: %w\n%s", gatewayPackage, err, text)
		return
	}
	builtGateway.path = out
}

func removeGateway() {
	if builtGateway.dir != "" {
		_ = os.RemoveAll(builtGateway.dir)
	}
}
