package l4

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"net"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/door"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestBytesGoBothWaysAndTheSessionIsLogged(t *testing.T) {
	upstream := serve(t, nil)
	r := start(t, build(t, document(upstream)))
	c := r.dial(t)
	for i := range 10 {
		text := fmt.Sprintf("message %d", i)
		send(t, c, text)
		expect(t, c, text)
	}
	if err := c.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	expectEnd(t, c)
	e := r.endedFor(t, ClientClosed)
	want := entry{
		Time: e.Time, Client: c.LocalAddr().String(), Listener: "db", Cluster: "c",
		Endpoint: upstream,
		Duration: e.Duration, In: 90, Out: 90, CloseReason: "client_closed",
	}
	if e != want || time.Since(e.Time) > deadline || e.Duration <= 0 {
		t.Errorf("logged %+v", e)
	}
	testkit.Eventually(t, "nobody is connected", func() bool { return r.Connections() == 0 })
	w := httptest.NewRecorder()
	r.Engine.Metrics.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	for _, line := range []string{
		`gateway_relay_sessions_total{close_reason="client_closed",listener="db"} 1`,
		`gateway_relay_bytes_total{direction="in",listener="db"} 90`,
		`gateway_relay_bytes_total{direction="out",listener="db"} 90`,
		`gateway_active_connections{listener="db"} 0`,
	} {
		if !strings.Contains(w.Body.String(), line+"\n") {
			t.Errorf("the metrics have no %s", line)
		}
	}
	if n := r.Counts(); n.Sessions.Load() != 1 || n.Failures.Load() != 0 {
		t.Errorf("%d sessions, %d failures", n.Sessions.Load(), n.Failures.Load())
	}
}

func TestTheEndpointMaySpeakFirst(t *testing.T) {
	r := start(t, build(t, document(serve(t, func(c *net.TCPConn) {
		_, _ = io.WriteString(c, "hello")
		_, _ = io.Copy(io.Discard, c)
	}))))
	c := r.dial(t)
	expect(t, c, "hello")
	c.Close()
	r.endedFor(t, ClientClosed)
}

// What one side still has to say after the other has finished reaches it.
func TestAHalfCloseIsPassedOnBothWays(t *testing.T) {
	t.Run("the client first", func(t *testing.T) {
		r := start(t, build(t, document(serve(t, func(c *net.TCPConn) {
			all, err := io.ReadAll(c)
			_, _ = fmt.Fprintf(c, "%d bytes, %v", len(all), err)
		}))))
		c := r.dial(t)
		send(t, c, "all of it")
		if err := c.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if answer, err := io.ReadAll(c); err != nil || string(answer) != "9 bytes, <nil>" {
			t.Errorf("%q, %v", answer, err)
		}
		r.endedFor(t, ClientClosed)
	})
	t.Run("the endpoint first", func(t *testing.T) {
		late := make(chan string, 1)
		r := start(t, build(t, document(serve(t, func(c *net.TCPConn) {
			_, _ = io.WriteString(c, "no more from me")
			_ = c.CloseWrite()
			all, err := io.ReadAll(c)
			late <- fmt.Sprintf("%s, %v", all, err)
		}))))
		c := r.dial(t)
		if all, err := io.ReadAll(c); err != nil || string(all) != "no more from me" {
			t.Errorf("%q, %v", all, err)
		}
		send(t, c, "late")
		c.Close()
		if got := <-late; got != "late, <nil>" {
			t.Errorf("the endpoint got %s", got)
		}
		r.endedFor(t, UpstreamClosed)
	})
}

// The end is there together with the last bytes: one wake-up for both.
func TestAnEndThatComesWithTheLastBytesIsSeen(t *testing.T) {
	for name, idle := range map[string]time.Duration{
		"with an idle timeout": time.Hour, "without": 0,
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t, build(t, withTimes(idle, 0, serve(t, nil))))
			for _, before := range []int{0, 1, exchanges + 1} {
				for range 10 {
					c := r.dial(t)
					for range before {
						send(t, c, "x")
						expect(t, c, "x")
					}
					send(t, c, "x")
					if err := c.CloseWrite(); err != nil {
						t.Fatal(err)
					}
					start := time.Now()
					expect(t, c, "x")
					expectEnd(t, c)
					if d := time.Since(start); d > 3*time.Second {
						t.Fatalf("after %d messages the end took %v", before, d)
					}
				}
			}
		})
	}
}

