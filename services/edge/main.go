// Command edge is the L7 gateway: it accepts HTTP, finds the route of each
// request, and proxies it to an endpoint of the route's cluster.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/node"
)

// version is set by release builds (-X main.version=…).
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	c := node.Command{
		Name: "edge", About: "the L7 gateway", Version: version, Protocols: []string{config.ProtocolHTTP},
		Env: os.Getenv, Stdout: os.Stdout, Stderr: os.Stderr,
	}
	os.Exit(c.Run(ctx, os.Args[1:]))
}
