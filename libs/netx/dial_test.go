package netx_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestDialConnects(t *testing.T) {
	for _, at := range []string{"127.0.0.1", "::1", "localhost"} {
		t.Run(at, func(t *testing.T) {
			ln, err := net.Listen("tcp", net.JoinHostPort(at, "0"))
			if err != nil {
				t.Skip(err) // not every machine has IPv6
			}
			defer ln.Close()
			got := make(chan string, 1)
			go func() {
				c, err := ln.Accept()
				if err != nil {
					got <- err.Error()
					return
				}
				defer c.Close()
				b, _ := io.ReadAll(c)
				_, _ = io.WriteString(c, c.RemoteAddr().String())
				got <- string(b)
			}()
			_, port, err := net.SplitHostPort(ln.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			conn, err := netx.Dial(t.Context(), net.JoinHostPort(at, port),
				time.Now().Add(deadline))
			if err != nil {
				t.Fatal(err)
			}
			w := netx.NewWatch()
			s, err := netx.NewSock(conn, w)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			s.KeepAlive(time.Minute, time.Second, 3)
			if _, err := s.Write([]byte("hello")); err != nil {
				t.Fatal(err)
			}
			if err := s.CloseWrite(); err != nil {
				t.Fatal(err)
			}
			if b := <-got; b != "hello" {
				t.Errorf("%q came", b)
			}
			b := make([]byte, 100)
			n, err := s.Read(b)
			if err != nil || string(b[:n]) != s.LocalAddr().String() {
				t.Errorf("they see %q, %v, and this is %s", b[:n], err, s.LocalAddr())
			}
			if s.RemoteAddr().String() != ln.Addr().String() {
				t.Errorf("the other side is said to be %s", s.RemoteAddr())
			}
			if !keepsAlive(t, conn) {
				t.Error("no keep-alives")
			}
		})
	}
}

func TestDialSaysWhyNot(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	var op *net.OpError
	_, err = netx.Dial(t.Context(), ln.Addr().String(), time.Time{})
	if !errors.Is(err, syscall.ECONNREFUSED) || !errors.As(err, &op) || op.Op != "dial" {
		t.Errorf("where nobody listens: %v", err)
	}
	silent := testkit.Hanging(t)
	start := time.Now()
	_, err = netx.Dial(t.Context(), silent, start.Add(100*time.Millisecond))
	if !errors.As(err, &op) || !op.Timeout() || time.Since(start) < 100*time.Millisecond {
		t.Errorf("a deadline: %v after %v", err, time.Since(start))
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(50*time.Millisecond, func() { cancel(nil) })
	_, err = netx.Dial(ctx, silent, time.Now().Add(deadline))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("somebody gave up: %v", err)
	}
	if _, err = netx.Dial(ctx, ln.Addr().String(), time.Time{}); !errors.Is(err, context.Canceled) {
		t.Errorf("somebody had given up: %v", err)
	}
	late, cancelLate := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancelLate()
	if _, err = netx.Dial(late, silent, time.Time{}); !errors.Is(err, context.DeadlineExceeded) &&
		!errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the time of the context is over: %v", err)
	}
}
