// Command healthagg gathers the health of a fleet: it listens to what edges and relays tell each other of endpoints, keeps it,
// and explains it.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/gatewayhomebrew/gateway/libs/aggregator"
)

// version is set by release builds (-X main.version=…).
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	c := aggregator.Command{Version: version, Env: os.Getenv, Stdout: os.Stdout, Stderr: os.Stderr}
	os.Exit(c.Run(ctx, os.Args[1:]))
}
