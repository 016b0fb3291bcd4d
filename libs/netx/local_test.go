package netx_test

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/netx"
)

// folder is one whose path is short enough for a unix socket.
func folder(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "u")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// socket is a unix socket that listens until the end of the test.
func socket(t testing.TB, path string, mode os.FileMode) *netx.LocalListener {
	t.Helper()
	l, err := netx.ListenLocal(t.Context(), path, netx.Permissions{Mode: mode})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// ends are two Socks that are connected by a unix socket.
func ends(t testing.TB, w *netx.Watch) (client, server *netx.Sock) {
	t.Helper()
	path := filepath.Join(folder(t), "s")
	l := socket(t, path, 0o600)
	c, err := netx.Dial(t.Context(), netx.LocalScheme+path, time.Now().Add(deadline))
	if err != nil {
		t.Fatal(err)
	}
	a, err := netx.Accept(l)
	if err != nil {
		t.Fatal(err)
	}
	var socks [2]*netx.Sock
	for i, conn := range []netx.Conn{c, a} {
		if socks[i], err = netx.NewSock(conn, w); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = socks[i].Close() })
	}
	return socks[0], socks[1]
}

func TestAUnixSocketCarriesBytesAndEnds(t *testing.T) {
	t.Parallel()
	w := netx.NewWatch()
	client, server := ends(t, w)
	for _, s := range []*netx.Sock{client, server} {
		if s.RemoteAddr().IsValid() || s.LocalAddr().IsValid() {
			t.Errorf("a unix socket has the addresses %v and %v", s.RemoteAddr(), s.LocalAddr())
		}
	}
	large := make([]byte, 4<<20) // more than the system keeps
	for i := range large {
		large[i] = byte(i >> 10)
	}
	sent := make(chan error, 1)
	go func() {
		_, err := client.Write(large)
		if err == nil {
			err = client.CloseWrite()
		}
		sent <- err
	}()
	got := make([]byte, 0, len(large))
	buf := make([]byte, 64<<10)
	for {
		n, err := server.Read(buf)
		got = append(got, buf[:n]...)
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := <-sent; err != nil || string(got) != string(large) {
		t.Fatalf("%d of %d bytes came: %v", len(got), len(large), err)
	}
	if server.WasReset() || !server.Finished() {
		t.Error("an end of one direction is taken for that of both")
	}
	// The other direction is still open.
	if err := server.Write2([]byte("he"), []byte("llo")); err != nil {
		t.Fatal(err)
	}
	if n, err := client.Read(buf); err != nil || string(buf[:n]) != "hello" {
		t.Errorf("%q, %v", buf[:n], err)
	}
	if _, err := server.Write([]byte("dropped")); err != nil {
		t.Fatal(err)
	}
	if n, err := client.Drop(); n != len("dropped") || err != nil {
		t.Errorf("%d bytes were dropped: %v", n, err)
	}
	if err := server.Reset(); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Read(buf); err == nil {
		t.Error("there is no end")
	}
	if !portable && !client.WasReset() {
		t.Error("a socket that is gone is not noticed")
	}
}

func TestADeadlineAndAnInterruptEndAWaitOnAUnixSocket(t *testing.T) {
	t.Parallel()
	w := netx.NewWatch()
	client, server := ends(t, w)
	client.SetReadDeadline(time.Second)
	if err := ticking(t, w, func() error {
		return result(t, func() error { _, err := client.Read(make([]byte, 1)); return err })
	}); err != netx.ErrTimeout {
		t.Errorf("%v", err)
	}
	server.Interrupt()
	if _, err := server.Read(make([]byte, 1)); err != netx.ErrInterrupted {
		t.Errorf("%v", err)
	}
}

// What a process has left that was killed is taken over, what another one uses is not.
func TestAFileInTheWayIsTakenOverOnlyWhereNobodyListens(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	path := filepath.Join(dir, "s")
	listen := func() (*netx.LocalListener, error) {
		return netx.ListenLocal(t.Context(), path, netx.Permissions{Mode: 0o600})
	}
	old, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	old.SetUnlinkOnClose(false)
	var taken *netx.TakenError
	_, err = listen()
	if !errors.As(err, &taken) || !errors.Is(err, syscall.EADDRINUSE) || taken.Path != path {
		t.Fatalf("somebody listens: %v", err)
	}
	if taken.By != "" && !strings.HasPrefix(taken.By, "process ") {
		t.Errorf("who listens is %q", taken.By)
	}
	if c, err := net.Dial("unix", path); err != nil {
		t.Errorf("the one that listens is disturbed: %v", err)
	} else {
		_ = c.Close()
	}
	_ = old.Close()
	l, err := listen()
	if err != nil {
		t.Fatalf("nobody listens: %v", err)
	}
	if got := l.Addr().String(); got != "unix:"+path {
		t.Errorf("it is called %s", got)
	}
	_ = l.Close()
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file is left: %v", err)
	}
	for what, put := range map[string]func() error{
		"a file":          func() error { return os.WriteFile(path, []byte("precious"), 0o600) },
		"a folder":        func() error { return os.Mkdir(path, 0o700) },
		"a symbolic link": func() error { return os.Symlink(dir, path) },
	} {
		if err := put(); err != nil {
			t.Fatal(err)
		}
		if _, err := listen(); err == nil || !strings.Contains(err.Error(), what+" in its place") {
			t.Errorf("%s: %v", what, err)
		}
		if err := os.Remove(path); err != nil { // it is there still
			t.Errorf("%s: %v", what, err)
		}
	}
	_, err = netx.ListenLocal(t.Context(), filepath.Join(dir, "none", "s"), netx.Permissions{})
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("there is no folder: %v", err)
	}
}

