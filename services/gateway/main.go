// Command gateway is the command line of the gateway: it runs the edge, checks and explains
// configurations, and asks a running gateway how it is.
package main

import (
	"context"
	"os"

	"github.com/sirupsen/logrus"

	"github.com/gatewayhomebrew/gateway/libs/handover"
	"github.com/gatewayhomebrew/gateway/libs/program"
	"github.com/gatewayhomebrew/gateway/libs/systemd"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/cli"
)

// Set by release builds (-X main.version=…).
var (
	version = "dev"
	commit  = ""
)

func main() {
	signals := program.Notify(context.Background())
	passed, start := systemd.Take(), handover.Take()
	code := cli.Main(signals.Context(), cli.Options{
		Args: os.Args[1:], Env: os.Getenv, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Version: version, Commit: commit, Systemd: passed, Start: start,
		Serving: func(log *logrus.Logger) {
			program.OutliveReaders()
			signals.Drain(log)
			program.Capture(log)
		},
	})
	signals.Stop()
	os.Exit(code)
}
