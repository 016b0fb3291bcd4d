package http2_test

import (
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/http2"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
	xhttp2 "golang.org/x/net/http2"
)

// A client that cancels keeps the places until the server must know of it: however
// fast it does, no more than the server allows are ever under way there.
func TestACancelledStreamKeepsItsPlaceUntilTheServerKnows(t *testing.T) {
	const allowed = 5
	c, g := face(t, callerOptions{manual: true}, xhttp2.Setting{
		ID: xhttp2.SettingMaxConcurrentStreams, Val: allowed,
	})
	cancel := func(n int) {
		t.Helper()
		for range n {
			s, _ := g.sent(c, "GET")
			s.close()
		}
	}
	if c.Room() != allowed {
		t.Fatalf("room for %d, want %d", c.Room(), allowed)
	}
	cancel(1)
	ping := await[*xhttp2.PingFrame](g)
	cancel(allowed - 1)
	if c.Room() != 0 || c.Open() != nil {
		t.Fatalf("room for %d after all places were cancelled", c.Room())
	}
	g.must(g.fr.WritePing(true, ping.Data))
	g.flush()
	// One PING was for the first only; the others are not asked for, as nothing
	// came between: their time has to pass.
	testkit.Eventually(t, "the first place is free", func() bool { return c.Room() >= 1 })
	took := c.elapse("all places are free", func() bool { return c.Room() == allowed })
	within(t, "waiting for the places", took, time.Second)
	// What a cancelled stream was sent meanwhile is no reason to end anything.
	for n := range allowed {
		id := id(n)
		g.head(id, false, ":status", "200")
		for range 50 {
			g.must(g.fr.WriteData(id, false, []byte("x")))
		}
		g.must(g.fr.WriteRSTStream(id, xhttp2.ErrCodeCancel))
	}
	s, id := g.sent(c, "GET")
	g.head(id, true, ":status", "200")
	g.flush()
	if r := receive(s.ClientStream); r.status != 200 {
		t.Errorf("got %+v", r)
	}
}

// Servers cut a connection on which half of 500 streams were reset at once; what
// else is under way on it must not suffer.
func TestAConnectionIsLeftBeforeItLooksLikeAnAttack(t *testing.T) {
	s := listen(t, func(st *http2.Stream) {
		if string(st.Request().Path) == "/long" {
			_ = st.WriteHead(200, []byte("begun"), false)
			<-streamEnd(st)
			return
		}
		<-streamEnd(st)
	}, nil)
	c := call(t, s.addr(), callerOptions{}).ready()
	long := c.open()
	if err := long.WriteHead(target("GET", "/long"), nil, true); err != nil {
		t.Fatal(err)
	}
	if status, _, err := long.ReadHead(); status != 200 || err != nil {
		t.Fatal(status, err)
	}
	cancelled := 0
	testkit.Eventually(t, "the connection is left", func() bool {
		for {
			st := c.Open()
			if st == nil {
				return c.GoingAway()
			}
			_ = st.WriteHead(target("GET", "/"), nil, true)
			st.Close()
			cancelled++
		}
	})
	if cancelled < 150 || cancelled > 250 {
		t.Errorf("it was left after %d of them", cancelled)
	}
	if err := long.Cause(); err != nil {
		t.Errorf("what else was under way: %v", err)
	}
	long.Close()
	if err := c.ended(); err != nil {
		t.Errorf("Serve returned %v", err)
	}
	if err := s.ended(t); err != nil {
		t.Errorf("the server's Serve returned %v", err)
	}
}

// streamEnd is closed when the client cancels the stream.
func streamEnd(st *http2.Stream) <-chan struct{} {
	w := make(waker)
	st.OnCancel(w)
	return w
}

type waker chan struct{}

func (w waker) Interrupt() { close(w) }
