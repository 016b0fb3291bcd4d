package exchange

import (
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/l7/fault"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

// A policy gets as much of a body as it wants in one piece, however that comes, and the
// endpoint gets all of it, once.
func TestAPolicyGetsABodyInOnePiece(t *testing.T) {
	for _, tc := range []struct {
		name, request string
		wants         int
		steps         []bodyStep
		seen          string
		whole         bool
		sent          string // what the endpoint got behind the head
	}{
		{"that came with the head", put + "0123456789", 100, nil, "0123456789", true, ""},
		{"that came with the head, in part", put + "0123456789", 4, nil, "0123", false, ""},
		{"that comes later", put, 100, []bodyStep{brings("01234"), ends("56789")},
			"0123456789", true, "0123456789"},
		{"that comes later, in part", put, 4, []bodyStep{brings("01234"), ends("56789")},
			"0123", false, "0123456789"},
		{"that is just what is wanted", put, 10, []bodyStep{ends("0123456789")},
			"0123456789", true, "0123456789"},
		{"in chunks", chunked, 100, []bodyStep{brings("ab"), ends("c")},
			"abc", true, "3\r\nabc\r\n0\r\n\r\n"},
		{"in chunks, in part", chunked, 1, []bodyStep{brings("ab"), ends("c")},
			"a", false, "2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"},
		{"with a trailer", chunked, 100, []bodyStep{endsWith("x: 1\r\n", "abc")},
			"abc", true, "3\r\nabc\r\n0\r\nx: 1\r\n\r\n"},
		{"that is empty", chunked, 100, []bodyStep{ends()}, "", true, "0\r\n\r\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e := listens(ok)
			if len(tc.steps) == 0 {
				e = answers(ok)
			}
			s := play(t, e).sends(tc.steps...)
			calls := 0
			s.with(&toy{wants: tc.wants, onWhole: func(body []byte, whole bool) *policy.Answer {
				if calls++; string(body) != tc.seen || whole != tc.whole {
					t.Errorf("it got %q, whole %v", body, whole)
				}
				return nil
			}})
			if next := s.serve(tc.request); next != Stay {
				t.Errorf("the connection goes on with %d", next)
			}
			if calls != 1 {
				t.Errorf("it was called %d times", calls)
			}
			if got := string(e.sent); got != tc.sent {
				t.Errorf("the endpoint got %q behind the head, want %q", got, tc.sent)
			}
		})
	}
}

// Each policy sees no more than it wants, also where another wants more.
func TestEachPolicyGetsAsMuchAsItWants(t *testing.T) {
	s := play(t, listens(ok)).sends(ends("0123456789"))
	var seen []string
	note := func(body []byte, _ bool) *policy.Answer {
		seen = append(seen, string(body))
		return nil
	}
	s.with(&toy{wants: 3, onWhole: note}, &toy{wants: 100, onWhole: note}, &toy{onWhole: note})
	s.serve(put)
	if strings.Join(seen, " ") != "012 0123456789" {
		t.Errorf("they saw %q", seen)
	}
}

// A client that waits for a word before its body gets that from the gateway, and the
// endpoint is not told that anybody waits.
func TestAClientThatExpectsToBeToldIsTold(t *testing.T) {
	s := play(t, listens(ok)).sends(ends("0123456789")).with(&toy{wants: 100})
	s.serve(expects)
	if got := string(s.client.interim); got != "HTTP/1.1 100 Continue\r\n\r\n" {
		t.Errorf("the client was told %q", got)
	}
	if head, _ := s.endpoints[0].got(); strings.Contains(head, "Expect") {
		t.Errorf("the endpoint got %q", head)
	}
	if got := s.client.status(); got != "200" {
		t.Errorf("status %s", got)
	}
}

// Without a policy that wants the body, it is for the endpoint to say that word.
func TestAnEndpointTellsTheClientToGoOn(t *testing.T) {
	e := &scriptedEndpoint{heads: []headStep{
		says("HTTP/1.1 100 Continue\r\n\r\n"), after(says(ok)),
	}}
	told := make(chan struct{})
	step := ends("0123456789")
	step.first = func() { <-told }
	s := play(t, e).sends(step)
	s.client.trace = func(call string) {
		if call == "interim" {
			close(told)
		}
	}
	if next := s.serve(expects); next != Stay {
		t.Errorf("the connection goes on with %d", next)
	}
	head, _ := e.got()
	contains(t, "the request", head, "Expect: 100-continue\r\n")
	contains(t, "the client", string(s.client.interim), "HTTP/1.1 100 Continue\r\n")
}

// What ends the reading of a body that policies want ends the request.
func TestABodyThatPoliciesWantMayNotCome(t *testing.T) {
	for _, tc := range []struct {
		name   string
		steps  []bodyStep
		set    func(*scene)
		status string
		code   gwerr.Code
		next   Next
	}{
		{"the client is slow", []bodyStep{brings("0"), breaks(clientSlow)}, nil,
			"408", gwerr.RequestTimeout, Part},
		{"the client is gone", []bodyStep{brings("0"), breaks(clientGone)}, nil,
			"", gwerr.None, HangUp},
		{
			"a bad chunk",
			[]bodyStep{breaks(fault.Bad(fault.Client, gwerr.BadRequest, "a bad chunk"))},
			nil, "400", gwerr.BadRequest, Linger,
		},
		{"a policy objects to a piece", []bodyStep{brings("0")}, func(s *scene) {
			s.with(&toy{onBody: func(policy.Piece) *policy.Answer { return no }})
		}, "403", gwerr.Forbidden, Linger},
		{"a policy objects to the whole", []bodyStep{ends("0123456789")}, func(s *scene) {
			s.with(&toy{wants: 1, onWhole: func([]byte, bool) *policy.Answer { return no }})
		}, "403", gwerr.Forbidden, Linger},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := play(t).sends(tc.steps...).with(&toy{wants: 100})
			if tc.set != nil {
				tc.set(s)
			}
			if next := s.serve(put); next != tc.next {
				t.Errorf("the connection goes on with %d, want %d", next, tc.next)
			}
			if got := s.client.status(); got != tc.status {
				t.Errorf("status %q, want %q", got, tc.status)
			}
			if f := s.failure(); tc.code != gwerr.None && (f == nil || f.Code != tc.code) {
				t.Errorf("remembered is %+v", f)
			}
			s.tries(0)
		})
	}
}

// A body that was read for a policy is sent again to another endpoint like any other.
func TestAGatheredBodyIsSentAgain(t *testing.T) {
	first, second := listens(ok), listens(ok)
	first.heads = []headStep{after(failing(fault.EndpointGone))}
	s := playWith(t, retries("reset"), first, second)
	s.sends(endsWith("x: 1\r\n", strings.Repeat("b", 2*Replayed))).
		with(&toy{wants: 3 * Replayed})
	s.serve(chunked)
	if got := s.client.status(); got != "200" {
		t.Fatalf("status %s", got)
	}
	if string(first.sent) != string(second.sent) || len(second.sent) < 2*Replayed {
		t.Errorf("the endpoints got %d and %d bytes", len(first.sent), len(second.sent))
	}
}
