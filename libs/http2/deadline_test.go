package http2_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/http2"
	xhttp2 "golang.org/x/net/http2"
)

func byHand(s *server) { s.manual = true }

// within tells whether a deadline was kept: not early, not late by more than the
// steps in which the test moves time.
func within(t *testing.T, what string, took, want time.Duration) {
	t.Helper()
	if took < want || took > want+3*time.Second {
		t.Errorf("%s took %v, want %v", what, took, want)
	}
}

func TestABodyThatStopsComing(t *testing.T) {
	got := make(chan error, 1)
	s := listen(t, func(st *http2.Stream) {
		_, err := readAll(st)
		got <- err
		body, err := readAll(st)
		got <- err
		_ = st.WriteHead(200, body, true)
	}, byHand)
	c := dial(t, s)
	c.headers(1, false, post()...)
	c.must(c.fr.WriteData(1, false, []byte("some")))
	c.flush()
	took := s.elapse(t, "the wait for a body ends", func() bool { return len(got) > 0 })
	within(t, "waiting for a body", took, http2.DefaultBodyIdle)
	if err := <-got; err != http2.ErrTimeout {
		t.Fatalf("got %v, want %v", err, http2.ErrTimeout)
	}
	c.must(c.fr.WriteData(1, true, []byte("more")))
	c.flush()
	if a := c.answer(1); a.status != 200 || string(a.body) != "more" {
		t.Errorf("after the timeout: %v, %q", a, a.body)
	}
	if err := <-got; err != nil {
		t.Errorf("reading on: %v", err)
	}
}

func TestAResponseThatNobodyTakes(t *testing.T) {
	got := make(chan error, 1)
	s := listen(t, func(st *http2.Stream) {
		if string(st.Request().Path) == "/" {
			hello(st)
			return
		}
		got <- st.WriteHead(200, make([]byte, 1<<20), true)
	}, byHand)
	c := dial(t, s, xhttp2.Setting{ID: xhttp2.SettingInitialWindowSize, Val: 100})
	c.request(1, ":method", "GET", ":scheme", "http", ":authority", "a.test", ":path", "/large")
	for a := (answer{}); len(a.body) < 100; {
		f, err := c.next()
		if err != nil {
			t.Fatal(err)
		}
		a.take(t, f)
	}
	took := s.elapse(t, "the wait for a window ends", func() bool { return len(got) > 0 })
	within(t, "waiting for a window", took, http2.DefaultBodyIdle)
	if err := <-got; err != http2.ErrStalled {
		t.Errorf("got %v, want %v", err, http2.ErrStalled)
	}
	if a := c.answer(1); !a.wasRst || a.reset != xhttp2.ErrCodeCancel {
		t.Errorf("got %v, want CANCEL", a)
	}
	c.request(3, get()...)
	if a := c.answer(3); a.status != 200 {
		t.Errorf("another stream: %v", a)
	}
}

func TestAStreamMayBeSilentForAsLongAsItsHandlerAllows(t *testing.T) {
	reading, done := make(chan struct{}), make(chan error, 1)
	s := listen(t, func(st *http2.Stream) {
		st.SetIdle(0, 0)
		close(reading)
		_, err := readAll(st)
		done <- err
		hello(st)
	}, byHand)
	c := dial(t, s)
	c.headers(1, false, post()...)
	c.flush()
	<-reading
	for at := time.Second; at < time.Hour; at += time.Second {
		s.watch.Tick(at)
	}
	c.must(c.fr.WriteData(1, true, nil))
	c.flush()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if a := c.answer(1); a.status != 200 {
		t.Errorf("got %v", a)
	}
}

func TestAnIdleConnectionIsClosedWithGoodbye(t *testing.T) {
	s := listen(t, hello, byHand)
	c := dial(t, s)
	c.request(1, get()...)
	c.answer(1)
	took := s.elapse(t, "the connection ends", func() bool { return s.watch.Conns() == 0 })
	within(t, "waiting for a request", took, http2.DefaultKeepAlive)
	if bye := c.goAway(); bye.code != xhttp2.ErrCodeNo || bye.last != 1 {
		t.Errorf("got %v", bye)
	}
	if err := s.ended(t); err != nil {
		t.Errorf("Serve returned %v, want nil", err)
	}
}

func TestWhoDoesNotFinishAHeadIsCut(t *testing.T) {
	for name, begin := range map[string]func(*client){
		"a header block": func(c *client) {
			c.must(c.fr.WriteHeaders(xhttp2.HeadersFrameParam{
				StreamID: 1, BlockFragment: c.block(get()...)[:3], EndStream: true,
			}))
		},
		"a frame of one": func(c *client) {
			c.headers(1, true, get()...)
			c.out.Truncate(c.out.Len() - 1)
		},
		"the first SETTINGS": nil,
	} {
		s := listen(t, hello, byHand)
		var c *client
		if begin == nil {
			c = dialRaw(t, s, "PRI * HTT")
		} else {
			c = dial(t, s)
			c.answerGreeting()
			begin(c)
			c.flush()
		}
		took := s.elapse(t, "the connection ends", func() bool {
			return s.watch.Conns() == 0 && took(s)
		})
		if took > http2.DefaultHeaderTime+5*time.Second && begin == nil ||
			took < http2.DefaultHeaderTime {
			t.Errorf("%s: took %v, want %v", name, took, http2.DefaultHeaderTime)
		}
		if bye := c.goAway(); bye.code != xhttp2.ErrCodeEnhanceYourCalm ||
			!strings.Contains(bye.why, "in time") {
			t.Errorf("%s: got %v", name, bye)
		}
		if err := s.ended(t); !errors.As(err, new(*http2.ConnError)) {
			t.Errorf("%s: Serve returned %v", name, err)
		}
	}
}

// took reports whether a connection has ended, rather than not begun.
func took(s *server) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.ends) > 0
}
