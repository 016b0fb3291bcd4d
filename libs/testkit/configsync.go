package testkit

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A Configsync is a config-sync process on an address that outlives it.
type Configsync struct {
	Address string

	path string
	args []string
	cmd  *exec.Cmd
	// ended gives how the process ended, once.
	ended  chan error
	stderr output
}

var listening = regexp.MustCompile(`^configsync: listener grpc: grpcs?://([0-9.]+:[0-9]+)$`)

// StartConfigsync runs config-sync on a free port of loopback, without an admin endpoint, with more
// flags. The end of the test kills it and, when the test failed, logs what it printed.
func StartConfigsync(t testing.TB, args ...string) *Configsync {
	t.Helper()
	path, err := ConfigsyncBinary()
	if err != nil {
		t.Fatal(err)
	}
	c := &Configsync{path: path, args: args, Address: "127.0.0.1:0"}
	t.Cleanup(func() {
		_ = c.End(syscall.SIGKILL)
		if t.Failed() {
			t.Logf("config-sync's stderr:\n%s", clipText(c.Stderr()))
		}
	})
	c.Start(t)
	return c
}

// Start runs it again, on the address that it had.
func (c *Configsync) Start(t testing.TB) {
	t.Helper()
	c.cmd = exec.Command(c.path,
		append([]string{"--listen", c.Address, "--admin", "off"}, c.args...)...)
	pipe, err := c.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		c.cmd = nil
		t.Fatal(err)
	}
	address, ended := make(chan string, 1), make(chan error, 1)
	c.ended = ended
	go c.follow(c.cmd, pipe, address, ended)
	timer := time.NewTimer(startupDeadline)
	defer timer.Stop()
	var found string
	select {
	case found = <-address:
	case <-timer.C:
	}
	if found == "" || strings.HasSuffix(found, ":0") {
		_ = c.End(syscall.SIGKILL)
		t.Fatalf("config-sync has not said where it listens, but %q:\n%s", found, c.Stderr())
	}
	c.Address = found
}

// follow keeps what a process prints on stderr, gives the address that it names, and reaps it at
// the end. Without an address it closes the channel.
func (c *Configsync) follow(
	cmd *exec.Cmd, pipe io.Reader, address chan<- string, ended chan<- error,
) {
	defer close(address)
	said := false
	for lines := bufio.NewScanner(pipe); lines.Scan(); {
		fmt.Fprintln(&c.stderr, lines.Text())
		if found := listening.FindStringSubmatch(lines.Text()); found != nil && !said {
			said = true
			address <- found[1]
		}
	}
	_, _ = io.Copy(io.Discard, pipe) // the rest of a line that was too long
	ended <- cmd.Wait()
}

// End sends a signal, waits until the process has ended, and returns how. Without a process it does
// nothing.
func (c *Configsync) End(signal os.Signal) error {
	if c.cmd == nil {
		return nil
	}
	_ = c.cmd.Process.Signal(signal)
	err := <-c.ended
	c.cmd = nil
	return err
}

// Stderr is what all its processes have printed on stderr.
func (c *Configsync) Stderr() string { return c.stderr.String() }

// Resident is the memory of the process in bytes, as the system counts it: now, and at most so far.
func (c *Configsync) Resident() (now, most int64, err error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.cmd.Process.Pid))
	if err != nil {
		return 0, 0, err
	}
	for line := range strings.Lines(string(data)) {
		_, _ = fmt.Sscanf(line, "VmRSS: %d", &now)
		_, _ = fmt.Sscanf(line, "VmHWM: %d", &most)
	}
	return now << 10, most << 10, nil
}
