package exchange

import (
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/l7/fault"
)

const (
	old     = "GET /a HTTP/1.0\r\nHost: a.test\r\n\r\n"
	oldKeep = "GET /a HTTP/1.0\r\nHost: a.test\r\nConnection: keep-alive\r\n\r\n"
	inParts = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	toEnd   = "HTTP/1.1 200 OK\r\n\r\n"
)

// How a response goes on: what of its body the client gets in which framing, and how the
// two connections go on behind it.
func TestAResponseGoesOn(t *testing.T) {
	for _, tc := range []struct {
		name, request string
		streamed      bool
		endpoint      *scriptedEndpoint
		lines         []string
		body          string
		next          Next
		kept          bool
	}{
		{"with its head", get, false, answers(ok), []string{"Content-Length: 2\r\n"}, "hi",
			Stay, true},
		{"in pieces", get, false, answers("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\na",
			some("bc"), some("de")), nil, "abcde", Stay, true},
		{"in chunks", get, false, answers(inParts+"2\r\nab\r\n", some("1\r\nc\r\n"),
			some("0\r\nx: 1\r\n\r\n")), []string{"Transfer-Encoding: chunked\r\n"},
			"2\r\nab\r\n1\r\nc\r\n0\r\nx: 1\r\n\r\n", Stay, true},
		{"in chunks, to HTTP/1.0", oldKeep, false, answers(inParts+"2\r\nab\r\n",
			some("0\r\n\r\n")), []string{"Connection: close\r\n"}, "ab", Close, true},
		{"of known length, to HTTP/1.0 that stays", oldKeep, false, answers(ok),
			[]string{"Connection: keep-alive\r\n"}, "hi", Stay, true},
		{"of known length, to HTTP/1.0", old, false, answers(ok), []string{"close\r\n"}, "hi",
			Close, true},
		{"up to the end of its connection", get, false, answers(toEnd+"a", some("b")),
			[]string{"Transfer-Encoding: chunked\r\n"}, "1\r\na\r\n1\r\nb\r\n0\r\n\r\n", Stay,
			false},
		{"to HEAD", strings.Replace(get, "GET", "HEAD", 1), false,
			answers("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n"),
			[]string{"Content-Length: 7\r\n"}, "", Stay, true},
		{"204", get, false, answers("HTTP/1.1 204 No\r\n\r\n"), nil, "", Stay, true},
		{"to a client that wants to close", "GET /a HTTP/1.1\r\nHost: a.test\r\n" +
			"Connection: close\r\n\r\n", false, answers(ok), []string{"close\r\n"}, "hi", Close,
			true},
		{"from an endpoint that closes", get, false,
			answers("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"), nil, "",
			Stay, false},
		{"with bytes behind its end", get, false, answers(ok + "HTTP/1.1 200 Smuggled"), nil, "hi",
			Stay, false},
		{"with bytes behind its end that come later", get, false,
			answers("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", some("hi!")), nil, "hi",
			Stay, false},
		{"with bytes behind its last chunk", get, false, answers(inParts, some("0\r\n\r\n!")), nil,
			"0\r\n\r\n", Stay, false},
		{"over HTTP/2 to HTTP/1.1", get, false, over2(answers(toEnd, some("ab"), some("c"))),
			[]string{"Transfer-Encoding: chunked\r\n"}, "2\r\nab\r\n1\r\nc\r\n0\r\n\r\n", Stay,
			false},
		{"over HTTP/2 with a length", get, false, over2(answers(
			"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", some("ab"))),
			[]string{"Content-Length: 2\r\n"}, "ab", Stay, true},
		{"over HTTP/2 that ends with its head", get, false,
			over2(&scriptedEndpoint{heads: []headStep{endsStream("HTTP/1.1 200 OK\r\n\r\n")}}), nil,
			"0\r\n\r\n", Stay, false},
		{"in chunks to HTTP/2", get, true, answers(inParts+"2\r\nab\r\n", some("0\r\n\r\n")), nil,
			"ab", Stay, true},
		{"from HTTP/2 to HTTP/2", get, true, over2(answers(toEnd, some("ab"))), nil, "ab", Stay,
			false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			change := func(*config.Document) {}
			if tc.endpoint.traits.Streamed {
				change = overHTTP2
			}
			s := playWith(t, change, tc.endpoint)
			s.client.streamed = tc.streamed
			if next := s.serve(tc.request); next != tc.next {
				t.Errorf("the client's connection goes on with %d, want %d", next, tc.next)
			}
			head, body := s.client.said()
			contains(t, "the head", head, tc.lines...)
			if body != tc.body {
				t.Errorf("the body is %q, want %q", body, tc.body)
			}
			if s.client.last != 1 {
				t.Errorf("it was ended %d times", s.client.last)
			}
			if got := tc.endpoint.ending; got.Complete != tc.kept || got.Interrupted {
				t.Errorf("the endpoint's connection ended with %+v", got)
			}
		})
	}
}

