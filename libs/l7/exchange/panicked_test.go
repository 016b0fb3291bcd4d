package exchange

import (
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/cluster"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/l7/endpoint"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

// serveBroken serves a request that ends with a panic, as the owner of its connection does.
func (s *scene) serveBroken(text string) {
	s.t.Helper()
	x := s.x
	func() {
		defer func() {
			if recover() == nil {
				s.t.Error("there was no panic")
			}
			x.Panicked()
		}()
		x.Serve(s.request(text))
	}()
	s.x = New() // nobody knows what else holds on to the other
	s.ended()
}

// Where a defect of the gateway ends a request, the client is told unless it has begun to
// get an answer. The request is counted, its attempt is ended, and its policies are told.
func TestAPanicIsAnsweredAndCounted(t *testing.T) {
	const defect = "a defect"
	for _, tc := range []struct {
		name, request string
		endpoints     []*scriptedEndpoint
		set           func(*scene, *toy)
		status        string
		told          int
	}{
		{"before a route was found", get, nil, func(s *scene, _ *toy) {
			s.view.Routes[0].Split = new(cluster.Split) // one without a schedule
		}, "500", 0},
		{"in a policy", get, nil, func(_ *scene, p *toy) {
			p.onRequest = func(*policy.Request) *policy.Answer { panic(defect) }
		}, "500", 1},
		{"during an attempt", get, []*scriptedEndpoint{{heads: []headStep{
			func(*scriptedEndpoint, *endpoint.Response) error { panic(defect) },
		}}}, nil, "500", 1},
		{"during an attempt whose request still comes", put, []*scriptedEndpoint{{
			heads: []headStep{func(*scriptedEndpoint, *endpoint.Response) error { panic(defect) }},
		}}, func(s *scene, _ *toy) { s.sends(stalls()) }, "500", 1},
		{"during the response", get, []*scriptedEndpoint{answers(
			"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n",
			pieceStep{first: func() { panic(defect) }})}, nil, "200", 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, told := play(t, tc.endpoints...), 0
			p := &toy{onEnd: func(*policy.Request, *policy.End) { told++ }}
			s.with(p)
			if tc.set != nil {
				tc.set(s, p)
			}
			s.serveBroken(tc.request)
			if got := s.client.status(); got != tc.status {
				t.Errorf("status %q, want %q", got, tc.status)
			}
			if tc.status == "500" {
				contains(t, "the answer", string(s.client.wire), gwerr.Internal.String(),
					"close\r\n")
			}
			if told != tc.told {
				t.Errorf("the policies were told %d times", told)
			}
			if n := s.view.Counts.Requests.Load(); n != 1 {
				t.Errorf("%d requests were counted", n)
			}
		})
	}
}

// A panic before any request began is nobody's.
func TestAPanicWithoutARequestIsNotCounted(t *testing.T) {
	New().Panicked()
}
