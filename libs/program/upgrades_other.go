//go:build !unix

package program

import "os"

// Upgrades takes nothing: there is no signal that asks for an upgrade here.
func Upgrades() (upgrades <-chan os.Signal, stop func()) { return nil, func() {} }
