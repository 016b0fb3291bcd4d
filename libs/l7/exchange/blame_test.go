package exchange

import (
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/l7/fault"
)

// What an endpoint does after the client's end says nothing of the endpoint, and nothing of
// the plan that is on trial.
func TestAnEndpointThatBreaksOffAfterTheClientsEndIsNotBlamed(t *testing.T) {
	const half = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"
	silent := func() *scriptedEndpoint { return fallsSilent(fault.EndpointGone) }
	broken := func() *scriptedEndpoint {
		return answers(half, pieceStep{err: fault.EndpointGone})
	}
	for _, tc := range []struct {
		name     string
		left     bool
		endpoint func() *scriptedEndpoint
		outcomes string
		failures uint64
	}{
		{"before a response", true, silent, "", 0},
		{"in a response", true, broken,
			"success=1", 0},
		{"before a response, to a client that is there", false,
			silent, "reset=1", 1},
		{"in a response, to a client that is there", false,
			broken,
			"success=1 reset=1", 0},
		{"too slow for a client that has finished sending", true,
			func() *scriptedEndpoint { return fallsSilent(fault.EndpointSlow) }, "timeout=1", 1},
		{"with a malformed response", true,
			func() *scriptedEndpoint {
				return fallsSilent(fault.Bad(fault.Endpoint, gwerr.UpstreamProtocol, "bad"))
			}, "reset=1", 1},
	} {
		for _, streamed := range []bool{false, true} {
			t.Run(tc.name, func(t *testing.T) {
				s := play(t, tc.endpoint())
				s.client.left, s.client.streamed = tc.left, streamed
				s.serve(get)
				if got := s.outcomes(); got != tc.outcomes {
					t.Errorf("recorded %q, want %q", got, tc.outcomes)
				}
				if got := s.view.Counts.Failures.Load(); got != tc.failures {
					t.Errorf("%d failures, want %d", got, tc.failures)
				}
			})
		}
	}
}

// A configuration without its routes answers fast, and is no good one for that.
func TestRequestsThatLeadNowhereCountAsFailures(t *testing.T) {
	const notFound = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
	elsewhere := func(d *config.Document) { d.Routes[0].Hosts = []string{"b.test"} }
	for _, tc := range []struct {
		name   string
		change func(*config.Document)
		status string
		want   uint64
	}{
		{"no route", elsewhere, "404", 1},
		{"no method", func(d *config.Document) { d.Routes[0].Methods = []string{"PUT"} }, "405", 1},
		{"a route that says so", func(d *config.Document) {}, "404", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := playWith(t, tc.change, answers(notFound))
			s.serve(get)
			if got := s.client.status(); got != tc.status {
				t.Fatalf("status %s", got)
			}
			if got := s.view.Counts.Failures.Load(); got != tc.want {
				t.Errorf("%d failures, want %d", got, tc.want)
			}
		})
	}
}

// A tunnel has changed its protocol: how its two ends leave it is theirs.
func TestTheEndOfATunnelBlamesNobody(t *testing.T) {
	e := answers(switched)
	e.far = &scriptedEnd{sendErr: fault.EndpointGone}
	s := play(t, e)
	s.client.end = &scriptedEnd{brings: "goodbye"}
	s.serve(upgrade)
	if got := s.outcomes(); got != "" || s.view.Counts.Failures.Load() != 0 {
		t.Errorf("recorded %q, %d failures", got, s.view.Counts.Failures.Load())
	}
	s.x = New() // it has given up its memory
}
