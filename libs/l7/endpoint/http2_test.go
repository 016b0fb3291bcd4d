package endpoint_test

import (
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	xhttp2 "golang.org/x/net/http2"

	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http2"
	"github.com/gatewayhomebrew/gateway/libs/l7/endpoint"
	"github.com/gatewayhomebrew/gateway/libs/l7/fault"
	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

const upgradeHead = "GET /chat HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\n" +
	"Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

func TestARequestBecomesAStream(t *testing.T) {
	for _, secured := range []bool{false, true} {
		a, s, _, _ := streaming(t)
		if tr := a.Traits(); tr.Reused || !tr.Streamed || tr.Hook == nil || tr.Plain != nil {
			t.Errorf("a first stream has the traits %+v", tr)
		}
		r := request(t, "GET /a?b HTTP/1.1\r\nHost: a.test\r\nX-A: b\r\nConnection: x\r\n\r\n", "")
		r.Secured, r.Wait = secured, deadline
		a.send(r)
		h := s.asked()
		scheme := map[bool]string{false: "http", true: "https"}[secured]
		var got []string
		for _, f := range h.Fields {
			got = append(got, f.Name+"="+f.Value)
		}
		slices.Sort(got)
		want := []string{
			":authority=a.test", ":method=GET", ":path=/a?b", ":scheme=" + scheme, "x-a=b",
		}
		if !slices.Equal(got, want) || !h.StreamEnded() {
			t.Errorf("%q was sent, end %v; want %q", got, h.StreamEnded(), want)
		}
		s.head(h.StreamID, false, ":status", "103", "link", "</a>")
		a.head(103)
		if a.response.Ended {
			t.Error("an interim head ends the stream")
		}
		s.head(h.StreamID, false, ":status", "200", "x-b", "c")
		s.data(h.StreamID, false, "hello")
		s.head(h.StreamID, true, "x-sum", "1", "content-length", "5")
		a.head(200)
		f := a.response.Head.Fields
		if a.response.Ended || len(f) != 1 || string(a.response.Head.Line(&f[0])) != "x-b: c\r\n" {
			t.Errorf("the head has %d fields, ended %v", len(f), a.response.Ended)
		}
		if n, err := a.ReadBody(nil, deadline); n != 0 || err != nil {
			t.Errorf("waiting for the body: %d, %v", n, err)
		}
		if body, err := a.body(); body != "hello" || err != nil {
			t.Errorf("the body is %q, %v", body, err)
		}
		if got := string(a.response.Trailer); got != "x-sum: 1\r\n" {
			t.Errorf("the trailer section is %q", got)
		}
	}
}

func TestAHeadMayBeAllOfAResponse(t *testing.T) {
	a, s, p, _ := streaming(t)
	a.send(request(t, getHead, ""))
	id := s.asked().StreamID
	s.head(id, true, ":status", "204")
	if a.head(204); !a.response.Ended {
		t.Error("a head with END_STREAM does not end the response")
	}
	a.end(endpoint.Ending{Complete: true})
	b := p.connect(p.streamed())
	if !b.Traits().Reused || !p.idle() {
		t.Error("the connection was not used again")
	}
	b.send(request(t, getHead, ""))
	if s.asked().StreamID != id+2 {
		t.Error("it was not the next stream")
	}
}

// How the parts of a request end the stream.
func TestHowARequestEnds(t *testing.T) {
	const trailer = "X-Sum: 1\r\n"
	pieces := func(a *attempt, last string, trailer string) {
		for _, p := range []string{"one", last} {
			if err := a.SendBody([]byte(p), p == last, []byte(trailer)); err != nil {
				a.t.Fatal(err)
			}
		}
	}
	finish := func(a *attempt) {
		if err := a.SendBody(nil, true, nil); err != nil {
			a.t.Fatal(err)
		}
	}
	for _, tc := range []struct {
		name   string
		change func(*endpoint.Request)
		body   string
		after  func(*attempt)
		end    bool // HEADERS has END_STREAM
		data   []string
		trails bool
	}{
		{name: "no body", end: true},
		{name: "a body", body: "hello", data: []string{"hello"}},
		{name: "pieces", change: func(r *endpoint.Request) { r.Whole = false },
			after: func(a *attempt) { pieces(a, "two", "") }, data: []string{"one", "two"}},
		{name: "pieces, the last empty", change: func(r *endpoint.Request) { r.Whole = false },
			after: func(a *attempt) { pieces(a, "", "") }, data: []string{"one", ""}},
		{name: "an end behind the head", change: func(r *endpoint.Request) { r.Whole = false },
			after: finish, data: []string{""}},
		{name: "trailers, which only the last piece has", trails: true,
			change: func(r *endpoint.Request) { r.Whole = false },
			after:  func(a *attempt) { pieces(a, "two", trailer) }, data: []string{"one", "two"}},
		{name: "trailers alone", trails: true,
			change: func(r *endpoint.Request) { r.Whole = false },
			after:  func(a *attempt) { pieces(a, "", trailer) }, data: []string{"one"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			a, s, _, _ := streaming(t)
			r := request(t, "POST / HTTP/1.1\r\nHost: a\r\n\r\n", tc.body)
			if tc.change != nil {
				tc.change(r)
			}
			a.send(r)
			if h := s.asked(); h.StreamEnded() != tc.end {
				t.Errorf("HEADERS ends the stream: %v, want %v", h.StreamEnded(), tc.end)
			}
			if tc.after != nil {
				tc.after(a)
			}
			for i, text := range tc.data {
				s.gets(text, i == len(tc.data)-1 && !tc.trails)
			}
			if !tc.trails {
				return
			}
			h := s.asked()
			if len(h.Fields) != 1 || h.Fields[0].Name != "x-sum" || !h.StreamEnded() {
				t.Errorf("the trailer section is %v, end %v", h.Fields, h.StreamEnded())
			}
		})
	}
}

// What an endpoint does with a request, and what is known of it then.
func TestHowAStreamFails(t *testing.T) {
	for _, tc := range []struct {
		name   string
		do     func(s *server, id uint32)
		unseen bool
		reason string // of a malformed response; "": it has ended
		body   bool   // it fails in the body
	}{
		{name: "refused", unseen: true,
			do: func(s *server, id uint32) { s.resetStream(id, http2.CodeRefused) }},
		{name: "reset",
			do: func(s *server, id uint32) { s.resetStream(id, http2.CodeInternal) }},
		{name: "a goodbye before it", unseen: true,
			do: func(s *server, _ uint32) { s.goodbye(0) }},
		{name: "a goodbye behind it",
			do: func(s *server, id uint32) { s.goodbye(id); s.Close() }},
		{name: "no goodbye", do: func(s *server, _ uint32) { s.Close() }},
		{name: "reset in the body", body: true, do: func(s *server, id uint32) {
			s.head(id, false, ":status", "200")
			s.resetStream(id, http2.CodeInternal)
		}},
		{name: "closed in the body", body: true, do: func(s *server, id uint32) {
			s.head(id, false, ":status", "200")
			s.Close()
		}},
		{name: "no status", reason: ":status is missing",
			do: func(s *server, id uint32) { s.head(id, false, "x-a", "b") }},
		{name: "a field of HTTP/1.1", reason: "a field is about the connection",
			do: func(s *server, id uint32) {
				s.head(id, false, ":status", "200", "connection", "close")
			}},
		{name: "a large head", reason: "the head is longer than allowed",
			do: func(s *server, id uint32) {
				s.head(id, false, ":status", "200", "x-a", strings.Repeat("\x7e", 65<<10))
			}},
		{name: "a short body", body: true, reason: "less DATA than Content-Length says",
			do: func(s *server, id uint32) {
				s.head(id, false, ":status", "200", "content-length", "5")
				s.data(id, true, "1234")
			}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			a, s, _, _ := streaming(t)
			a.send(request(t, getHead, ""))
			tc.do(s, s.asked().StreamID)
			err := within(t, call(func() error { return a.ReadHead(a.response) }))
			if err == nil && tc.body {
				_, err = a.body()
			}
			if tc.reason == "" {
				blames(t, err, fault.Closed, tc.unseen)
				return
			}
			f := blames(t, err, fault.Malformed, false)
			if f.Code != gwerr.UpstreamProtocol || !strings.Contains(f.Reason, tc.reason) {
				t.Errorf("the code is %v, the reason %q; want %q", f.Code, f.Reason, tc.reason)
			}
		})
	}
}

