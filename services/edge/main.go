// Command edge is the L7 gateway: it accepts HTTP, finds the route of each
// request, and proxies it to an endpoint of the route's cluster.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"

	"github.com/sirupsen/logrus"

	"github.com/gatewayhomebrew/gateway/libs/config"
)

// Exit codes, as every binary of the gateway has them.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// version is set by release builds (-X main.version=…).
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, env func(string) string, stdout, stderr io.Writer) int {
	s, err := parseSettings(args, env, stderr)
	switch {
	case errors.Is(err, errHelp):
		return exitOK
	case err != nil:
		fmt.Fprintf(stderr, "edge: %v\n", err)
		return exitUsage
	case s.version:
		printVersion(stdout)
		return exitOK
	}
	log := logrus.New()
	log.SetOutput(stderr)
	log.SetLevel(s.level)

	source, err := config.Resolve(s.config, env)
	if err == nil {
		err = s.apply(source)
	}
	if err != nil {
		fmt.Fprintf(stderr, "%v\n", err)
		return exitUsage
	}
	if err := serve(ctx, source, log, stdout, stderr); err != nil {
		fmt.Fprintf(stderr, "edge: %v\n", err)
		return exitFailed
	}
	return exitOK
}

func printVersion(w io.Writer) {
	commit := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				commit = s.Value
			}
		}
	}
	fmt.Fprintf(w, "edge %s, commit %s, %s, %s/%s\n", version, commit, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
