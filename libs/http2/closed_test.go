package http2_test

import (
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/http2"
	xhttp2 "golang.org/x/net/http2"
)

// refuses answers without reading the body, and so makes the server reset the stream.
func refuses(s *http2.Stream) { _ = s.WriteHead(200, nil, true) }

// resetBoth opens a stream that the server answers and resets while its client still sends, and
// then has the client reset it too.
func resetBoth(t *testing.T, c *client, id uint32) {
	t.Helper()
	c.headers(id, false, post()...)
	c.flush()
	if a := c.answer(id); a.status != 200 {
		t.Fatalf("the request is answered: %v", a)
	}
	if a := c.answer(id); a.reset != xhttp2.ErrCodeNo {
		t.Fatalf("the rest of the body is refused: %v", a)
	}
	c.must(c.fr.WriteRSTStream(id, xhttp2.ErrCodeCancel))
}

// A client that goes on with a stream that it has reset is told so (RFC 9113 section 5.1), also
// when the server was the first to reset it.
func TestDATABehindAResetIsAnErrorWhoeverResetFirst(t *testing.T) {
	c := dial(t, listen(t, refuses, nil))
	for n := range 5 {
		resetBoth(t, c, id(n))
		c.must(c.fr.WriteData(id(n), true, []byte("test")))
		c.flush()
		if a := c.answer(id(n)); a.reset != xhttp2.ErrCodeStreamClosed {
			t.Errorf("DATA behind a reset: %v, want a reset with STREAM_CLOSED", a)
		}
	}
}

func TestHEADERSBehindAResetEndTheConnectionWhoeverResetFirst(t *testing.T) {
	c := dial(t, listen(t, refuses, nil))
	resetBoth(t, c, 1)
	c.headers(1, true, post()...)
	c.flush()
	if g := c.goAway(); g.code != xhttp2.ErrCodeStreamClosed {
		t.Errorf("HEADERS behind a reset: %v, want GOAWAY with STREAM_CLOSED", g)
	}
}

// What a client sends before the server's reset has arrived is no fault: it is ignored.
func TestDATAThatMeetsAResetIsNoError(t *testing.T) {
	c := dial(t, listen(t, refuses, nil))
	c.headers(1, false, post()...)
	c.flush()
	c.answer(1)
	if a := c.answer(1); a.reset != xhttp2.ErrCodeNo {
		t.Fatalf("the rest of the body is refused: %v", a)
	}
	c.must(c.fr.WriteData(1, true, []byte("test")))
	c.must(c.fr.WritePing(false, [8]byte{1}))
	c.flush()
	for {
		f, err := c.next()
		c.must(err)
		if f.Header().StreamID == 1 {
			t.Errorf("DATA that has met a reset is answered with %v", f)
		}
		if p, ok := f.(*xhttp2.PingFrame); ok && p.IsAck() {
			return
		}
	}
}

// A client that resets the same stream again and again, with DATA between, is cut like one that
// resets many.
func TestResetsInTurnsAreCutShort(t *testing.T) {
	c := dial(t, listen(t, refuses, nil))
	resetBoth(t, c, 1)
	for range attackFrames / 2 {
		c.must(c.fr.WriteData(1, false, []byte("test")))
		c.must(c.fr.WriteRSTStream(1, xhttp2.ErrCodeCancel))
	}
	c.flush()
	if g := c.goAway(); g.code != xhttp2.ErrCodeEnhanceYourCalm ||
		!strings.Contains(g.why, "were reset") {
		t.Errorf("%v, want ENHANCE_YOUR_CALM for the resets", g)
	}
}
