package exchange

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/l7/fault"
)

const (
	busy     = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"
	callHead = "POST /s/M HTTP/1.1\r\nHost: a.test\r\nContent-Type: application/grpc\r\n" +
		"Content-Length: 5\r\n\r\n"
	call        = callHead + "\x00\x00\x00\x00\x00"
	unavailable = "HTTP/1.1 200 OK\r\nContent-Type: application/grpc\r\ngrpc-status: 14\r\n\r\n"
)

// over2 makes an endpoint one of HTTP/2.
func over2(e *scriptedEndpoint) *scriptedEndpoint {
	e.traits.Streamed = true
	return e
}

// reused makes an endpoint's connection one that was used before.
func reused(e *scriptedEndpoint) *scriptedEndpoint {
	e.traits.Reused = true
	return e
}

// A request is sent again where that is safe, where the route asks for it, and where its
// limits allow it.
func TestARequestIsSentAgain(t *testing.T) {
	postWhole := strings.Replace(put, "PUT", "POST", 1) + "0123456789"
	reset := fault.EndpointGone
	for _, tc := range []struct {
		name, request string
		change        func(*config.Document)
		set           func(*scene)
		endpoints     []*scriptedEndpoint
		tries         int
		status        string
	}{
		{"after no connection, without being asked", get, nil, nil,
			[]*scriptedEndpoint{refusing(noWay), answers(ok)}, 2, "200"},
		{"a POST too, for nobody has seen it", postWhole, nil, nil,
			[]*scriptedEndpoint{refusing(noWay), answers(ok)}, 2, "200"},
		{"but once, without being asked", get, nil, nil,
			[]*scriptedEndpoint{refusing(noWay), refusing(noWay)}, 2, "502"},
		{"and not to the only endpoint, without being asked", get, func(d *config.Document) {
			d.Clusters[0].Endpoints = d.Clusters[0].Endpoints[:1]
		}, nil, []*scriptedEndpoint{refusing(noWay)}, 1, "502"},
		{"to the only endpoint, if asked", get, both(retries("connect"), func(d *config.Document) {
			d.Clusters[0].Endpoints = d.Clusters[0].Endpoints[:1]
		}), nil, []*scriptedEndpoint{refusing(noWay), answers(ok)}, 2, "200"},
		{"not after a reset, unless asked", get, nil, nil,
			[]*scriptedEndpoint{fallsSilent(reset)}, 1, "502"},
		{"after a reset", get, retries("reset"), nil,
			[]*scriptedEndpoint{fallsSilent(reset), answers(ok)}, 2, "200"},
		{"but no more often than the route says", get, retries("reset"), nil,
			[]*scriptedEndpoint{fallsSilent(reset), fallsSilent(reset), fallsSilent(reset)}, 3,
			"502"},
		{"not a POST that may have been seen", postWhole, retries("reset"), nil,
			[]*scriptedEndpoint{fallsSilent(reset)}, 1, "502"},
		{"a POST that was certainly not seen", postWhole, retries("reset"), nil,
			[]*scriptedEndpoint{fallsSilent(fault.EndpointUnseen), answers(ok)}, 2, "200"},
		{"what was not seen, where connections are retried", postWhole, nil, nil,
			[]*scriptedEndpoint{fallsSilent(fault.EndpointUnseen), answers(ok)}, 2, "200"},
		{"not after a timeout", get, retries("reset"), nil,
			[]*scriptedEndpoint{fallsSilent(fault.EndpointSlow)}, 1, "504"},
		{"for a status", get, retries("503"), nil,
			[]*scriptedEndpoint{answers(busy), answers(ok)}, 2, "200"},
		{"for a status that is asked for only", get, retries("500"), nil,
			[]*scriptedEndpoint{answers(busy)}, 1, "503"},
		{"the last response is passed on", get, retries("503"), nil,
			[]*scriptedEndpoint{answers(busy), answers(busy), answers(busy)}, 3, "503"},
		{"not a POST for a status", postWhole, retries("503"), nil,
			[]*scriptedEndpoint{answers(busy)}, 1, "503"},
		{"not beyond the budget", get, func(d *config.Document) {
			retries("reset")(d)
			d.Routes[0].Retry.Budget = 0
		}, nil, []*scriptedEndpoint{fallsSilent(reset)}, 1, "502"},
		{"not when the cluster has as many retries as it may", get, retries("reset"),
			func(s *scene) {
				c := s.view.Routes[0].Targets[0].Cluster
				for c.BeginRetry(1) { // take all there are
				}
			}, []*scriptedEndpoint{fallsSilent(reset)}, 1, "502"},
		{"but no endpoint has seen it: the budget is not asked", get, retries("connect"),
			func(s *scene) {
				for s.view.Routes[0].Targets[0].Cluster.BeginRetry(1) {
				}
			}, []*scriptedEndpoint{refusing(noWay), answers(ok)}, 2, "200"},
		{"not when the time of the route is over", get, both(retries("reset"),
			func(d *config.Document) { d.Routes[0].Timeouts.Request = time.Nanosecond }), nil,
			[]*scriptedEndpoint{fallsSilent(reset)}, 1, "502"},
		{"not after an interim response", get, retries("reset"), nil,
			[]*scriptedEndpoint{{heads: []headStep{
				says("HTTP/1.1 103 E\r\n\r\n"), failing(reset),
			}}}, 1, "502"},
		{"not a response after an interim one", get, retries("503"), nil,
			[]*scriptedEndpoint{{heads: []headStep{
				says("HTTP/1.1 103 E\r\n\r\n"), says(busy),
			}}}, 1, "503"},
		{"not for a client that left", get, retries("503"),
			func(s *scene) { s.client.gone = true }, []*scriptedEndpoint{answers(busy)}, 1, ""},
		{"not for a client that was cut off", get, retries("503"),
			func(s *scene) { s.client.cut = true }, []*scriptedEndpoint{answers(busy)}, 1, "503"},
		{"a call, for its grpc-status", call, both(overHTTP2, retries("unavailable")),
			func(s *scene) { s.speaksHTTP2() }, []*scriptedEndpoint{
				over2(&scriptedEndpoint{heads: []headStep{endsStream(unavailable)}}),
				over2(&scriptedEndpoint{heads: []headStep{endsStream(
					strings.Replace(unavailable, "14", "0", 1))}}),
			}, 2, "200"},
		{"not a call that has more than a status", call, both(overHTTP2, retries("unavailable")),
			func(s *scene) { s.speaksHTTP2() },
			[]*scriptedEndpoint{over2(answers(unavailable))}, 1, "200"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.change == nil {
				tc.change = func(*config.Document) {}
			}
			s := playWith(t, tc.change, tc.endpoints...)
			if tc.set != nil {
				tc.set(s)
			}
			s.serve(tc.request)
			s.tries(tc.tries)
			if got := s.client.status(); got != tc.status {
				t.Errorf("status %q, want %q", got, tc.status)
			}
			for i := 1; i < s.attempts; i++ {
				a, b := s.endpoints[i-1], s.endpoints[i]
				if a.refuses != nil {
					continue
				}
				if string(a.request) != string(b.request) {
					t.Errorf("attempt %d sent %q, the next %q", i, a.request, b.request)
				}
			}
		})
	}
}

