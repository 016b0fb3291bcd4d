package l4

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
)

// withTimes has short times for a session.
func withTimes(idle, overall time.Duration, endpoint string) *config.Document {
	d := document(endpoint)
	d.Listeners[0].Timeouts.Idle, d.Listeners[0].Timeouts.Overall = idle, overall
	return d
}

// ping sends a byte every so often for some time, until a write fails.
func ping(c net.Conn, every, during time.Duration) {
	t := time.NewTicker(every)
	defer t.Stop()
	for end := time.Now().Add(during); time.Now().Before(end); <-t.C {
		if _, err := c.Write([]byte("x")); err != nil {
			return
		}
	}
}

func TestASessionWithoutBytesIsIdle(t *testing.T) {
	gone := make(chan error, 1)
	r := start(t, build(t, withTimes(300*time.Millisecond, 0, serve(t, func(c *net.TCPConn) {
		_, err := io.ReadAll(c)
		gone <- err
	}))))
	began := time.Now()
	expectReset(t, r.dial(t))
	if took := time.Since(began); took < 250*time.Millisecond || took > 3*time.Second {
		t.Errorf("it took %v", took)
	}
	if err := <-gone; err == nil {
		t.Error("the endpoint saw an end in order")
	}
	r.endedFor(t, IdleTimeout)
}

// A peer that sends a byte now and then keeps its session, and the silence of the
// other side does not matter.
func TestBytesEitherWayKeepASession(t *testing.T) {
	const idle = 400 * time.Millisecond
	t.Run("from the client", func(t *testing.T) {
		r := start(t, build(t, withTimes(idle, 0, serve(t, func(c *net.TCPConn) {
			_, _ = io.Copy(io.Discard, c)
		}))))
		c := r.dial(t)
		ping(c, idle/4, 4*idle)
		c.Close()
		if e := r.endedFor(t, ClientClosed); e.In < 10 {
			t.Errorf("%d bytes came through", e.In)
		}
	})
	t.Run("from the endpoint", func(t *testing.T) {
		r := start(t, build(t, withTimes(idle, 0, serve(t, func(c *net.TCPConn) {
			ping(c, idle/4, 4*idle)
		}))))
		c := r.dial(t)
		if got, err := io.ReadAll(c); err != nil || len(got) < 10 {
			t.Errorf("%d bytes, %v", len(got), err)
		}
		c.Close()
		r.endedFor(t, UpstreamClosed)
	})
	t.Run("after a half-close", func(t *testing.T) {
		r := start(t, build(t, withTimes(idle, 0, serve(t, func(c *net.TCPConn) {
			_, _ = io.Copy(io.Discard, c)
			ping(c, idle/4, 3*idle)
		}))))
		c := r.dial(t)
		if err := c.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(c); err != nil || len(got) < 8 {
			t.Errorf("%d bytes, %v", len(got), err)
		}
		r.endedFor(t, ClientClosed)
	})
}

func TestAPeerThatTakesNothingIsIdle(t *testing.T) {
	t.Run("the endpoint", func(t *testing.T) {
		stop := make(chan struct{})
		r := start(t, build(t, withTimes(500*time.Millisecond, 0, serve(t, func(*net.TCPConn) {
			<-stop
		}))))
		c := r.dial(t)
		block := make([]byte, 1<<20)
		for {
			if _, err := c.Write(block); err != nil {
				break
			}
		}
		close(stop)
		r.endedFor(t, IdleTimeout)
	})
	t.Run("both", func(t *testing.T) {
		done := make(chan struct{})
		flood := func(c net.Conn) {
			block := make([]byte, 1<<20)
			for {
				if _, err := c.Write(block); err != nil {
					return
				}
			}
		}
		r := start(t, build(t, withTimes(500*time.Millisecond, 0, serve(t, func(c *net.TCPConn) {
			flood(c)
			close(done)
		}))))
		flood(r.dial(t))
		<-done
		r.endedFor(t, IdleTimeout)
	})
}

