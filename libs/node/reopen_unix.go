//go:build unix

package node

import (
	"os"
	"os/signal"
	"syscall"
)

// notifyReopen sends SIGUSR1 to c, which asks for the access log to be opened anew.
func notifyReopen(c chan<- os.Signal) { signal.Notify(c, syscall.SIGUSR1) }
