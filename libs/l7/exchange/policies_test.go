package exchange

import (
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

// put is the head of a request with a body of 10 bytes, chunked of one in chunks.
const (
	put     = "PUT /a HTTP/1.1\r\nHost: a.test\r\nContent-Length: 10\r\n\r\n"
	chunked = "PUT /a HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n"
	post    = "POST /a HTTP/1.1\r\nHost: a.test\r\nContent-Length: 10\r\n\r\n"
	expects = "PUT /a HTTP/1.1\r\nHost: a.test\r\nContent-Length: 10\r\n" +
		"Expect: 100-continue\r\n\r\n"
)

// no is the answer of the tests' policies.
var no = policy.Refuse(gwerr.Forbidden, "not you")

func TestAPolicyAnswersARequestOnItsHead(t *testing.T) {
	for _, tc := range []struct {
		name, request string
		answer        *policy.Answer
		next          Next
		wanted        []string
	}{
		{"with a code", get, no, Stay, []string{"HTTP/1.1 403 ", "GW_FORBIDDEN", "not you"}},
		{"and closes", get, &policy.Answer{Code: gwerr.Forbidden, Close: true}, Linger,
			[]string{"Connection: close\r\n"}},
		{"with a body of its own", get, &policy.Answer{
			Status: 200, ContentType: "text/plain", Body: []byte("pong"),
			Lines: []byte("X-Own: 1\r\n"),
		}, Stay, []string{"200 OK\r\n", "text/plain\r\n", "X-Own: 1\r\n", "\r\n\r\npong"}},
		{"with nothing", get, &policy.Answer{}, Stay, []string{"204 No Content\r\n"}},
		{"before the body came", put, no, Linger, []string{"HTTP/1.1 403 ", "close\r\n"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, second := play(t), &toy{}
			second.onRequest = func(*policy.Request) *policy.Answer {
				t.Error("a policy behind the one that answered was asked")
				return nil
			}
			s.with(&toy{
				onRequest: func(*policy.Request) *policy.Answer { return tc.answer },
			}, second)
			if next := s.serve(tc.request); next != tc.next {
				t.Errorf("the connection goes on with %d, want %d", next, tc.next)
			}
			contains(t, "the answer", string(s.client.wire), tc.wanted...)
			s.tries(0)
		})
	}
}

func TestAPolicySeesTheRequest(t *testing.T) {
	s := play(t, answers(ok))
	var seen policy.Request
	var id string
	s.with(&toy{onRequest: func(r *policy.Request) *policy.Answer {
		seen, id = *r, string(r.ID)
		return nil
	}})
	s.serve(get)
	if seen.Listener != "public" || seen.Route != "r" || seen.Client != s.peer.Remote ||
		seen.Certificate != nil || seen.Call != nil || len(id) != 32 {
		t.Errorf("it saw %+v", seen)
	}
	if got := seen.Deadline.Sub(seen.Start); got != s.route().Timeouts.Request {
		t.Errorf("it may wait for %v", got)
	}
	s.route().Timeouts.Request = 0
	s.attempts = 0
	s.endpoints[0].reset()
	s.serve(get)
	if got := seen.Deadline.Sub(seen.Start); got != policyTime {
		t.Errorf("without a limit of the route it may wait for %v", got)
	}
}

func TestPoliciesEditBothHeads(t *testing.T) {
	s := playWith(t, func(d *config.Document) {
		d.Routes[0].Headers = &config.RouteHeaders{
			Request:  config.HeaderEdit{Set: map[string]string{"X-Ask": "1"}},
			Response: config.HeaderEdit{Remove: []string{"Server"}},
		}
	}, answers("HTTP/1.1 200 OK\r\nServer: s\r\nContent-Length: 0\r\n\r\n"))
	more := http1.NewEdits(map[string]string{"X-Toy": "2"}, nil)
	s.with(&toy{
		onRequest: func(r *policy.Request) *policy.Answer { r.Edit(more); return nil },
		onResponse: func(_ *policy.Request, h *policy.Response) *policy.Answer {
			h.Edit(more)
			return nil
		},
	})
	s.serve(get)
	head, _ := s.endpoints[0].got()
	contains(t, "the request", head, "X-Ask: 1\r\n", "X-Toy: 2\r\n")
	head, _ = s.client.said()
	contains(t, "the response", head, "X-Toy: 2\r\n")
	if strings.Contains(head, "Server:") {
		t.Errorf("what was removed came: %q", head)
	}
}

// A body that came with the head is shown in one piece; what is refused goes nowhere.
func TestAPolicySeesABodyThatCameWithTheHead(t *testing.T) {
	for _, refuse := range []bool{false, true} {
		s := play(t, answers(ok))
		var seen []policy.Piece
		s.with(&toy{onBody: func(p policy.Piece) *policy.Answer {
			seen = append(seen, p)
			if refuse {
				return no
			}
			return nil
		}})
		s.serve(put + "0123456789")
		if len(seen) != 1 || seen[0].Offset != 0 || len(seen[0].Data) != 10 {
			t.Errorf("refuse %v: it saw %+v", refuse, seen)
		}
		if got := s.client.status(); refuse != (got == "403") || refuse != (s.attempts == 0) {
			t.Errorf("refuse %v: status %s, %d attempts", refuse, got, s.attempts)
		}
	}
}

func TestAPolicySeesABodyAsItComes(t *testing.T) {
	s := play(t, listens(ok)).sends(
		bodyStep{pieces: []string{"012"}, ahead: 4}, brings("3456"), ends("789"))
	type seen struct {
		data   string
		offset int64
		ahead  int64
	}
	var all []seen
	s.with(&toy{onBody: func(p policy.Piece) *policy.Answer {
		all = append(all, seen{string(p.Data), p.Offset, p.Ahead})
		return nil
	}})
	if next := s.serve(put); next != Stay {
		t.Errorf("the connection goes on with %d", next)
	}
	if len(all) != 3 || all[0] != (seen{"012", 0, 4}) || all[1] != (seen{"3456", 3, 0}) ||
		all[2] != (seen{"789", 7, 0}) {
		t.Errorf("it saw %v", all)
	}
}

// A policy may end a request while its body comes: with its answer before a response has
// begun, and by breaking that off after.
func TestAPolicyRefusesABodyWhileItComes(t *testing.T) {
	refuseSecond := func() *toy {
		n := 0
		return &toy{onBody: func(policy.Piece) *policy.Answer {
			if n++; n == 2 {
				return no
			}
			return nil
		}}
	}
	t.Run("before the response", func(t *testing.T) {
		s := play(t, listens(ok)).sends(brings("01"), brings("23")).with(refuseSecond())
		if next := s.serve(put); next != Linger {
			t.Errorf("the connection goes on with %d", next)
		}
		contains(t, "the answer", string(s.client.wire), "403 ", "not you", "close\r\n")
		if string(s.endpoints[0].sent) != "01" || s.endpoints[0].ending.Complete {
			t.Errorf("the endpoint got %q, %+v", s.endpoints[0].sent, s.endpoints[0].ending)
		}
		if got := s.outcomes(); got != "" {
			t.Errorf("the endpoint is blamed: %s", got)
		}
	})
	t.Run("while the response is passed on", func(t *testing.T) {
		begun := make(chan struct{})
		e := answers("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n",
			pieceStep{waits: true, first: func() { close(begun) }})
		second := brings("23")
		second.first = func() { <-begun }
		s := play(t, e).sends(brings("01"), second).with(refuseSecond())
		if next := s.serve(put); next != HangUp {
			t.Errorf("the connection goes on with %d", next)
		}
		if !s.client.broken || s.client.last != 0 {
			t.Error("the client cannot see that the response broke off")
		}
		if f := s.failure(); f == nil || f.Code != gwerr.Forbidden || f.Status != 200 {
			t.Errorf("remembered is %+v", f)
		}
	})
}

// A policy may put an answer in the place of a response. The client's connection is used again, and
// that of the response too, since the whole of it has come.
func TestAPolicyReplacesAResponse(t *testing.T) {
	replacing := func(a *policy.Answer) *toy {
		return &toy{onResponse: func(*policy.Request, *policy.Response) *policy.Answer { return a }}
	}
	t.Run("of a request that was whole", func(t *testing.T) {
		s := play(t, answers(ok)).with(replacing(no))
		if next := s.serve(get); next != Stay {
			t.Errorf("the connection goes on with %d", next)
		}
		contains(t, "the answer", string(s.client.wire), "403 ")
		if strings.Contains(string(s.client.wire), "hi") || !s.endpoints[0].ending.Complete {
			t.Errorf("got %q, and the attempt ended with %+v", s.client.wire, s.endpoints[0].ending)
		}
	})
	t.Run("while the request's body comes", func(t *testing.T) {
		s := play(t, answers(ok)).sends(stalls()).with(replacing(no))
		if next := s.serve(put); next != Linger {
			t.Errorf("the connection goes on with %d", next)
		}
		contains(t, "the answer", string(s.client.wire), "403 ", "close\r\n")
	})
	t.Run("of a client that has gone", func(t *testing.T) {
		s := play(t, answers(ok)).with(replacing(no))
		s.client.gone = true
		if next := s.serve(get); next != HangUp || len(s.client.wire) > 0 {
			t.Errorf("got %d, %q", next, s.client.wire)
		}
		if !s.endpoints[0].ending.Interrupted {
			t.Error("the watch may still interrupt the connection, and nobody says so")
		}
	})
	t.Run("that opens a tunnel", func(t *testing.T) {
		s := play(t, answers(switched)).with(replacing(no))
		if next := s.serve(upgrade); next != Stay {
			t.Errorf("the connection goes on with %d", next)
		}
		contains(t, "the answer", string(s.client.wire), "403 ")
	})
}

// The policies are told the end once, whatever that was, with what the client got.
func TestPoliciesAreToldTheEndOnce(t *testing.T) {
	const ours = -1 // as many bytes as the gateway's own answer has
	for _, tc := range []struct {
		name, request string
		endpoints     []*scriptedEndpoint
		set           func(*scene)
		want          policy.End
	}{
		{"a response", put + "0123456789", []*scriptedEndpoint{answers(ok)}, nil,
			policy.End{Status: 200, Received: 10, Sent: 2}},
		{"a body that came later", put, []*scriptedEndpoint{listens(ok)},
			func(s *scene) { s.sends(ends("0123456789")) },
			policy.End{Status: 200, Received: 10, Sent: 2}},
		{"an answer of the gateway's", get, []*scriptedEndpoint{refusing(noWay), refusing(noWay)},
			nil, policy.End{Status: 502, Code: gwerr.UpstreamConnect, Sent: ours}},
		{"an answer of a policy's", get, nil, func(s *scene) {
			s.with(&toy{onRequest: func(*policy.Request) *policy.Answer { return no }})
		}, policy.End{Status: 403, Code: gwerr.Forbidden, Sent: ours}},
		{"a client that left", get, []*scriptedEndpoint{answers(ok)},
			func(s *scene) { s.client.fails = clientGone }, policy.End{Status: 200, Sent: 2}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := play(t, tc.endpoints...)
			var told []policy.End
			var ids []string
			s.with(&toy{onEnd: func(r *policy.Request, e *policy.End) {
				told, ids = append(told, *e), append(ids, string(r.ID))
			}})
			if tc.set != nil {
				tc.set(s)
			}
			s.serve(tc.request)
			if len(told) != 1 || len(ids[0]) != 32 || told[0].Duration <= 0 {
				t.Fatalf("told %+v", told)
			}
			if tc.want.Sent == ours {
				_, body, _ := strings.Cut(string(s.client.wire), "\r\n\r\n")
				tc.want.Sent = int64(len(body))
			}
			if told[0].Duration = 0; told[0] != tc.want {
				t.Errorf("told %+v, want %+v", told[0], tc.want)
			}
		})
	}
}

// What found no route has had no policy, so there is none to be told.
func TestARequestWithoutARouteHasNoPolicies(t *testing.T) {
	s := playWith(t, func(d *config.Document) { d.Routes[0].Hosts = []string{"b.test"} })
	s.with(&toy{onEnd: func(*policy.Request, *policy.End) { t.Error("one was told the end") }})
	s.serve(get)
}
