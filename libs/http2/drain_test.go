package http2_test

import (
	"errors"
	"io"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/http2"
	xhttp2 "golang.org/x/net/http2"
)

// TestDrain: GOAWAY of all streams, then of the last one, then the streams end,
// then the connection does.
func TestADrainLetsStreamsEnd(t *testing.T) {
	release := make(chan struct{})
	s := listen(t, func(st *http2.Stream) {
		<-release
		hello(st)
	}, byHand)
	c := dial(t, s)
	c.request(1, get()...)
	c.answerGreeting()
	s.drain()
	if g := c.bye(); g.last != 1<<31-1 || g.code != xhttp2.ErrCodeNo {
		t.Fatalf("the first GOAWAY: %v", g)
	}
	// Sent before the client could know.
	c.request(3, get()...)
	f, err := c.next()
	ping, ok := f.(*xhttp2.PingFrame)
	if err != nil || !ok {
		t.Fatalf("%v, %v; want a PING", f, err)
	}
	c.must(c.fr.WritePing(true, ping.Data))
	c.flush()
	if g := c.bye(); g.last != 3 || g.code != xhttp2.ErrCodeNo {
		t.Fatalf("the second GOAWAY: %v", g)
	}
	c.request(5, get()...) // is ignored
	close(release)
	got := map[uint32]*answer{1: {}, 3: {}}
	for {
		f, err := c.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		a := got[f.Header().StreamID]
		if a == nil {
			t.Fatalf("got %v", f)
		}
		a.take(t, f)
	}
	for id, a := range got {
		if a.status != 200 || !a.ended {
			t.Errorf("stream %d: %v", id, a)
		}
	}
	if err := s.ended(t); err != nil {
		t.Errorf("Serve returned %v, want nil", err)
	}
}

func TestADrainDoesNotWaitForAClientThatDoesNotAnswerIt(t *testing.T) {
	s := listen(t, hello, byHand)
	c := dial(t, s)
	c.request(1, get()...)
	c.answer(1)
	s.drain()
	c.bye()
	took := s.elapse(t, "the connection ends", func() bool { return s.watch.Conns() == 0 })
	within(t, "waiting for the answer to PING", took, time.Second)
	if g := c.goAway(); g.last != 1 {
		t.Errorf("got %v", g)
	}
}

func TestAClientThatSaysGoodbyeGetsItsAnswers(t *testing.T) {
	release := make(chan struct{})
	s := listen(t, func(st *http2.Stream) {
		<-release
		hello(st)
	}, nil)
	c := dial(t, s)
	c.request(1, get()...)
	c.must(c.fr.WriteGoAway(0, xhttp2.ErrCodeNo, nil))
	c.flush()
	close(release)
	if a := c.answer(1); a.status != 200 {
		t.Errorf("got %v", a)
	}
	if err := s.ended(t); err != nil {
		t.Errorf("Serve returned %v, want nil", err)
	}
}
