// Command configsync gives a fleet its configuration: operators publish one, nodes watch for
// theirs, and each goes through the fleet in steps and is taken back by itself when the nodes it
// has reached do worse.
package main

import (
	"os"

	"github.com/gatewayhomebrew/gateway/libs/configserver"
	"github.com/gatewayhomebrew/gateway/libs/program"
)

// Set by release builds (-X main.version=…).
var (
	version = "dev"
	commit  = ""
)

func main() {
	os.Exit(program.Main(program.Program{
		Name: "configsync", About: "gives a fleet its configuration, in steps", Version: version,
		Commit:  commit,
		Example: "configsync --store /var/lib/config-sync",
	}, new(configserver.Service)))
}