// One whose connection says goodbye before he has sent anything may go elsewhere.
func TestAGoodbyeBeforeTheRequest(t *testing.T) {
	a, s, p, _ := streaming(t)
	s.goodbye(0)
	testkit.Eventually(t, "it is heard", func() bool { return p.cluster.Lent() == 0 })
	n, err := a.Send(request(t, getHead, ""))
	if blames(t, err, fault.Closed, true); n != 0 {
		t.Errorf("%d bytes were sent", n)
	}
}

func TestClocksOfAStream(t *testing.T) {
	const limit = 5 * time.Second
	a, s, _, watch := streaming(t)
	r := request(t, getHead, "")
	r.Wait = limit
	a.send(r)
	id := s.asked().StreamID
	err := ticking(t, watch, call(func() error { return a.ReadHead(a.response) }))
	if err != fault.EndpointSlow {
		t.Errorf("no head: %v, want %v", err, fault.EndpointSlow)
	}
	s.head(id, false, ":status", "200")
	a.head(200)
	for _, p := range [][]byte{nil, make([]byte, 1)} {
		read := func() error { _, err := a.ReadBody(p, limit); return err }
		if err := ticking(t, watch, call(read)); err != fault.EndpointSlow {
			t.Errorf("no body for a buffer of %d: %v", len(p), err)
		}
	}
	s.data(id, true, "late")
	if body, err := a.body(); body != "late" || err != nil {
		t.Errorf("after that came %q, %v", body, err)
	}

	// Of a request in pieces the clock begins with Await.
	a, _, _, watch = streaming(t)
	r.Whole = false
	a.send(r)
	reading := call(func() error { return a.ReadHead(a.response) })
	watch.Tick(time.Duration(watch.Now()) + time.Hour)
	if len(reading) != 0 {
		t.Errorf("the clock began with the head: %v", <-reading)
	}
	a.Await(limit)
	if err := ticking(t, watch, reading); err != fault.EndpointSlow {
		t.Errorf("no head: %v", err)
	}
}