// The next gateway may have its file there already when this one ends.
func TestAFileOfAnotherOneIsNotRemoved(t *testing.T) {
	t.Parallel()
	path := filepath.Join(folder(t), "s")
	l := socket(t, path, 0o600)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	other := socket(t, path, 0o600)
	if err := l.Permit(netx.Permissions{Mode: 0o666}); err == nil {
		t.Error("the file of another one got other permissions")
	}
	_ = l.Close()
	if _, err := os.Lstat(path); err != nil {
		t.Errorf("the file of the other one is gone: %v", err)
	}
	_ = other.Close()
}

func TestTheModeOfAUnixSocket(t *testing.T) {
	t.Parallel()
	path := filepath.Join(folder(t), "s")
	l := socket(t, path, 0o622)
	want := func(mode os.FileMode) {
		t.Helper()
		if f, err := os.Lstat(path); err != nil || f.Mode().Perm() != mode {
			t.Errorf("%v, %v; want %v", f.Mode(), err, mode)
		}
	}
	want(0o622) // whatever the umask
	if err := l.Permit(netx.Permissions{Mode: 0o600}); err != nil {
		t.Error(err)
	}
	want(0o600)
	err := l.Permit(netx.Permissions{Mode: 0o666, User: "no such user at all"})
	if err == nil {
		t.Error("an owner that there is not")
	}
	want(0o600)
}

func TestManyThatBindOneSocketAtOnceLeaveOneThatListens(t *testing.T) {
	t.Parallel()
	path := filepath.Join(folder(t), "s")
	old, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	old.SetUnlinkOnClose(false)
	_ = old.Close() // stale
	const n = 8
	got := make(chan *netx.LocalListener, n)
	for range n {
		go func() {
			l, err := netx.ListenLocal(t.Context(), path, netx.Permissions{Mode: 0o600})
			if err != nil && !errors.Is(err, syscall.EADDRINUSE) {
				t.Error(err)
			}
			got <- l
		}()
	}
	var all []*netx.LocalListener
	for range n {
		if l := <-got; l != nil {
			all = append(all, l)
		}
	}
	if len(all) != 1 {
		t.Errorf("%d listen", len(all))
	}
	if c, err := net.Dial("unix", path); err != nil {
		t.Errorf("nobody answers: %v", err)
	} else {
		_ = c.Close()
	}
	for _, l := range all {
		_ = l.Close()
	}
}

func TestADialOfNoUnixSocket(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	for path, want := range map[string]error{
		filepath.Join(dir, "none"): syscall.ENOENT,
		"":                         syscall.ENAMETOOLONG,
		filepath.Join(dir, strings.Repeat("a", 120)):       syscall.ENAMETOOLONG,
		"@no such name of this test " + filepath.Base(dir): syscall.ECONNREFUSED,
	} {
		_, err := netx.Dial(t.Context(), netx.LocalScheme+path, time.Now().Add(deadline))
		if !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", path, err, want)
		}
	}
}
