package exchange

import (
	"strings"
	"testing"
	"time"

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
		{"it is slow", clientSlow, "408", gwerr.RequestTimeout, Part},
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

// A response may be complete before the request is. Where the rest is of no use it is not waited
// for: the client is told that its connection ends, which it then does. The endpoint's is of no
// use any more.
func TestAResponseComesBeforeTheRequestEnds(t *testing.T) {
	for _, tc := range []struct {
		name, request, response string
	}{
		{"an error", put, "HTTP/1.1 413 Large\r\nContent-Length: 0\r\n\r\n"},
		{"a success for a client that waits for a word", expects, ok},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := play(t, answers(tc.response)).sends(stalls())
			if next := s.serve(tc.request); next != Linger {
				t.Errorf("the connection goes on with %d", next)
			}
			head, _ := s.client.said()
			contains(t, "the head", head, "Connection: close\r\n")
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

// A drain that has run out of patience ends an upload, and says so.
func TestAnUploadIsCutOff(t *testing.T) {
	s := play(t, &scriptedEndpoint{heads: []headStep{failing(fault.EndpointStopped)}})
	s.client.cut = true
	if next := s.sends(stalls()).serve(put); next != Linger {
		t.Errorf("the connection goes on with %d", next)
	}
	contains(t, "the answer", string(s.client.wire), "503 ", gwerr.Draining.String())
	if f := s.failure(); f.Status != 503 || f.Cause.Key != "drain.timeout" {
		t.Errorf("%+v is remembered", f)
	}
}

// A body that is not sent again is not kept either.
func TestABodyIsKeptUpToABound(t *testing.T) {
	k := kept{most: 5}
	k.keep([]byte("abc"))
	if k.keep([]byte("de")); !k.all() || string(k.data) != "abcde" {
		t.Errorf("up to the bound %+v", k)
	}
	if k.keep([]byte("f")); k.all() || len(k.data) != 0 {
		t.Errorf("beyond it %+v", k)
	}
	if k.keep([]byte("g")); len(k.data) != 0 {
		t.Error("what came behind a gap was kept")
	}
}

// An endpoint may answer before it has read the body. A response that is no error, and that does
// not announce the end of the connection, says nothing against the rest: it goes on to its end.
func TestAnEarlyResponseLetsTheBodyComeToItsEnd(t *testing.T) {
	const (
		none     = "HTTP/1.1 200 OK\r\n\r\n" // over HTTP/1.1: until the connection ends
		moved    = "HTTP/1.1 303 See Other\r\nContent-Length: 0\r\n\r\n"
		noBody   = "HTTP/1.1 204 No Content\r\n\r\n"
		closes   = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
		refuses  = "HTTP/1.1 413 Large\r\nContent-Length: 0\r\n\r\n"
		failed   = "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"
		waits    = "Host: a.test\r\nExpect: 100-continue\r\n"
		lastOne  = "Host: a.test\r\nConnection: close\r\n"
		earlyOld = "PUT /a HTTP/1.0\r\nHost: a.test\r\nContent-Length: 10\r\n\r\n"
	)
	for _, tc := range []struct {
		name, request, answer string
		two, down2, rest      bool
		next                  Next
	}{
		{"200", put, ok, false, false, true, Stay},
		{"200 in chunks", put, inParts + "2\r\nhi\r\n0\r\n\r\n", false, false, true, Stay},
		{"303", put, moved, false, false, true, Stay},
		{"204", put, noBody, false, false, true, Stay},
		{"a body in chunks", chunked, ok, false, false, true, Stay},
		{"over HTTP/2 to the endpoint", put, none, true, false, true, Stay},
		{"over HTTP/2 from the client", put, ok, false, true, true, Stay},
		{"over HTTP/2", put, none, true, true, true, Stay},
		{"the client's last request", strings.Replace(put, "Host: a.test\r\n", lastOne, 1), ok,
			false, false, true, Close},
		{"of HTTP/1.0", earlyOld, ok, false, false, true, Close},
		{"the connection closes", put, closes, false, false, false, Linger},
		{"the connection's end is the body's", put, none, false, false, false, Linger},
		{"413", put, refuses, false, false, false, Linger},
		{"413 over HTTP/2", put, refuses, true, true, false, Linger},
		{"500", put, failed, false, false, false, Linger},
		{"the client waits for a word", strings.Replace(put, "Host: a.test\r\n", waits, 1), ok,
			false, false, false, Linger},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e := &scriptedEndpoint{heads: []headStep{says(tc.answer)}}
			change := func(*config.Document) {}
			if tc.two {
				e, change = over2(e), overHTTP2
			}
			s := playWith(t, change, e)
			s.client.streamed = tc.down2
			answered := make(chan struct{})
			s.client.trace = func(call string) {
				if call == "Write" {
					close(answered)
					s.client.trace = nil
				}
			}
			late := ends("56789")
			late.first = func() {
				<-answered
				select {
				case <-e.stopped:
				case <-time.After(50 * time.Millisecond): // nobody may stop it in such a time
				}
			}
			if !tc.rest {
				late = stalls()
			}
			s.sends(brings("01234"), late)
			if next := s.serve(tc.request); next != tc.next {
				t.Errorf("the connection goes on with %d, want %d", next, tc.next)
			}
			if got := e.sentEnd == 1 && strings.Contains(string(e.sent), "56789"); got != tc.rest {
				t.Errorf("the endpoint got %q, ended %d times", e.sent, e.sentEnd)
			}
			if e.ending.Complete != (tc.rest && !tc.two) || e.interrupted() == tc.rest {
				t.Errorf("the attempt ended with %+v", e.ending)
			}
			if got := s.outcomes(); strings.Contains(got, "reset") {
				t.Errorf("the endpoint is blamed: %s", got)
			}
		})
	}
}

// What ends the rest of a body after an early response: the client, or the endpoint.
func TestTheRestOfABodyFailsAfterTheResponse(t *testing.T) {
	for name, tc := range map[string]struct {
		step  bodyStep
		takes error
	}{
		"the client is slow":         {breaks(fault.ClientSlow), nil},
		"the client is gone":         {breaks(fault.ClientGone), nil},
		"the endpoint reads no more": {brings("56"), fault.EndpointSlow},
		"the endpoint closes":        {brings("56"), fault.EndpointGone},
	} {
		t.Run(name, func(t *testing.T) {
			e := answers(ok)
			s := play(t, e)
			answered := make(chan struct{})
			s.client.trace = func(call string) {
				if call == "Write" {
					close(answered)
					s.client.trace = nil
				}
			}
			tc.step.first = func() { <-answered }
			e.takes = func(n int) error {
				if n == 2 {
					return tc.takes
				}
				return nil
			}
			s.sends(brings("01234"), tc.step)
			if next := s.serve(put); next != Linger {
				t.Errorf("the connection goes on with %d", next)
			}
			if got := s.client.status(); got != "200" || e.ending.Complete {
				t.Errorf("status %q, the attempt ended with %+v", got, e.ending)
			}
		})
	}
}
