package testkit

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// startupDeadline bounds the time from exec to the last startup line. Like Deadline it only tells a
// process that hangs from one that is slow.
const startupDeadline = 60 * time.Second

// A Process is a running binary of the gateway: an edge, a relay, or a health aggregator.
type Process struct {
	name   string
	at     Place
	cmd    *exec.Cmd
	exited chan struct{}
	stdout output

	mu sync.Mutex
	// stderr is what was printed so far; guarded by mu.
	stderr bytes.Buffer
	// addrs maps a listener's name, and "admin", to its real address; guarded by mu.
	addrs map[string]string
	// code is the exit code, valid once exited is closed.
	code int
}

// StartEdge runs the edge with the given configuration (YAML; use port 0 everywhere) and waits
// until it has printed its startup lines. The end of the test stops it and, when the test failed,
// logs what it printed.
func StartEdge(t testing.TB, config string) *Process {
	t.Helper()
	e, err := RunEdge(t.TempDir(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		e.Kill()
		if t.Failed() {
			t.Logf("the edge's stderr:\n%s", clipText(e.Stderr()))
		}
	})
	return e
}

// StartRelay is StartEdge for the relay.
func StartRelay(t testing.TB, config string) *Process {
	t.Helper()
	e, err := run(&relayBinary, t.TempDir(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		e.Kill()
		if t.Failed() {
			t.Logf("the relay's stderr:\n%s", clipText(e.Stderr()))
		}
	})
	return e
}

// RunHealthagg is RunEdge for the health aggregator.
func RunHealthagg(dir, config string) (*Process, error) { return run(&healthBinary, dir, config) }

// RunEdge is StartEdge for callers without a test: the configuration is written into dir, and the
// caller ends the process with Stop or Kill.
func RunEdge(dir, config string) (*Process, error) { return run(&edgeBinary, dir, config) }

// RunRelay is RunEdge for the relay.
func RunRelay(dir, config string) (*Process, error) { return run(&relayBinary, dir, config) }

func run(b *binary, dir, config string) (*Process, error) { return runAt(here{}, b, dir, config) }

func runAt(at Place, b *binary, dir, config string) (*Process, error) {
	bin, err := b.find()
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "gateway.yaml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		return nil, err
	}
	e := &Process{
		name: b.name, at: at, cmd: exec.Command(bin, "--config", file), exited: make(chan struct{}),
		addrs: map[string]string{},
	}
	e.cmd.Dir = dir
	e.cmd.Stdout = &e.stdout
	pipe, err := e.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	ready := make(chan struct{})
	if err := at.Start(e.cmd); err != nil {
		return nil, fmt.Errorf("start the binary: %w", err)
	}
	go e.follow(pipe, ready)
	timer := time.NewTimer(startupDeadline)
	defer timer.Stop()
	select {
	case <-ready:
		return e, nil
	case <-e.exited:
		return nil, fmt.Errorf("it ended at once with code %d:\n%s", e.code, e.Stderr())
	case <-timer.C:
		e.Kill()
		return nil,
			fmt.Errorf("it printed no startup lines within %v:\n%s", startupDeadline, e.Stderr())
	}
}

// follow collects stderr, closes ready at the admin line, and reaps the process at the end.
func (e *Process) follow(pipe io.Reader, ready chan struct{}) {
	sc := bufio.NewScanner(pipe)
	sc.Buffer(nil, 1<<20)
	var once sync.Once
	for sc.Scan() {
		line := sc.Text()
		e.mu.Lock()
		if e.stderr.Len() < 1<<20 {
			e.stderr.WriteString(line + "\n")
		}
		if rest, ok := strings.CutPrefix(line, e.name+": "); ok {
			// listener NAME: https://ADDR
			before, addr, ok := strings.Cut(rest, "://")
			if colon := strings.LastIndex(before, ": "); ok && colon >= 0 &&
				!strings.Contains(before[colon+2:], " ") {
				name := before[:colon]
				e.addrs[strings.TrimPrefix(name, "listener ")] = addr
				if name == "admin" {
					once.Do(func() { close(ready) }) // the next process says it again
				}
			}
		}
		e.mu.Unlock()
	}
	_, _ = io.Copy(io.Discard, pipe)
	_ = e.cmd.Wait()
	e.code = e.cmd.ProcessState.ExitCode()
	close(e.exited)
}

// Config is the path of the configuration file.
func (e *Process) Config() string { return e.cmd.Args[len(e.cmd.Args)-1] }

// Addr returns the address of the named listener; "admin" is the admin endpoint's. It is "" when
// the edge did not report one. The order of the startup lines is not promised, so Addr waits a
// little.
func (e *Process) Addr(name string) string {
	give := time.After(Deadline)
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		e.mu.Lock()
		addr := e.addrs[name]
		e.mu.Unlock()
		if addr != "" {
			return addr
		}
		select {
		case <-tick.C:
		case <-give:
			return ""
		}
	}
}

// Stderr returns what the edge printed on stderr so far.
func (e *Process) Stderr() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.stderr.String()
}

// Stdout returns what the edge printed on stdout so far: access log lines.
func (e *Process) Stdout() string { return e.stdout.String() }

// Signal sends a signal; SIGTERM begins a drain.
func (e *Process) Signal(sig os.Signal) error { return e.cmd.Process.Signal(sig) }

// PID is the number of its process.
func (e *Process) PID() int { return e.cmd.Process.Pid }

// Exited is closed when the process has ended.
func (e *Process) Exited() <-chan struct{} { return e.exited }

// Wait waits until the process has ended and returns its exit code; it fails the test after d.
func (e *Process) Wait(t testing.TB, d time.Duration) int {
	t.Helper()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-e.exited:
		return e.code
	case <-timer.C:
		t.Fatalf("the edge did not end within %v", d)
		return -1
	}
}

// Stop sends SIGTERM, waits up to d, and returns the exit code.
func (e *Process) Stop(t testing.TB, d time.Duration) int {
	t.Helper()
	_ = e.Signal(syscall.SIGTERM)
	return e.Wait(t, d)
}

// Kill ends the process at once and waits for it.
func (e *Process) Kill() {
	_ = e.cmd.Process.Kill()
	<-e.exited
}

// RSS returns the resident memory of the process in bytes.
func (e *Process) RSS() (int64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", e.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	parts := strings.Fields(string(b))
	if len(parts) < 2 {
		return 0, fmt.Errorf("statm: %q", b)
	}
	pages, err := strconv.ParseInt(parts[1], 10, 64)
	return pages * int64(os.Getpagesize()), err
}

// output is a bytes.Buffer that a process may write while a test reads.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer // guarded by mu
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.b.Len() > 8<<20 {
		return len(p), nil // enough for any test to look at
	}
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

func clipText(s string) string {
	if len(s) > 8000 {
		return s[:4000] + "\n…\n" + s[len(s)-4000:]
	}
	return s
}
