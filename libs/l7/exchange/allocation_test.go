package exchange

import (
	"io"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/accesslog"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

// chains are the chains that a route can have at the least: none, that of every route, and
// that with one more policy, which passes everything.
var chains = []struct {
	name string
	set  func(*scene)
}{
	{"an empty chain", func(s *scene) { s.route().Policies = nil }},
	{"the default chain", func(*scene) {}},
	{"one passing policy more", func(s *scene) { s.with(&toy{}) }},
}

// again is a scene and the function that serves its request once more.
func again(t testing.TB, text string) (*scene, func()) {
	s := play(t, answers(ok))
	return s, func() {
		s.attempts = 0
		s.client.reset()
		s.endpoints[0].reset()
		if next := s.x.Serve(s.request(text)); next != Stay {
			t.Fatalf("the connection goes on with %d", next)
		}
	}
}

// Whatever its chain and whether it is logged, a request that passes allocates nothing once
// the memory of its Exchange has grown.
func TestServingAllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes sync.Pool forget on purpose")
	}
	log := accesslog.NewWriter(io.Discard, accesslog.Options{})
	t.Cleanup(func() { _ = log.Close(t.Context()) })
	for _, chain := range chains {
		for name, text := range map[string]string{
			"GET":  get,
			"POST": "POST /a HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhello",
		} {
			t.Run(chain.name+", "+name, func(t *testing.T) {
				s, serve := again(t, text)
				chain.set(s)
				s.env.Access.Store(log)
				for range 10 {
					serve()
				}
				if n := testing.AllocsPerRun(500, serve); n > 0 {
					t.Errorf("%v allocations a request, want none", n)
				}
			})
		}
	}
}

// A policy that edits both heads allocates nothing either: its edits were made with it.
func TestEditsOfHeadsAllocateNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes sync.Pool forget on purpose")
	}
	s, serve := again(t, get)
	s.route().Policies = editing(t)
	for range 10 {
		serve()
	}
	if n := testing.AllocsPerRun(500, serve); n > 0 {
		t.Errorf("%v allocations a request, want none", n)
	}
	contains(t, "the response", string(s.client.wire), "X-Answer: yes\r\n")
}

// editing is the chain of a route that sets a field of each head.
func editing(t testing.TB) *policy.Chain {
	return playWith(t, func(d *config.Document) {
		d.Routes[0].Headers = &config.RouteHeaders{
			Request:  config.HeaderEdit{Set: map[string]string{"X-Ask": "yes"}},
			Response: config.HeaderEdit{Set: map[string]string{"X-Answer": "yes"}},
		}
	}).route().Policies
}

func BenchmarkServe(b *testing.B) {
	for _, chain := range chains {
		b.Run(chain.name, func(b *testing.B) {
			s, serve := again(b, get)
			chain.set(s)
			b.ReportAllocs()
			for b.Loop() {
				serve()
			}
		})
	}
}
