package sockets_test

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// A unit is an edge that a test starts as systemd does.
type unit struct {
	cmd    *exec.Cmd
	notify *net.UnixConn
	mu     sync.Mutex
	stderr bytes.Buffer // guarded by mu
}

func (u *unit) Write(p []byte) (int, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.stderr.Write(p)
}

func (u *unit) said() string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.stderr.String()
}

// startUnit starts a binary with sockets that are bound already, by their names.
func startUnit(t *testing.T, dir, config string, names []string, files ...*os.File) *unit {
	t.Helper()
	bin, err := testkit.EdgeBinary()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(in(dir, "gateway.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	u := &unit{}
	u.notify, err = net.ListenUnixgram("unixgram", &net.UnixAddr{Name: in(dir, "notify"),
		Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	// The shell has the number of the process that it becomes.
	u.cmd = exec.Command("sh", "-c", `LISTEN_PID=$$ exec "$0" --config "$1"`, bin,
		in(dir, "gateway.yaml"))
	u.cmd.ExtraFiles, u.cmd.Dir, u.cmd.Stderr = files, dir, u
	u.cmd.Env = append(os.Environ(), "NOTIFY_SOCKET="+in(dir, "notify"), "WATCHDOG_USEC=400000")
	if len(files) > 0 {
		u.cmd.Env = append(u.cmd.Env, "LISTEN_FDS="+string(rune('0'+len(files))),
			"LISTEN_FDNAMES="+strings.Join(names, ":"))
	}
	if err := u.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = u.cmd.Process.Kill()
		_ = u.cmd.Wait()
		_ = u.notify.Close()
		if t.Failed() {
			t.Logf("stderr:\n%s", u.said())
		}
	})
	return u
}

// next is the next message to systemd but for those of the watchdog, or that one if it is asked
// for.
func (u *unit) next(t *testing.T, watchdog bool) string {
	t.Helper()
	_ = u.notify.SetReadDeadline(time.Now().Add(testkit.Deadline))
	b := make([]byte, 4096)
	for {
		n, err := u.notify.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(b[:n]); (got == "WATCHDOG=1") == watchdog {
			return got
		}
	}
}

// file is a duplicate of a listener's descriptor, for a child.
func file(t *testing.T, l interface{ File() (*os.File, error) }) *os.File {
	t.Helper()
	f, err := l.File()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

const passed = `version: 1
listeners:
  - {name: web, address: "systemd:web"}
%s
clusters: [{name: app, endpoints: [{address: "unix:app.sock"}]}]
routes: [{name: all, cluster: app}]
admin: {address: "off"}
`

func TestAnEdgeAsAUnitOfSystemd(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	endpoint(t, in(dir, "app.sock"))
	tcp, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer tcp.Close()
	local, err := net.ListenUnix("unix", &net.UnixAddr{Name: in(dir, "l.sock"), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	defer local.Close()
	both := strings.Replace(passed, "%s", `  - {name: side, address: "systemd:local"}`, 1)
	one := strings.Replace(passed, "%s", "", 1)
	u := startUnit(t, dir, both, []string{"web", "local"}, file(t, tcp), file(t, local))
	// A client that comes before the edge is up is served: the socket has been there.
	if status, _ := ask(t, through(t, "tcp", tcp.Addr().String()), "/"); status != 200 {
		t.Errorf("the socket of TCP: %d", status)
	}
	if status, _ := ask(t, through(t, "unix", in(dir, "l.sock")), "/"); status != 200 {
		t.Errorf("the unix socket: %d", status)
	}
	if got := u.next(t, false); !strings.HasPrefix(got, "READY=1\nSTATUS=ready: 2 listeners") {
		t.Errorf("at the start: %q", got)
	}
	u.next(t, true)
	u.next(t, true)
	if !strings.Contains(u.said(), "listener web: http://"+tcp.Addr().String()) ||
		!strings.Contains(u.said(), "listener side: unix:"+in(dir, "l.sock")) {
		t.Errorf("the addresses are not told:\n%s", u.said())
	}
	reload := func(config, status string) {
		t.Helper()
		if err := os.WriteFile(in(dir, "new"), []byte(config), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(in(dir, "new"), in(dir, "gateway.yaml")); err != nil {
			t.Fatal(err)
		}
		if err := u.cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		if got := u.next(t, false); !strings.HasPrefix(got, "RELOADING=1\nMONOTONIC_USEC=") {
			t.Errorf("a reload began with %q", got)
		}
		got := u.next(t, false)
		if !strings.HasPrefix(got, "READY=1\nSTATUS=") || !strings.Contains(got, status) {
			t.Errorf("a reload ended with %q, want %q", got, status)
		}
		// The change of the file may be a reload too, which finds nothing to do.
		for u.more() {
		}
	}
	reload(one, "ready: 1 listeners")
	reload("version: 2\n", "the last reload was refused: the configuration has problems")
	reload(strings.Replace(both, "systemd:local", "systemd:lokal", 1),
		`no socket with the name "lokal"; the names are local, web`)
	// A listener that was taken away comes back: the socket is systemd's, and so is its file.
	reload(both, "ready: 2 listeners")
	if status, _ := ask(t, through(t, "unix", in(dir, "l.sock")), "/"); status != 200 {
		t.Errorf("the unix socket after reloads: %d", status)
	}
	if err := u.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if got := u.next(t, false); got != "STOPPING=1\nSTATUS=draining" {
		t.Errorf("at the end: %q", got)
	}
	if err := u.cmd.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
	if _, err := os.Lstat(in(dir, "l.sock")); err != nil {
		t.Errorf("the file of systemd's socket: %v", err)
	}
}

// more says whether another message comes within a moment.
func (u *unit) more() bool {
	_ = u.notify.SetReadDeadline(time.Now().Add(1500 * time.Millisecond))
	b := make([]byte, 4096)
	for {
		n, err := u.notify.Read(b)
		if err != nil {
			return false
		}
		if string(b[:n]) != "WATCHDOG=1" {
			return true
		}
	}
}

func TestASocketThatSystemdHasNotPassed(t *testing.T) {
	t.Parallel()
	tcp, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer tcp.Close()
	config := strings.Replace(passed, "%s", "", 1)
	for want, files := range map[string][]*os.File{
		`no socket with the name "web"; the names are http`: {file(t, tcp)},
		`systemd has passed no sockets to this process`:     nil,
	} {
		u := startUnit(t, folder(t), config, []string{"http"}, files...)
		err := u.cmd.Wait()
		if err == nil || !strings.Contains(u.said(), want) {
			t.Errorf("%v: %s; want %s", err, u.said(), want)
		}
	}
}
