//go:build unix

package main_test

import (
	"os"
	"syscall"
	"testing"
)

// startAt runs the program in the foreground of a terminal.
func (p program) startAt(t *testing.T, tty *os.File) *process {
	t.Helper()
	cmd := p.command(t)
	cmd.Stdin = tty
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true} // Ctty is stdin
	return launch(t, cmd)
}
