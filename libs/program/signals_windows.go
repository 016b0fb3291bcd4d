package program

import (
	"os"
	"syscall"

	"golang.org/x/sys/windows"
)

// killing is what ends a process that drains.
const killing = "TerminateProcess (taskkill /f)"

// signalName says what the console has told: Go makes signals of its events.
func signalName(sig os.Signal) string {
	switch sig {
	case os.Interrupt:
		return "CTRL_C_EVENT or CTRL_BREAK_EVENT"
	case syscall.SIGTERM:
		return "CTRL_CLOSE_EVENT, CTRL_LOGOFF_EVENT or CTRL_SHUTDOWN_EVENT"
	}
	return sig.String()
}

// atTerminal says whether a Ctrl-C can have been typed: a service, or what another program has
// started and speaks to, reads from no console.
func atTerminal() bool {
	var mode uint32
	return windows.GetConsoleMode(windows.Handle(os.Stdin.Fd()), &mode) == nil
}