// A trailer section goes from each protocol to each.
func TestTrailersOfResponsesGoOn(t *testing.T) {
	from1 := func() *scriptedEndpoint {
		return answers(inParts+"1\r\na\r\n", some("0\r\nx: 1\r\n\r\n"))
	}
	from2 := func() *scriptedEndpoint {
		e := over2(answers(toEnd, some("a")))
		e.trailer = "x: 1\r\n"
		return e
	}
	for name, from := range map[string]func() *scriptedEndpoint{
		"HTTP/1.1": from1, "HTTP/2": from2,
	} {
		s := play(t, from())
		s.serve(get)
		if _, body := s.client.said(); body != "1\r\na\r\n0\r\nx: 1\r\n\r\n" {
			t.Errorf("%s to HTTP/1.1: %q", name, body)
		}
		s = play(t, from()).speaksHTTP2()
		s.serve(get)
		if got := string(s.client.trailer); got != "x: 1\r\n" {
			t.Errorf("%s to HTTP/2: %q", name, got)
		}
	}
}

// A client that takes little at a time gets its body through the small buffer.
func TestAClientWithoutRoomGetsAllOfABody(t *testing.T) {
	s := play(t, answers("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n", some("abc"), some("def")))
	s.client.small = true
	s.serve(get)
	if _, body := s.client.said(); body != "abcdef" {
		t.Errorf("got %q", body)
	}
}

// A drain lets a response come to its end, and tells the client that it is the last.
func TestTheLastResponseOfADrainSaysSo(t *testing.T) {
	s := play(t, answers(ok))
	s.client.closing = true
	if next := s.serve(get); next != Close {
		t.Errorf("the connection goes on with %d", next)
	}
	contains(t, "the head", string(s.client.wire), "Connection: close\r\n")
}

// A body may be silent for as long as its route and its cluster let it, whatever it is and
// whatever the client's side may do.
func TestHowLongABodyMayBeSilent(t *testing.T) {
	for _, tc := range []struct {
		cluster     time.Duration
		route       *time.Duration
		read, write time.Duration
	}{
		{0, nil, 0, config.DefaultBodyIdle},
		{time.Minute, nil, time.Minute, time.Minute},
		{time.Minute, new(time.Hour), time.Hour, time.Hour},
		{time.Minute, new(time.Duration(0)), 0, config.DefaultBodyIdle},
	} {
		for _, kind := range []string{"text/event-stream", "text/plain"} {
			e := answers("HTTP/1.1 200 OK\r\nContent-Type: "+kind+"\r\n\r\n", some("a"))
			s := playWith(t, func(d *config.Document) {
				d.Clusters[0].Timeouts.BodyIdle = tc.cluster
				d.Routes[0].Timeouts.BodyIdle = tc.route
			}, e)
			s.serve(get)
			if e.idle != tc.read || e.dial.Write != tc.write {
				t.Errorf("%+v, %s: silent for %v, written for %v", tc, kind, e.idle, e.dial.Write)
			}
		}
	}
}