// A peer that takes little at a time is slow, not gone.
func TestAPeerThatTakesLittleKeepsItsSession(t *testing.T) {
	const idle = time.Second
	r := start(t, build(t, withTimes(idle, 0, serve(t, func(c *net.TCPConn) {
		block := make([]byte, 1<<20)
		for range 16 {
			if _, err := c.Write(block); err != nil {
				return
			}
		}
	}))))
	c := r.dial(t)
	if err := c.SetReadBuffer(64 << 10); err != nil {
		t.Fatal(err)
	}
	tick := time.NewTicker(idle / 10)
	defer tick.Stop()
	block := make([]byte, 256<<10)
	for range 24 {
		<-tick.C
		if _, err := io.ReadFull(c, block); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := io.Copy(io.Discard, c); err != nil || n != 10<<20 {
		t.Errorf("%d more bytes came, %v", n, err)
	}
	c.Close()
	r.endedFor(t, UpstreamClosed)
}

func TestASessionEndsWhenItsTimeIsOver(t *testing.T) {
	t.Run("though bytes come now and then", func(t *testing.T) {
		r := start(t, build(t, withTimes(time.Hour, 400*time.Millisecond, serve(t, nil))))
		c := r.dial(t)
		began := time.Now()
		ping(c, 20*time.Millisecond, deadline/2)
		if took := time.Since(began); took < 350*time.Millisecond || took > 3*time.Second {
			t.Errorf("it took %v", took)
		}
		r.endedFor(t, OverallTimeout)
	})
	t.Run("though nothing ever waits", func(t *testing.T) {
		r := start(t, build(t, withTimes(0, 400*time.Millisecond, serve(t, func(c *net.TCPConn) {
			block := make([]byte, 1<<20)
			for {
				if _, err := c.Write(block); err != nil {
					return
				}
			}
		}))))
		if n, err := io.Copy(io.Discard, r.dial(t)); err == nil {
			t.Errorf("it ended in order after %d bytes", n)
		}
		r.endedFor(t, OverallTimeout)
	})
	t.Run("though nothing ever comes", func(t *testing.T) {
		r := start(t, build(t, withTimes(0, 400*time.Millisecond, serve(t, nil))))
		expectReset(t, r.dial(t))
		r.endedFor(t, OverallTimeout)
	})
	t.Run("though both sides take nothing", func(t *testing.T) {
		stop := make(chan struct{})
		r := start(t, build(t, withTimes(0, 600*time.Millisecond, serve(t, func(c *net.TCPConn) {
			_, _ = c.Write(make([]byte, 32<<20))
			<-stop
		}))))
		c := r.dial(t)
		if _, err := c.Write(make([]byte, 32<<20)); err == nil {
			t.Error("all was taken")
		}
		close(stop)
		r.endedFor(t, OverallTimeout)
	})
}

// A client that does not notice that its server has left does not keep its place for an hour, and
// neither does a server whose client has finished and that never answers.
func TestAHalfClosedSessionIsIdleSooner(t *testing.T) {
	short := func(endpoint string) *config.Document {
		d := withTimes(time.Hour, 0, endpoint)
		d.Listeners[0].Timeouts.HalfClosed = 300 * time.Millisecond
		return d
	}
	t.Run("the endpoint has left", func(t *testing.T) {
		r := start(t, build(t, short(serve(t, func(c *net.TCPConn) { _ = c.CloseWrite() }))))
		expectEnd(t, r.dial(t))
		r.endedFor(t, IdleTimeout)
	})
	t.Run("after many messages", func(t *testing.T) {
		r := start(t, build(t, short(serve(t, func(c *net.TCPConn) {
			_, _ = io.CopyN(c, c, exchanges+5)
			_ = c.CloseWrite()
			_, _ = io.Copy(io.Discard, c)
		}))))
		c := r.dial(t)
		for range exchanges + 5 {
			send(t, c, "x")
			expect(t, c, "x")
		}
		expectEnd(t, c)
		r.endedFor(t, IdleTimeout)
	})
	t.Run("the client has finished", func(t *testing.T) {
		stop := make(chan struct{})
		defer close(stop)
		r := start(t, build(t, short(serve(t, func(c *net.TCPConn) {
			<-stop
		}))))
		c := r.dial(t)
		if err := c.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		expectReset(t, c)
		r.endedFor(t, IdleTimeout)
	})
	t.Run("not while bytes come", func(t *testing.T) {
		r := start(t, build(t, short(serve(t, func(c *net.TCPConn) {
			_, _ = io.Copy(io.Discard, c)
			ping(c, 50*time.Millisecond, 900*time.Millisecond)
		}))))
		c := r.dial(t)
		if err := c.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(c); err != nil || len(got) < 5 {
			t.Errorf("%d bytes, %v", len(got), err)
		}
		r.endedFor(t, ClientClosed)
	})
}
