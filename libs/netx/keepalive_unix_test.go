//go:build unix

package netx_test

import (
	"syscall"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/netx"
)

// keepsAlive reports whether the system looks after a connection that is silent.
func keepsAlive(t *testing.T, conn netx.Conn) bool {
	t.Helper()
	raw, err := conn.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	on := 0
	if failed := raw.Control(func(fd uintptr) {
		on, err = syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_KEEPALIVE)
	}); failed != nil || err != nil {
		t.Fatal(failed, err)
	}
	return on != 0
}
