package exchange

import (
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/l7/endpoint"
	"github.com/gatewayhomebrew/gateway/libs/l7/fault"
)

// A request body that comes later goes on as it comes, in the framing of the endpoint.
func TestARequestBodyGoesOn(t *testing.T) {
	for _, tc := range []struct {
		name, request string
		change        func(*config.Document)
		endpoint      *scriptedEndpoint
		steps         []bodyStep
		sent, trailer string
	}{
		{"of known length", put, nil, listens(ok), []bodyStep{brings("01234"), ends("56789")},
			"0123456789", ""},
		{"in chunks", chunked, nil, listens(ok), []bodyStep{brings("a", "b"), brings(), ends("c")},
			"1\r\na\r\n1\r\nb\r\n1\r\nc\r\n0\r\n\r\n", ""},
		{"in chunks, with a trailer", chunked, nil, listens(ok),
			[]bodyStep{brings("a"), endsWith("x: 1\r\n")}, "1\r\na\r\n0\r\nx: 1\r\n\r\n", ""},
		{"of no bytes", chunked, nil, listens(ok), []bodyStep{ends()}, "0\r\n\r\n", ""},
		{"over HTTP/2", chunked, overHTTP2, over2(listens(ok)),
			[]bodyStep{brings("a"), endsWith("x: 1\r\n", "b")}, "ab", "x: 1\r\n"},
		{"over HTTP/2, of no bytes and a trailer", chunked, overHTTP2, over2(listens(ok)),
			[]bodyStep{endsWith("x: 1\r\n")}, "", "x: 1\r\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.change == nil {
				tc.change = func(*config.Document) {}
			}
			e := tc.endpoint
			s := playWith(t, tc.change, e).sends(tc.steps...)
			if next := s.serve(tc.request); next != Stay {
				t.Errorf("the connection goes on with %d", next)
			}
			if string(e.sent) != tc.sent || e.sentTrail != tc.trailer || e.sentEnd != 1 {
				t.Errorf("the endpoint got %q and %q, ended %d times", e.sent, e.sentTrail,
					e.sentEnd)
			}
			if e.whole {
				t.Error("the endpoint was told that the head is all")
			}
			if len(e.awaited) != 1 || e.awaited[0] != s.route().Targets[0].ResponseTimeout {
				t.Errorf("the clock for the response was set to %v", e.awaited)
			}
			if e.interrupted() || !e.ending.Complete {
				t.Errorf("the attempt ended with %+v", e.ending)
			}
		})
	}
}

// A stream of HTTP/2 that ends behind its head is ended there by the endpoint's too.
func TestAnEndBehindTheHeadStaysThere(t *testing.T) {
	for _, streamed := range []bool{false, true} {
		e := answers(ok)
		change := func(*config.Document) {}
		if streamed {
			e, change = over2(listens(ok)), overHTTP2
		}
		s := playWith(t, change, e).speaksHTTP2().sends(ends())
		s.behind = true
		s.serve(get)
		if e.whole == streamed || streamed && (len(e.sent) != 0 || e.sentEnd != 1) {
			t.Errorf("over HTTP/2 %v: whole %v, %q, ended %d times",
				streamed, e.whole, e.sent, e.sentEnd)
		}
	}
}

// What the client does wrong with its body ends the request before a response, and nobody
// blames the endpoint.
func TestAClientFailsWithItsBody(t *testing.T) {
	for _, tc := range []struct {
		name   string
		err    error
		status string
		code   gwerr.Code
		next   Next
	}{
		{"it is slow", clientSlow, "408", gwerr.RequestTimeout, Linger},
		{"it is gone", clientGone, "", gwerr.None, HangUp},
		{"it sends a bad chunk", fault.Bad(fault.Client, gwerr.BadRequest, "a bad chunk"), "400",
			gwerr.BadRequest, Linger},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := playWith(t, retries("reset"), listens(ok)).sends(brings("a"), breaks(tc.err))
			if next := s.serve(chunked); next != tc.next {
				t.Errorf("the connection goes on with %d, want %d", next, tc.next)
			}
			if got := s.client.status(); got != tc.status {
				t.Errorf("status %q, want %q", got, tc.status)
			}
			if tc.code != gwerr.None {
				contains(t, "the answer", string(s.client.wire), tc.code.String(), "close\r\n")
			}
			if e := s.endpoints[0]; !e.interrupted() || e.ending.Complete || e.sentEnd != 0 {
				t.Errorf("the attempt ended with %+v, ended %d times", e.ending, e.sentEnd)
			}
			if got := s.outcomes(); got != "" {
				t.Errorf("the endpoint is blamed: %s", got)
			}
		})
	}
}

