package netx_test

import (
	"bytes"
	"errors"
	"io"
	"syscall"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/netx"
)

func TestReadReturnsWhatIsThereThenTheEnd(t *testing.T) {
	s, peer := pair(t, netx.NewWatch())
	if _, err := peer.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 100)
	n, err := s.Read(buf)
	if string(buf[:n]) != "hello" || err != nil {
		t.Fatalf("got %q, %v", buf[:n], err)
	}
	if _, err := s.TryRead(buf); err != syscall.EAGAIN {
		t.Errorf("TryRead with nothing there: %v, want EAGAIN", err)
	}
	peer.Close()
	if _, err := s.Read(buf); err != io.EOF {
		t.Errorf("after the peer closed: %v, want io.EOF", err)
	}
}

// Drop throws away what comes, and ends as a read does.
func TestDropThrowsAway(t *testing.T) {
	w := netx.NewWatch()
	s, peer := pair(t, w)
	const size = 3 << 20
	go func() {
		_, _ = peer.Write(make([]byte, size))
		_ = peer.CloseWrite()
	}()
	got, err := 0, error(nil)
	for err == nil {
		var n int
		n, err = s.Drop()
		got += n
	}
	if got != size || err != io.EOF {
		t.Errorf("%d of %d bytes were dropped, then %v", got, size, err)
	}
	s, _ = pair(t, w)
	drop := func() error { _, err := s.Drop(); return err }
	s.SetReadDeadline(time.Minute)
	if err := ticking(t, w, drop); err != netx.ErrTimeout {
		t.Errorf("past the deadline: %v", err)
	}
	s.SetReadDeadline(0)
	s.Interrupt()
	if err := result(t, drop); err != netx.ErrInterrupted {
		t.Errorf("interrupted: %v", err)
	}
}

func TestWriteGoesThroughAFullWindow(t *testing.T) {
	s, peer := pair(t, netx.NewWatch())
	want := bytes.Repeat([]byte("0123456789abcdef"), 1<<20)
	go func() {
		_, _ = s.Write(want)
		_ = s.CloseWrite()
	}()
	got, err := io.ReadAll(peer)
	if err != nil || !bytes.Equal(got, want) {
		t.Fatalf("%d of %d bytes came, %v", len(got), len(want), err)
	}
}

func TestTwoPiecesAreWrittenInOrder(t *testing.T) {
	for _, sizes := range [][2]int{{3, 5}, {0, 5}, {5, 0}, {100, 32 << 20}, {32 << 20, 100}} {
		s, peer := pair(t, netx.NewWatch())
		a, b := bytes.Repeat([]byte("a"), sizes[0]), bytes.Repeat([]byte("b"), sizes[1])
		go func() {
			_ = s.Write2(a, b)
			_ = s.CloseWrite()
		}()
		got, err := io.ReadAll(peer)
		if err != nil || !bytes.Equal(got, append(a[:len(a):len(a)], b...)) {
			t.Errorf("%v: %d bytes came, or in another order; %v", sizes, len(got), err)
		}
	}
}

func TestReadDeadlineEndsAWait(t *testing.T) {
	w := netx.NewWatch()
	s, _ := pair(t, w)
	s.SetReadDeadline(time.Minute)
	err := ticking(t, w, func() error {
		_, err := s.Read(make([]byte, 1))
		return err
	})
	if err != netx.ErrTimeout {
		t.Errorf("got %v, want %v", err, netx.ErrTimeout)
	}
	if at := time.Duration(w.Now()); at < time.Minute {
		t.Errorf("the deadline of a minute ended the wait after %v", at)
	}
}

func TestWriteTimeoutCutsAReaderThatStops(t *testing.T) {
	w := netx.NewWatch()
	s, _ := pair(t, w)
	s.WriteTimeout = time.Minute
	var written int
	err := ticking(t, w, func() error {
		var err error
		written, err = s.Write(make([]byte, 64<<20))
		return err
	})
	if err != netx.ErrTimeout || written == 0 {
		t.Errorf("with a reader that reads nothing: %d bytes, %v; want some and %v", written, err,
			netx.ErrTimeout)
	}
}

func TestInterruptEndsWaitsUntilResume(t *testing.T) {
	s, peer := pair(t, netx.NewWatch())
	go s.Interrupt()
	read := func() error {
		_, err := s.Read(make([]byte, 1))
		return err
	}
	if err := result(t, read); err != netx.ErrInterrupted {
		t.Fatalf("got %v, want %v", err, netx.ErrInterrupted)
	}
	if err := result(t, read); err != netx.ErrInterrupted {
		t.Fatalf("the next wait: %v, want %v", err, netx.ErrInterrupted)
	}
	s.Resume()
	if _, err := peer.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := result(t, read); err != nil {
		t.Fatalf("after Resume: %v", err)
	}
}

func TestResetIsSeenAsSuch(t *testing.T) {
	s, peer := pair(t, netx.NewWatch())
	if err := s.Reset(); err != nil {
		t.Fatal(err)
	}
	if _, err := peer.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the peer got %v, want ECONNRESET", err)
	}
}

// A step that reads once, renews its deadline and goes back to waiting misses
// nothing, however the bytes and the end of the stream arrive.
func TestAwaitMissesNothing(t *testing.T) {
	for range 200 {
		w := netx.NewWatch()
		s, peer := pair(t, w)
		const far = 1000 * 24 * time.Hour // a new deadline makes the watch look for an end
		s.SetReadDeadline(far)
		got := make(chan int, 1)
		go func() {
			total := 0
			buf := make([]byte, 1024)
			_ = s.Await(func(uintptr) bool {
				n, err := s.TryRead(buf)
				if err == syscall.EAGAIN {
					return false
				}
				total += max(n, 0)
				s.SetReadDeadline(far)
				return err != nil
			})
			got <- total
		}()
		want := 0
		for i := range 5 {
			n, err := peer.Write(make([]byte, 10*i+1))
			if err != nil {
				t.Fatal(err)
			}
			want += n
		}
		// The last bytes and the end come as one event.
		peer.Close()
		if total := ticking(t, w, func() int { return <-got }); total != want {
			t.Fatalf("%d of %d bytes", total, want)
		}
		s.Close()
	}
}

func TestWatchForgetsClosedSockets(t *testing.T) {
	w := netx.NewWatch()
	var socks []*netx.Sock
	for range 10 {
		s, _ := pair(t, w)
		socks = append(socks, s)
	}
	for i := range socks {
		socks[(i*7)%10].Close()
		if got := w.Sockets(); got != 9-i {
			t.Fatalf("%d sockets after closing %d of 10", got, i+1)
		}
	}
}
