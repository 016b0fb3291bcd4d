// Command relay is the L4 gateway: it accepts TCP connections, finds the cluster of
// each listener or server name, and carries bytes both ways.
package main

import (
	"os"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/node"
	"github.com/gatewayhomebrew/gateway/libs/program"
)

// Set by release builds (-X main.version=…).
var (
	version = "dev"
	commit  = ""
)

func main() {
	os.Exit(program.Main(program.Program{
		Name: "relay", About: "the L4 gateway", Version: version, Commit: commit,
		Example: "relay --config gateway.yaml --log-level debug",
	}, node.NewService(config.ProtocolTCP)))
}
