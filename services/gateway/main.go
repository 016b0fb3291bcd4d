// Command gateway is the command line of the gateway: it runs the edge, checks and explains configurations, and asks a
// running gateway how it is.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/gatewayhomebrew/gateway/services/gateway/internal/cli"
)

// Set by release builds (-X main.version=…).
var (
	version = "dev"
	commit  = ""
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once
	os.Exit(cli.Main(ctx, cli.Options{
		Args: os.Args[1:], Env: os.Getenv, Stdout: os.Stdout, Stderr: os.Stderr,
		Version: version, Commit: commit,
	}))
}
