package systemd

import (
	"context"
	"errors"
	"os"
)

// A Service is what systemd has given to this process.
type Service struct {
	*Sockets
	*Notifier
}

// variables are those by which systemd tells.
func variables() []string {
	return []string{
		"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "NOTIFY_SOCKET", "WATCHDOG_PID",
		"WATCHDOG_USEC",
	}
}

// Take takes what systemd has given, and keeps it from the children of the process: the variables
// are gone after it. It changes the whole process, so only a main function calls it, once.
func Take() Service {
	pid := os.Getpid()
	s := Service{takeSockets(os.Getenv, pid), takeNotifier(os.Getenv, pid)}
	for _, name := range variables() {
		_ = os.Unsetenv(name) // fails on no name that is one
	}
	return s
}

// Turns looks whether the process gets on with what it waits for: a byte goes through a pipe, and
// the runtime has to notice it and to wake the goroutine that waits for it.
type Turns struct {
	r, w  *os.File
	heard chan struct{}
}

// NewTurns makes one; Close ends it.
func NewTurns() (*Turns, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	t := &Turns{r: r, w: w, heard: make(chan struct{}, 1)}
	go func() { // until Close
		b := make([]byte, 1)
		for {
			if _, err := r.Read(b); err != nil {
				close(t.heard)
				return
			}
			t.heard <- struct{}{}
		}
	}()
	return t, nil
}

// Look sends a byte through, and waits for it until ctx ends.
func (t *Turns) Look(ctx context.Context) error {
	if _, err := t.w.Write([]byte{0}); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return errors.New("what waits is not woken")
	case <-t.heard:
		return nil
	}
}

// Close ends it, and waits until its goroutine has.
func (t *Turns) Close() {
	_ = t.w.Close() // the reader sees the end
	for range t.heard {
	}
	_ = t.r.Close() // nobody reads
}
