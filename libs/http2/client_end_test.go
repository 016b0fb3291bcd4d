package http2_test

import (
	"errors"
	"testing"
	"time"

	xhttp2 "golang.org/x/net/http2"

	"github.com/gatewayhomebrew/gateway/libs/http2"
	"github.com/gatewayhomebrew/gateway/libs/netx"
)

func TestAResetHasTheServersCode(t *testing.T) {
	c, g := face(t, callerOptions{})
	for _, code := range []http2.Code{http2.CodeCancel, http2.CodeRefused, http2.CodeNo, 0xbeef} {
		s, id := g.sent(c, "GET")
		g.must(g.fr.WriteRSTStream(id, code))
		g.flush()
		var reset *http2.StreamError
		if r := receive(s.ClientStream); !errors.As(r.err, &reset) || !reset.ByPeer ||
			reset.Code != code {
			t.Errorf("%v: got %v", code, r.err)
		}
		if got, want := s.Unprocessed(), code == http2.CodeRefused; got != want {
			t.Errorf("%v: unprocessed is %v, want %v", code, got, want)
		}
		s.close()
	}
	if c.Streams() != 0 || c.Room() != http2.DefaultMaxStreams {
		t.Errorf("%d streams, room for %d", c.Streams(), c.Room())
	}
}

// RFC 9113 section 8.1: a server may answer and not want the rest of the request.
func TestAnAnswerBeforeTheRequestIsCompleteIsKept(t *testing.T) {
	for _, code := range []http2.Code{http2.CodeNo, http2.CodeCancel} {
		c, g := face(t, callerOptions{}, xhttp2.Setting{
			ID: xhttp2.SettingInitialWindowSize, Val: 10,
		})
		s := c.open()
		defer s.Close()
		wrote := make(chan error, 1)
		go func() { wrote <- s.WriteHead(target("POST", "/"), make([]byte, 1000), false) }()
		id := g.request().StreamID
		await[*xhttp2.DataFrame](g)
		g.head(id, false, ":status", "413")
		g.must(g.fr.WriteData(id, true, []byte("too large")))
		g.must(g.fr.WriteRSTStream(id, code))
		g.flush()
		if err := <-wrote; err != http2.ErrAnswered {
			t.Errorf("%v: writing on: %v, want %v", code, err, http2.ErrAnswered)
		}
		if err := s.WriteBody([]byte("x"), true); err != http2.ErrAnswered {
			t.Errorf("%v: and again: %v, want %v", code, err, http2.ErrAnswered)
		}
		if r := receive(s); r.status != 413 || string(r.body) != "too large" || r.err != nil {
			t.Errorf("%v: got %+v", code, r)
		}
	}
}

func TestACompleteAnswerOutlivesItsConnection(t *testing.T) {
	c, g := face(t, callerOptions{}, xhttp2.Setting{ID: xhttp2.SettingInitialWindowSize, Val: 10})
	s := c.open()
	defer s.Close()
	wrote := make(chan error, 1)
	go func() { wrote <- s.WriteHead(target("POST", "/"), make([]byte, 1000), false) }()
	defer func() { <-wrote }() // who still writes may not close
	id := g.request().StreamID
	g.head(id, false, ":status", "200")
	g.must(g.fr.WriteData(id, true, []byte("answer")))
	g.flush()
	g.conn.Close()
	c.ended()
	if r := receive(s); r.status != 200 || string(r.body) != "answer" || r.err != nil {
		t.Errorf("got %+v", r)
	}
}

func TestWhatIsLeftOpenIsReset(t *testing.T) {
	c, g := face(t, callerOptions{})
	s, id := g.sent(c, "GET")
	s.close()
	if r := await[*xhttp2.RSTStreamFrame](g); r.StreamID != id || r.ErrCode != http2.CodeCancel {
		t.Errorf("without an answer: %v", r)
	}
	post := c.open()
	g.must(post.WriteHead(target("POST", "/"), nil, false))
	id = g.request().StreamID
	g.head(id, true, ":status", "200")
	g.flush()
	if status, end, err := post.ReadHead(); status != 200 || !end || err != nil {
		t.Errorf("got %d, %v, %v", status, end, err)
	}
	post.Close()
	if r := await[*xhttp2.RSTStreamFrame](g); r.StreamID != id || r.ErrCode != http2.CodeNo {
		t.Errorf("after an answer: %v", r)
	}
	// Of one that was opened only the server never learns.
	c.open().Close()
	s, id = g.sent(c, "GET")
	g.head(id, true, ":status", "200")
	g.flush()
	if r := receive(s.ClientStream); r.err != nil {
		t.Error(r.err)
	}
	if c.Streams() != 1 {
		t.Errorf("%d streams, want 1", c.Streams())
	}
}

