package l4

import (
	"net"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestKeepAlivesAreSetOnBothSides(t *testing.T) {
	upstream := serve(t, nil)
	r := start(t, build(t, document(upstream)))
	c := r.dial(t)
	send(t, c, "x")
	expect(t, c, "x")
	for side, peer := range map[string]string{
		"client": c.LocalAddr().String(), "endpoint": upstream,
	} {
		fd := socketTo(t, peer)
		testkit.Eventually(t, side+": keep-alives are on", func() bool {
			on, err := syscall.GetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_KEEPALIVE)
			return err == nil && on != 0
		})
		for option, want := range map[int]int{
			unix.TCP_KEEPIDLE: 15, unix.TCP_KEEPINTVL: 15, unix.TCP_KEEPCNT: 9,
		} {
			if got, err := syscall.GetsockoptInt(fd, syscall.IPPROTO_TCP, option); err != nil ||
				got != want {
				t.Errorf("%s: option %d is %d, %v; want %d", side, option, got, err, want)
			}
		}
		if on, err := syscall.GetsockoptInt(fd, syscall.IPPROTO_TCP,
			syscall.TCP_NODELAY); err != nil || on == 0 {
			t.Errorf("%s: small messages wait, %v", side, err)
		}
	}
}

// socketTo finds the socket of this process that is connected to an address.
func socketTo(t testing.TB, peer string) int {
	t.Helper()
	for fd := range 1000 {
		if sa, err := syscall.Getpeername(fd); err == nil {
			if a, ok := sa.(*syscall.SockaddrInet4); ok &&
				(&net.TCPAddr{IP: a.Addr[:], Port: a.Port}).String() == peer {
				return fd
			}
		}
	}
	t.Fatalf("no socket is connected to %s", peer)
	return -1
}
