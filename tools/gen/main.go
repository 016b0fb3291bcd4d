package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"

	"github.com/gatewayhomebrew/gateway/tools/internal/tree"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	// `bazel run` starts a program elsewhere and says where the user is.
	if dir := os.Getenv("BUILD_WORKSPACE_DIRECTORY"); dir != "" {
		if err := os.Chdir(dir); err != nil {
			return err
		}
	}
	root, err := tree.Root()
	if err != nil {
		return err
	}
	plugin, err := grpcPlugin(ctx)
	if err != nil {
		return err
	}
	files, err := generate(ctx, root, plugin)
	if err != nil {
		return err
	}
	if files[mapPage], err = architecture(root); err != nil {
		return err
	}
	for path, content := range files {
		file := filepath.Join(root, filepath.FromSlash(path))
		if old, err := os.ReadFile(file); err == nil && bytes.Equal(old, content) {
			continue
		}
		fmt.Println(path)
		if err := os.WriteFile(file, content, 0o644); err != nil {
			return err
		}
	}
	return render(ctx, root)
}
