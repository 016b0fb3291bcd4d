package exchange

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/l7/endpoint"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

const getHTML = "GET /a HTTP/1.1\r\nHost: a.test\r\nAccept: text/html\r\n\r\n"

// withPages has the scene's route show a page for every error.
func withPages(t *testing.T) func(*config.Document) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(file, []byte("<p>{status} {code}</p>"), 0o600); err != nil {
		t.Fatal(err)
	}
	return func(d *config.Document) {
		d.Routes[0].ErrorPages = []config.ErrorPage{
			{On: []string{"4xx", "5xx"}, From: config.ErrorsOfBoth, File: file},
		}
		d.Routes[0].Headers = &config.RouteHeaders{
			Response: config.HeaderEdit{Set: map[string]string{"X-Edited": "yes"}},
		}
	}
}

func TestAPageTakesThePlaceOfAResponse(t *testing.T) {
	const (
		length = "Content-Length: "
		chunks = "Transfer-Encoding: chunked\r\n\r\n"
		head   = "HTTP/1.1 503 No\r\nSet-Cookie: a=b\r\nConnection: X-Hop\r\nX-Hop: 1\r\n" +
			"Content-Type: text/plain\r\n"
	)
	page := []string{"HTTP/1.1 503 ", "\r\n\r\n<p>503 </p>", "Content-Length: 11\r\n",
		"Content-Type: text/html; charset=utf-8\r\n", "Set-Cookie: a=b\r\n", "Vary: Accept\r\n",
		"X-Edited: yes\r\n"}
	long := strconv.Itoa(mostRest + 1)
	for name, tc := range map[string]struct {
		endpoint *scriptedEndpoint
		complete bool
	}{
		"without a body":     {answers(head + length + "0\r\n\r\n"), true},
		"that has come":      {answers(head + length + "4\r\n\r\nbody"), true},
		"that comes at once": {answers(head+length+"4\r\n\r\nb", pieceStep{data: "ody"}), true},
		"that comes in chunks": {answers(head+chunks+"4\r\nbo",
			pieceStep{data: "dy\r\n"}, pieceStep{data: "0\r\nX-Trailer: 1\r\n\r\n"}), true},
		"that breaks off": {answers(head + length + "4\r\n\r\nb"), false},
		"that is long":    {answers(head + length + long + "\r\n\r\nb"), false},
		"that has no end": {answers(head+"\r\nb", pieceStep{data: "x"}), false},
		"of a closing endpoint": {
			answers(head + "Connection: close\r\n" + length + "0\r\n\r\n"), false},
		"with more behind it":    {answers(head + length + "1\r\n\r\nbody"), false},
		"whose chunks are wrong": {answers(head + chunks + "x\r\n"), false},
	} {
		t.Run(name, func(t *testing.T) {
			s := playWith(t, withPages(t), tc.endpoint)
			if next := s.serve(getHTML); next != Stay {
				t.Errorf("the connection goes on with %d", next)
			}
			got := string(s.client.wire)
			contains(t, "the page", got, page...)
			for _, no := range []string{"body", "text/plain", "Hop", "Trailer", "chunked"} {
				if strings.Contains(got, no) {
					t.Errorf("the page has %q: %q", no, got)
				}
			}
			if ending := tc.endpoint.ending; ending != (endpoint.Ending{Complete: tc.complete}) {
				t.Errorf("the attempt ended with %+v", ending)
			}
			if n := s.view.Counts.Failures.Load(); n != 1 {
				t.Errorf("%d failures are counted against the plan, want 1", n)
			}
		})
	}
}

func TestOthersGetTheResponse(t *testing.T) {
	s := playWith(t, withPages(t), answers("HTTP/1.1 503 No\r\nContent-Length: 4\r\n\r\nbody"))
	s.serve(get)
	contains(t, "the response", string(s.client.wire), "HTTP/1.1 503 No\r\n", "\r\n\r\nbody",
		"Vary: Accept\r\n", "X-Edited: yes\r\n")
}