func TestAnEndpointWhoseWindowIsShut(t *testing.T) {
	shut := xhttp2.Setting{ID: xhttp2.SettingInitialWindowSize, Val: 10}
	a, s, _, watch := streaming(t, shut)
	r := request(t, postHead, "")
	r.Whole = false
	a.send(r)
	writing := call(func() error { return a.SendBody(make([]byte, 100), true, nil) })
	if err := ticking(t, watch, writing); err != fault.EndpointSlow {
		t.Errorf("got %v, want %v", err, fault.EndpointSlow)
	}
	if f := await[*xhttp2.RSTStreamFrame](s); f.ErrCode != http2.CodeCancel {
		t.Errorf("the stream was reset with %v", f.ErrCode)
	}

	// RFC 9113 section 8.1: it may answer, and take no more of the request.
	a, s, _, _ = streaming(t, shut)
	r = request(t, getHead, strings.Repeat("x", 100))
	got := a.asking(r, func() {
		id := s.asked().StreamID
		s.head(id, true, ":status", "413")
		s.resetStream(id, http2.CodeNo)
	})
	if got.n != len(r.Text) || got.err != nil {
		t.Errorf("%d bytes were sent, %v", got.n, got.err)
	}
	a.head(413)
}

func TestAnInterruptOfAStream(t *testing.T) {
	a, _, _, _ := streaming(t)
	a.Interrupt()
	if n, err := a.Send(request(t, getHead, "")); n != 0 || err != fault.EndpointStopUnseen {
		t.Errorf("before the request: %d bytes were sent, %v", n, err)
	}
	a, s, p, _ := streaming(t)
	a.send(request(t, getHead, ""))
	s.asked()
	reading := call(func() error { return a.ReadHead(a.response) })
	hook := a.Traits().Hook
	hook.Target.Interrupt()
	if err := within(t, reading); err != fault.EndpointStopped {
		t.Errorf("before the answer: %v", err)
	}
	// An interrupt that comes after the end meets nobody else's stream.
	a.end(endpoint.Ending{Interrupted: true})
	if f := await[*xhttp2.RSTStreamFrame](s); f.ErrCode != http2.CodeCancel {
		t.Errorf("the stream was reset with %v", f.ErrCode)
	}
	b := p.connect(p.streamed())
	hook.Target.Interrupt()
	b.send(request(t, getHead, ""))
	s.head(s.asked().StreamID, true, ":status", "204")
	b.head(204)
}

