package netx_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/netx"
)

// running is a watch that runs until the test ends, or stop is called.
func running(t *testing.T) (w *netx.Watch, stop func()) {
	t.Helper()
	w = netx.NewWatch()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = w.Run(ctx)
	}()
	stop = func() {
		cancel()
		<-done
	}
	t.Cleanup(stop)
	for !w.CanPark() { // it has only begun
		time.Sleep(time.Millisecond)
	}
	return w, stop
}

// told is who goes on with a parked socket: it tells that it was asked to.
type told chan struct{}

func (c told) Unpark() { c <- struct{}{} }

func (c told) within(t *testing.T, d time.Duration) bool {
	t.Helper()
	select {
	case <-c:
		return true
	case <-time.After(d):
		return false
	}
}

// parked parks a new socket.
func parked(t *testing.T, w *netx.Watch) (*netx.Sock, *net.TCPConn, told) {
	t.Helper()
	s, peer := pair(t, w)
	c := make(told, 1)
	if !s.Park(c) {
		t.Fatal("it is not parked")
	}
	return s, peer, c
}

func TestWhatComesRousesAParkedSocket(t *testing.T) {
	w, _ := running(t)
	buf := make([]byte, 8)
	for _, tc := range []struct {
		what string
		do   func(*netx.Sock, *net.TCPConn)
		read error
	}{
		{"bytes", func(_ *netx.Sock, peer *net.TCPConn) { peer.Write([]byte("x")) }, nil},
		{"an end", func(_ *netx.Sock, peer *net.TCPConn) { peer.CloseWrite() }, io.EOF},
		{"a reset", func(_ *netx.Sock, peer *net.TCPConn) {
			peer.SetLinger(0)
			peer.Close()
		}, syscall.ECONNRESET},
		{"an interrupt", func(s *netx.Sock, _ *net.TCPConn) { s.Interrupt() }, netx.ErrInterrupted},
	} {
		s, peer, c := parked(t, w)
		if c.within(t, time.Millisecond) {
			t.Errorf("%s: it is roused by nothing", tc.what)
		}
		tc.do(s, peer)
		if !c.within(t, deadline) {
			t.Fatalf("%s: it is not roused", tc.what)
		}
		if _, err := s.Read(buf); !errors.Is(err, tc.read) {
			t.Errorf("%s: then a read ends with %v, want %v", tc.what, err, tc.read)
		}
	}
}

func TestTheDeadlineOfAParkedSocketIsKept(t *testing.T) {
	w, _ := running(t)
	s, _ := pair(t, w)
	c := make(told, 1)
	s.SetReadDeadline(netx.Interval)
	if !s.Park(c) {
		t.Fatal("it is not parked")
	}
	if !c.within(t, deadline) {
		t.Fatal("it is not roused")
	}
	if _, err := s.Read(make([]byte, 1)); err != netx.ErrTimeout {
		t.Errorf("then a read ends with %v", err)
	}
}

// What came before a socket is parked is no news afterwards, and is not to be lost for that.
func TestWhatIsThereAlreadyIsNotLost(t *testing.T) {
	w, _ := running(t)
	s, peer := pair(t, w)
	peer.Write([]byte("x"))
	for !readable(s) {
		time.Sleep(time.Millisecond)
	}
	c := make(told, 1)
	if s.Park(c) && !c.within(t, deadline) {
		t.Error("it is not roused by bytes that were there")
	}
	s.Interrupt()
	if s.Park(c) {
		t.Error("a socket is parked that is to end")
	}
}

// readable reports whether something can be read.
func readable(s *netx.Sock) bool {
	_, err := s.TryPeek(make([]byte, 1))
	return err == nil
}

