// Command configsync gives a fleet its configuration: operators publish one, nodes watch for theirs, and each goes through the
// fleet in steps and is taken back by itself when the nodes it has reached do worse.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/gatewayhomebrew/gateway/libs/configserver"
)

// version is set by release builds (-X main.version=…).
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	c := configserver.Command{Version: version, Env: os.Getenv, Stdout: os.Stdout, Stderr: os.Stderr}
	os.Exit(c.Run(ctx, os.Args[1:]))
}