func TestLargeTransfersArriveWhole(t *testing.T) {
	const size = 48 << 20
	source := func() io.Reader { return io.LimitReader(rand.NewChaCha8([32]byte{1}), size) }
	want := fnv.New64a()
	_, _ = io.Copy(want, source())
	r := start(t, build(t, document(serve(t, func(c *net.TCPConn) {
		got := fnv.New64a()
		back := make(chan struct{})
		go func() {
			defer close(back)
			_, _ = io.Copy(c, source())
		}()
		_, _ = io.Copy(got, c)
		<-back
		_, _ = c.Write(got.Sum(nil))
	}))))
	c := r.dial(t)
	sent := make(chan error, 1)
	go func() {
		_, err := io.Copy(c, source())
		_ = c.CloseWrite()
		sent <- err
	}()
	got := fnv.New64a()
	if n, err := io.CopyN(got, c, size); err != nil {
		t.Fatalf("after %d bytes: %v", n, err)
	}
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	there, err := io.ReadAll(c)
	if err != nil || !bytes.Equal(there, want.Sum(nil)) ||
		!bytes.Equal(got.Sum(nil), want.Sum(nil)) {
		t.Errorf("what came differs from what was sent; %v", err)
	}
	if e := r.endedFor(t, ClientClosed); e.In != size || e.Out != size+8 {
		t.Errorf("%d bytes in, %d out", e.In, e.Out)
	}
}

// Neither side may take the beginning for the whole.
func TestAResetIsPassedOnAsOne(t *testing.T) {
	t.Run("of the endpoint", func(t *testing.T) {
		r := start(t, build(t, document(serve(t, func(c *net.TCPConn) {
			_, _ = io.WriteString(c, "half of")
			_, _ = c.Read(make([]byte, 1))
			reset(c)
		}))))
		c := r.dial(t)
		expect(t, c, "half of")
		send(t, c, "x")
		expectReset(t, c)
		r.endedFor(t, UpstreamReset)
	})
	t.Run("of the client", func(t *testing.T) {
		got := make(chan error, 1)
		r := start(t, build(t, document(serve(t, func(c *net.TCPConn) {
			_, err := io.ReadAll(c)
			got <- err
		}))))
		c := r.dial(t)
		send(t, c, "half of")
		testkit.Eventually(t, "it has come", func() bool { return r.passed() == 7 })
		reset(c)
		if err := <-got; err == nil || !strings.Contains(err.Error(), syscall.ECONNRESET.Error()) {
			t.Errorf("the endpoint sees %v, want a reset", err)
		}
		r.endedFor(t, ClientReset)
	})
	t.Run("of the endpoint while much is underway to it", func(t *testing.T) {
		r := start(t, build(t, document(serve(t, func(c *net.TCPConn) {
			_, _ = io.CopyN(io.Discard, c, 2<<20)
			reset(c)
		}))))
		c := r.dial(t)
		block := make([]byte, 1<<20)
		for {
			if _, err := c.Write(block); err != nil {
				break
			}
		}
		r.endedFor(t, UpstreamReset)
	})
}

// passed is how many bytes of clients the sessions have passed on.
func (r *relay) passed() (n int64) {
	r.Each(func(c door.Conn) { n += c.(*session).in.moved.Load() })
	return n
}

// A client that closes while the endpoint still talks ends the session.
func TestAClientThatWalksAwayEndsTheSession(t *testing.T) {
	gone := make(chan error, 1)
	r := start(t, build(t, document(serve(t, func(c *net.TCPConn) {
		block := make([]byte, 64<<10)
		for {
			if _, err := c.Write(block); err != nil {
				gone <- err
				return
			}
		}
	}))))
	c := r.dial(t)
	if _, err := io.ReadFull(c, make([]byte, 1<<20)); err != nil {
		t.Fatal(err)
	}
	c.Close()
	<-gone
	if e := r.ended(t, 1)[0]; e.CloseReason != "client_closed" && e.CloseReason != "client_reset" {
		t.Errorf("the session ended for %s", e.CloseReason)
	}
}
