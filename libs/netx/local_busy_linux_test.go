package netx_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gatewayhomebrew/gateway/libs/netx"
)

// The system lets nobody wait for a listener that has as many connections waiting as it may have.
func TestADialWaitsForAListenerThatIsBusy(t *testing.T) {
	t.Parallel()
	path := filepath.Join(folder(t), "s")
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := errors.Join(unix.Bind(fd, &unix.SockaddrUnix{Name: path}),
		unix.Listen(fd, 0)); err != nil {
		t.Fatal(err)
	}
	dial := func(d time.Duration) (netx.Conn, error) {
		return netx.Dial(t.Context(), netx.LocalScheme+path, time.Now().Add(d))
	}
	first, err := dial(deadline)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	if _, err := dial(50 * time.Millisecond); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the listener is full: %v", err)
	}
	second := make(chan error, 1)
	go func() {
		c, err := dial(deadline)
		if err == nil {
			err = c.Close()
		}
		second <- err
	}()
	for range 2 {
		a, _, err := unix.Accept(fd)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(a)
	}
	if err := <-second; err != nil {
		t.Errorf("there was room: %v", err)
	}
}
