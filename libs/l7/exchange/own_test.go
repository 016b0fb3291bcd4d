package exchange

import (
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
)

// answersItself has the scene's route answer without an endpoint.
func answersItself(change func(*config.Route)) func(*config.Document) {
	return func(d *config.Document) {
		d.Routes[0].Cluster = ""
		change(&d.Routes[0])
	}
}

func redirects(r *config.Route) {
	r.Redirect = &config.Redirect{Scheme: "https", Status: 308}
}

func responds(r *config.Route) { r.Respond = &config.Respond{Status: 503, Body: "down"} }

func edited(r *config.Route) {
	redirects(r)
	r.Headers = &config.RouteHeaders{
		Response: config.HeaderEdit{Set: map[string]string{"X-Answer": "yes"}},
	}
}

func TestARouteAnswersItself(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*config.Route)
		want   []string
	}{
		"a redirect": {redirects, []string{
			"HTTP/1.1 308 Permanent Redirect\r\n", "Location: https://a.test/a\r\n",
			"Content-Length: 0\r\n",
		}},
		"a redirect that is edited": {edited, []string{
			"HTTP/1.1 308 Permanent Redirect\r\n", "Location: https://a.test/a\r\n",
			"Content-Length: 0\r\n", "X-Answer: yes\r\n",
		}},
		"an answer": {responds, []string{
			"HTTP/1.1 503 Service Unavailable\r\n", "Content-Length: 4\r\n", "\r\n\r\ndown",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s := playWith(t, answersItself(tc.change))
			if next := s.serve(get); next != Stay {
				t.Errorf("the connection goes on with %d", next)
			}
			for _, want := range tc.want {
				contains(t, "the response", string(s.client.wire), want)
			}
			if n := s.view.Counts.Failures.Load(); n != 0 {
				t.Errorf("%d failures are counted against the plan", n)
			}
		})
	}
}

func TestAnswersOfARouteAllocateNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes sync.Pool forget on purpose")
	}
	for name, change := range map[string]func(*config.Route){
		"a redirect": redirects, "a redirect that is edited": edited,
		"an answer": func(r *config.Route) { r.Respond = &config.Respond{Status: 200, Body: "ok"} },
	} {
		t.Run(name, func(t *testing.T) {
			s := playWith(t, answersItself(change))
			serve := func() {
				s.client.reset()
				s.x.Serve(s.request(get))
			}
			for range 10 {
				serve()
			}
			if n := testing.AllocsPerRun(500, serve); n > 0 {
				t.Errorf("%v allocations a request, want none", n)
			}
		})
	}
}
