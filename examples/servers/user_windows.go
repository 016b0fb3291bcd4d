package servers

import (
	"os/exec"
	"syscall"
)

// attach lets Ctrl-C at a console be for the starter alone. A server whose starter was killed goes
// on.
func attach(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}
