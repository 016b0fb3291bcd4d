package exchange

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
)

// What no route takes is answered by the gateway, and no endpoint hears of it.
func TestRequestsThatGoNowhereAreAnswered(t *testing.T) {
	narrow := func(d *config.Document) {
		d.Routes[0].Hosts = []string{"a.test"}
		d.Routes[0].PathPrefix = "/api"
		d.Routes[0].Methods = []string{"GET", "PUT"}
	}
	for _, tc := range []struct {
		name, request, status string
		code                  gwerr.Code
		lines                 []string
	}{
		{"CONNECT", "CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n",
			"501", gwerr.NotImplemented, []string{"forward proxies"}},
		{"TRACE", "TRACE /api HTTP/1.1\r\nHost: a.test\r\n\r\n", "405", gwerr.MethodNotAllowed,
			[]string{"Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n"}},
		{"an unknown host", "GET /api HTTP/1.1\r\nHost: b.test\r\n\r\n", "404", gwerr.NoRoute,
			[]string{"no route is for this host"}},
		{"an unknown path", "GET /x HTTP/1.1\r\nHost: a.test\r\n\r\n", "404", gwerr.NoRoute,
			[]string{"no route of this host is for this path"}},
		{"a method of no route", "DELETE /api HTTP/1.1\r\nHost: a.test\r\n\r\n", "405",
			gwerr.MethodNotAllowed, []string{"Allow: GET, PUT\r\n"}},
		{"OPTIONS that may go no further",
			"OPTIONS /api HTTP/1.1\r\nHost: a.test\r\nMax-Forwards: 0\r\n\r\n", "204", gwerr.None,
			[]string{"Allow: GET, OPTIONS, PUT\r\n"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			change := narrow
			if tc.code == gwerr.None {
				change = both(narrow, func(d *config.Document) {
					d.Routes[0].Methods = append(d.Routes[0].Methods, "OPTIONS")
				})
			}
			s := playWith(t, change)
			if next := s.serve(tc.request); next != Stay {
				t.Errorf("the connection goes on with %d", next)
			}
			if got := s.client.status(); got != tc.status {
				t.Errorf("status %s, want %s", got, tc.status)
			}
			contains(t, "the answer", string(s.client.wire), tc.lines...)
			if tc.code != gwerr.None {
				contains(t, "the answer", string(s.client.wire), tc.code.String())
			}
			s.tries(0)
		})
	}
}

func TestAClusterWithoutEndpointsIsAnsweredFor(t *testing.T) {
	s := playWith(t, func(d *config.Document) {
		for i := range d.Clusters[0].Endpoints {
			d.Clusters[0].Endpoints[i].Weight = 0
		}
	})
	s.serve(get)
	contains(t, "the answer", string(s.client.wire), "503 ", gwerr.NoHealthyEndpoint.String())
	contains(t, "the cause", s.failure().Cause.Text, "none of the ", " endpoints of cluster c may "+
		"get requests; 127.0.0.1:1: ", "its configured weight 0 takes it out")
}

// While a cluster is down all its requests come to the same end: the reasons of its endpoints are
// not looked for again for each.
func TestTheReasonsOfEndpointsAreNotLookedForAtEachRequest(t *testing.T) {
	s := playWith(t, func(d *config.Document) {
		for i := range d.Clusters[0].Endpoints {
			d.Clusters[0].Endpoints[i].Weight = 0
		}
	})
	s.env.excusing.Rest(time.Now().Add(time.Hour))
	s.serve(get)
	text := s.failure().Cause.Text
	contains(t, "the cause", text, " endpoints of cluster c may get requests")
	if strings.Contains(text, "127.0.0.1:1") {
		t.Errorf("it was looked for: %q", text)
	}
}

func TestTheIDIsATrustedProxysOrANewOne(t *testing.T) {
	for _, tc := range []struct {
		name, given string
		trusted     bool
		kept        bool
	}{
		{"a trusted proxy's", "abc-1", true, true},
		{"one that is not fit to be logged", `ab"c`, true, false},
		{"a stranger's", "abc-1", false, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := playWith(t, func(d *config.Document) {
				if tc.trusted {
					d.Listeners[0].TrustedProxies = []netip.Prefix{
						netip.MustParsePrefix("192.0.2.0/24"),
					}
				}
			}, answers(ok))
			s.serve("GET / HTTP/1.1\r\nHost: a.test\r\nX-Request-Id: " + tc.given + "\r\n\r\n")
			head, _ := s.endpoints[0].got()
			_, id, _ := strings.Cut(head, "X-Request-Id: ")
			id, _, _ = strings.Cut(id, "\r\n")
			if kept := id == tc.given; kept != tc.kept || len(id) == 0 {
				t.Errorf("the endpoint got %q", id)
			}
			contains(t, "the response", string(s.client.wire), "X-Request-Id: "+id+"\r\n")
		})
	}
}

// Where the next request would begin is anybody's guess after what is no request.
func TestWhatIsNoRequestIsRefusedAndClosesTheConnection(t *testing.T) {
	s := play(t)
	wrong := &http1.Error{Code: gwerr.HeadersTooLarge, Reason: "too long"}
	if next := s.refuse(wrong); next != Linger {
		t.Errorf("the connection goes on with %d", next)
	}
	contains(t, "the answer", string(s.client.wire),
		"HTTP/1.1 431 ", "Connection: close\r\n", "too long", gwerr.HeadersTooLarge.String())
	if n := s.view.Counts.Requests.Load(); n != 1 {
		t.Errorf("%d requests were counted", n)
	}
}

// The client's connection goes on after an answer where the next request can be found.
func TestTheConnectionAfterAnAnswer(t *testing.T) {
	const nowhere = "GET /x HTTP/1.1\r\nHost: b.test\r\n"
	for _, tc := range []struct {
		name, request string
		set           func(*scene)
		next          Next
	}{
		{"the request was whole", nowhere + "\r\n", nil, Stay},
		{"the client wants to close", nowhere + "Connection: close\r\n\r\n", nil, Linger},
		{"a body is still to come", nowhere + "Content-Length: 5\r\n\r\n", nil, Linger},
		{
			"HTTP/1.0", "GET /x HTTP/1.0\r\nHost: b.test\r\nConnection: keep-alive\r\n\r\n", nil,
			Linger,
		},
		{"a drain", nowhere + "\r\n", func(s *scene) { s.client.closing = true }, Linger},
		{"the client does not read", nowhere + "\r\n",
			func(s *scene) { s.client.fails = clientSlow }, Reset},
		{"the client is gone", nowhere + "\r\n",
			func(s *scene) { s.client.fails = clientGone }, HangUp},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := playWith(t, func(d *config.Document) { d.Routes[0].Hosts = []string{"a.test"} })
			if tc.set != nil {
				tc.set(s)
			}
			if next := s.serve(tc.request); next != tc.next {
				t.Errorf("got %d, want %d", next, tc.next)
			}
			told := strings.Contains(string(s.client.wire), "Connection: close\r\n")
			if want := tc.next == Linger; told != want && s.client.fails == nil {
				t.Errorf("told to close: %v, want %v", told, want)
			}
		})
	}
}

func TestAnAnswerToHEADHasNoBody(t *testing.T) {
	s := playWith(t, func(d *config.Document) { d.Routes[0].Hosts = []string{"a.test"} })
	s.serve("HEAD / HTTP/1.1\r\nHost: b.test\r\n\r\n")
	head, body := s.client.said()
	if body != "" || !strings.Contains(head, "Content-Length: ") {
		t.Errorf("got %q", s.client.wire)
	}
}
