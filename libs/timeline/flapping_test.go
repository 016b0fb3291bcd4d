package timeline_test

import (
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/timeline"
)

func TestEndpointsThatComeAndGoAreFound(t *testing.T) {
	t.Parallel()
	const up, weak, down, gone = timeline.Up, timeline.Weak, timeline.Down, timeline.Gone
	c := newClock()
	s := fresh(t, timeline.Options{Now: c.Now})
	say := func(endpoint, observer string, said ...timeline.State) {
		for _, state := range said {
			appendAll(t, s, event(endpoint, observer, state))
			c.pass(time.Second)
		}
	}
	say("old", "a", up, down, up, down, up, down)
	c.pass(time.Hour)
	began := c.now
	say("steady", "a", up, up, up, up, up, up)
	say("dies", "a", up, weak, down, down, down)
	say("returns", "a", down, weak, weak, up)
	say("flaps", "a", up, down, up, down, up, down) // five
	say("flaps", "b", up, down, weak, up, down, up) // four
	say("flaps", "c", up, down)                     // one
	say("leaves", "a", up, gone, up, gone, up)
	say("wobbles", "a", weak, down, weak, down, weak, up, down, up) // three
	got, err := s.Flapping(began, 3)
	if err != nil || len(got) != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	flaps, wobbles := got[0], got[1]
	if flaps.Endpoint != "flaps" || flaps.Changes != 5 || flaps.Observer != "a" ||
		flaps.Observers != 2 || flaps.State != down ||
		flaps.Last.Sub(flaps.First) != 4*time.Second {
		t.Errorf("%+v", flaps)
	}
	if wobbles.Endpoint != "wobbles" || wobbles.Changes != 3 || wobbles.Observers != 1 ||
		wobbles.State != up {
		t.Errorf("%+v", wobbles)
	}
	if got, err := s.Flapping(began, 0); err != nil || len(got) != 4 { // dies and returns once each
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := s.Flapping(time.Time{}, 5); err != nil || len(got) != 2 ||
		got[1].Endpoint != "old" {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := s.Flapping(c.now, 1); err != nil || len(got) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}
