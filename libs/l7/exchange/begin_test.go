package exchange

import (
	"slices"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/l7/buffers"
	"github.com/gatewayhomebrew/gateway/libs/l7/fault"
)

// A policy sees how a body begins whose length nobody says: the whole of a short one, and no more
// than it has asked for of others. The client gets the same as without.
func TestPoliciesSeeHowABodyBegins(t *testing.T) {
	full := strings.Repeat("y", buffers.Body)
	const known = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\na"
	for _, tc := range []struct {
		name     string
		endpoint *scriptedEndpoint
		length   int64
		body     string
	}{
		{"of known length", answers(known, some("bc")), 3, "abc"},
		{"with the head", answers(inParts + "2\r\nab\r\n0\r\n\r\n"), 2, "ab"},
		{"empty", answers(inParts + "0\r\n\r\n"), 0, ""},
		{"in two reads",
			atOnce(answers(inParts+"1\r\na\r\n", some("1\r\nb\r\n0\r\n\r\n"))), 2, "ab"},
		{"with its end a moment later", answers(inParts+"1\r\na\r\n",
			pieceStep{data: "0\r\n\r\n", looks: 2}), 1, "a"},
		{"longer than asked for", answers(inParts+"a\r\n0123456789\r\n", some("0\r\n\r\n")), -1,
			"0123456789"},
		{"long, and whole", answers(inParts + "a\r\n0123456789\r\n0\r\n\r\n"), 10, "0123456789"},
		{"that pauses", answers(inParts+"1\r\na\r\n", some("1\r\nb\r\n0\r\n\r\n")), -1, "ab"},
		{"that pauses at once", answers(toEnd, some("ab")), -1, "ab"},
		{"to the end of its connection", atOnce(answers(toEnd + "a")), 1, "a"},
		{"over HTTP/2", over2(atOnce(answers(toEnd, on("a"), on("b")))), 2, "ab"},
		{"over HTTP/2, with a trailer", over2(atOnce(&scriptedEndpoint{
			heads: []headStep{says(toEnd)}, body: []pieceStep{on("a")}, trailer: "x: 1\r\n",
		})), 1, "a"},
		{"over HTTP/2, ended with the head",
			over2(&scriptedEndpoint{heads: []headStep{endsStream(toEnd)}}), 0, ""},
		{"large", atOnce(answers(toEnd, some(full), some("z"))), -1, full + "z"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			y, change := &toy{begins: 5}, func(*config.Document) {}
			if tc.endpoint.traits.Streamed {
				change = overHTTP2
			}
			s := playWith(t, change, tc.endpoint).with(y).speaksHTTP2()
			if next := s.serve(get); next != Stay {
				t.Errorf("the connection goes on with %d", next)
			}
			if _, body := s.client.said(); body != tc.body || s.client.last != 1 {
				t.Errorf("the client got %.50q, ended %d times", body, s.client.last)
			}
			if got := string(s.client.trailer); got != tc.endpoint.trailer {
				t.Errorf("the trailer is %q", got)
			}
			if !slices.Equal(y.lengths, []int64{tc.length}) {
				t.Errorf("Transform is told %d, want %d", y.lengths, tc.length)
			}
		})
	}
}

// What is wrong with the beginning of a body is for the client to see behind the head, as without
// a policy that looks at it.
func TestABodyThatBreaksOffInItsBeginning(t *testing.T) {
	for _, tc := range []struct {
		name     string
		endpoint *scriptedEndpoint
		code     gwerr.Code
	}{
		{"no chunk", answers(inParts + "1\r\na\r\n!"), gwerr.UpstreamProtocol},
		{"no chunk, later", atOnce(answers(inParts+"1\r\na\r\n", some("!"))),
			gwerr.UpstreamProtocol},
		{"ended too early", atOnce(answers(inParts + "1\r\na\r\n")), gwerr.UpstreamReset},
		{"reset", atOnce(answers(inParts+"1\r\na\r\n", pieceStep{err: fault.EndpointGone})),
			gwerr.UpstreamReset},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := play(t, tc.endpoint).with(&toy{begins: 5})
			if next := s.serve(get); next != HangUp {
				t.Errorf("the connection goes on with %d", next)
			}
			head, body := s.client.said()
			if !strings.HasPrefix(head, "HTTP/1.1 200") || body != "1\r\na\r\n" ||
				s.client.last != 0 {
				t.Errorf("the client got %q, %q", head, body)
			}
			if f := s.failure(); f == nil || f.Code != tc.code {
				t.Errorf("remembered is %+v", f)
			}
		})
	}
}
