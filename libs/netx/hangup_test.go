package netx_test

import (
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// noticed ticks until the watch cancels the exchange of s on up, and returns
// when that was.
func noticed(t *testing.T, w *netx.Watch, s, up *netx.Sock) time.Duration {
	t.Helper()
	for at := netx.Interval; at < time.Minute; at += netx.Interval {
		s.CancelOnHangup(up.Hook())
		w.Tick(at)
		if s.EndCancel() {
			continue
		}
		if err := result(t, func() error {
			_, err := up.Read(make([]byte, 1))
			return err
		}); err != netx.ErrInterrupted {
			t.Fatalf("got %v, want %v", err, netx.ErrInterrupted)
		}
		return at
	}
	t.Fatal("not noticed in a minute")
	return 0
}

func TestAClientThatIsGoneCancelsItsExchange(t *testing.T) {
	w := netx.NewWatch()
	s, client := pair(t, w)
	up, _ := pair(t, w)
	if err := client.SetLinger(0); err != nil {
		t.Fatal(err)
	}
	client.Close()
	testkit.Eventually(t, "the reset is there", s.WasReset)
	if at := noticed(t, w, s, up); at >= netx.Grace {
		t.Errorf("a reset was noticed after %v", at)
	}
}

func TestAHalfClosedClientHasGrace(t *testing.T) {
	w := netx.NewWatch()
	s, client := pair(t, w)
	up, _ := pair(t, w)
	if err := client.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, "the end is there", s.Finished)
	if at := noticed(t, w, s, up); at < netx.Grace || at > 2*netx.Grace {
		t.Errorf("a half-closed client was given up after %v, want %v", at, netx.Grace)
	}
}

func TestAPresentClientCancelsNothing(t *testing.T) {
	w := netx.NewWatch()
	s, client := pair(t, w)
	up, answer := pair(t, w)
	// Unread bytes of the client's next request don't hide or feign anything.
	if _, err := client.Write([]byte("GET")); err != nil {
		t.Fatal(err)
	}
	s.CancelOnHangup(up.Hook())
	for at := netx.Interval; at < time.Minute; at += netx.Interval {
		w.Tick(at)
	}
	if !s.EndCancel() {
		t.Fatal("the watch cancelled an exchange whose client is there")
	}
	if _, err := answer.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if _, err := up.Read(make([]byte, 1)); err != nil {
		t.Error(err)
	}
}

func TestNothingIsCancelledAfterTheExchange(t *testing.T) {
	w := netx.NewWatch()
	s, client := pair(t, w)
	up, answer := pair(t, w)
	s.CancelOnHangup(up.Hook())
	w.Tick(netx.Interval)
	if !s.EndCancel() {
		t.Fatal("cancelled at once")
	}
	client.Close()
	for at := 2 * netx.Interval; at < time.Minute; at += netx.Interval {
		w.Tick(at)
	}
	if _, err := answer.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if _, err := up.Read(make([]byte, 1)); err != nil {
		t.Errorf("the upstream connection was interrupted for its last client: %v", err)
	}
}

func TestHangUpEndsBothSides(t *testing.T) {
	w := netx.NewWatch()
	s, _ := pair(t, w)
	up, _ := pair(t, w)
	s.CancelOnHangup(up.Hook())
	s.HangUp()
	for _, sock := range []*netx.Sock{s, up} {
		if err := result(t, func() error {
			_, err := sock.Read(make([]byte, 1))
			return err
		}); err != netx.ErrInterrupted {
			t.Errorf("got %v, want %v", err, netx.ErrInterrupted)
		}
	}
}

// What the peer sent before does not hide its reset; its half-close is none.
func TestAResetIsToldFromAHalfClose(t *testing.T) {
	w := netx.NewWatch()
	s, client := pair(t, w)
	if _, err := client.Write([]byte("unread")); err != nil {
		t.Fatal(err)
	}
	if err := client.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 1)
	if err := result(t, func() error { _, err := s.Read(got); return err }); err != nil {
		t.Fatal(err)
	}
	if s.WasReset() {
		t.Error("a half-close is taken for a reset")
	}
	if portable {
		return // package net tells nothing of a connection whose end was read
	}
	if err := client.SetLinger(0); err != nil {
		t.Fatal(err)
	}
	client.Close()
	testkit.Eventually(t, "the reset is there", s.WasReset)
}
