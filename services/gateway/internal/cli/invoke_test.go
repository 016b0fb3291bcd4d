package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/cli"
)

// result is what a command line did.
type result struct {
	code           int
	stdout, stderr string
}

// environ is environment variables.
type environ map[string]string

// invoke runs a command line in this process, with nothing in the environment.
func invoke(t testing.TB, args ...string) result {
	t.Helper()
	return invokeIn(t, nil, args...)
}

func invokeIn(t testing.TB, env environ, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), testkit.Deadline)
	defer cancel()
	var stdout, stderr bytes.Buffer
	code := cli.Main(ctx, cli.Options{
		Args: args, Env: func(name string) string {
			return env[name]
		}, Stdout: &stdout, Stderr: &stderr,
		Version: "1.2.3", Commit: "abc",
	})
	return result{code, stdout.String(), stderr.String()}
}

// want checks the exit code and that texts are on stdout and stderr; "" wants nothing there.
func (r result) want(t testing.TB, code int, stdout, stderr string) {
	t.Helper()
	ok := func(got, want string) bool {
		return want == "" && got == "" || want != "" && strings.Contains(got, want)
	}
	if r.code != code || !ok(r.stdout, stdout) || !ok(r.stderr, stderr) {
		t.Errorf("exit code %d, want %d\nstdout %q\n  want %q\nstderr %q\n  want %q", r.code, code,
			r.stdout, stdout, r.stderr, stderr)
	}
}

// json decodes stdout.
func (r result) json(t testing.TB, v any) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(r.stdout))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		t.Fatalf("%v in %s", err, r.stdout)
	}
}

// write writes a file into a temporary folder and returns its name.
func write(t testing.TB, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// valid is a configuration with a little of everything.
const valid = `version: 1
listeners: [{name: public, address: 127.0.0.1:8080}]
clusters:
  - {name: users, endpoints: [{address: 127.0.0.1:9001, weight: 3}, {address: 127.0.0.1:9002}]}
  - {name: new, endpoints: [{address: 127.0.0.1:9003}]}
routes:
  - name: users-api
    hosts: [api.example.com]
    path_prefix: /users
    methods: [GET, POST]
    split: [{cluster: users, weight: 90}, {cluster: new, weight: 10}]
    rewrite: {strip_prefix: true}
    retry: {attempts: 3, on: [connect, "502"]}
    headers: {request: {set: {X-From: edge}, remove: [X-Debug]}}
  - {name: wild, hosts: ["*.example.com"], cluster: users}
  - {name: rest, path_prefix: /rest, cluster: users}
`
