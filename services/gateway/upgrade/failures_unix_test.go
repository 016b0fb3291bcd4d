//go:build unix

package upgrade_test

import (
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// script is a binary that is a shell script: it fails in its own way, and reaches its channel as a
// real one does.
func script(body string) string { return "#!/bin/sh\n" + body + "\n" }

// Whatever lies at the path, clients see nothing of it, and the receipt says what was wrong.
func TestABinaryThatFailsIsTakenBack(t *testing.T) {
	authority := testkit.NewAuthority(t)
	leaf := authority.Leaf(t, func(*x509.Certificate) {}, "upgrade.example")
	cert, key := leaf.Write(t, t.TempDir(), "upgrade")
	text := strings.Replace(all(t, serve(t), cert, key), "trial: 300ms",
		"trial: 2s, timeout: 2s", 1)
	s := start(t, text)
	l := begin(t, s.listener("public"), s.listener("secure"), s.listener("db"), authority)
	real := func(i int) string {
		built, err := binaries()
		if err != nil {
			t.Fatal(err)
		}
		return built[i]
	}
	for _, c := range []struct {
		name   string
		text   string
		mode   os.FileMode
		status int
		result admin.Result
		reason admin.Reason
		says   string
	}{
		{"garbage", "\x00garbage", 0o755, 422, admin.Refused, admin.ReasonBinary, "no program"},
		{"not executable", "x", 0o644, 422, admin.Refused, admin.ReasonBinary, "not executable"},
		{"empty", "", 0o755, 422, admin.Refused, admin.ReasonBinary, "empty"},
		{
			"ends at once", script("exit 3"), 0o755, 422, admin.TakenBack, admin.ReasonStart,
			"exit status 3",
		},
		{
			"says what is wrong",
			script("exec " + real(1) + " run nowhere.yaml --port 99999"), 0o755, 422,
			admin.TakenBack, admin.ReasonStart, "exit status 2",
		},
		{
			"hangs", script("exec sleep 60"), 0o755, 422, admin.TakenBack, admin.ReasonTimeout,
			"not ready within 2s",
		},
		{
			"other digest", script("exec " + real(1) + ` run gateway.yaml --port 0 --http2=false`),
			0o755, 422, admin.TakenBack, admin.ReasonDigest, "another configuration",
		},
		{
			"ends in the first half of its trial",
			script("(sleep 0.6; kill -9 $$) & exec " + real(1) + ` "$@"`), 0o755, 422,
			admin.TakenBack, admin.ReasonTrial, "within its trial",
		},
	} {
		before := s.status()
		s.put(c.text, c.mode)
		u, status := s.upgrade()
		if status != c.status || u.Result != c.result || u.Reason != c.reason ||
			!strings.Contains(u.Message, c.says) {
			t.Errorf("%s: status %d, %s %s: %s", c.name, status, u.Result, u.Reason, u.Message)
		}
		now := s.status()
		if now.Process.PID != before.Process.PID || now.Process.Generation != 1 ||
			now.State != admin.Ready || now.Digest != before.Digest ||
			now.Process.Upgrades[0].Reason != c.reason {
			t.Errorf("%s: after it there is %+v", c.name, now.Process)
		}
	}
	s.succeed(1) // it still can
	l.end()
	s.alone()
}

// small is a configuration without upstreams.
const small = `version: 1
upgrade: {trial: 500ms, timeout: 20s}
drain: {timeout: 5s}
listeners: [{name: public, address: 127.0.0.1:0}]
routes: [{name: all, respond: {status: 200, body: "%s"}}]
`

// body is what a GET of the service gets.
func (s *service) body() string {
	s.t.Helper()
	resp, err := s.http.Get("http://" + s.listener("public") + "/")
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	b := make([]byte, 100)
	n, _ := resp.Body.Read(b)
	return string(b[:n])
}

// The signal does what the API does, and of two signals one is refused.
func TestSIGUSR2UpgradesOnce(t *testing.T) {
	s := start(t, fmt.Sprintf(small, "one"))
	s.place(1)
	for range 2 {
		if err := s.first.Process.Signal(syscall.SIGUSR2); err != nil {
			t.Fatal(err)
		}
		s.says(`(the new process was started)`)
	}
	s.says(`(upgrade: refused: an upgrade is under way)`)
	s.says(`(upgrade: upgraded)`)
	<-s.exited
	if got := s.status(); got.Version != version(1) || got.Process.Generation != 2 {
		t.Errorf("there is %s, %+v", got.Version, got.Process)
	}
}

// A process that has its place goes on when the one before is killed, and ends with the process
// before where it has not.
func TestAProcessIsKilledInTheMiddle(t *testing.T) {
	for name, c := range map[string]struct {
		after   time.Duration
		version string
	}{
		"before it is told to take clients": {0, ""},
		"after it takes clients":            {4 * time.Second, version(1)},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, strings.Replace(fmt.Sprintf(small, "one"), "500ms", "6s", 1))
			s.body()
			s.place(1)
			var group sync.WaitGroup
			group.Go(func() { _, _, _ = s.tryUpgrade() }) // who asked gets no answer
			pid := 0
			fmt.Sscan(s.says(`the new process was started.* pid=(\d+)`), &pid)
			timer := time.NewTimer(c.after)
			<-timer.C
			if err := s.first.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			<-s.exited
			group.Wait()
			if c.version == "" {
				s.says(`(the process before is gone|the process before hands nothing over)`)
				testkit.Eventually(t, "the new process has ended", func() bool {
					return syscall.Kill(pid, 0) != nil || zombie(pid)
				})
				return
			}
			s.says(`(the process before is gone; this one goes on)`)
			if got := s.status(); got.Version != c.version || got.Process.PID != pid {
				t.Errorf("there is %s, %+v", got.Version, got.Process)
			}
			if got := s.body(); got != "one" {
				t.Errorf("it answers %q", got)
			}
		})
	}
}

