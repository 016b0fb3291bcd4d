package main_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// patience is how long a running gateway is waited for before it is taken to hang. It is no
// measurement: what a gateway starts has limits of its own, 30 seconds for a database server, and
// when one is over the process says so and ends.
const patience = 2 * time.Minute

// process is a running gateway.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	ended  chan struct{}
	mu     sync.Mutex
	stderr bytes.Buffer // guarded by mu
	stdout bytes.Buffer // read when it has ended
}

// binary returns the binary under test.
func binary(t *testing.T) string {
	t.Helper()
	bin, err := testkit.GatewayBinary()
	if err != nil {
		t.Fatal(err)
	}
	return bin
}

// command returns a command in dir, with nothing of a gateway in its environment.
func command(t *testing.T, dir string, args ...string) *exec.Cmd {
	t.Helper()
	return clean(t, dir, exec.Command(binary(t), args...))
}

// clean lets a command run in dir, with nothing of a gateway in its environment.
func clean(t *testing.T, dir string, cmd *exec.Cmd) *exec.Cmd {
	cmd.Dir = dir
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, "GATEWAY_") && !strings.HasPrefix(pair, "TMPDIR=") {
			cmd.Env = append(cmd.Env, pair)
		}
	}
	cmd.Env = append(cmd.Env, "TMPDIR="+t.TempDir())
	return cmd
}

// start runs the binary in dir until the test ends.
func start(t *testing.T, dir string, args ...string) *process {
	t.Helper()
	return launch(t, command(t, dir, args...))
}

// launch runs a command until the test ends.
func launch(t *testing.T, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{t: t, cmd: cmd, ended: make(chan struct{})}
	p.cmd.Stdout = &p.stdout
	pipe, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		for lines := bufio.NewScanner(pipe); lines.Scan(); {
			p.mu.Lock()
			p.stderr.WriteString(lines.Text() + "\n")
			p.mu.Unlock()
		}
		_ = p.cmd.Wait() // wait looks at the exit code
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		<-p.ended
		if t.Failed() {
			t.Logf("stderr of %s:\n%s", strings.Join(cmd.Args, " "), p.said())
		}
	})
	return p
}

func (p *process) said() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stderr.String()
}

// says waits for a text on stderr and returns what its groups match.
func (p *process) says(pattern string) []string {
	p.t.Helper()
	re := regexp.MustCompile(pattern)
	var match []string
	testkit.Within(p.t, patience, "stderr has "+pattern, func() bool {
		match = re.FindStringSubmatch(p.said())
		select {
		case <-p.ended:
			if match == nil {
				p.t.Fatalf("it ended without saying %s:\n%s", pattern, p.said())
			}
		default:
		}
		return match != nil
	})
	return match
}

// listener and admin return the addresses that the process says it has.
func (p *process) listener() string {
	p.t.Helper()
	return p.says(`gateway: listener public: http://(\S+)\n`)[1]
}

func (p *process) admin() string {
	p.t.Helper()
	return p.says(`gateway: admin: http://(\S+)\n`)[1]
}

// wait waits for the end and returns the exit code.
func (p *process) wait() int {
	p.t.Helper()
	testkit.Within(p.t, patience, "the process has ended", func() bool {
		select {
		case <-p.ended:
			return true
		default:
			return false
		}
	})
	return p.cmd.ProcessState.ExitCode()
}

// send sends a signal.
func (p *process) send(signal syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(signal); err != nil {
		p.t.Fatal(err)
	}
}

// end sends a signal, and checks the exit code.
func (p *process) end(signal syscall.Signal, want int) {
	p.t.Helper()
	p.send(signal)
	if code := p.wait(); code != want {
		p.t.Errorf("exit code %d, want %d", code, want)
	}
}

// interrupt is Ctrl-C.
func (p *process) interrupt() int {
	p.t.Helper()
	p.send(syscall.SIGINT)
	return p.wait()
}

// ask runs a verb to its end, and returns its exit code and both outputs.
func ask(t *testing.T, args ...string) (code int, out string) {
	t.Helper()
	cmd := command(t, t.TempDir(), args...)
	var both bytes.Buffer
	cmd.Stdout, cmd.Stderr = &both, &both
	err := cmd.Run()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), both.String()
}

func get(t *testing.T, url string) (*http.Response, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), testkit.Deadline)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}
