//go:build unix

package program

import (
	"os"
	"os/signal"
	"syscall"
)

// Upgrades takes SIGUSR2, which asks for an upgrade, until stop is called. It has to be called
// before anything that takes long: a SIGUSR2 that nobody takes ends the process.
func Upgrades() (upgrades <-chan os.Signal, stop func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGUSR2)
	return c, func() { signal.Stop(c) }
}
