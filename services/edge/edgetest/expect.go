package edgetest

import (
	"fmt"
	"net"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// Gate returns a function that opens a channel on which an endpoint waits. The end of the test
// opens it too. Call Gate after the endpoint was made: clean-ups run in reverse order, so the
// channel is open before the endpoint is closed and waits for its connections.
func Gate(t testing.TB, c chan struct{}) func() {
	open := sync.OnceFunc(func() { close(c) })
	t.Cleanup(open)
	return open
}

// Took checks that what began at start took at least least, and at most most.
func Took(t testing.TB, what string, start time.Time, least, most time.Duration) {
	t.Helper()
	if d := time.Since(start); d < least || d > most {
		t.Errorf("%s after %v, want %v to %v", what, d.Round(time.Millisecond), least, most)
	}
}

// Polite makes one request on a connection of its own, which must succeed whatever other clients do
// to the edge.
func Polite(t testing.TB, e *testkit.Process) {
	t.Helper()
	c := testkit.Dial(t, e.Addr("public"))
	defer c.Close()
	if r := c.Exchange(t, "GET", Get); r.Status != 200 {
		t.Errorf("a polite client gets %d", r.Status)
	}
}

// Must ends the test if there is an error.
func Must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Dials tells whether a connection can be made to an address.
func Dials(addr string) bool {
	c, err := net.DialTimeout("tcp", addr, time.Second)
	if err == nil {
		_ = c.Close()
	}
	return err == nil
}

// RefusedAddr is an address that nothing listens on until the test ends: its port is bound, so that
// no server that is started meanwhile gets it.
func RefusedAddr(t testing.TB) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(fd) })
	syscall.CloseOnExec(fd)
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	bound, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("127.0.0.1:%d", bound.(*syscall.SockaddrInet4).Port)
}

// FreeAddr is an address that nothing listens on now, for a server that has to know it before it
// listens. Another one may be faster.
func FreeAddr(t testing.TB) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}