// The same while the response is passed on: it cannot be completed then.
func TestAClientFailsWithItsBodyDuringTheResponse(t *testing.T) {
	for _, tc := range []struct {
		name string
		err  error
		code gwerr.Code
	}{
		{"it sends a bad chunk", fault.Bad(fault.Client, gwerr.BadRequest, "a bad chunk"),
			gwerr.BadRequest},
		{"it is gone", clientGone, gwerr.None},
	} {
		t.Run(tc.name, func(t *testing.T) {
			begun := make(chan struct{})
			broken := breaks(tc.err)
			broken.first = func() { <-begun }
			e := answers(inParts, pieceStep{waits: true, first: func() { close(begun) }})
			s := play(t, e).sends(broken)
			s.client.gone = tc.code == gwerr.None
			if next := s.serve(chunked); next != HangUp {
				t.Errorf("the connection goes on with %d", next)
			}
			if s.client.last != 0 {
				t.Error("the response looks complete")
			}
			f := s.failure()
			if (f != nil) != (tc.code != gwerr.None) || f != nil && f.Code != tc.code {
				t.Errorf("remembered is %+v", f)
			}
		})
	}
}

// A response may be complete before the request is. The rest of that is not waited for: the
// client gets its response, then its connection ends. The endpoint's is of no use any more.
func TestAResponseComesBeforeTheRequestEnds(t *testing.T) {
	for _, tc := range []struct {
		name, request, response string
		told                    bool
	}{
		{"an error", put, "HTTP/1.1 413 Large\r\nContent-Length: 0\r\n\r\n", true},
		{"a success", put, ok, false},
		{"a success for a client that waits for a word", expects, ok, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := play(t, answers(tc.response)).sends(stalls())
			if next := s.serve(tc.request); next != Linger {
				t.Errorf("the connection goes on with %d", next)
			}
			head, _ := s.client.said()
			if told := strings.Contains(head, "Connection: close\r\n"); told != tc.told {
				t.Errorf("told to close: %v in %q", told, head)
			}
			if s.client.last != 1 || s.endpoints[0].ending.Complete {
				t.Errorf("ended %d times, the attempt with %+v", s.client.last,
					s.endpoints[0].ending)
			}
			if s.client.stops {
				t.Error("reading from the client is still stopped")
			}
		})
	}
}

// An endpoint that takes no more of a body is too slow, unless it answers.
func TestAnEndpointStallsABody(t *testing.T) {
	e := &scriptedEndpoint{heads: []headStep{silent}}
	e.takes = func(n int) error {
		if n == 2 {
			return fault.EndpointSlow
		}
		return nil
	}
	s := playWith(t, retries("reset"), e).sends(brings("01"), brings("23"))
	if next := s.serve(put); next != Linger {
		t.Errorf("the connection goes on with %d", next)
	}
	contains(t, "the answer", string(s.client.wire), "504 ", bodyNotTaken.Message)
	if got := s.outcomes(); got != "timeout=1" {
		t.Errorf("the endpoint's health got %q", got)
	}
}

// An endpoint that stops reading and answers has answered: its response counts.
func TestAnEndpointThatClosesForTheBodyMayHaveAnswered(t *testing.T) {
	closed := make(chan struct{})
	e := &scriptedEndpoint{}
	e.takes = func(int) error {
		defer close(closed)
		return fault.EndpointGone
	}
	e.heads = []headStep{func(e *scriptedEndpoint, r *endpoint.Response) error {
		<-closed
		return says("HTTP/1.1 413 Large\r\nContent-Length: 0\r\n\r\n")(e, r)
	}}
	s := play(t, e).sends(brings("01"))
	if next := s.serve(put); next != Linger {
		t.Errorf("the connection goes on with %d", next)
	}
	if got := s.client.status(); got != "413" {
		t.Errorf("status %s", got)
	}
}

// A drain that has run out of patience ends an upload, and nobody is answered.
func TestAnUploadIsCutOff(t *testing.T) {
	s := play(t, &scriptedEndpoint{heads: []headStep{failing(fault.EndpointStopped)}})
	s.client.cut = true
	if next := s.sends(stalls()).serve(put); next != HangUp {
		t.Errorf("the connection goes on with %d", next)
	}
	if got := string(s.client.wire); got != "" {
		t.Errorf("the client got %q", got)
	}
}

// A body that is not sent again is not kept either.
func TestABodyIsKeptUpToABound(t *testing.T) {
	k := kept{most: 5, all: true}
	k.keep([]byte("abc"))
	if k.keep([]byte("de")); !k.all || string(k.data) != "abcde" {
		t.Errorf("up to the bound %+v", k)
	}
	if k.keep([]byte("f")); k.all || len(k.data) != 0 {
		t.Errorf("beyond it %+v", k)
	}
	if k.keep([]byte("g")); len(k.data) != 0 {
		t.Error("what came behind a gap was kept")
	}
}