// After a request that was sent again the cluster's count of retries is what it was.
func TestTheBudgetGetsItsRetryBack(t *testing.T) {
	s := playWith(t, retries("reset"), fallsSilent(fault.EndpointGone), answers(ok))
	s.serve(get)
	c := s.view.Routes[0].Targets[0].Cluster
	n := 0
	for c.BeginRetry(1) {
		n++
	}
	if n != 3 {
		t.Errorf("%d retries may begin, want the 3 that always may", n)
	}
}

// The response in whose place a request is sent again is all there, or its connection is
// not used again.
func TestTheConnectionOfAResponseThatIsNotPassedOn(t *testing.T) {
	for _, tc := range []struct {
		response string
		kept     bool
	}{
		{busy, true},
		{"HTTP/1.1 503 B\r\nContent-Length: 2\r\n\r\nno", true},
		{"HTTP/1.1 503 B\r\nContent-Length: 3\r\n\r\nno", false},
		{"HTTP/1.1 503 B\r\nContent-Length: 1\r\n\r\nno", false},
		{"HTTP/1.1 503 B\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", false},
		{"HTTP/1.1 503 B\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", false},
	} {
		s := playWith(t, retries("503"), answers(tc.response), answers(ok))
		s.serve(get)
		if got := s.endpoints[0].ending.Complete; got != tc.kept {
			t.Errorf("%q: kept %v", tc.response, got)
		}
	}
}

