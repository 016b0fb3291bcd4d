//go:build !portable

package netx_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/netx"
)

func TestANameWithoutAFile(t *testing.T) {
	t.Parallel()
	name := "@" + filepath.Base(folder(t))
	l := socket(t, name, 0o600)
	if got := l.Addr().String(); got != "unix:"+name {
		t.Errorf("it is called %s", got)
	}
	var taken *netx.TakenError
	_, err := netx.ListenLocal(t.Context(), name, netx.Permissions{})
	if !errors.As(err, &taken) || taken.By == "" {
		t.Errorf("somebody listens: %v", err)
	}
	c, err := netx.Dial(t.Context(), "unix:"+name, time.Now().Add(deadline))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if got := fmt.Sprintf("%v %v", c.RemoteAddr(), c.LocalAddr()); got != "unix:"+name+" unix:" {
		t.Errorf("the addresses are %s", got)
	}
}

func TestWhoListensIsNamed(t *testing.T) {
	t.Parallel()
	path := filepath.Join(folder(t), "s")
	socket(t, path, 0o600)
	var taken *netx.TakenError
	_, err := netx.ListenLocal(t.Context(), path, netx.Permissions{})
	if !errors.As(err, &taken) || len(taken.By) <= len("process ") {
		t.Errorf("%v", err)
	}
}

// Bodies go from a unix socket to one of TCP without a copy.
func TestAPipeTakesFromAUnixSocket(t *testing.T) {
	t.Parallel()
	w := netx.NewWatch()
	client, server := ends(t, w)
	to, peer := pair(t, w)
	p := netx.BorrowPipe()
	if p == nil {
		t.Skip("there is no pipe")
	}
	defer p.Release()
	if _, err := client.Write([]byte("carried")); err != nil {
		t.Fatal(err)
	}
	if n, err := p.Fill(server, 1<<20); n != len("carried") || err != nil {
		t.Fatal(n, err)
	}
	if err := p.Drain(to); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 16)
	if n, err := peer.Read(b); err != nil || string(b[:n]) != "carried" {
		t.Errorf("%q, %v", b[:n], err)
	}
}
