// Command edge is the L7 gateway: it accepts HTTP, finds the route of each
// request, and proxies it to an endpoint of the route's cluster.
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
		Name: "edge", About: "the L7 gateway", Version: version, Commit: commit,
		Example: "edge --config gateway.yaml --log-level debug",
	}, node.NewService(config.ProtocolHTTP)))
}