// A pooled connection that its peer had closed costs the request nothing: it goes out once
// more, over a new one, and the endpoint is not blamed.
func TestAStaleConnectionIsReplaced(t *testing.T) {
	stale := func() *scriptedEndpoint {
		return reused(&scriptedEndpoint{sendErr: fault.EndpointStale})
	}
	t.Run("before anything was sent", func(t *testing.T) {
		s := play(t, stale(), stale(), answers(ok))
		s.serve(post + "0123456789")
		s.tries(3)
		if got := s.client.status(); got != "200" || s.outcomes() != "success=1" {
			t.Errorf("status %s, health %s", got, s.outcomes())
		}
	})
	t.Run("while it was sent", func(t *testing.T) {
		s := play(t, reused(fallsSilent(fault.EndpointGone)), answers(ok))
		line := logging(t, s)
		s.serve(get)
		s.tries(2)
		if !s.endpoints[1].dial.Fresh {
			t.Error("the second connection may be as stale")
		}
		if got := s.client.status(); got != "200" || s.outcomes() != "success=1" {
			t.Errorf("status %s, health %s", got, s.outcomes())
		}
		if got := line()["attempts"]; got != 2.0 {
			t.Errorf("the log has %v attempts", got)
		}
	})
	t.Run("but only once", func(t *testing.T) {
		s := play(t, reused(fallsSilent(fault.EndpointGone)),
			reused(fallsSilent(fault.EndpointGone)))
		s.serve(get)
		s.tries(2)
		if got := s.client.status(); got != "502" || s.outcomes() != "reset=1" {
			t.Errorf("status %s, health %s", got, s.outcomes())
		}
	})
	t.Run("not a POST that may have been seen", func(t *testing.T) {
		s := play(t, reused(fallsSilent(fault.EndpointGone)))
		s.serve(post + "0123456789")
		if got := s.client.status(); got != "502" {
			t.Errorf("status %s", got)
		}
	})
	t.Run("and is none of the route's attempts", func(t *testing.T) {
		s := playWith(t, retries("reset"), reused(fallsSilent(fault.EndpointGone)),
			fallsSilent(fault.EndpointGone), fallsSilent(fault.EndpointGone), answers(ok))
		s.serve(get)
		s.tries(4)
		if got := s.client.status(); got != "200" {
			t.Errorf("status %s", got)
		}
	})
}

// A body that was kept goes to the next endpoint byte for byte, its trailer too. One that
// is too long to be kept, or may have been seen, does not.
func TestABodyThatCameLaterIsSentAgain(t *testing.T) {
	reset := fault.EndpointGone
	dies := func(err error) *scriptedEndpoint {
		return &scriptedEndpoint{heads: []headStep{after(failing(err))}}
	}
	postChunked := strings.Replace(chunked, "PUT", "POST", 1)
	for _, tc := range []struct {
		name, request string
		change        func(*config.Document)
		steps         []bodyStep
		first, second *scriptedEndpoint
		status        string
	}{
		{"with a length", put, retries("reset"), []bodyStep{brings("01234"), ends("56789")},
			dies(reset), listens(ok), "200"},
		{"in chunks, with a trailer", chunked, retries("reset"),
			[]bodyStep{brings("abc"), endsWith("x: 1\r\n", "def")}, dies(reset), listens(ok),
			"200"},
		{"that is empty", chunked, retries("reset"), []bodyStep{ends()}, dies(reset),
			listens(ok), "200"},
		{"as much as is kept", chunked, retries("reset"),
			[]bodyStep{brings(strings.Repeat("x", Replayed-1)), ends("y")}, dies(reset),
			listens(ok), "200"},
		{"more than is kept", chunked, retries("reset"),
			[]bodyStep{brings(strings.Repeat("x", Replayed)), ends("y")}, dies(reset), nil, "502"},
		{"of a POST over HTTP/1.1", postChunked, retries("reset"), []bodyStep{ends("abc")},
			dies(fault.EndpointUnseen), nil, "502"},
		{"of a POST that HTTP/2 says was not seen", postChunked, both(overHTTP2, retries("reset")),
			[]bodyStep{brings("abc"), endsWith("x: 1\r\n", "def")},
			over2(dies(fault.EndpointUnseen)), over2(listens(ok)), "200"},
		{"of a POST that HTTP/2 may have seen", postChunked, both(overHTTP2, retries("reset")),
			[]bodyStep{ends("abc")}, over2(dies(reset)), nil, "502"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			all := []*scriptedEndpoint{tc.first}
			if tc.second != nil {
				all = append(all, tc.second)
			}
			s := playWith(t, tc.change, all...).sends(tc.steps...)
			s.serve(tc.request)
			s.tries(len(all))
			if got := s.client.status(); got != tc.status {
				t.Errorf("status %s, want %s", got, tc.status)
			}
			if tc.second == nil {
				return
			}
			if a, b := content(t, tc.first.sent), content(t, tc.second.sent); a != b || a == "" {
				t.Errorf("the endpoints got\n%.80q\n%.80q", a, b)
			}
			if a, b := tc.first.sentTrail, tc.second.sentTrail; a != b {
				t.Errorf("the endpoints got the trailers %q and %q", a, b)
			}
		})
	}
}