// A descriptor has another socket soon: news of the one that had it before are not that one's.
func TestADescriptorThatIsUsedAgainRousesItsOwnSocket(t *testing.T) {
	w, _ := running(t)
	for range 50 {
		s, _, c := parked(t, w)
		s.Interrupt()
		if !c.within(t, deadline) {
			t.Fatal("it is not roused")
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		next, peer, own := parked(t, w) // with the lowest number that is free: that of s
		peer.Write([]byte("x"))
		if !own.within(t, deadline) {
			t.Fatal("the next one is not roused")
		}
		if len(c) > 0 {
			t.Fatal("a closed one is roused")
		}
		if err := next.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestParkedSocketsGoOnWhenTheWatchEnds(t *testing.T) {
	w, stop := running(t)
	_, _, c := parked(t, w)
	stop()
	if !c.within(t, deadline) {
		t.Error("it is not roused")
	}
	s, _ := pair(t, w)
	if s.Park(c) {
		t.Error("a socket is parked that nobody watches")
	}
}

// An owner that waits for long is told, once for each deadline that it sets.
func TestAnOwnerThatIsIdleIsToldOnce(t *testing.T) {
	w, _ := running(t)
	s, peer := pair(t, w)
	got := 0
	step := func(uintptr) bool {
		for {
			if _, err := s.TryRead(make([]byte, 8)); err != nil {
				return false
			}
			got++
			s.SetReadDeadline(2 * deadline)
		}
	}
	s.SetReadDeadline(deadline)
	wait := func() error { return s.AwaitOrIdle(step) }
	if err := result(t, wait); err != netx.ErrIdle {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- wait() }()
	select {
	case err := <-done:
		t.Fatalf("again, with the same deadline: %v", err)
	case <-time.After(4 * netx.Interval):
	}
	peer.Write([]byte("x"))
	if err := result(t, func() error { return <-done }); err != netx.ErrIdle || got != 1 {
		t.Fatalf("with another deadline: %v, after %d pieces", err, got)
	}
	go func() { done <- wait() }()
	s.Interrupt()
	if err := result(t, func() error { return <-done }); err != netx.ErrInterrupted {
		t.Error(err)
	}
}

// echoing answers what it is sent, and is parked whenever nothing is there. It tells of its end.
type echoing struct {
	sock *netx.Sock
	end  chan error
	buf  [64]byte
	wake int // how often it was roused
}

func (e *echoing) Unpark() {
	for e.wake++; ; {
		n, err := e.sock.TryRead(e.buf[:])
		switch {
		case err == syscall.EAGAIN:
			if e.sock.Interrupted() {
				e.end <- netx.ErrInterrupted
				return
			}
			if e.sock.Park(e) {
				return
			}
		case err != nil:
			e.end <- err
			return
		default:
			if _, err := e.sock.Write(e.buf[:n]); err != nil {
				e.end <- err
				return
			}
		}
	}
}

// A hundred sockets are parked and roused at random, while others come and go on their
// descriptors; some are interrupted in the middle. Every byte is answered.
func TestNothingIsLostAsSocketsAreParkedAndRoused(t *testing.T) {
	w, _ := running(t)
	const conns, rounds = 100, 60
	var group sync.WaitGroup
	for i := range conns {
		group.Go(func() {
			for life := range 3 {
				s, peer := pair(t, w)
				e := &echoing{sock: s, end: make(chan error, 1)}
				go e.Unpark()
				sent, got := make([]byte, 8), make([]byte, 8)
				for n := range rounds {
					binary.BigEndian.PutUint64(sent, uint64(i)<<32|uint64(n))
					cut := rand.IntN(9)
					if err := peer.SetDeadline(time.Now().Add(deadline)); err != nil {
						t.Error(err)
					}
					peer.Write(sent[:cut])
					peer.Write(sent[cut:])
					if _, err := io.ReadFull(peer, got); err != nil || string(got) != string(sent) {
						t.Errorf("sent %x, came %x, %v", sent, got, err)
						return
					}
				}
				want := error(io.EOF)
				if life == 1 {
					want = netx.ErrInterrupted
					s.Interrupt()
				} else {
					peer.CloseWrite()
				}
				select {
				case err := <-e.end:
					if err != want {
						t.Errorf("it ends with %v, want %v", err, want)
					}
				case <-time.After(deadline):
					t.Error("its end is lost")
					return
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
}
