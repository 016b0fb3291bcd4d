package servers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	// startTimeout is how long a server may take until it is ready.
	startTimeout = 30 * time.Second
	// stopTimeout is how long one may take to end when it is told to.
	stopTimeout = 10 * time.Second
	// tries is how many free ports are tried: another program may take one before the server does.
	tries = 3
)

// A Server is one that runs.
type Server struct {
	Name    string // "PostgreSQL"
	Address string // host:port

	cmd  *exec.Cmd
	dir  string         // its data
	stop syscall.Signal // for an end in order
	done chan struct{}  // closed when it has ended
	printed
}

// printed is what a server prints.
type printed struct {
	mu    sync.Mutex
	text  bytes.Buffer  // guarded by mu
	until string        // that it is ready
	ready chan struct{} // closed when until was printed
	seen  bool          // guarded by mu
}

// Write takes what is printed. Its beginning is kept, which has what goes wrong at the start.
func (p *printed) Write(b []byte) (int, error) {
	const most = 64 << 10
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.text.Len() < most {
		p.text.Write(b)
	}
	if !p.seen && bytes.Contains(p.text.Bytes(), []byte(p.until)) {
		p.seen = true
		close(p.ready)
	}
	return len(b), nil
}

// Printed is what the server has printed, to find out what is wrong with it.
func (p *printed) Printed() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.TrimSpace(p.text.String())
}

// program is what start has to know of a server.
type program struct {
	name    string
	ready   string // what it prints then
	stop    syscall.Signal
	command func(dir, host, port string) *exec.Cmd
}

// start runs a server on an address, with data in dir, which goes with it. Port 0 is any free one.
func (p program) start(ctx context.Context, dir, address string) (s *Server, err error) {
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("%s: %w", p.name, err), os.RemoveAll(dir))
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	for try := 1; ; try++ {
		real := port
		if port == "0" {
			if real, err = freePort(ctx, host); err != nil {
				return nil, err
			}
		}
		s, err := p.run(ctx, dir, host, real)
		if err == nil || port != "0" || try == tries ||
			!strings.Contains(err.Error(), "already in use") {
			return s, err
		}
	}
}

func freePort(ctx context.Context, host string) (string, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, errors.Join(err, l.Close())
}

func (p program) run(ctx context.Context, dir, host, port string) (*Server, error) {
	s := &Server{
		Name: p.name, Address: net.JoinHostPort(host, port), cmd: p.command(dir, host, port),
		dir: dir, stop: p.stop,
		done: make(chan struct{}), printed: printed{until: p.ready, ready: make(chan struct{})},
	}
	s.cmd.Dir, s.cmd.Env = dir, environment()
	s.cmd.Stdout, s.cmd.Stderr = &s.printed, &s.printed
	started := make(chan error, 1)
	go func() {
		// The server ends with the thread that started it, so the thread is kept until the server
		// has ended.
		runtime.LockOSThread()
		attach(s.cmd)
		err := s.cmd.Start()
		started <- err
		if err == nil {
			_ = s.cmd.Wait() // how it ended is told by what it has printed
		}
		close(s.done)
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	select {
	case <-s.ready:
		return s, nil
	case <-s.done:
		return nil, fmt.Errorf("it ended at once: %s", s.Printed())
	case <-ctx.Done():
		s.end(syscall.SIGKILL)
		return nil, fmt.Errorf("%w while it started: %s", ctx.Err(), s.Printed())
	}
}

// Dir is the folder with the server's data.
func (s *Server) Dir() string { return s.dir }

// Kill ends the server as a crash would: nothing is said to its clients, and its data stays until
// Stop.
func (s *Server) Kill() { s.end(syscall.SIGKILL) }

// Stop ends the server and removes its data. It may be called more than once.
func (s *Server) Stop() error {
	s.end(s.stop)
	return os.RemoveAll(s.dir)
}

func (s *Server) end(how syscall.Signal) {
	_ = s.cmd.Process.Signal(how) // it may have ended
	timer := time.NewTimer(stopTimeout)
	defer timer.Stop()
	select {
	case <-s.done:
	case <-timer.C:
		_ = s.cmd.Process.Kill() // it may have ended
		<-s.done
	}
}
