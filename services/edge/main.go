// Command edge is the L7 gateway: it accepts HTTP, finds the route of each
// request, and proxies it to an endpoint of the route's cluster.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/edge"
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
	var s edge.Settings
	err := parse(&s, args, stderr)
	if err == nil && !s.Version {
		err = s.Complete(env)
	}
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	case err != nil:
		fmt.Fprintf(stderr, "edge: %v\n", err)
		return exitUsage
	case s.Version:
		printVersion(stdout)
		return exitOK
	}
	log := s.Logger()
	log.SetOutput(stderr)
	err = edge.Run(ctx, edge.Options{
		Name: "edge", Version: version, Log: log, Stdout: stdout, Stderr: stderr,
		Load: func() (config.Source, error) { return s.Load(env) },
	})
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, edge.ErrConfig):
		fmt.Fprintf(stderr, "%v\n", err)
		return exitUsage
	}
	fmt.Fprintf(stderr, "edge: %v\n", err)
	return exitFailed
}

// parse reads the flags.
func parse(s *edge.Settings, args []string, stderr io.Writer) error {
	fs := flag.NewFlagSet("edge", flag.ContinueOnError)
	fs.SetOutput(io.Discard) // errors are printed once, by the caller
	s.Bind(fs)
	fs.BoolVar(&s.Version, "version", false, "print the version and exit")
	err := fs.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintf(stderr, "edge: the L7 gateway\n\nUsage: edge [flags]\n\nExample: edge --config gateway.yaml --log-level debug\n\nFlags:\n")
		fs.SetOutput(stderr)
		fs.PrintDefaults()
		return err
	case err != nil:
		return fmt.Errorf("%w (edge --help lists the flags)", err)
	case fs.NArg() > 0:
		return fmt.Errorf("there are no arguments besides flags, but got %q (edge --help lists the flags)", fs.Arg(0))
	}
	return nil
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
