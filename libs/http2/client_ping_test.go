package http2_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	xhttp2 "golang.org/x/net/http2"

	"github.com/gatewayhomebrew/gateway/libs/http2"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// pulse moves the time by a second, slowly enough that a server which answers is
// heard.
func pulse(t *testing.T, c *caller) {
	t.Helper()
	c.watch.Tick(time.Duration(c.watch.Now()) + time.Second)
	<-time.After(2 * time.Millisecond)
}

func TestAServerThatIsGoneIsFound(t *testing.T) {
	c, g := face(t, callerOptions{manual: true})
	s, _ := g.sent(c, "GET")
	s.SetWait(0, 0)
	from := time.Duration(c.watch.Now())
	asked := 0
	at := from
	testkit.Eventually(t, "the connection ends", func() bool {
		select {
		case <-c.done:
			return true
		default:
		}
		at += time.Second
		c.watch.Tick(at)
		return false
	})
	within(t, "finding out", at-from, http2.DefaultPingAfter+http2.DefaultPingTime)
	for {
		f, err := g.next()
		if err != nil {
			break
		}
		if _, ok := f.(*xhttp2.PingFrame); ok {
			asked++
		}
	}
	if r := receive(s.ClientStream); !errors.Is(r.err, http2.ErrGone) || asked != 1 ||
		!strings.Contains(s.Failure().Error(), "PING") {
		t.Errorf("%v because of %v, after %d PINGs", r.err, s.Failure(), asked)
	}
}

// A server that answers PINGs may be silent for as long as it likes; it is not
// asked so often that a gRPC server would mind.
func TestASilentServerIsAskedPolitely(t *testing.T) {
	c, g := face(t, callerOptions{manual: true})
	s, _ := g.sent(c, "GET")
	s.SetWait(0, 0)
	pings := make(chan time.Duration, 1000)
	go func() {
		for {
			f, err := g.next()
			if err != nil {
				close(pings)
				return
			}
			if p, ok := f.(*xhttp2.PingFrame); ok {
				pings <- time.Duration(c.watch.Now())
				g.must(g.fr.WritePing(true, p.Data))
				g.flush()
			}
		}
	}()
	for range 1000 { // seconds
		pulse(t, c)
	}
	select {
	case <-c.done:
		t.Fatalf("the connection ended: %v", c.err)
	default:
	}
	var at []time.Duration
	for len(pings) > 0 {
		at = append(at, <-pings)
	}
	if len(at) < 4 || len(at) > 5 || at[0] > 20*time.Second || at[3]-at[2] < 5*time.Minute {
		t.Errorf("it was asked at %v", at)
	}
	if err := s.Cause(); err != nil {
		t.Errorf("the stream ended: %v", err)
	}
	c.Close()
	for range pings {
	}
}

// An idle connection needs no PINGs.
func TestNobodyAsksWithoutStreams(t *testing.T) {
	c, g := face(t, callerOptions{manual: true})
	for at := time.Second; at < time.Hour; at += time.Second {
		c.watch.Tick(at)
	}
	s, id := g.sent(c, "GET")
	g.head(id, true, ":status", "200")
	g.flush()
	if r := receive(s.ClientStream); r.status != 200 {
		t.Errorf("got %+v", r)
	}
	s.close()
	c.Retire()
	for {
		f, err := g.next()
		if err == io.EOF {
			break
		}
		g.must(err)
		if f, ok := f.(*xhttp2.PingFrame); ok {
			t.Errorf("got %v", f)
		}
	}
}
