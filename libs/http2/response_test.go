package http2_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/http2"
	xhttp2 "golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

func field(name, value string) hpack.HeaderField {
	return hpack.HeaderField{Name: name, Value: value}
}

func TestAResponseComesWithInterimHeadsAndTrailers(t *testing.T) {
	s := listen(t, func(st *http2.Stream) {
		f := st.Fields()
		f.AddString("Link", "</a>; rel=preload")
		if st.WriteInterim(103) != nil || st.WriteInterim(100) != nil {
			return
		}
		f.Add([]byte("Content-Type"), []byte("text/plain"))
		f.AddString("X-Empty", "")
		if st.WriteHead(201, []byte("one,"), false) != nil ||
			st.WriteBody([]byte("two"), false) != nil {
			return
		}
		f.AddString("Grpc-Status", "0")
		_ = st.WriteTrailers()
	}, nil)
	c := dial(t, s)
	for id := uint32(1); id < 9; id += 2 { // the first of them fill the compression table
		c.request(id, get()...)
		a := c.answer(id)
		if !slices.Equal(a.interim, []int{103, 100}) || a.status != 201 ||
			string(a.body) != "one,two" {
			t.Fatalf("got %v, interim %v, %q", a, a.interim, a.body)
		}
		if want := []hpack.HeaderField{
			field("content-type", "text/plain"), field("x-empty", ""),
		}; !slices.Equal(a.fields, want) {
			t.Errorf("fields %v, want %v", a.fields, want)
		}
		if want := []hpack.HeaderField{field("grpc-status", "0")}; !slices.Equal(a.trailer, want) {
			t.Errorf("trailer %v, want %v", a.trailer, want)
		}
	}
}

func TestAHeadLargerThanAFrameIsContinued(t *testing.T) {
	long := strings.Repeat("v", 50_000)
	s := listen(t, func(st *http2.Stream) {
		st.Fields().AddString("x-long", long)
		_ = st.WriteHead(200, greeting, true)
	}, nil)
	c := dial(t, s)
	c.request(1, get()...)
	a := c.answer(1)
	if !slices.Equal(a.fields, []hpack.HeaderField{field("x-long", long)}) ||
		!bytes.Equal(a.body, greeting) {
		t.Errorf("got %v", a)
	}
}

// A handler that returns early has its stream ended for it.
func TestWhatAHandlerLeavesOutIsMadeUpForWithAReset(t *testing.T) {
	s := listen(t, func(st *http2.Stream) {
		switch string(st.Request().Path) {
		case "/head-only":
			_ = st.WriteHead(200, nil, false)
		case "/refuses-the-body":
			_ = st.WriteHead(413, nil, true)
		case "/resets":
			st.Reset(http2.CodeHTTP11Required)
			if err := st.WriteHead(200, nil, true); err != http2.ErrEnded {
				t.Errorf("writing after Reset: %v, want %v", err, http2.ErrEnded)
			}
		}
	}, nil)
	c := dial(t, s)
	for i, x := range []struct {
		path   string
		status int
		code   xhttp2.ErrCode
	}{
		{"/nothing", 0, xhttp2.ErrCodeInternal},
		{"/head-only", 200, xhttp2.ErrCodeInternal},
		{"/resets", 0, xhttp2.ErrCodeHTTP11Required},
	} {
		id := uint32(2*i + 1)
		c.request(id, ":method", "GET", ":scheme", "http", ":authority", "a.test", ":path", x.path)
		if a := c.answer(id); !a.wasRst || a.status != x.status || a.reset != x.code {
			t.Errorf("%s: %v", x.path, a)
		}
	}
	c.headers(7, false, ":method", "POST", ":scheme", "http", ":authority", "a.test", ":path",
		"/refuses-the-body")
	c.flush()
	if a := c.answer(7); a.status != 413 || a.wasRst {
		t.Errorf("the answer to a refused body: %v", a)
	}
	f, err := c.next()
	if rst, ok := f.(*xhttp2.RSTStreamFrame); err != nil || !ok || rst.StreamID != 7 ||
		rst.ErrCode != xhttp2.ErrCodeNo {
		t.Errorf("behind the answer came %v, %v; want a reset with NO_ERROR", f, err)
	}
}

