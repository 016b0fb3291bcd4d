package tunnel

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

const deadline = 20 * time.Second

// running is a watch that runs until the test ends.
func running(t *testing.T) *netx.Watch {
	w := netx.NewWatch()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = w.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return w
}

// A line is a connection: the gateway's socket, and the peer's end.
func line(t *testing.T, w *netx.Watch) (*Sock, *net.TCPConn) {
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
	t.Cleanup(func() { peer.Close() })
	return &Sock{s}, peer
}

// A dug tunnel is carried between two lines until it is over.
type dug struct {
	*Tunnel
	near, far        *Sock
	client, endpoint *net.TCPConn
	over             chan struct{}
}

func (d *dug) TunnelOver() {
	_ = d.near.Sock.Close()
	_ = d.far.Sock.Close()
	close(d.over)
}

func dig(t *testing.T, w *netx.Watch, idle time.Duration) *dug {
	t.Helper()
	d := &dug{Tunnel: New(idle, w.Now), over: make(chan struct{})}
	d.near, d.client = line(t, w)
	d.far, d.endpoint = line(t, w)
	d.Start(d.near, d.far, d)
	return d
}

func (d *dug) ends(t *testing.T) (up, down int64, why Ending) {
	t.Helper()
	select {
	case <-d.over:
	case <-time.After(deadline):
		t.Fatal("it does not end")
	}
	return d.Outcome()
}

func parkedAre(t *testing.T, w *netx.Watch, n int) {
	t.Helper()
	testkit.Eventually(t, fmt.Sprintf("%d sockets are parked", n),
		func() bool { return w.Parked() == n })
}

func TestTunnelsThatAreParkedEndAsOthersDo(t *testing.T) {
	w := running(t)
	for _, tc := range []struct {
		what string
		idle time.Duration
		do   func(*dug)
		why  Ending
	}{
		{"both close", 0, func(d *dug) {
			d.client.CloseWrite()
			if b, err := io.ReadAll(d.endpoint); len(b) > 0 || err != nil {
				t.Errorf("the endpoint got %q, %v", b, err)
			}
			d.endpoint.CloseWrite()
		}, Closed},
		{"silence", 8 * netx.Interval, func(*dug) {}, Silent},
		{"the client resets", time.Minute, func(d *dug) {
			d.client.SetLinger(0)
			d.client.Close()
		}, ClientBroke},
		{"the endpoint resets", 0, func(d *dug) {
			d.endpoint.SetLinger(0)
			d.endpoint.Close()
		}, EndpointBroke},
		{"a drain", 0, func(d *dug) {
			d.near.Sock.HangUp()
			d.far.Interrupt()
		}, Interrupted},
	} {
		d := dig(t, w, tc.idle)
		if tc.why != Silent { // which may come at any time
			parkedAre(t, w, 2)
		}
		tc.do(d)
		if up, down, why := d.ends(t); why != tc.why || up != 0 || down != 0 {
			t.Errorf("%s: it ends with %d, want %d, after %d and %d bytes", tc.what, why, tc.why,
				up, down)
		}
		parkedAre(t, w, 0)
	}
}

// One direction may be busy for as long as it likes while the other is parked: that is no silence.
func TestATunnelThatIsBusyOneWayIsNotSilent(t *testing.T) {
	w := running(t)
	const idle, pieces = 8 * netx.Interval, 12
	d := dig(t, w, idle)
	for range pieces {
		if _, err := d.endpoint.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(d.client, make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(idle / 4) // the time between two pieces is the point
	}
	if _, down, why := d.ends(t); why != Silent || down != pieces {
		t.Errorf("it ends with %d after %d bytes", why, down)
	}
}

// Both directions of many tunnels are busy and parked at random, and one ends before the other.
func TestNothingIsLostInTunnelsThatAreParked(t *testing.T) {
	w := running(t)
	const tunnels, rounds = 60, 8
	var group sync.WaitGroup
	for range tunnels {
		d := dig(t, w, time.Minute)
		var up, down int
		var ways sync.WaitGroup
		way := func(from, to *net.TCPConn, total *int) {
			ways.Go(func() {
				for range rounds {
					time.Sleep(rand.N(4 * netx.Interval)) // being idle for a time is the point
					text := strings.Repeat("abcdefg", 1+rand.IntN(30_000)*rand.IntN(2))
					go func() { _, _ = io.WriteString(from, text) }()
					got := make([]byte, len(text))
					if _, err := io.ReadFull(to, got); err != nil || string(got) != text {
						t.Errorf("of %d bytes came others: %v", len(text), err)
						return
					}
					*total += len(text)
				}
				if err := from.CloseWrite(); err != nil {
					t.Error(err)
				}
				if n, err := to.Read(make([]byte, 1)); n != 0 || err != io.EOF {
					t.Errorf("after the last came %d bytes, %v", n, err)
				}
			})
		}
		way(d.client, d.endpoint, &up)
		way(d.endpoint, d.client, &down)
		group.Go(func() {
			ways.Wait()
			u, n, why := d.ends(t)
			if u != int64(up) || n != int64(down) || why != Closed {
				t.Errorf("%d and %d bytes went through, %d and %d are counted; it ends with %d",
					up, down, u, n, why)
			}
		})
	}
	group.Wait()
}