// A response whose body breaks off must not look complete, and the connection that it came
// over is not used again. Whose fault it was decides who is blamed.
func TestAResponseBreaksOff(t *testing.T) {
	const half = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"
	for _, tc := range []struct {
		name, request string
		endpoint      *scriptedEndpoint
		set           func(*scene)
		next          Next
		code          gwerr.Code
		outcomes      string
	}{
		{"the endpoint closes early", get, answers(half), nil, HangUp, gwerr.UpstreamReset,
			"success=1 reset=1"},
		{"the endpoint closes within a chunk", get, answers(inParts + "5\r\nab"), nil, HangUp,
			gwerr.UpstreamReset, "success=1 reset=1"},
		{"the endpoint is reset", get, answers(half, pieceStep{err: fault.EndpointGone}), nil,
			HangUp, gwerr.UpstreamReset, "success=1 reset=1"},
		{"the endpoint is slow", get, answers(half, pieceStep{err: fault.EndpointSlow}), nil,
			HangUp, gwerr.UpstreamTimeout, "success=1 timeout=1"},
		{"the endpoint is reset, where the end of the connection is that of the body", old,
			answers(toEnd+"a", pieceStep{err: fault.EndpointGone}), nil, Reset,
			gwerr.UpstreamReset, "success=1 reset=1"},
		{"a bad chunk", get, answers(inParts, some("1\r\na\r\nzz")), nil, HangUp,
			gwerr.UpstreamProtocol, "success=1 reset=1"},
		{"a bad chunk behind the head", get, answers(inParts + "zz"), nil, HangUp,
			gwerr.UpstreamProtocol, "success=1 reset=1"},
		{"the client is gone", get, answers(half, some("c")),
			func(s *scene) { s.client.fails = clientGone; s.client.failFrom = 2 }, HangUp,
			gwerr.None, "success=1"},
		{"the client is slow", get, answers(half, some("c")),
			func(s *scene) { s.client.fails = clientSlow; s.client.failFrom = 2 }, Reset,
			gwerr.RequestTimeout, "success=1"},
		{"the client takes not even the head", get, answers(ok),
			func(s *scene) {
				s.client.fails = clientSlow
			}, Reset, gwerr.RequestTimeout, "success=1"},
		{"the client leaves while the endpoint is silent", get,
			answers(half, pieceStep{err: fault.EndpointStopped}),
			func(s *scene) { s.client.gone = true }, HangUp, gwerr.None, "success=1"},
		{"the gateway fails", get, answers(half, pieceStep{err: errNobody}), nil, HangUp,
			gwerr.Internal, "success=1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := play(t, tc.endpoint)
			if tc.set != nil {
				tc.set(s)
			}
			if next := s.serve(tc.request); next != tc.next {
				t.Errorf("the connection goes on with %d, want %d", next, tc.next)
			}
			if s.client.last != 0 && s.client.fails == nil {
				t.Errorf("the client cannot see it: %q", s.client.wire)
			}
			if got := s.outcomes(); got != tc.outcomes {
				t.Errorf("the endpoint's health got %q, want %q", got, tc.outcomes)
			}
			if e := tc.endpoint; e.ending.Complete || e.ending.Interrupted != s.client.gone {
				t.Errorf("the attempt ended with %+v", e.ending)
			}
			f := s.failure()
			if tc.code == gwerr.None {
				if f != nil {
					t.Errorf("remembered is %+v", f)
				}
				return
			}
			if f == nil || f.Code != tc.code || f.Status != 200 {
				t.Errorf("remembered is %+v", f)
			}
		})
	}
}

// A gRPC call whose response breaks off ends with a status that says so.
func TestACallThatBreaksOffEndsWithAStatus(t *testing.T) {
	e := over2(answers("HTTP/1.1 200 OK\r\nContent-Type: application/grpc\r\n\r\n",
		some("\x00"), pieceStep{err: fault.EndpointGone}))
	s := playWith(t, overHTTP2, e).speaksHTTP2()
	if next := s.serve(call); next != HangUp {
		t.Errorf("the connection goes on with %d", next)
	}
	contains(t, "the trailer", s.client.brokeBy, "grpc-status: ",
		"x-gateway-code: GW_UPSTREAM_RESET")
}

// A gRPC call that fails gets its answer in the way that its client reads.
func TestACallIsAnsweredWithAStatus(t *testing.T) {
	s := playWith(t, func(d *config.Document) { d.Routes[0].Hosts = []string{"b.test"} })
	s.speaksHTTP2().serve(call)
	head, body := s.client.said()
	contains(t, "the head", head, "HTTP/1.1 200 ", "grpc-status: 12\r\n", "GW_NO_ROUTE")
	if body != "" {
		t.Errorf("the body is %q", body)
	}
}

// A server that is not there for a call says so with a status of 200.
func TestACallThatIsUnavailableIsTheServersFailure(t *testing.T) {
	e := over2(&scriptedEndpoint{heads: []headStep{endsStream(unavailable)}})
	s := playWith(t, overHTTP2, e).speaksHTTP2()
	s.serve(call)
	if got := s.outcomes(); got != "5xx=1" {
		t.Errorf("the endpoint's health got %q", got)
	}
}
