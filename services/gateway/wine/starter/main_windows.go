// Command starter runs a program of Windows in a process group of its own, as those do that run
// services, and sends the group a Ctrl-Break when the address that it was given first sends it a
// line. It ends with the program's exit code. The test of the parent folder runs it, under Wine,
// which does not let Go read from a pipe of Linux.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/windows"
)

func main() {
	code, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "starter:", err)
		code = 125
	}
	os.Exit(code)
}

func run(args []string) (int, error) {
	if len(args) < 2 {
		return 0, errors.New("usage: starter ADDRESS PROGRAM ARGUMENT…")
	}
	orders, err := net.Dial("tcp", args[0])
	if err != nil {
		return 0, err
	}
	defer orders.Close()
	cmd := exec.Command(args[1], args[2:]...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if !inWine() {
		cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_PROCESS_GROUP}
	}
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	go func() { // until who started this is gone, and with it the program
		for lines := bufio.NewScanner(orders); lines.Scan(); {
			if err := sendBreak(uint32(cmd.Process.Pid)); err != nil {
				fmt.Fprintln(os.Stderr, "starter: Ctrl-Break:", err)
			}
		}
		_ = cmd.Process.Kill() // it may have ended
	}()
	err = cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode(), nil
	}
	return 0, err
}

// The functions that package windows has not.
var (
	kernel             = windows.NewLazySystemDLL("kernel32.dll")
	createRemoteThread = kernel.NewProc("CreateRemoteThread")
	ctrlRoutine        = kernel.NewProc("CtrlRoutine")
)

// inWine says whether this is Wine. A program in a process group of its own gets no Ctrl-Break
// there, and GenerateConsoleCtrlEvent sends none.
func inWine() bool {
	return windows.NewLazySystemDLL("ntdll.dll").NewProc("wine_get_version").Find() == nil
}

// sendBreak sends a process the Ctrl-Break of its console. In Wine it does what Windows does in the
// end: a new thread of the process calls its handlers. Where kernel32 lies is the same in all
// processes.
func sendBreak(id uint32) error {
	if !inWine() {
		return windows.GenerateConsoleCtrlEvent(windows.CTRL_BREAK_EVENT, id)
	}
	p, err := windows.OpenProcess(windows.PROCESS_ALL_ACCESS, false, id)
	if err != nil {
		return fmt.Errorf("OpenProcess: %w", err)
	}
	defer windows.CloseHandle(p)
	thread, _, err := createRemoteThread.Call(uintptr(p), 0, 0, ctrlRoutine.Addr(),
		windows.CTRL_BREAK_EVENT, 0, 0)
	if thread == 0 {
		return fmt.Errorf("CreateRemoteThread: %w", err)
	}
	return windows.CloseHandle(windows.Handle(thread))
}