func TestAGoodbyeLetsStreamsEnd(t *testing.T) {
	c, g := face(t, callerOptions{})
	first, one := g.sent(c, "GET")
	second, _ := g.sent(c, "GET")
	unsent := &stream{ClientStream: c.open()}
	defer unsent.close()
	g.must(g.fr.WriteGoAway(1<<31-1, xhttp2.ErrCodeNo, nil))
	g.must(g.fr.WriteGoAway(one, xhttp2.ErrCodeNo, nil))
	g.flush()
	if r := receive(second.ClientStream); !errors.Is(r.err, http2.ErrGone) ||
		!second.Unprocessed() {
		t.Errorf("a stream above the last one: %v, unprocessed %v", r.err, second.Unprocessed())
	}
	if !c.GoingAway() || c.Room() != 0 || c.Open() != nil {
		t.Errorf("going away %v, room for %d", c.GoingAway(), c.Room())
	}
	if err := unsent.WriteHead(target("GET", "/"), nil, true); err != http2.ErrGone ||
		!unsent.Unprocessed() {
		t.Errorf("a stream not sent yet: %v", err)
	}
	g.head(one, false, ":status", "200")
	g.must(g.fr.WriteData(one, true, []byte("late")))
	g.flush()
	if r := receive(first.ClientStream); string(r.body) != "late" || r.err != nil {
		t.Errorf("the last stream: %+v", r)
	}
	first.close()
	second.close()
	unsent.close()
	if err := c.ended(); err != nil {
		t.Errorf("Serve returned %v, want nil", err)
	}
	if bye := g.bye(); bye.code != http2.CodeNo {
		t.Errorf("the client said %v", bye)
	}
}

func TestAGoodbyeForAReasonIsTold(t *testing.T) {
	c, g := face(t, callerOptions{})
	s, id := g.sent(c, "GET")
	g.must(g.fr.WriteGoAway(id, http2.CodeEnhanceYourCalm, []byte("too_many_pings")))
	g.flush()
	g.conn.Close()
	r := receive(s.ClientStream)
	var fault *http2.ConnError
	if !errors.Is(r.err, http2.ErrGone) || s.Unprocessed() || !errors.As(s.Failure(), &fault) ||
		!fault.ByPeer || fault.Code != http2.CodeEnhanceYourCalm ||
		fault.Reason != "too_many_pings" {
		t.Errorf("got %v because of %v", r.err, s.Failure())
	}
	if err := c.ended(); err != error(fault) {
		t.Errorf("Serve returned %v", err)
	}
}

func TestALostConnectionIsNotTakenForUnprocessed(t *testing.T) {
	c, g := face(t, callerOptions{})
	s, _ := g.sent(c, "GET")
	unsent := c.open()
	defer unsent.Close()
	g.conn.Close()
	if r := receive(s.ClientStream); !errors.Is(r.err, http2.ErrGone) || s.Unprocessed() {
		t.Errorf("what was sent: %v, unprocessed %v", r.err, s.Unprocessed())
	}
	c.ended()
	if err := unsent.WriteHead(target("GET", "/"), nil, true); err != http2.ErrGone ||
		!unsent.Unprocessed() {
		t.Errorf("what was not: %v, unprocessed %v", err, unsent.Unprocessed())
	}
}