// interrupted is what a handler waits for: like an upstream's socket.
type interrupted chan struct{}

func (i interrupted) Interrupt() { i <- struct{}{} }

func TestAResetByTheClientInterruptsTheHandlerOnce(t *testing.T) {
	type end struct {
		cancel, read, write error
		ours                bool
	}
	ends := make(chan end, 1)
	began := make(chan struct{})
	s := listen(t, func(st *http2.Stream) {
		up := make(interrupted, 2)
		st.OnCancel(up)
		close(began)
		<-up
		e := end{ours: st.EndCancel(), cancel: st.Cause()}
		_, e.read = st.ReadBody(make([]byte, 1))
		e.write = st.WriteHead(200, nil, true)
		late := make(interrupted, 1)
		st.OnCancel(late)
		<-late // at once
		if len(up) > 0 {
			t.Error("interrupted twice")
		}
		ends <- e
	}, nil)
	c := dial(t, s)
	c.headers(1, false, post()...)
	c.must(c.fr.WriteData(1, false, []byte("never read")))
	c.flush()
	<-began
	c.must(c.fr.WriteRSTStream(1, xhttp2.ErrCodeCancel))
	c.flush()
	if e := <-ends; e != (end{http2.ErrReset, http2.ErrReset, http2.ErrReset, false}) {
		t.Errorf("got %+v", e)
	}
	c.request(3, get()...)
	c.conn.Close()
}

func TestNothingIsInterruptedAfterEndCancel(t *testing.T) {
	up := make(interrupted, 1)
	began := make(chan struct{})
	s := listen(t, func(st *http2.Stream) {
		st.OnCancel(up)
		if !st.EndCancel() {
			t.Error("EndCancel of a stream that is fine reports false")
		}
		close(began)
		if _, err := readAll(st); err != http2.ErrGone {
			t.Errorf("reading on: %v, want %v", err, http2.ErrGone)
		}
	}, nil)
	c := dial(t, s)
	c.headers(1, false, post()...)
	c.flush()
	<-began
	c.conn.Close()
	if err := s.ended(t); err == nil {
		t.Error("Serve calls a connection that broke off in a request an orderly end")
	}
	if len(up) > 0 {
		t.Error("interrupted for a stream that is not its business any more")
	}
}

func TestTheEndOfTheConnectionEndsAllHandlers(t *testing.T) {
	ends := make(chan error, 3)
	s := listen(t, func(st *http2.Stream) {
		switch string(st.Request().Path) {
		case "/reads":
			_, err := st.ReadBody(make([]byte, 1))
			ends <- err
		case "/writes":
			ends <- st.WriteHead(200, make([]byte, 1<<20), true)
		default:
			up := make(interrupted, 1)
			st.OnCancel(up)
			<-up
			ends <- st.Cause()
		}
	}, nil)
	c := dial(t, s)
	for i, path := range []string{"/reads", "/writes", "/waits"} {
		c.headers(uint32(2*i+1), false, ":method", "POST", ":scheme", "http", ":authority",
			"a.test", ":path", path)
	}
	c.flush()
	a := answer{}
	for len(a.body) < 65535 { // then /writes is blocked
		f, err := c.next()
		if err != nil {
			t.Fatal(err)
		}
		a.take(t, f)
	}
	c.conn.Close()
	for range 3 {
		if err := <-ends; err != http2.ErrGone {
			t.Errorf("a handler got %v, want %v", err, http2.ErrGone)
		}
	}
	if err := s.ended(t); err == nil || errors.As(err, new(*http2.ConnError)) {
		t.Errorf("Serve returned %v", err)
	}
}