func TestNoTunnelWithoutExtendedCONNECT(t *testing.T) {
	a, _, p, _ := streaming(t)
	a.end(endpoint.Ending{})
	d := p.streamed()
	d.Tunnel = true
	_, err := new(endpoint.Sides).Connect(d)
	if f := blames(t, err, fault.Unsupported, true); f.Code != gwerr.NotImplemented {
		t.Errorf("the code is %v", f.Code)
	}
	if n := p.cluster.Lent(); n != 0 {
		t.Errorf("%d streams are lent", n)
	}
}

func TestATunnelOverAStream(t *testing.T) {
	a, s, p, watch := streaming(t,
		xhttp2.Setting{ID: xhttp2.SettingEnableConnectProtocol, Val: 1})
	a.end(endpoint.Ending{})
	d := p.streamed()
	d.Tunnel = true
	a = p.connect(d)
	r := request(t, upgradeHead, "")
	a.response.Request = r.Head
	a.send(r)
	h := s.asked()
	if h.PseudoValue("method") != "CONNECT" || h.PseudoValue("protocol") != "websocket" ||
		h.PseudoValue("path") != "/chat" || len(h.RegularFields()) != 0 || h.StreamEnded() {
		t.Errorf("it is asked for with %v, end %v", h.Fields, h.StreamEnded())
	}
	s.head(h.StreamID, false, ":status", "200")
	a.head(101)
	if !a.response.Head.UpgradedTo([]byte("websocket")) {
		t.Error("the head does not say which protocol it is")
	}
	end := a.Tunnel()
	if err := end.Send([]byte("ping")); err != nil {
		t.Error(err)
	}
	s.gets("ping", false)
	var got string
	came := make(chan struct{}, 10)
	receive := func() error {
		return end.Receive(time.Minute, func(b []byte) error {
			got += string(b)
			came <- struct{}{}
			return nil
		})
	}
	s.data(h.StreamID, false, "pong")
	receiving := call(receive)
	within(t, came) // before time passes
	if err := ticking(t, watch, receiving); err != netx.ErrTimeout || got != "pong" {
		t.Errorf("got %q, %v; want an end of the wait", got, err)
	}
	s.data(h.StreamID, true, "!")
	if err := within(t, call(receive)); err != io.EOF || got != "pong!" {
		t.Errorf("got %q, %v; want the end", got, err)
	}
	if err := end.CloseSend(); err != nil {
		t.Error(err)
	}
	s.gets("", true)
	end.Interrupt()
}