// zombie says whether a process has ended and nobody has asked how.
func zombie(pid int) bool {
	out, err := exec.Command("ps", "-o", "stat=", "-p", fmt.Sprint(pid)).Output()
	return err != nil || strings.HasPrefix(strings.TrimSpace(string(out)), "Z")
}

// SIGTERM ends both, and the one that takes clients drains.
func TestSIGTERMEndsAnUpgrade(t *testing.T) {
	s := start(t, strings.Replace(fmt.Sprintf(small, "one"), "500ms", "20s", 1))
	s.place(1)
	var group sync.WaitGroup
	group.Go(func() {
		if u, _, err := s.tryUpgrade(); err == nil && u.Reason != admin.ReasonInterrupts {
			t.Errorf("%+v", u)
		}
	})
	s.says(`(the new process was started)`)
	if err := s.first.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	group.Wait()
	<-s.exited
	if code := s.first.ProcessState.ExitCode(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	s.says(`(taken back.*the gateway was told to stop)`)
}

// What is on disk meanwhile is another configuration, which the new process reads when it has the
// place: until then it runs what is in force.
func TestTheConfigurationInForceIsHandedOver(t *testing.T) {
	s := start(t, fmt.Sprintf(small, "one"))
	// A hanging writer: nobody reloads what is not finished.
	held, err := os.OpenFile(s.dir+"/gateway.yaml", os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := held.WriteString("\nrubbish: [\n"); err != nil {
		t.Fatal(err)
	}
	digest := s.status().Digest
	u := s.succeed(1)
	if u.Digest != digest || s.status().Digest != digest || s.body() != "one" {
		t.Errorf("digest %s, want %s", u.Digest, digest)
	}
	held.Close()
	s.write("gateway.yaml", fmt.Sprintf(small, "two")+"\nadmin: {address: \""+s.admin+"\"}\n")
	testkit.Eventually(t, "the new process reloads", func() bool { return s.body() == "two" })
	if got := s.status(); len(got.Reloads) == 0 || got.Reloads[0].Result != admin.Applied {
		t.Errorf("%+v", got.Reloads)
	}
}

// A reload that comes meanwhile waits, and is not lost.
func TestAReloadDuringAnUpgrade(t *testing.T) {
	s := start(t, strings.Replace(fmt.Sprintf(small, "one"), "500ms", "3s", 1))
	s.place(1)
	var group sync.WaitGroup
	group.Go(func() {
		if u, status, err := s.tryUpgrade(); err != nil || status != http.StatusOK {
			t.Errorf("%+v, %v", u, err)
		}
	})
	s.says(`(the new process was started)`)
	s.write("gateway.yaml", fmt.Sprintf(small, "two")+"\nadmin: {address: \""+s.admin+"\"}\n")
	if err := s.first.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	group.Wait()
	testkit.Eventually(t, "the new process has it", func() bool { return s.body() == "two" })
	if got := s.status(); got.Process.Generation != 2 {
		t.Errorf("%+v", got.Process)
	}
}

// No more than so many processes drain at a time.
func TestTooManyOldProcesses(t *testing.T) {
	up := serve(t)
	s := start(t, fmt.Sprintf(`version: 1
upgrade: {trial: 100ms}
drain: {timeout: 60s}
listeners: [{name: db, address: 127.0.0.1:0, protocol: tcp, cluster: echo}]
clusters: [{name: echo, endpoints: [{address: %s}]}]
`, up.echo))
	address := s.listener("db")
	for i := range 4 {
		// The process before may let one in as long as its listeners are open.
		testkit.Eventually(t, "the process has a session", func() bool {
			c, err := testkit.DialTimeout(address, testkit.Deadline)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { c.Close() })
			return s.status().Listeners[0].ActiveConnections > 0
		})
		s.succeed((i + 1) % 2)
	}
	u, status := s.upgrade()
	if status != http.StatusConflict || u.Reason != admin.ReasonCrowded ||
		!strings.Contains(u.Message, "4 processes") {
		t.Errorf("status %d, %+v", status, u)
	}
	if old := s.status().Process.Old; len(old) != 4 || old[0].Generation != 1 {
		t.Errorf("%+v", old)
	}
	counters, err := s.counters()
	if err != nil || counters[`gateway_connections_total{listener="db"}`] < 4 {
		t.Errorf("%v %v", counters, err)
	}
}

// In its trial a new process may crash or hang at any moment.
func TestANewProcessFailsInItsTrial(t *testing.T) {
	for name, c := range map[string]struct {
		signal syscall.Signal
		after  time.Duration
		reason admin.Reason
	}{
		"it hangs":                          {syscall.SIGSTOP, time.Second, admin.ReasonTimeout},
		"it crashes while it serves":        {syscall.SIGKILL, 3 * time.Second, admin.ReasonTrial},
		"it is told to end while it serves": {syscall.SIGTERM, 3 * time.Second, admin.ReasonTrial},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, strings.Replace(fmt.Sprintf(small, "one"), "500ms", "4s", 1))
			s.place(1)
			var group sync.WaitGroup
			group.Go(func() {
				u, status, err := s.tryUpgrade()
				if err != nil || status != 422 || u.Result != admin.TakenBack ||
					u.Reason != c.reason {
					t.Errorf("status %d, %+v, %v", status, u, err)
				}
			})
			pid := 0
			fmt.Sscan(s.says(`the new process was started.* pid=(\d+)`), &pid)
			timer := time.NewTimer(c.after)
			<-timer.C
			if err := syscall.Kill(pid, c.signal); err != nil {
				t.Fatal(err)
			}
			group.Wait()
			if got := s.status(); got.Process.Generation != 1 || s.body() != "one" {
				t.Errorf("%+v", got.Process)
			}
			s.succeed(1)
		})
	}
}
