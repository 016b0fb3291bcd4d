package testkit

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"
)

// A binary is one of the services under test. A test process asks for it at most once.
type binary struct {
	name    string
	env     string   // the variable that names another one
	sources []string // folders it is built from, from the root of the repository

	once sync.Once
	path string
	err  error
}

var (
	edgeBinary = binary{
		name: "edge", env: "GATEWAY_EDGE_BIN", sources: []string{"libs", "services/edge"},
	}
	relayBinary = binary{
		name: "relay", env: "GATEWAY_RELAY_BIN", sources: []string{"libs", "services/relay"},
	}
	syncBinary = binary{
		name: "configsync", env: "GATEWAY_CONFIGSYNC_BIN",
		sources: []string{"libs", "services/configsync"},
	}
	healthBinary = binary{
		name: "healthagg", env: "GATEWAY_HEALTHAGG_BIN",
		sources: []string{"libs", "services/healthagg"},
	}
	gatewayBinary = binary{
		name: "gateway", env: "GATEWAY_CLI_BIN",
		sources: []string{"libs", "services/gateway", "examples"},
	}
)

// EdgeBinary returns the path of an edge binary: GATEWAY_EDGE_BIN when it is set, else the one
// among Bazel's runfiles, else one that the go command builds and keeps in its cache. All test
// processes of a run share it.
func EdgeBinary() (string, error) { return edgeBinary.find() }

// RelayBinary is EdgeBinary for the relay, with GATEWAY_RELAY_BIN.
func RelayBinary() (string, error) { return relayBinary.find() }

// ConfigsyncBinary is EdgeBinary for config-sync, with GATEWAY_CONFIGSYNC_BIN.
func ConfigsyncBinary() (string, error) { return syncBinary.find() }

// HealthaggBinary is EdgeBinary for the health aggregator, with GATEWAY_HEALTHAGG_BIN.
func HealthaggBinary() (string, error) { return healthBinary.find() }

// GatewayBinary is EdgeBinary for the command line, with GATEWAY_CLI_BIN.
func GatewayBinary() (string, error) { return gatewayBinary.find() }

func (b *binary) find() (string, error) {
	root := os.Getenv("TEST_SRCDIR")
	if root == "" {
		b.lookAtSources()
	}
	if p := os.Getenv(b.env); p != "" {
		return p, nil
	}
	if root == "" {
		b.once.Do(b.build)
		return b.path, b.err
	}
	// Where rules_go puts it. The main repository's folder is _main with bzlmod; TEST_WORKSPACE
	// names it either way.
	runfile := filepath.Join("services", b.name, b.name+"_", b.name)
	for _, repo := range []string{os.Getenv("TEST_WORKSPACE"), "_main"} {
		p := filepath.Join(root, repo, runfile)
		if _, err := os.Stat(p); err == nil {
			return p, nil
		}
	}
	return "",
		fmt.Errorf("no %s among the runfiles in %s: the test needs data = [\"//services/%s\"]",
			runfile, root, b.name)
}

// lookAtSources lists the folders the binary is built from. A test that runs a binary does not
// import its packages, so the go command would take a result from its cache though the gateway has
// changed; it does notice changes in folders that a test has read.
func (b *binary) lookAtSources() {
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
	for _, top := range b.sources {
		_ = filepath.WalkDir(filepath.Join(root, filepath.FromSlash(top)),
			func(string, fs.DirEntry, error) error { return nil })
	}
}

// build asks the go command for the program. `go run` keeps what it links in its cache, and with
// -exec echo it prints the path in place of running it. So the packages of a test run, each a
// process of its own, link a service once and not once each.
func (b *binary) build() {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	// The run that links the program tells where it was linked. That folder is gone when the run
	// ends; the next run tells the place in the cache.
	for range 2 {
		if b.path, b.err = b.link(ctx); b.err != nil {
			return
		}
		if _, b.err = os.Stat(b.path); b.err == nil {
			return
		}
	}
}

func (b *binary) link(ctx context.Context) (path string, err error) {
	pkg := "github.com/gatewayhomebrew/gateway/services/" + b.name
	cmd := exec.CommandContext(ctx, "go", "run", "-exec", "echo", pkg)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	var trouble bytes.Buffer
	cmd.Stderr = &trouble
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", pkg, err, &trouble)
	}
	return string(bytes.TrimSpace(out)), nil
}
