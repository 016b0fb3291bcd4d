package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gatewayhomebrew/gateway/tools/internal/tree"
)

func main() {
	release := flag.Bool("release", false, "take the documents of today for those of the release")
	flag.Parse()
	broken, err := run(*release)
	if err != nil {
		fmt.Fprintln(os.Stderr, "breaking:", err)
		os.Exit(2)
	}
	if broken {
		os.Exit(1)
	}
}

// run says whether there are changes that break clients and that nobody has accepted.
func run(release bool) (broken bool, err error) {
	// `bazel run` starts a program elsewhere and says where the user is.
	if dir := os.Getenv("BUILD_WORKSPACE_DIRECTORY"); dir != "" {
		if err := os.Chdir(dir); err != nil {
			return false, err
		}
	}
	root, err := tree.Root()
	if err != nil {
		return false, err
	}
	now := filepath.Join(root, "openspec")
	if release {
		return false, take(now, filepath.Join(now, released))
	}
	found, err := since(filepath.Join(now, released), now)
	if err != nil {
		return false, err
	}
	for _, c := range found {
		fmt.Println(c)
		broken = broken || !c.accepted
	}
	return broken, nil
}
