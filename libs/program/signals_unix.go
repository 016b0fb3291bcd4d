//go:build unix

package program

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// killing is what ends a process that drains.
const killing = "SIGKILL"

// signalName is SIGTERM and its like.
func signalName(sig os.Signal) string { return unix.SignalName(sig.(syscall.Signal)) }

// atTerminal says whether a SIGINT can have been typed: the terminal sends it to the processes in
// its foreground, so a service that was started by another program is none of them.
func atTerminal() bool {
	tty, err := os.Open("/dev/tty") // the terminal of this process, whatever stdin is
	if err != nil {
		return false
	}
	defer tty.Close()
	foreground, err := unix.IoctlGetInt(int(tty.Fd()), unix.TIOCGPGRP)
	return err == nil && foreground == unix.Getpgrp()
}