func TestARetiredConnectionEndsWithItsLastStream(t *testing.T) {
	c, g := face(t, callerOptions{})
	s, id := g.sent(c, "GET")
	begun := c.open()
	if c.RetireIdle() {
		t.Fatal("a connection with streams is not idle")
	}
	c.Retire()
	if c.Open() != nil {
		t.Error("it opens a stream")
	}
	g.must(begun.WriteHead(target("GET", "/"), nil, true))
	begunID := g.request().StreamID
	g.head(id, true, ":status", "200")
	g.head(begunID, true, ":status", "204")
	g.flush()
	if r := receive(s.ClientStream); r.status != 200 {
		t.Errorf("got %+v", r)
	}
	if r := receive(begun); r.status != 204 {
		t.Errorf("got %+v", r)
	}
	s.close()
	begun.Close()
	if err := c.ended(); err != nil {
		t.Errorf("Serve returned %v", err)
	}
	if bye := g.bye(); bye.code != http2.CodeNo || bye.last != 0 {
		t.Errorf("the client said %v", bye)
	}
}

func TestInterruptEndsEveryWait(t *testing.T) {
	c, g := face(t, callerOptions{}, xhttp2.Setting{ID: xhttp2.SettingInitialWindowSize, Val: 0})
	waits := map[string]func(s *http2.ClientStream) error{
		"for a head": func(s *http2.ClientStream) error {
			_, _, err := s.ReadHead()
			return err
		},
		"for a window": func(s *http2.ClientStream) error { return s.WriteBody([]byte("x"), true) },
		"for a body": func(s *http2.ClientStream) error {
			_, err := s.ReadBody(make([]byte, 1))
			return err
		},
	}
	for name, wait := range waits {
		s := c.open()
		s.SetWait(0, 0)
		g.must(s.WriteHead(target("POST", "/"), nil, false))
		id := g.request().StreamID
		g.head(id, false, ":status", "200")
		if name == "for a head" {
			g.out.Reset()
		} else {
			g.flush()
			if _, _, err := s.ReadHead(); err != nil {
				t.Fatal(err)
			}
		}
		failed := make(chan error, 1)
		go func() { failed <- wait(s) }()
		select {
		case err := <-failed:
			t.Fatalf("waiting %s ended with %v", name, err)
		case <-time.After(20 * time.Millisecond):
		}
		s.Interrupt()
		if err := <-failed; err != netx.ErrInterrupted {
			t.Errorf("waiting %s ended with %v, want %v", name, err, netx.ErrInterrupted)
		}
		if err := wait(s); err != netx.ErrInterrupted {
			t.Errorf("waiting %s again ended with %v, want %v", name, err, netx.ErrInterrupted)
		}
		s.Close()
		if r := await[*xhttp2.RSTStreamFrame](g); r.StreamID != id {
			t.Errorf("the server got %v", r)
		}
	}
}

func TestWaitsHaveALimit(t *testing.T) {
	c, g := face(t, callerOptions{manual: true}, xhttp2.Setting{
		ID: xhttp2.SettingInitialWindowSize, Val: 0,
	})
	s := c.open()
	defer s.Close()
	s.SetWait(30*time.Second, 3*time.Minute)
	g.must(s.WriteHead(target("POST", "/"), nil, false))
	id := g.request().StreamID
	// The PINGs of the pulse are answered meanwhile.
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			f, err := g.next()
			if err != nil {
				return
			}
			if p, ok := f.(*xhttp2.PingFrame); ok && !p.IsAck() {
				g.must(g.fr.WritePing(true, p.Data))
				g.flush()
			}
			if _, ok := f.(*xhttp2.RSTStreamFrame); ok {
				return
			}
		}
	}()
	got := make(chan error, 1)
	go func() {
		_, _, err := s.ReadHead()
		got <- err
	}()
	from := c.watch.Now()
	for len(got) == 0 {
		pulse(t, c)
	}
	if err := <-got; err != http2.ErrTimeout {
		t.Errorf("waiting for a head: %v, want %v", err, http2.ErrTimeout)
	}
	within(t, "waiting for a head", time.Duration(c.watch.Now()-from), 30*time.Second)
	from = c.watch.Now()
	go func() { got <- s.WriteBody([]byte("x"), true) }()
	for len(got) == 0 {
		pulse(t, c)
	}
	if err := <-got; err != http2.ErrStalled {
		t.Errorf("waiting for a window: %v, want %v", err, http2.ErrStalled)
	}
	within(t, "waiting for a window", time.Duration(c.watch.Now()-from), 3*time.Minute)
	<-done
	_ = id
}
