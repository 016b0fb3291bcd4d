package exchange

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/accesslog"
	"github.com/gatewayhomebrew/gateway/libs/cause"
	"github.com/gatewayhomebrew/gateway/libs/cluster"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/l7/fault"
)

// logging gives a scene an access log. The function returned ends it and reads its line.
func logging(t *testing.T, s *scene) (line func() map[string]any) {
	t.Helper()
	var out bytes.Buffer
	w := accesslog.NewWriter(&out, accesslog.Options{})
	s.env.Access.Store(w)
	return func() map[string]any {
		t.Helper()
		if err := w.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		var entry map[string]any
		if err := json.Unmarshal(out.Bytes(), &entry); err != nil {
			t.Fatalf("%v: %q", err, out.String())
		}
		return entry
	}
}

func TestTheLogTellsWhatBecameOfARequest(t *testing.T) {
	const post = "POST /p?secret HTTP/1.1\r\nHost: a.test\r\nUser-Agent: me\r\n" +
		"Content-Length: 5\r\n\r\nhello"
	for _, tc := range []struct {
		name, request string
		change        func(*config.Document)
		set           func(*scene)
		endpoints     []*scriptedEndpoint
		want          map[string]any
	}{
		{"a response", post, nil, nil, []*scriptedEndpoint{answers(ok)}, map[string]any{
			"status": 200.0, "method": "POST", "path": "/p", "host": "a.test", "user_agent": "me",
			"route": "r", "cluster": "c", "listener": "public", "protocol": "HTTP/1.1",
			"endpoint": "127.0.0.1:1", "request_bytes": 5.0, "response_bytes": 2.0,
			"attempts": 1.0, "client": "192.0.2.7:4711", "code": "",
		}},
		{"an HTTP/1.0 client", "GET / HTTP/1.0\r\n\r\n", nil, nil,
			[]*scriptedEndpoint{answers(ok)}, map[string]any{"protocol": "HTTP/1.0", "host": ""}},
		{"an HTTP/2 client", get, nil, func(s *scene) { s.speaksHTTP2() },
			[]*scriptedEndpoint{answers(ok)}, map[string]any{"protocol": "HTTP/2"}},
		{"a second attempt", get, retries("connect"), nil,
			[]*scriptedEndpoint{refusing(noWay), answers(ok)},
			map[string]any{"attempts": 2.0, "endpoint": "127.0.0.1:2", "status": 200.0}},
		{"no route", get,
			func(d *config.Document) { d.Routes[0].Hosts = []string{"b.test"} }, nil, nil,
			map[string]any{
				"status": 404.0, "code": "GW_NO_ROUTE", "route": "", "cluster": "",
				"endpoint": "", "attempts": 0.0,
			}},
		{"a client that left", get, nil, func(s *scene) { s.client.gone = true },
			[]*scriptedEndpoint{fallsSilent(fault.EndpointStopped)},
			map[string]any{"status": 499.0, "code": ""}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.change == nil {
				tc.change = func(*config.Document) {}
			}
			s := playWith(t, tc.change, tc.endpoints...)
			if tc.set != nil {
				tc.set(s)
			}
			line := logging(t, s)
			s.serve(tc.request)
			got := line()
			for key, want := range tc.want {
				if got[key] != want {
					t.Errorf("%s is %v, want %v", key, got[key], want)
				}
			}
			if id, _ := got["request_id"].(string); len(id) != 32 {
				t.Errorf("the ID is %q", id)
			}
		})
	}
}

func TestRequestsAreCounted(t *testing.T) {
	for _, tc := range []struct {
		name                string
		endpoint            *scriptedEndpoint
		failures, connects  uint64
		outcomes, remembers string
	}{
		{"a good one", answers(ok), 0, 0, "success=1", ""},
		{"an endpoint's 500", answers("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"), 1, 0,
			"5xx=1", " 500"},
		{"an endpoint's 501", answers("HTTP/1.1 501 No\r\nContent-Length: 0\r\n\r\n"), 1, 0,
			"success=1", " 501"},
		{"no connection", refusing(noWay), 1, 1, "connect=1", "GW_UPSTREAM_CONNECT 0"},
		{"one that is not secured", refusing(&fault.Error{
			Side: fault.Endpoint, Kind: fault.Unsecured, Unseen: true}), 1, 1, "tls=1",
			"GW_UPSTREAM_TLS 0"},
		{"a full cluster", refusing(fault.NoConnectionAllowed), 1, 0, "", "none"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := playWith(t, func(d *config.Document) {
				d.Routes[0].Retry = &config.Retry{Attempts: 1, On: []string{"connect"}, Budget: 1}
			}, tc.endpoint)
			s.serve(get)
			c := s.view.Counts
			if c.Requests.Load() != 1 || c.Failures.Load() != tc.failures ||
				c.Connects.Load() != tc.connects {
				t.Errorf("requests %d, failures %d, connects %d",
					c.Requests.Load(), c.Failures.Load(), c.Connects.Load())
			}
			if got := s.outcomes(); got != tc.outcomes {
				t.Errorf("the endpoint's health got %q, want %q", got, tc.outcomes)
			}
			if hits := s.registry.RouteHits()["r"]; hits != 1 {
				t.Errorf("the route has %d hits", hits)
			}
			if got := s.remembered(); got != tc.remembers {
				t.Errorf("GET /why would tell of %q, want %q", got, tc.remembers)
			}
		})
	}
}

