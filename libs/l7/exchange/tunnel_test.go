package exchange

import (
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/l7/fault"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

// After a change of protocol bytes go both ways, those first that came early, and an end
// goes on as a half-close.
func TestATunnelCarriesBytesBothWays(t *testing.T) {
	for _, streamed := range []bool{false, true} {
		far := &scriptedEnd{brings: "from the endpoint"}
		e := answers(switched + "early")
		e.far = far
		s := play(t, e)
		near := &scriptedEnd{early: "soon", brings: "from the client"}
		s.client.end, s.client.streamed = near, streamed
		var told policy.End
		s.with(&toy{onEnd: func(_ *policy.Request, e *policy.End) { told = *e }})
		if next := s.serve(upgrade); next != HangUp {
			t.Errorf("the connection goes on with %d", next)
		}
		_, behind := s.client.said()
		if streamed {
			behind = string(s.client.wire[len(s.client.wire)-len("early"):])
		}
		if behind != "early" || near.sent != "from the endpoint" || !near.closed {
			t.Errorf("the client got %q, then %q, closed %v", behind, near.sent, near.closed)
		}
		if far.sent != "soonfrom the client" || !far.closed {
			t.Errorf("the endpoint got %q, closed %v", far.sent, far.closed)
		}
		status := 101
		if streamed {
			status = 200
		}
		if told.Status != status || told.Received != int64(len("soonfrom the client")) ||
			told.Sent != int64(len("earlyfrom the endpoint")) {
			t.Errorf("HTTP/2 %v: it ended with %+v", streamed, told)
		}
		if e.ending.Complete {
			t.Error("the connection of a tunnel is used again")
		}
		s.x = New() // a tunnel has given up the memory of the other
	}
}

func TestATunnelMayNotOpen(t *testing.T) {
	for _, tc := range []struct {
		name string
		set  func(*scene)
		log  int
	}{
		{"the client has gone", func(s *scene) { s.client.gone = true }, 101},
		{"the client takes no head", func(s *scene) { s.client.fails = clientGone }, 101},
		{"the endpoint takes nothing", func(s *scene) {
			s.client.end.early = "x"
			s.endpoints[0].far.sendErr = fault.EndpointGone
		}, 101},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e := answers(switched)
			e.far = &scriptedEnd{}
			s := play(t, e)
			s.client.end = &scriptedEnd{}
			tc.set(s)
			if next := s.serve(upgrade); next != HangUp {
				t.Errorf("the connection goes on with %d", next)
			}
			if e.ending.Complete || e.ending.Interrupted != s.client.gone {
				t.Errorf("the attempt ended with %+v", e.ending)
			}
			if s.client.end.sent != "" {
				t.Errorf("the client got %q", s.client.end.sent)
			}
		})
	}
}

// An Exchange that has carried a tunnel has given up its memory, and is not lent again.
func TestATunnelGivesItsMemoryUp(t *testing.T) {
	e := answers(switched)
	e.far = &scriptedEnd{}
	s := play(t, e)
	s.client.end = &scriptedEnd{}
	s.serve(upgrade)
	if !s.x.mem.grown() || s.x.mem.out != nil {
		t.Error("it is kept")
	}
	s.x = New()
}
