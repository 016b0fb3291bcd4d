package netx_test

import (
	"bytes"
	"io"
	"net"
	"syscall"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

type exchanged struct {
	sent, got int
	err       error
}

func exchange(t *testing.T, s *netx.Sock, out, in []byte) exchanged {
	t.Helper()
	return result(t, func() exchanged {
		sent, got, err := s.Exchange(out, in)
		return exchanged{sent, got, err}
	})
}

func TestExchangeWritesThenReadsTheAnswer(t *testing.T) {
	s, peer := pair(t, netx.NewWatch())
	go func() {
		buf := make([]byte, 100)
		for {
			n, err := peer.Read(buf)
			if err != nil {
				return
			}
			if _, err := peer.Write(bytes.ToUpper(buf[:n])); err != nil {
				return
			}
		}
	}()
	in := make([]byte, 100)
	for range 1000 {
		if r := exchange(t, s, []byte("hello"), in); r != (exchanged{5, 5, nil}) ||
			string(in[:5]) != "HELLO" {
			t.Fatalf("got %+v, %q", r, in[:5])
		}
	}
}

// Nothing is written to a connection that was closed, or on which the
// endpoint talked out of turn.
func TestExchangeFindsStaleConnections(t *testing.T) {
	w := netx.NewWatch()
	for name, spoil := range map[string]func(peer *net.TCPConn) error{
		"closed": (*net.TCPConn).CloseWrite,
		"bytes nobody asked for": func(p *net.TCPConn) error {
			_, err := p.Write([]byte("HTTP/1.1 200 OK\r\n\r\n"))
			return err
		},
	} {
		s, peer := pair(t, w)
		if !s.Idle() {
			t.Fatalf("%s: a new connection is not idle", name)
		}
		if err := spoil(peer); err != nil {
			t.Fatal(err)
		}
		testkit.Eventually(t, "it has come", func() bool {
			_, err := s.TryPeek(make([]byte, 1))
			return err != syscall.EAGAIN
		})
		if r := exchange(t, s, []byte("hello"), make([]byte, 10)); r.err != netx.ErrStale ||
			r.sent != 0 {
			t.Errorf("%s: %+v, want nothing sent and %v", name, r, netx.ErrStale)
		}
		s.Close()
		if got, _ := io.ReadAll(peer); len(got) > 0 {
			t.Errorf("%s: the peer got %q", name, got)
		}
	}
}

func TestExchangeSaysThatThePeerClosed(t *testing.T) {
	s, peer := pair(t, netx.NewWatch())
	go func() {
		_, _ = peer.Read(make([]byte, 10))
		peer.Close()
	}()
	if r := exchange(t, s, []byte("hello"), make([]byte, 10)); r.err != io.EOF || r.sent != 5 {
		t.Errorf("got %+v, want all sent and io.EOF", r)
	}
}
