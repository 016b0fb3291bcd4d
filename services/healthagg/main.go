// Command healthagg gathers the health of a fleet: it listens to what edges and relays tell each
// other of endpoints, keeps it, and explains it.
package main

import (
	"os"

	"github.com/gatewayhomebrew/gateway/libs/aggregator"
	"github.com/gatewayhomebrew/gateway/libs/program"
)

// Set by release builds (-X main.version=…).
var (
	version = "dev"
	commit  = ""
)

func main() {
	os.Exit(program.Main(program.Program{
		Name: "healthagg", About: "gathers and explains the health of a fleet", Version: version,
		Commit:  commit,
		Example: "healthagg --config gateway.yaml",
	}, new(aggregator.Service)))
}