func TestAnErrorOfTheGatewayHasAPage(t *testing.T) {
	for name, tc := range map[string]struct {
		request, want, never string
		pages                bool
	}{
		"HTML": {getHTML, "<p>503 GW_OVERLOADED</p>", "{", true},
		"JSON": {get, `"code":"GW_OVERLOADED"`, "<p>", true},
		"HEAD": {strings.Replace(getHTML, "GET", "HEAD", 1), "Content-Length: 24\r\n", "<p>", true},
		"none": {getHTML, `"code":"GW_OVERLOADED"`, "Vary", false},
	} {
		t.Run(name, func(t *testing.T) {
			change := func(*config.Document) {}
			if tc.pages {
				change = withPages(t)
			}
			s := playWith(t, change)
			s.with(&toy{onRequest: func(*policy.Request) *policy.Answer { return overloaded }})
			if next := s.serve(tc.request); next != Stay {
				t.Errorf("the connection goes on with %d", next)
			}
			got := string(s.client.wire)
			contains(t, "the answer", got, "HTTP/1.1 503 ", "Retry-After: 1\r\n", tc.want)
			if strings.Contains(got, tc.never) || tc.pages != strings.Contains(got, varyLine) {
				t.Errorf("got %q", got)
			}
			if f := s.failure(); f == nil || f.Code != gwerr.Overloaded {
				t.Errorf("remembered is %+v", f)
			}
			if n := s.view.Counts.Failures.Load(); n != 1 {
				t.Errorf("%d failures are counted against the plan, want 1", n)
			}
		})
	}
}

const varyLine = "Vary: Accept\r\n"

// A listener has pages for what leads to no route, and for routes without one.
func TestAListenerHasPages(t *testing.T) {
	change := func(d *config.Document) {
		withPages(t)(d)
		pages := d.Routes[0].ErrorPages
		pages[0].From = config.ErrorsOfGateway
		d.Listeners[0].ErrorPages, d.Routes[0].ErrorPages = pages, nil
		d.Routes[0].PathPrefix = "/a"
	}
	nowhere := strings.Replace(getHTML, "/a", "/b", 1)
	for name, tc := range map[string]struct {
		serve func(*scene)
		want  string
	}{
		"no route":              {func(s *scene) { s.serve(nowhere) }, "<p>404 GW_NO_ROUTE</p>"},
		"a route without pages": {func(s *scene) { s.serve(getHTML) }, "<p>503 GW_OVERLOADED</p>"},
		"JSON": {func(s *scene) { s.serve(strings.Replace(nowhere, "text/html", "*/*", 1)) },
			"GW_NO_ROUTE\",\"message\""},
		// It says nothing reliable of what its client accepts.
		"what is no request": {func(s *scene) {
			s.x.Refuse(s.request(nowhere), &http1.Error{Code: gwerr.BadRequest, Reason: "r"})
		}, "GW_BAD_REQUEST\",\"message\""},
	} {
		t.Run(name, func(t *testing.T) {
			s := playWith(t, change)
			s.with(&toy{onRequest: func(*policy.Request) *policy.Answer { return overloaded }})
			tc.serve(s)
			contains(t, "the answer", string(s.client.wire), tc.want)
			if got := strings.Count(string(s.client.wire), varyLine); got != 1 &&
				name != "what is no request" {
				t.Errorf("%d lines of Vary: %q", got, s.client.wire)
			}
		})
	}
}

func TestErrorsAllocateNothingWithPages(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes sync.Pool forget on purpose")
	}
	s := playWith(t, withPages(t))
	s.with(&toy{onRequest: func(*policy.Request) *policy.Answer { return overloaded }})
	serve := func() {
		s.client.reset()
		s.x.Serve(s.request(getHTML))
	}
	for range 10 {
		serve()
	}
	without := playWith(t, func(*config.Document) {})
	without.with(&toy{onRequest: func(*policy.Request) *policy.Answer { return overloaded }})
	plain := testing.AllocsPerRun(200, func() {
		without.client.reset()
		without.x.Serve(without.request(getHTML))
	})
	if n := testing.AllocsPerRun(200, serve); n > plain {
		t.Errorf("%v allocations with a page, %v without", n, plain)
	}
}
