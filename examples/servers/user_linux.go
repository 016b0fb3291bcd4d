package servers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

// nobody is the user who has nothing.
const nobody = 65534

// attach has the kernel end a server whose starter is gone. Ctrl-C at a terminal is for the starter
// alone.
func attach(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig, cmd.SysProcAttr.Setpgid = syscall.SIGKILL, true
}

// plainUser returns what makes a command run as a user other than root, since PostgreSQL refuses
// to run as root. The folder dir will belong to that user. A process of another user than root has
// nothing to change.
//
// In a user namespace root goes by another number and owns what it owned, so that no folder has to
// be opened to others. Where none may be made, the command runs as nobody.
func plainUser(ctx context.Context, dir string) (as func(*exec.Cmd), err error) {
	if os.Geteuid() != 0 {
		return func(*exec.Cmd) {}, nil
	}
	renamed := func(cmd *exec.Cmd) {
		cmd.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWUSER,
			UidMappings: []syscall.SysProcIDMap{{ContainerID: nobody, HostID: 0, Size: 1}},
			GidMappings: []syscall.SysProcIDMap{
				{ContainerID: nobody, HostID: os.Getegid(), Size: 1},
			},
		}
	}
	other := func(cmd *exec.Cmd) {
		cmd.SysProcAttr = &syscall.SysProcAttr{
			Credential: &syscall.Credential{Uid: nobody, Gid: nobody},
		}
	}
	try := func(as func(*exec.Cmd)) error {
		cmd := exec.CommandContext(ctx, "test", "-w", dir)
		as(cmd)
		return cmd.Run()
	}
	first := try(renamed)
	if first == nil {
		return renamed, nil
	}
	if err := errors.Join(os.Chown(dir, nobody, nobody), try(other)); err != nil {
		return nil,
			fmt.Errorf("PostgreSQL does not run as root, and nobody else can be found for it: %w",
				errors.Join(first, err))
	}
	return other, nil
}
