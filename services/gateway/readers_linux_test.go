package main_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// piped is a program whose stdout and stderr are pipes that a test reads, or does not.
type piped struct {
	t              *testing.T
	cmd            *exec.Cmd
	stdout, stderr *os.File
	ended          chan struct{}
	admin          string
	before         []string // the lines on stderr up to "ready"
}

// pipe runs a program, and reads its stderr until it is ready. With ignored it is started by a
// shell that ignores SIGPIPE.
func (p program) pipe(t *testing.T, ignored bool) *piped {
	t.Helper()
	cmd := p.command(t)
	if ignored {
		args := append([]string{"-c", `trap "" PIPE; exec "$@"`, "sh"}, cmd.Args...)
		env, dir := cmd.Env, cmd.Dir
		cmd = exec.Command("sh", args...)
		cmd.Env, cmd.Dir = env, dir
	}
	q := &piped{t: t, cmd: cmd, ended: make(chan struct{})}
	var ends [2]*os.File
	for i, side := range []**os.File{&q.stdout, &q.stderr} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		// As small as it can be: it is soon full.
		if _, err := unix.FcntlInt(w.Fd(), unix.F_SETPIPE_SZ, 4096); err != nil {
			t.Fatal(err)
		}
		*side, ends[i] = r, w
		t.Cleanup(func() { _ = r.Close() })
	}
	cmd.Stdout, cmd.Stderr = ends[0], ends[1]
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ends[0].Close()
	ends[1].Close()
	go func() {
		_ = cmd.Wait() // its exit code is looked at
		close(q.ended)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-q.ended
	})
	_ = q.stderr.SetReadDeadline(time.Now().Add(patience))
	lines := bufio.NewReader(io.LimitReader(q.stderr, 1<<20))
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatalf("it does not get ready: %v, after %q", err, q.before)
		}
		q.before = append(q.before, line)
		if m := regexp.MustCompile(`admin: http://(\S+)\n`).FindStringSubmatch(line); m != nil {
			q.admin = m[1]
		}
		if strings.Contains(line, "msg=ready") {
			return q
		}
	}
}

// ask asks the admin API.
func (q *piped) ask(method, path string) (status int, body string) {
	q.t.Helper()
	r, err := http.NewRequest(method, "http://"+q.admin+path, nil)
	if err != nil {
		q.t.Fatal(err)
	}
	client := &http.Client{
		Timeout: testkit.Deadline, Transport: &http.Transport{DisableKeepAlives: true},
	}
	answer, err := client.Do(r)
	if err != nil {
		select {
		case <-q.ended:
			q.t.Fatalf("the process has ended: %s", q.cmd.ProcessState)
		default:
		}
		q.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		q.t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

// end ends the process and returns how it went.
func (q *piped) end() string {
	q.t.Helper()
	if err := q.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		q.t.Fatal(err)
	}
	select {
	case <-q.ended:
	case <-time.After(patience):
		q.t.Fatal("it does not end")
	}
	return q.cmd.ProcessState.String()
}

// hangups make the program say something: each a line or more.
func (q *piped) hangups(n int) {
	q.t.Helper()
	for range n {
		if err := q.cmd.Process.Signal(syscall.SIGHUP); err != nil {
			q.t.Fatal(err)
		}
		q.ask("GET", "/healthz")
	}
}

// The reader of stdout, of stderr, or of both goes away: every program goes on, and ends well.
func TestNoProgramEndsWithItsReaders(t *testing.T) {
	t.Parallel()
	for _, ignored := range []bool{false, true} {
		for _, program := range programs(t) {
			t.Run(fmt.Sprintf("%s, ignored: %v", program.name, ignored), func(t *testing.T) {
				t.Parallel()
				q := program.pipe(t, ignored)
				q.stdout.Close()
				q.stderr.Close()
				q.hangups(5)
				if program.name == "edge" || program.name == "gateway" {
					q.request()
				}
				if status, _ := q.ask("GET", "/readyz"); status != 200 {
					t.Errorf("/readyz: %d", status)
				}
				testkit.Eventually(t, "lost lines are counted", func() bool {
					_, metrics := q.ask("GET", "/metrics")
					m := regexp.MustCompile(`\ngateway_log_dropped_total (\d+)\n`).
						FindStringSubmatch(metrics)
					return m != nil && m[1] != "0"
				})
				if got := q.end(); got != "exit status 0" {
					t.Errorf("it ended with %s", got)
				}
			})
		}
	}
}

// request has a request in the access log.
func (q *piped) request() {
	q.t.Helper()
	for _, line := range q.before {
		m := regexp.MustCompile(`listener public: http://(\S+)\n`).FindStringSubmatch(line)
		if m == nil {
			continue
		}
		answer, err := http.Get("http://" + m[1] + "/hello")
		if err != nil {
			q.t.Fatal(err)
		}
		_ = answer.Body.Close()
		// It is written within 100 ms; another request comes later than that one's line.
		testkit.Eventually(q.t, "the access log's lines are lost", func() bool {
			_, metrics := q.ask("GET", "/metrics")
			return !strings.Contains(metrics, "\ngateway_access_log_dropped_total 0\n")
		})
		return
	}
	q.t.Fatalf("no listener: %q", q.before)
}

// Nobody reads: reloads, the admin API and the end go on all the same.
func TestNoProgramWaitsForItsReaders(t *testing.T) {
	t.Parallel()
	for _, program := range programs(t) {
		t.Run(program.name, func(t *testing.T) {
			t.Parallel()
			q := program.pipe(t, false)
			// Each line has about a hundred bytes, and the pipe room for 4096 of them.
			if program.name == "configsync" {
				q.hangups(600)
			} else {
				for range 60 {
					if status, _ := q.ask("POST", "/reload"); status != 200 {
						t.Fatalf("/reload: %d", status)
					}
				}
			}
			if status, _ := q.ask("GET", "/readyz"); status != 200 {
				t.Errorf("/readyz: %d", status)
			}
			start := time.Now()
			if got := q.end(); got != "exit status 0" {
				t.Errorf("it ended with %s", got)
			}
			if took := time.Since(start); took > 30*time.Second {
				t.Errorf("the end took %s", took)
			}
		})
	}
}

func number(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// All that was said before an orderly end reaches who reads it.
func TestWhoReadsGetsEverything(t *testing.T) {
	t.Parallel()
	for _, program := range programs(t) {
		t.Run(program.name, func(t *testing.T) {
			t.Parallel()
			q := program.pipe(t, false)
			q.hangups(120)
			if err := q.cmd.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			rest, err := io.ReadAll(q.stderr)
			if err != nil {
				t.Fatal(err)
			}
			<-q.ended
			if strings.Contains(string(rest), "were lost") {
				t.Error("lines were lost")
			}
			lines := strings.Count(string(rest), "\n")
			if !strings.HasSuffix(string(rest), "\n") || lines < 2 {
				t.Errorf("%d lines came: %q", lines, rest)
			}
			// The number of the last reload is how many there were.
			all := regexp.MustCompile(` id=(\d+)`).FindAllStringSubmatch(string(rest), -1)
			for i, m := range all {
				if first := all[0][1]; m[1] != fmt.Sprint(number(t, first)+i) {
					t.Fatalf("reload %d follows %d others from %s", number(t, m[1]), i, first)
				}
			}
		})
	}
}
