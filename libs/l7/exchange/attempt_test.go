package exchange

import (
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/l7/fault"
	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/upstream"
)

// upgrade is a request for another protocol, switched the response that agrees.
const (
	upgrade = "GET /ws HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\n" +
		"Upgrade: websocket\r\n\r\n"
	switched = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n" +
		"Upgrade: websocket\r\n\r\n"
)

// What an attempt asks a connection for is what its cluster, its route and the request say.
func TestAConnectionIsAskedForAsTheRequestNeedsIt(t *testing.T) {
	e := answers(ok)
	s := playWith(t, func(d *config.Document) {
		d.Clusters[0].ProxyProtocol = config.ProxyProtocolV1
		d.Clusters[0].Timeouts.Response = time.Second
	}, e)
	s.serve(get)
	d := e.dial
	if d.Streamed || d.Fresh || d.Tunnel || d.Wait != s.route().Timeouts.Request ||
		d.Write != s.peer.Config.Timeouts.BodyIdle || d.Endpoint == nil {
		t.Errorf("asked for %+v", d)
	}
	if got := string(d.Header); got != "PROXY TCP4 192.0.2.7 192.0.2.1 4711 80\r\n" {
		t.Errorf("the PROXY header is %q", got)
	}
	if e.wait != time.Second || !e.whole {
		t.Errorf("sent with a wait of %v, whole %v", e.wait, e.whole)
	}

	far := answers(switched)
	far.far = &scriptedEnd{}
	s = playWith(t, overHTTP2, far)
	s.client.end = &scriptedEnd{}
	s.serve(upgrade)
	if !far.dial.Streamed || !far.dial.Tunnel || far.dial.Header != nil {
		t.Errorf("asked for %+v", far.dial)
	}
}

// Without a connection the client is told why.
func TestWhyThereIsNoConnection(t *testing.T) {
	for _, tc := range []struct {
		name   string
		why    error
		set    func(*scene)
		status string
		code   gwerr.Code
	}{
		{"it cannot be reached", noWay, nil, "502", gwerr.UpstreamConnect},
		{"it is not secured", &fault.Error{Side: fault.Endpoint, Kind: fault.Unsecured}, nil,
			"502", gwerr.UpstreamTLS},
		{"the cluster is full", fault.NoConnectionAllowed, nil, "503", gwerr.Overloaded},
		{"the cluster is full, and the client has left", fault.NoConnectionAllowed,
			func(s *scene) { s.client.left = true }, "", gwerr.None},
		{"it cannot do what is asked", &fault.Error{Side: fault.Endpoint, Kind: fault.Unsupported,
			Code: gwerr.NotImplemented, Reason: "no tunnels"}, nil, "501", gwerr.NotImplemented},
		{"the client was cut off", noWay, func(s *scene) { s.client.cut = true }, "503",
			gwerr.Draining},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := playWith(t, func(d *config.Document) {
				d.Routes[0].Retry = &config.Retry{Attempts: 1, On: []string{"connect"}}
			}, refusing(tc.why))
			if tc.set != nil {
				tc.set(s)
			}
			next := s.serve(get)
			if got := s.client.status(); got != tc.status {
				t.Errorf("status %q, want %q", got, tc.status)
			}
			if tc.status == "" {
				if next != HangUp {
					t.Errorf("the connection goes on with %d", next)
				}
				return
			}
			contains(t, "the answer", string(s.client.wire), tc.code.String())
		})
	}
}

// A wait for a connection goes on for a while after the client has closed its side: it may
// still want the answer.
func TestAWaitEndsWhenTheClientHasBeenAwayForLong(t *testing.T) {
	s := play(t)
	s.x.Prepare(s.request(get))
	looks := int(netx.Grace / upstream.LookAround)
	s.client.left = true
	for i := range looks {
		if s.x.gone() {
			t.Fatalf("it was given up at look %d", i+1)
		}
	}
	s.client.left = false
	if s.x.gone() {
		t.Fatal("it was given up though it is there")
	}
	s.client.left = true
	for range looks {
		if s.x.gone() {
			t.Fatal("looks before its return were counted")
		}
	}
	if !s.x.gone() {
		t.Error("it was not given up")
	}
	s.client.left, s.client.cut = false, true
	if !s.x.gone() {
		t.Error("a connection that was cut is waited for")
	}
}

