// Command relay is the L4 gateway: it accepts TCP connections, finds the cluster of
// each listener or server name, and carries bytes both ways.
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
		Name: "relay", About: "the L4 gateway", Version: version, Protocols: []string{config.ProtocolTCP},
		Env: os.Getenv, Stdout: os.Stdout, Stderr: os.Stderr,
	}
	os.Exit(c.Run(ctx, os.Args[1:]))
}
