package testkit

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// A tool is a program of another module that tests run. go.mod names it under tool, so that every
// machine builds the same one, and no test depends on what is installed.
type tool struct {
	pkg string
	env string // the variable that names a program, or a runfile of Bazel's
}

// InteropClient returns the path of gRPC's own client of its interoperability tests, or fails the
// test.
func InteropClient(t testing.TB) string {
	return tool{pkg: "google.golang.org/grpc/interop/client", env: "GRPC_INTEROP_CLIENT"}.need(t)
}

// InteropServer is InteropClient for the server.
func InteropServer(t testing.TB) string {
	return tool{pkg: "google.golang.org/grpc/interop/server", env: "GRPC_INTEROP_SERVER"}.need(t)
}

func (l tool) need(t testing.TB) string {
	t.Helper()
	p, err := l.find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// find looks where the variable says: the BUILD file sets it to $(rlocationpath), which counts from
// the folder of the runfiles. Outside Bazel the go command builds the tool, and keeps it in its
// cache.
func (l tool) find(ctx context.Context) (string, error) {
	root := os.Getenv("TEST_SRCDIR")
	switch p := os.Getenv(l.env); {
	case filepath.IsAbs(p):
		return p, nil
	case p != "" && root != "":
		return filepath.Join(root, p), nil
	case root != "":
		return "",
			fmt.Errorf("%s is not set: the test needs the tool as data, and env = {%q: "+
				"\"$(rlocationpath LABEL)\"}", l.env, l.env)
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	var trouble bytes.Buffer
	cmd := exec.CommandContext(ctx, "go", "tool", "-n", l.pkg)
	cmd.Stderr = &trouble
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("go tool -n %s: %w\n%s", l.pkg, err, &trouble)
	}
	return string(bytes.TrimSpace(out)), nil
}