// An endpoint may say that it did nothing while the body is still on its way, or behind it.
func TestAResponseIsReplacedWhileTheBodyComes(t *testing.T) {
	big := strings.Repeat("x", Replayed)
	for _, tc := range []struct {
		name, request string
		steps         []bodyStep
		first, second *scriptedEndpoint
		body, status  string
	}{
		{"with a length", put, []bodyStep{brings("01234"), ends("56789")},
			answers(busy), listens(ok), "0123456789", "200"},
		{"in chunks, with a trailer", chunked,
			[]bodyStep{brings("abc"), endsWith("x: 1\r\n", "def")},
			answers(busy), listens(ok), "abcdef\nx: 1\r\n", "200"},
		{"behind its end", chunked, []bodyStep{brings("abc"), ends("def")},
			listens(busy), listens(ok), "abcdef\n", "200"},
		{"not where more came than is kept", chunked, []bodyStep{brings(big), ends("y")},
			listens(busy), nil, "", "503"},
		{"not that of a POST", strings.Replace(chunked, "PUT", "POST", 1), []bodyStep{ends("abc")},
			listens(busy), nil, "", "503"},
		{"not where the client broke off", put,
			[]bodyStep{brings("01234"), breaks(fault.ClientGone)},
			listens(busy), nil, "", "0"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			all := []*scriptedEndpoint{tc.first}
			if tc.second != nil {
				all = append(all, tc.second)
			}
			s := playWith(t, retries("503"), all...).sends(tc.steps...)
			s.serve(tc.request)
			s.tries(len(all))
			if got := s.client.status(); got != tc.status && tc.status != "0" {
				t.Errorf("status %s, want %s", got, tc.status)
			}
			if tc.second != nil && content(t, tc.second.sent) != tc.body {
				t.Errorf("the endpoint got %.80q, want %q", content(t, tc.second.sent), tc.body)
			}
		})
	}
}

// content is what a body in chunks has in it, and its trailer section: how it is cut into
// chunks may differ from attempt to attempt. A body that is none of chunks is all content.
func content(t *testing.T, sent []byte) string {
	t.Helper()
	if !bytes.HasSuffix(sent, []byte("\r\n\r\n")) {
		return string(sent)
	}
	var body http1.Body
	body.Reset(http1.ChunkedBody, 0)
	var all []byte
	for len(sent) > 0 {
		data, n, err := body.Next(sent)
		if err != nil {
			t.Fatal(err)
		}
		all, sent = append(all, data...), sent[n:]
	}
	if !body.Done() {
		t.Error("the endpoint got no end of the body")
	}
	return string(all) + "\n" + string(body.Trailer)
}

// What is left of the time of the route is what the next attempt may take.
func TestTheTimeOfAnAttempt(t *testing.T) {
	s := playWith(t, func(d *config.Document) {
		retries("connect")(d)
		d.Routes[0].Timeouts.Request = time.Hour
		d.Clusters[0].Timeouts.Response = 2 * time.Hour
	}, refusing(noWay), answers(ok))
	s.serve(get)
	if got := s.endpoints[1].wait; got <= 0 || got >= time.Hour {
		t.Errorf("the second attempt may take %v", got)
	}
	s.x.Prepare(s.request(get))
	s.x.route, s.x.target = &s.view.Routes[0], &s.view.Routes[0].Targets[0]
	if got := s.x.responseTimeout(); got != time.Hour {
		t.Errorf("the first attempt may take %v", got)
	}
}
