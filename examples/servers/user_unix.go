//go:build unix && !linux

package servers

import (
	"os/exec"
	"syscall"
)

// attach lets Ctrl-C at a terminal be for the starter alone. Other than on Linux, a server whose
// starter was killed goes on.
func attach(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
