package systemd

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const deadline = 10 * time.Second

// listens is a socket like that of NOTIFY_SOCKET.
func listens(t *testing.T, name string) *net.UnixConn {
	t.Helper()
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetReadDeadline(time.Now().Add(deadline)); err != nil {
		t.Fatal(err)
	}
	return c
}

func next(t *testing.T, c *net.UnixConn) string {
	t.Helper()
	b := make([]byte, 4096)
	n, err := c.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	return string(b[:n])
}

func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "s") // its path is short enough for a unix socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// A child gets its sockets by name, and gives nothing of it to its own children.
func TestTakeInAChild(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	notify := listens(t, filepath.Join(dir, "notify"))
	web, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer web.Close()
	local, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(dir, "l"), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	defer local.Close()
	files := make([]*os.File, 0, 5)
	for _, open := range []func() (*os.File, error){
		web.File, local.File, web.File, web.File, notify.File,
	} {
		f, err := open()
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		files = append(files, f)
	}
	run := func(pid string) (said childSaid) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), deadline)
		defer cancel()
		cmd := exec.CommandContext(ctx, "sh", "-c", "LISTEN_PID="+pid+` exec "$0"`, os.Args[0])
		cmd.ExtraFiles = files
		cmd.Env = append(os.Environ(), "SYSTEMD_TEST_CHILD=1", "LISTEN_FDS=5",
			"LISTEN_FDNAMES=web:local:twice:twice:datagrams", "WATCHDOG_USEC=1000000",
			"NOTIFY_SOCKET="+filepath.Join(dir, "notify"))
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(out, &said); err != nil {
			t.Fatalf("%q: %v", out, err)
		}
		return said
	}
	said := run("$$")
	if want := []string{web.Addr().String(), filepath.Join(dir, "l")}; !slices.Equal(said.Addresses,
		want) {
		t.Errorf("the sockets are %q, want %q", said.Addresses, want)
	}
	for i, want := range []string{
		`several sockets with the name "twice"`, `"datagrams" is no socket that listens`,
		`no socket with the name "none"; the names are datagrams, local, twice, web`,
	} {
		if i >= len(said.Errors) || !strings.Contains(said.Errors[i], want) {
			t.Errorf("the errors are %q, want %q", said.Errors, want)
		}
	}
	if len(said.Left) > 0 || !said.Watchdog {
		t.Errorf("%q is left in the environment; watched: %v", said.Left, said.Watchdog)
	}
	if got := next(t, notify); got != "READY=1\nSTATUS=child" {
		t.Errorf("systemd heard %q", got)
	}
	// What is meant for another process is left alone.
	said = run("1")
	if len(said.Addresses) > 0 || len(said.Errors) != 5 ||
		!strings.Contains(said.Errors[0], "has passed no sockets to this process") {
		t.Errorf("sockets of another process: %+v", said)
	}
}

func TestWhatSystemdIsTold(t *testing.T) {
	t.Parallel()
	names := []string{filepath.Join(folder(t), "notify")}
	if _, err := os.Stat("/proc/self"); err == nil {
		names = append(names, "@"+filepath.Base(folder(t))) // Linux has names without files
	}
	for _, name := range names {
		c := listens(t, name)
		n := takeNotifier(func(variable string) string {
			return map[string]string{"NOTIFY_SOCKET": name}[variable]
		}, 1)
		tell := func(err error) string {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			return next(t, c)
		}
		if got := tell(n.Ready("two\nlines")); got != "READY=1\nSTATUS=two lines" {
			t.Errorf("%q", got)
		}
		got := tell(n.Reloading())
		if !strings.HasPrefix(got, "RELOADING=1\nMONOTONIC_USEC=") {
			t.Errorf("%q", got)
		}
		if got := tell(n.Stopping("draining")); got != "STOPPING=1\nSTATUS=draining" {
			t.Errorf("%q", got)
		}
		// Nothing is ready that stops.
		if err := errors.Join(n.Ready("again"), n.Reloading()); err != nil {
			t.Error(err)
		}
		if got := tell(n.Stopping("still")); !strings.HasSuffix(got, "still") {
			t.Errorf("a service that stops said %q", got)
		}
	}
}

func TestNobodyIsTold(t *testing.T) {
	t.Parallel()
	var n *Notifier
	if err := errors.Join(n.Ready("x"), n.Reloading(), n.Stopping("x")); err != nil {
		t.Error(err)
	}
	for _, socket := range []string{"", "relative", "vsock:1:2"} {
		if n := takeNotifier(func(string) string { return socket }, 1); n != nil {
			t.Errorf("%q is taken for a socket", socket)
		}
	}
	for usec, want := range map[string]bool{
		"": false, "0": false, "-1": false, "x": false, "99999999999999999999": false, "1000": true,
	} {
		for pid, mine := range map[string]bool{"": true, "7": true, "8": false} {
			n := takeNotifier(func(name string) string {
				return map[string]string{
					"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": usec, "WATCHDOG_PID": pid,
				}[name]
			}, 7)
			if got := n.watchdog > 0; got != (want && mine) {
				t.Errorf("WATCHDOG_USEC=%s WATCHDOG_PID=%s: %v", usec, pid, got)
			}
		}
	}
}

// The watchdog hears of a service that is alive, and not of one that hangs.
func TestTheWatchdogHearsOnlyOfWhatIsAlive(t *testing.T) {
	t.Parallel()
	name := filepath.Join(folder(t), "notify")
	c := listens(t, name)
	n := &Notifier{socket: name, watchdog: 20 * time.Millisecond}
	ctx, cancel := context.WithCancel(t.Context())
	ill := make(chan error, 1)
	hang, hung := make(chan struct{}), make(chan struct{})
	done := make(chan error, 1)
	go func() {
		done <- n.Watch(ctx, func(context.Context) error {
			select {
			case err := <-ill:
				if err == nil {
					close(hung)
					<-hang
				}
				return err
			default:
				return nil
			}
		})
	}()
	for range 3 {
		if got := next(t, c); got != "WATCHDOG=1" {
			t.Errorf("%q", got)
		}
	}
	ill <- errors.New("the wheel stands still")
	for got := next(t, c); got != "STATUS=not alive: the wheel stands still"; got = next(t, c) {
		if got != "WATCHDOG=1" {
			t.Errorf("%q", got)
		}
	}
	ill <- nil // it hangs
	<-hung
	_ = c.SetReadDeadline(time.Now().Add(200 * time.Millisecond)) // ten times as long
	b := make([]byte, 64)
	for more := 0; ; more++ {
		if _, err := c.Read(b); err != nil {
			break
		}
		if more > 1 {
			t.Fatal("the watchdog hears of a service that hangs")
		}
	}
	close(hang)
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestTurns(t *testing.T) {
	t.Parallel()
	turns, err := NewTurns()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	for range 3 {
		if err := turns.Look(ctx); err != nil {
			t.Error(err)
		}
	}
	turns.Close()
	if err := turns.Look(ctx); err == nil {
		t.Error("what has ended turns")
	}
}