// Interim responses go on to the client at once; a client that speaks HTTP/1.0 knows none.
func TestInterimResponsesArePassedOn(t *testing.T) {
	hints := says("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
	for _, tc := range []struct {
		name, request string
		streamed      bool
		want          string
	}{
		{"HTTP/1.1", get, false, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"},
		{"HTTP/1.0", "GET /a HTTP/1.0\r\n\r\n", false, ""},
		{"HTTP/2", get, true, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := play(t, &scriptedEndpoint{heads: []headStep{hints, says(ok)}})
			s.client.streamed = tc.streamed
			s.serve(tc.request)
			if got := string(s.client.interim); got != tc.want {
				t.Errorf("the client got %q", got)
			}
			if got := s.client.status(); got != "200" {
				t.Errorf("status %s", got)
			}
		})
	}
}

func TestInterimResponsesAreBounded(t *testing.T) {
	for _, more := range []int{0, 1} {
		e := &scriptedEndpoint{}
		for range maxInterim + more {
			e.heads = append(e.heads, says("HTTP/1.1 102 Processing\r\n\r\n"))
		}
		e.heads = append(e.heads, says(ok))
		s := play(t, e)
		s.serve(get)
		if want := []string{"200", "502"}[more]; s.client.status() != want {
			t.Errorf("%d interim responses end with %s", maxInterim+more, s.client.status())
		}
	}
}

// An interim response that cannot be passed on says that the client is gone.
func TestAClientThatTakesNoInterimResponseIsGone(t *testing.T) {
	s := play(t, &scriptedEndpoint{heads: []headStep{says("HTTP/1.1 103 E\r\n\r\n")}})
	s.client.fails = clientGone
	if next := s.serve(get); next != HangUp {
		t.Errorf("the connection goes on with %d", next)
	}
	if got := s.outcomes(); got != "" {
		t.Errorf("the endpoint is blamed: %s", got)
	}
}

// A change of protocol is passed on where it was asked for, and to what was asked for.
func TestOnlyAnAgreedChangeOfProtocolIsTaken(t *testing.T) {
	other := strings.Replace(switched, "websocket", "other", 1)
	for _, tc := range []struct {
		name, request, response string
		tunnel                  bool
		steps                   []bodyStep
		takenBy                 bool
	}{
		{"asked for", upgrade, switched, false, nil, true},
		{"not asked for", get, switched, false, nil, false},
		{"to another protocol", upgrade, other, false, nil, false},
		{
			"while a body comes",
			strings.Replace(upgrade, "\r\n\r\n", "\r\nContent-Length: 3\r\n\r\n", 1),
			switched, false, []bodyStep{stalls()}, false,
		},
		{"a success in its place, to CONNECT of HTTP/2", upgrade, ok, true, nil, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e := answers(tc.response)
			e.far = &scriptedEnd{}
			s := play(t, e).sends(tc.steps...)
			s.client.end, s.tunnel = &scriptedEnd{}, tc.tunnel
			s.serve(tc.request)
			if tc.takenBy {
				contains(t, "the client", string(s.client.wire), "HTTP/1.1 101 ")
				return
			}
			contains(t, "the answer", string(s.client.wire), "502 ",
				gwerr.UpstreamProtocol.String())
			if got := s.outcomes(); got != "reset=1" {
				t.Errorf("the endpoint's health got %q", got)
			}
		})
	}
}

// A CONNECT of HTTP/2 that the endpoint refuses gets its answer.
func TestARefusedTunnelPassesTheAnswerOn(t *testing.T) {
	s := play(t, answers("HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno")).speaksHTTP2()
	s.tunnel = true
	s.serve(upgrade)
	if head, body := s.client.said(); !strings.Contains(head, " 403 ") || body != "no" {
		t.Errorf("got %q, %q", head, body)
	}
}

// What an endpoint that fails before its response head is answered with.
func TestWhatAFailedAttemptIsAnsweredWith(t *testing.T) {
	for _, tc := range []struct {
		name     string
		err      error
		set      func(*scene)
		status   string
		code     gwerr.Code
		outcomes string
	}{
		{"it closed", fault.EndpointGone, nil, "502", gwerr.UpstreamReset, "reset=1"},
		{"it is slow", fault.EndpointSlow, nil, "504", gwerr.UpstreamTimeout, "timeout=1"},
		{"it makes no sense", fault.Bad(fault.Endpoint, gwerr.UpstreamProtocol, "two lengths"),
			nil, "502", gwerr.UpstreamProtocol, "reset=1"},
		{"the gateway failed", errNobody, nil, "500", gwerr.Internal, ""},
		{"the client left", fault.EndpointStopped, func(s *scene) { s.client.gone = true },
			"", gwerr.None, ""},
		{"a drain cut it", fault.EndpointStopped, nil, "", gwerr.None, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := play(t, fallsSilent(tc.err))
			if tc.set != nil {
				tc.set(s)
			}
			s.serve(get)
			if got := s.client.status(); got != tc.status {
				t.Errorf("status %q, want %q", got, tc.status)
			}
			if tc.code != gwerr.None {
				contains(t, "the answer", string(s.client.wire), tc.code.String())
			}
			if got := s.outcomes(); got != tc.outcomes {
				t.Errorf("the endpoint's health got %q, want %q", got, tc.outcomes)
			}
			if s.endpoints[0].ending.Complete {
				t.Error("its connection may be used again")
			}
			if s.endpoints[0].ending.Interrupted != s.client.gone {
				t.Errorf("it ended with %+v", s.endpoints[0].ending)
			}
		})
	}
}

// errNobody is an error that nobody has made a fault of.
var errNobody = noWay.Err
