package systemd

import (
	"fmt"
	"os"
	"time"
)

// An Estate is what systemd has given to a service, for the process that takes the place of this
// one: sockets apart, it can be written as JSON.
type Estate struct {
	NotifySocket string        // "": nobody is to be told anything
	Watchdog     time.Duration // 0: nobody watches
}

// Estate returns it.
func (s Service) Estate() Estate {
	if s.Notifier == nil {
		return Estate{}
	}
	return Estate{s.socket, s.watchdog}
}

// Each calls do with the name of each socket and its file, which stays open and this process's.
func (s *Sockets) Each(do func(name string, file *os.File)) {
	if s == nil {
		return
	}
	for i, name := range s.names {
		do(name, s.files[i])
	}
}

// Inherit makes the Service of a process that takes the place of another one, of what that one has
// left. It says nothing to systemd before Begin. The files are its own from then on.
func Inherit(e Estate, names []string, files []*os.File) (s Service) {
	if e.NotifySocket != "" {
		s.Notifier = &Notifier{socket: e.NotifySocket, watchdog: e.Watchdog}
		s.Notifier.silent.Store(true)
	}
	if len(files) > 0 {
		s.Sockets = &Sockets{names: names, files: files}
	}
	return s
}

// Begin lets a Notifier that Inherit has made speak.
func (n *Notifier) Begin() {
	if n != nil {
		n.silent.Store(false)
	}
}

// MainPID says which process is the main one of the service from now on, and that it is ready. This
// one says nothing more. systemd takes it from the main process alone, unless the unit has
// NotifyAccess=all, and only for a process of the service.
func (n *Notifier) MainPID(pid int) error {
	if n == nil {
		return nil
	}
	err := n.send(fmt.Sprintf("MAINPID=%d", pid), "READY=1",
		status("process %d has taken over", pid))
	n.silent.Store(true)
	return err
}
