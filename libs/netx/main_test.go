package netx_test

import (
	"net"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/gatewayhomebrew/gateway/libs/netx"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const deadline = 10 * time.Second

// pair returns a Sock of w and the plain connection at its other end.
func pair(t testing.TB, w *netx.Watch) (*netx.Sock, *net.TCPConn) {
	t.Helper()
	ln, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	peer, err := net.DialTCP("tcp", nil, ln.Addr().(*net.TCPAddr))
	if err != nil {
		t.Fatal(err)
	}
	conn, err := ln.AcceptTCP()
	if err != nil {
		t.Fatal(err)
	}
	s, err := netx.NewSock(conn, w)
	if err != nil {
		t.Fatal(err)
	}
	if err := peer.SetDeadline(time.Now().Add(deadline)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Close()
		peer.Close()
	})
	return s, peer
}

// result runs f and fails the test if it does not come to an end.
func result[T any](t testing.TB, f func() T) T {
	t.Helper()
	c := make(chan T, 1)
	go func() { c <- f() }()
	select {
	case v := <-c:
		return v
	case <-time.After(deadline):
		t.Fatal("it hangs")
		panic("unreachable")
	}
}

// ticking lets the watch go round while f runs, as fast as that goes; its time
// moves by an Interval each round.
func ticking[T any](t testing.TB, w *netx.Watch, f func() T) T {
	t.Helper()
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for at := time.Duration(w.Now()); ; at += netx.Interval {
			select {
			case <-stop:
				return
			default:
				w.Tick(at)
			}
		}
	}()
	defer func() {
		close(stop)
		<-done
	}()
	return result(t, f)
}
