package edgetest

import (
	"net"
	"sync"
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

// RefusedAddr is an address that nothing listens on.
func RefusedAddr(t testing.TB) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}