// remembered is the last attempt of the failure that is remembered, "none" if that has no
// attempt, "" if there is no failure.
func (s *scene) remembered() string {
	f := s.failure()
	switch {
	case f == nil:
		return ""
	case len(f.Attempts) == 0:
		return "none"
	}
	last := f.Attempts[len(f.Attempts)-1]
	return fmt.Sprintf("%s %d", last.Outcome, last.Status)
}

// failure is what is remembered of the scene's only request, nil if nothing is.
func (s *scene) failure() *Failure {
	if last := s.env.Failures.Last(1); len(last) > 0 {
		return last[0]
	}
	return nil
}

// GET /why tells of each attempt: where it went, how it ended, and how the last did.
func TestAFailureIsRememberedWithItsAttempts(t *testing.T) {
	s := playWith(t, retries("connect", "reset", "503"),
		refusing(noWay),
		answers("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"),
		fallsSilent(fault.EndpointGone),
	)
	s.serve(get)
	f := s.failure()
	if f == nil {
		t.Fatal("nothing is remembered")
	}
	if f.Status != 502 || f.Code != gwerr.UpstreamReset || f.Route != "r" || f.Cluster != "c" ||
		f.Method != "GET" || f.Host != "a.test" || f.Path != "/a" || f.Message != closed.Message {
		t.Errorf("got %+v", f)
	}
	want := []Attempt{
		{Endpoint: "127.0.0.1:1", Outcome: "connect"},
		{Endpoint: "127.0.0.1:2", Outcome: "status", Status: 503},
		{Endpoint: "127.0.0.1:1", Outcome: "GW_UPSTREAM_RESET"},
	}
	texts := []string{"refused", "", "it closed the connection before it sent the head of a " +
		"response"}
	const all = "3 attempts failed: endpoint 127.0.0.1:1: refused; endpoint 127.0.0.1:2: status " +
		"503; endpoint 127.0.0.1:1: it closed the connection before it sent the head of a response"
	if got := f.Cause.String(); got != all {
		t.Errorf("the cause is %q, want %q", got, all)
	}
	if len(f.Attempts) != len(want) {
		t.Fatalf("attempts %+v", f.Attempts)
	}
	for i, a := range f.Attempts {
		if i > 0 && a.At < f.Attempts[i-1].At {
			t.Errorf("attempt %d ended before the one before", i+1)
		}
		if got := a.Cause.String(); got != texts[i] {
			t.Errorf("attempt %d failed for %q, want %q", i+1, got, texts[i])
		}
		if a.At, a.Cause = 0, nil; a != want[i] {
			t.Errorf("attempt %d: %+v, want %+v", i+1, a, want[i])
		}
	}
	if found, ok := s.env.Failures.Find(f.ID); !ok || found.ID != f.ID {
		t.Error("it is not found by its ID")
	}
}

// A flood of what clients do wrong does not wash away what endpoints did (recall.Memory).
func TestWhatClientsBringAboutIsKeptApart(t *testing.T) {
	for want, all := range map[bool][]Failure{
		true: {
			{Status: 404, Code: gwerr.NoRoute}, {Status: 499}, {Status: 408},
			{Status: 503, Route: "a page that says so"},
		},
		false: {
			{Status: 502, Code: gwerr.UpstreamReset, Route: "r", Cluster: "c"},
			{Status: 500, Route: "r", Cluster: "c"},
			{Status: 200, Code: gwerr.UpstreamReset, Route: "r", Cluster: "c"},
			{Status: 503, Code: gwerr.Overloaded},
		},
	} {
		for _, f := range all {
			if got := f.theirs(); got != want {
				t.Errorf("%d %v of route %q is a client's: %v", f.Status, f.Code, f.Route, got)
			}
		}
	}
}

func TestLongTextsOfClientsAreRememberedInPart(t *testing.T) {
	s := playWith(t, func(d *config.Document) { d.Routes[0].Hosts = []string{"b.test"} })
	s.serve("GET /" + strings.Repeat("x", textKept) + " HTTP/1.1\r\nHost: a.test\r\n\r\n")
	if got := s.failure().Path; len(got) != textKept+len("…") || !strings.HasSuffix(got, "…") {
		t.Errorf("the path is kept as %d bytes: %q", len(got), got)
	}
}

// What a record takes is known, so that the memory for all of them is bounded.
func TestTheSizeOfARecordIsThatOfItsTexts(t *testing.T) {
	long := strings.Repeat("x", 20<<10)
	for _, f := range []Failure{
		{Cause: cause.New(cause.Status, long)}, {Path: long}, {Host: long}, {Message: long},
		{Attempts: []Attempt{{Cause: cause.New(cause.Reset, long)}}},
		{Nearest: []Candidate{{Why: long}}}, {Endpoints: []cluster.Worth{{Reason: long}}},
	} {
		if n := f.size(); n < len(long) || n > len(long)+2000 {
			t.Errorf("a record with %d bytes takes %d", len(long), n)
		}
	}
}
