package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/tools/internal/tree"
)

func TestGeneratedCodeIsOfTheseProtos(t *testing.T) {
	t.Parallel()
	root, err := tree.Root()
	if err != nil {
		t.Fatal(err)
	}
	files := generated(t, root)
	for path, want := range files {
		got, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(path)))
		if err != nil {
			t.Errorf("%v. Run `go run ./tools/gen`", err)
			continue
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what its .proto file makes. Run `go run ./tools/gen`", path)
		}
	}
	// Code whose .proto file is gone would go on being built.
	if err := tree.Walk(root, func(path string) error {
		if _, ok := files[path]; !ok && strings.HasSuffix(path, ".pb.go") {
			t.Errorf("%s has no .proto file", path)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func TestGenerationFollowsTheProto(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	write := func(content string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(root, "a.proto"), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const head = "syntax = \"proto3\"; package a; option go_package = \"example.com/a\";\n"
	write(head +
		"// Why it is.\nmessage M { string first = 1; } service S { rpc Do(M) returns (M); }")
	files := generated(t, root)
	if code := string(files["a.pb.go"]); !strings.Contains(code, "// Why it is.") ||
		!strings.Contains(code, "First ") {
		t.Errorf("a.pb.go is without the message, or without its comment:\n%s", code)
	}
	if code := string(files["a_grpc.pb.go"]); !strings.Contains(code, "S_Do_FullMethodName") {
		t.Errorf("a_grpc.pb.go is without the service:\n%s", code)
	}
	write(head + "message M { string second = 1; }")
	files = generated(t, root)
	if code := string(files["a.pb.go"]); !strings.Contains(code, "Second ") ||
		strings.Contains(code, "First ") {
		t.Errorf("a.pb.go does not follow:\n%s", code)
	}
	if _, ok := files["a_grpc.pb.go"]; ok {
		t.Error("there is code for a service, and no service")
	}
	write(head + "message M { Nothing second = 1; }")
	if _, err := generate(t.Context(), root, plugin(t)); err == nil ||
		!strings.Contains(err.Error(), "a.proto:2:13") {
		t.Errorf("a mistake is told of as: %v", err)
	}
}

func generated(t *testing.T, root string) map[string][]byte {
	t.Helper()
	files, err := generate(t.Context(), root, plugin(t))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func plugin(t *testing.T) string {
	t.Helper()
	p, err := grpcPlugin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return p
}
