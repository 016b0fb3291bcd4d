package netx_test

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// securePair is a Sock with TLS on one side and crypto/tls on the other. server says
// which side the Sock is on.
func securePair(t testing.TB, server bool) (*netx.Sock, *tls.Conn) {
	t.Helper()
	authority := testkit.NewAuthority(t)
	serverConfig := &tls.Config{
		Certificates: []tls.Certificate{authority.Leaf(t, nil, "a.test").TLS(t)},
	}
	clientConfig := &tls.Config{RootCAs: authority.Pool(), ServerName: "a.test"}
	sock, peer := pair(t, netx.NewWatch())
	_ = peer.SetDeadline(time.Now().Add(10 * time.Second))
	slow := byByte{peer}
	var far *tls.Conn
	near := func(wire net.Conn) *tls.Conn {
		if server {
			return tls.Server(wire, serverConfig)
		}
		return tls.Client(wire, clientConfig)
	}
	if server {
		far = tls.Client(slow, clientConfig)
	} else {
		far = tls.Server(slow, serverConfig)
	}
	done := make(chan error, 1)
	go func() { done <- far.Handshake() }()
	if err := sock.Secure(func(wire net.Conn) (netx.Layer, error) {
		c := near(wire)
		return c, c.Handshake()
	}); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	return sock, far
}

func TestALayerCarriesBytesBothWays(t *testing.T) {
	for _, server := range []bool{true, false} {
		sock, far := securePair(t, server)
		want := bytes.Repeat([]byte("0123456789abcdef"), 4_000) // some records
		go func() { _, _ = far.Write(want) }()
		var got []byte
		buf := make([]byte, 5000)
		for len(got) < len(want) {
			n, err := sock.Read(buf)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, buf[:n]...)
		}
		if !bytes.Equal(got, want) {
			t.Error("what was read is not what was written")
		}
		go func() {
			_, _ = sock.Write(want)
			_ = sock.CloseWrite()
		}()
		if got, err := io.ReadAll(far); err != nil || !bytes.Equal(got, want) {
			t.Errorf("the peer got %d bytes, %v", len(got), err)
		}
		if err := far.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if n, err := sock.Read(buf); n != 0 || err != io.EOF {
			t.Errorf("after the peer's close: %d, %v, want EOF", n, err)
		}
	}
}

// A record that arrives byte by byte is read when it is whole, and a step that
// finds only part of one waits again.
func TestAPartOfARecordIsNothingYet(t *testing.T) {
	sock, far := securePair(t, true)
	go func() {
		_, _ = far.Write([]byte("hello"))
	}()
	var got []byte
	steps := 0
	if err := sock.Await(func(uintptr) bool {
		steps++
		for {
			buf := make([]byte, 3)
			n, err := sock.TryRead(buf)
			if err == syscall.EAGAIN {
				return false
			}
			if err != nil {
				t.Error(err)
				return true
			}
			if got = append(got, buf[:n]...); len(got) == 5 {
				return true
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
	if string(got) != "hello" {
		t.Errorf("got %q", got)
	}
}

// byByte writes every byte by itself.
type byByte struct{ net.Conn }

func (c byByte) Write(p []byte) (int, error) {
	for i := range p {
		if _, err := c.Conn.Write(p[i : i+1]); err != nil {
			return i, err
		}
	}
	return len(p), nil
}

// An exchange over TLS 1.3: the server's session tickets arrive unasked, and are
// no reason to take the connection for stale.
func TestTicketsDoNotMakeAConnectionStale(t *testing.T) {
	sock, far := securePair(t, false)
	go func() {
		buf := make([]byte, 100)
		for {
			n, err := far.Read(buf)
			if err != nil {
				return
			}
			if _, err := far.Write(append([]byte("re: "), buf[:n]...)); err != nil {
				return
			}
		}
	}()
	in := make([]byte, 100)
	for range 3 {
		if !sock.Idle() {
			t.Fatal("an idle connection says it is not")
		}
		sent, got, err := sock.Exchange([]byte("ping"), in)
		if err != nil || sent != 4 || string(in[:got]) != "re: ping" {
			t.Fatalf("sent %d, got %q, %v", sent, in[:got], err)
		}
	}
	if err := far.Close(); err != nil {
		t.Fatal(err)
	}
	var err error
	for range 100 { // until the end has arrived
		if _, _, err = sock.Exchange([]byte("ping"), in); err != nil {
			break
		}
	}
	if !errors.Is(err, netx.ErrStale) && !errors.Is(err, io.EOF) {
		t.Errorf("an exchange on a closed connection: %v", err)
	}
}

func TestAHandshakeEndsWithTheDeadline(t *testing.T) {
	w := netx.NewWatch()
	sock, _ := pair(t, w)
	sock.SetReadDeadline(time.Second)
	done := make(chan error, 1)
	go func() {
		done <- sock.Secure(func(wire net.Conn) (netx.Layer, error) {
			c := tls.Server(wire, &tls.Config{})
			return c, c.Handshake()
		})
	}()
	for at := time.Second; ; at += time.Second {
		w.Tick(at)
		select {
		case err := <-done:
			if !errors.Is(err, netx.ErrTimeout) {
				t.Errorf("got %v, want ErrTimeout", err)
			}
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// What the peer did not announce as the end may not be all.
func TestATruncatedStreamIsToldApart(t *testing.T) {
	sock, far := securePair(t, true)
	if err := far.NetConn().Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := sock.Read(make([]byte, 1)); !netx.IsTruncated(err) {
		t.Errorf("got %v, want an unexpected end", err)
	}
}
