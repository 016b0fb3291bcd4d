package logs_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// said is what a process has said on stderr.
type said struct {
	mu  sync.Mutex
	buf bytes.Buffer // guarded by mu
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.Write(p)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.String()
}

// own is a process whose stdout a test has chosen.
type own struct {
	cmd    *exec.Cmd
	stderr *said
	ended  chan struct{}
	public string // its listener
	admin  string
}

// start runs a binary with a configuration and this stdout until the test ends.
func start(
	t testing.TB, binary func() (string, error), config string, stdout *os.File, env ...string,
) *own {
	t.Helper()
	bin, err := binary()
	edgetest.Must(t, err)
	file := filepath.Join(t.TempDir(), "gateway.yaml")
	edgetest.Must(t, os.WriteFile(file, []byte(config), 0o600))
	o := &own{cmd: exec.Command(bin, "--config", file), stderr: &said{}, ended: make(chan struct{})}
	o.cmd.Stdout, o.cmd.Stderr = stdout, o.stderr
	o.cmd.Env = append(os.Environ(), env...)
	edgetest.Must(t, o.cmd.Start())
	go func() {
		_ = o.cmd.Wait() // how it ended is looked at where it matters
		close(o.ended)
	}()
	t.Cleanup(func() {
		_ = o.cmd.Process.Kill()
		<-o.ended
		if t.Failed() {
			t.Logf("stderr:\n%s", o.stderr)
		}
	})
	at := func(what string) (addr string) {
		testkit.Eventually(t, what+" is there", func() bool {
			m := regexp.MustCompile(what + `: \w+://(\S+)\n`).FindStringSubmatch(o.stderr.String())
			if m != nil {
				addr = m[1]
			}
			return m != nil
		})
		return addr
	}
	o.public, o.admin = at("listener public"), at("admin")
	return o
}

// get asks the gateway n times, which must answer within a moment each.
func (o *own) get(t testing.TB, n int) {
	t.Helper()
	c := &http.Client{Timeout: testkit.Deadline}
	defer c.CloseIdleConnections()
	for i := range n {
		resp, err := c.Get("http://" + o.public + "/" + strconv.Itoa(i))
		edgetest.Must(t, err)
		_, _ = io.Copy(io.Discard, resp.Body) // only that it is answered counts
		edgetest.Must(t, resp.Body.Close())
	}
}

// dropped is the metric of lost lines.
func (o *own) dropped(t testing.TB) int {
	t.Helper()
	resp, err := http.Get("http://" + o.admin + "/metrics")
	edgetest.Must(t, err)
	text, err := io.ReadAll(resp.Body)
	edgetest.Must(t, err)
	edgetest.Must(t, resp.Body.Close())
	m := regexp.MustCompile(`\ngateway_access_log_dropped_total (\d+)\n`).FindSubmatch(text)
	if m == nil {
		t.Fatal("there is no gateway_access_log_dropped_total")
	}
	n, err := strconv.Atoi(string(m[1]))
	edgetest.Must(t, err)
	return n
}

// losing waits until lines are lost, which the log says once.
func (o *own) losing(t testing.TB, why string) {
	t.Helper()
	pattern := regexp.MustCompile(`level=warning msg="lines of the access log are lost.*` + why)
	testkit.Eventually(t, "the log says that lines are lost", func() bool {
		o.get(t, 20)
		return pattern.MatchString(o.stderr.String())
	})
	if o.dropped(t) == 0 {
		t.Error("no lost line is counted")
	}
}

// recovers waits until lines are written again, which the log says once.
func (o *own) recovers(t testing.TB) {
	t.Helper()
	testkit.Eventually(t, "the log says that lines are written again", func() bool {
		o.get(t, 1)
		return regexp.MustCompile(`msg="the access log is written again".* lost=\d+`).
			MatchString(o.stderr.String())
	})
	if n := bytes.Count([]byte(o.stderr.String()), []byte("lines of the access log")); n != 1 {
		t.Errorf("the log has said %d times that lines are lost", n)
	}
}

// stop asks the process to end, and waits until it has.
func (o *own) stop(t testing.TB) {
	t.Helper()
	edgetest.Must(t, o.cmd.Process.Signal(syscall.SIGTERM))
	select {
	case <-o.ended:
	case <-time.After(testkit.Deadline):
		t.Fatal("it does not end")
	}
	if code := o.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("it ended with %d", code)
	}
}

// answering is a configuration that answers by itself, with a long path in each line.
func answering(log string) string {
	return fmt.Sprintf(`
version: 1
listeners: [{name: public, address: "127.0.0.1:0"}]
routes: [{name: all, path_prefix: /, respond: {body: here}}]
admin: {address: "127.0.0.1:0"}
access_log: {%s}
`, log)
}
