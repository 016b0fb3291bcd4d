package exchange

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
)

// A body that trickles holds no connection to an endpoint, however regularly something comes.
func TestABodyThatTricklesIsCut(t *testing.T) {
	rate := func(n int) func(*config.Document) {
		return func(d *config.Document) { d.Listeners[0].Limits.MinBodyRate = n }
	}
	enough := strings.Repeat("x", 25*config.DefaultMinBodyRate)
	for _, tc := range []struct {
		name, piece string
		change      func(*config.Document)
		policies    bool // they want the body before there is an attempt
		early       bool // the endpoint has begun to answer
		cut         bool
	}{
		{"a byte every 25s", "x", nil, false, false, true},
		{"the same before policies", "x", nil, true, false, true},
		{"a little less than enough", enough[:len(enough)/2], rate(480), false, false, true},
		{"enough", enough, nil, false, false, false},
		{"enough for another rate", "x", rate(0), false, false, false},
		{"the endpoint answers meanwhile", "x", nil, false, true, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e := listens(ok)
			if tc.early {
				e = &scriptedEndpoint{heads: []headStep{says(inParts)}}
			}
			change := tc.change
			if change == nil {
				change = func(*config.Document) {}
			}
			s := playWith(t, change, e)
			var now atomic.Int64
			s.env.Now = now.Load
			answering := make(chan struct{})
			if tc.early {
				e.body = []pieceStep{{waits: true}}
				s.client.trace = func(call string) {
					if call == "Write" {
						close(answering)
						s.client.trace = nil
					}
				}
			} else {
				close(answering)
			}
			if tc.policies {
				s.with(&toy{wants: 1 << 20})
			}
			steps := make([]bodyStep, 20)
			for i := range steps {
				steps[i] = brings(tc.piece)
				steps[i].first = func() {
					<-answering
					now.Add(int64(25 * time.Second))
				}
			}
			last := ends()
			last.first = func() {
				if tc.early {
					e.Interrupt() // ends its response
				}
			}
			s.sends(append(steps, last)...)
			s.serve(chunked)
			want := "200"
			if tc.cut {
				want = "408"
			}
			if got := s.client.status(); got != want {
				t.Errorf("status %q, want %s", got, want)
			}
			if read := s.client.read; tc.cut != (read < 5) {
				t.Errorf("%d reads of the client, of which each takes 25s", read)
			}
		})
	}
}

// A body that trickles behind a response that is complete is worth no connection either.
func TestABodyThatTricklesBehindItsResponseIsCut(t *testing.T) {
	e := answers(ok)
	s := play(t, e)
	var now atomic.Int64
	s.env.Now = now.Load
	answered := make(chan struct{})
	s.client.trace = func(call string) {
		if call == "Write" {
			close(answered)
			s.client.trace = nil
		}
	}
	steps := make([]bodyStep, 20)
	for i := range steps {
		steps[i] = brings("x")
		steps[i].first = func() {
			<-answered
			now.Add(int64(25 * time.Second))
		}
	}
	if next := s.sends(append(steps, ends())...).serve(chunked); next != Linger {
		t.Errorf("the connection goes on with %d", next)
	}
	if s.client.read > 6 || e.sentEnd != 0 || e.ending.Complete {
		t.Errorf("%d reads of the client, %+v", s.client.read, e.ending)
	}
}
