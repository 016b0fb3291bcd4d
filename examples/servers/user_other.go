//go:build !linux

package servers

import (
	"context"
	"os/exec"
	"syscall"
)

// attach lets Ctrl-C at a terminal be for the starter alone. Other than on Linux, a server whose
// starter was killed goes on.
func attach(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// plainUser is for Linux: elsewhere nobody starts this as root.
func plainUser(context.Context, string) (as func(*exec.Cmd), err error) {
	return func(*exec.Cmd) {}, nil
}
