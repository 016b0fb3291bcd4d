package exchange

import (
	"errors"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/l7/buffers"
	"github.com/gatewayhomebrew/gateway/libs/l7/fault"
)

// A body that a policy changes has no length that anybody knows. What the policy holds back
// goes out where the endpoint pauses, and at the end.
func TestABodyIsChanged(t *testing.T) {
	full := strings.Repeat("y", buffers.Body)
	for _, tc := range []struct {
		name, request string
		streamed      bool
		endpoint      *scriptedEndpoint
		lines         []string
		body          string
		next          Next
	}{
		{"that came with its head", get, false, answers(ok),
			[]string{"Transfer-Encoding: chunked\r\n"}, "3\r\nHI!\r\n0\r\n\r\n", Stay},
		{"that came with its head, to HTTP/1.0", oldKeep, false, answers(ok),
			[]string{"Connection: close\r\n"}, "HI!", Close},
		{"that came with its head, to HTTP/2", get, true, answers(ok), nil, "HI!", Stay},
		{"with pauses", get, false, answers(
			"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\na", some("bc"), some("de")), nil,
			"2\r\nA|\r\n3\r\nBC|\r\n3\r\nDE!\r\n0\r\n\r\n", Stay},
		{"with pauses, to HTTP/2", get, true, answers(
			"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\na", some("bc"), some("de")), nil,
			"A|BC|DE!", Stay},
		{"without a pause", get, true, answers("HTTP/1.1 200 OK\r\n\r\n", some(full), some("z")),
			nil, strings.ToUpper(full) + "Z|!", Stay},
		{"in two reads without a pause", get, false, answers(
			"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\na", on("bc"), some("de")), nil,
			"2\r\nA|\r\n5\r\nBCDE!\r\n0\r\n\r\n", Stay},
		{"that pauses where a read is full", get, true, answers("HTTP/1.1 200 OK\r\n\r\n",
			some(full), some("")), nil, strings.ToUpper(full) + "|!", Stay},
		{"in chunks, with a trailer", get, false, answers(inParts+"1\r\na\r\n",
			some("1\r\nb\r\n0\r\nx: 1\r\n\r\n")), nil,
			"2\r\nA|\r\n2\r\nB!\r\n0\r\nx: 1\r\n\r\n", Stay},
		{"up to the end of its connection", get, false, answers(toEnd, some("a")), nil,
			"2\r\nA|\r\n1\r\n!\r\n0\r\n\r\n", Stay},
		{"over HTTP/2", get, true, over2(answers(toEnd, some("a"))), nil, "A|!", Stay},
		{"that is empty", get, true, answers(emptyOK), nil, "!", Stay},
	} {
		t.Run(tc.name, func(t *testing.T) {
			change := &shouter{}
			s := play(t, tc.endpoint).with(&toy{transform: change})
			s.client.streamed = tc.streamed
			if next := s.serve(tc.request); next != tc.next {
				t.Errorf("the connection goes on with %d, want %d", next, tc.next)
			}
			head, body := s.client.said()
			contains(t, "the head", head, tc.lines...)
			if strings.Contains(head, "Content-Length") {
				t.Errorf("the head has a length: %q", head)
			}
			if body != tc.body {
				t.Errorf("the body is %.120q, want %.120q", body, tc.body)
			}
			if s.client.last != 1 || change.released != 1 {
				t.Errorf("ended %d times, released %d times", s.client.last, change.released)
			}
		})
	}
}

// Two policies change a body one after the other, the one nearest to the endpoint first.
func TestTwoPoliciesChangeABody(t *testing.T) {
	outer, inner := &shouter{}, &shouter{}
	s := play(t, answers(ok)).with(&toy{transform: outer}, &toy{transform: inner})
	s.speaksHTTP2().serve(get)
	if _, body := s.client.said(); body != "HI!!" {
		t.Errorf("got %q", body)
	}
	if outer.released != 1 || inner.released != 1 {
		t.Errorf("released %d and %d times", outer.released, inner.released)
	}
}

// A response without a body has none to change. Its Content-Length would be that of the body
// before the change, so it is left out; the Transform that said so is released.
func TestAResponseWithoutABodyIsNotChanged(t *testing.T) {
	change := &shouter{}
	s := play(t, answers("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n"))
	s.with(&toy{transform: change}).serve(get)
	if head, body := s.client.said(); body != "" || strings.Contains(head, "Content-Length") {
		t.Errorf("got %q, %q", head, body)
	}
	if change.released != 1 {
		t.Errorf("the Transform is released %d times", change.released)
	}
}

// Whatever ends a response that is being changed, its Transform is released, once.
func TestATransformIsReleasedOnceInEveryEnding(t *testing.T) {
	const half = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"
	for _, tc := range []struct {
		name     string
		change   *shouter
		endpoint *scriptedEndpoint
		set      func(*scene)
		next     Next
		code     gwerr.Code
	}{
		{"Write fails", &shouter{fails: errors.New("bad")}, answers(ok), nil, HangUp,
			gwerr.Internal},
		{"Write fails later", &shouter{}, answers(half, pieceStep{data: "c"}),
			func(s *scene) {
				e := s.endpoints[0]
				e.body[0].first = func() { s.changing().fails = errors.New("bad") }
			}, HangUp, gwerr.Internal},
		{"Close fails", &shouter{noClose: errors.New("bad")}, answers(ok), nil, HangUp,
			gwerr.Internal},
		{"the endpoint breaks off", &shouter{},
			answers(half, pieceStep{err: fault.EndpointGone}), nil, HangUp, gwerr.UpstreamReset},
		{"the client is gone", &shouter{}, answers(half, some("c")),
			func(s *scene) { s.client.fails = clientGone }, HangUp, gwerr.None},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := play(t, tc.endpoint).with(&toy{transform: tc.change})
			if tc.set != nil {
				tc.set(s)
			}
			if next := s.serve(get); next != tc.next {
				t.Errorf("the connection goes on with %d, want %d", next, tc.next)
			}
			if tc.change.released != 1 {
				t.Errorf("released %d times", tc.change.released)
			}
			if s.client.last != 0 {
				t.Errorf("the client cannot see it: %q", s.client.wire)
			}
			if f := s.failure(); tc.code != gwerr.None && (f == nil || f.Code != tc.code) {
				t.Errorf("remembered is %+v", f)
			}
			if got := s.logged.String(); (tc.code == gwerr.Internal) != strings.Contains(got,
				"bad") {
				t.Errorf("the log says %q", got)
			}
		})
	}
}

// changing is the Transform of the response that is being passed on.
func (s *scene) changing() *shouter { return s.x.change.(*shouter) }
