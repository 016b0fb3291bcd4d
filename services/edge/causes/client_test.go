package causes_test

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	xhttp2 "golang.org/x/net/http2"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// answer answers all requests.
var answer = testkit.Answer(edgetest.OK)

// over sends a request with TLS, with a certificate if there is one.
func over(listener string, certs ...tls.Certificate) func(*testing.T, *scene, string) {
	return func(t *testing.T, s *scene, path string) {
		t.Helper()
		d := tls.Dialer{Config: &tls.Config{
			RootCAs: s.authority.Pool(), ServerName: testkit.FrontName, Certificates: certs,
		}}
		c, err := d.DialContext(t.Context(), "tcp", s.Addr(listener))
		edgetest.Must(t, err)
		defer c.Close()
		edgetest.Must(t, c.SetDeadline(time.Now().Add(testkit.Deadline)))
		_, err = io.WriteString(c, "GET "+path+" HTTP/1.1\r\nHost: "+testkit.FrontName+"\r\n\r\n")
		edgetest.Must(t, err)
		r, err := testkit.ReadResponse(bufio.NewReader(c), "GET")
		edgetest.Must(t, err)
		s.silent(t, &failing{}, string(r.Body))
	}
}

// A gone client sends the beginning of a request and closes.
func gone(text string) func(*testing.T, *scene, string) {
	return func(t *testing.T, s *scene, path string) {
		t.Helper()
		c := testkit.Dial(t, s.Addr("public"))
		edgetest.Must(t, c.Send(strings.ReplaceAll(text, "PATH", path)))
		testkit.Eventually(t, "the request is being served", func() bool {
			return s.Metrics(t)[`gateway_active_requests{route="`+path[1:]+`"}`] == 1
		})
		c.Reset()
	}
}

// Everything that clients do wrong, or that limits do to them.
func TestFailuresOfClients(t *testing.T) {
	t.Parallel()
	slow := silent("")
	to := " HTTP/1.1\r\nHost: a.test\r\n"
	all := []failing{
		{
			name: "a body too large", serve: answer, route: "max_body_bytes: 10",
			request: "POST PATH" + to + "Content-Length: 20\r\n\r\n" + edgetest.BodyOf(20),
			status:  413, code: "GW_BODY_TOO_LARGE", kind: "request_too_large",
			want: []string{"max_body_bytes of the route is 10, and Content-Length announces 20 " +
				"bytes"},
			hint: "max_body_bytes",
		},
		{
			name: "chunks too large", serve: slow, route: "max_body_bytes: 10",
			request: "POST PATH" + to + "Transfer-Encoding: chunked\r\n\r\n14\r\n",
			status:  413, code: "GW_BODY_TOO_LARGE", kind: "request_too_large",
			want: []string{"max_body_bytes of the route is 10, and the body has at least 20 bytes"},
		},
		{
			name: "a body that stops", serve: slow, where: "hasty",
			request: "POST PATH" + to + "Content-Length: 20\r\n\r\nabc", status: 408,
			code: "GW_REQUEST_TIMEOUT", kind: "client_slow",
			want: []string{
				"no byte of the request's body came within 300ms (timeouts.body_idle of the " +
					"listener)",
				"after 3 bytes",
			},
			hint: "on the listener",
		},
		{
			name: "a bad " +
				"body", serve: slow, status: 400, code: "GW_BAD_REQUEST", kind: "bad_request",
			request: "POST PATH" + to + "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
			want:    []string{"the request's body: a chunk size is malformed"},
		},
		{
			name: "half a head", serve: answer, where: "hasty", request: "GET " +
				"PATH" + to, status: 408,
			code: "GW_REQUEST_TIMEOUT", kind: "client_slow",
			want: []string{
				"the head of the request was not complete within 300ms (timeouts.header of the " +
					"listener)",
				"bytes had come",
			},
		},
		{
			name: "a long " +
				"line", serve: answer, where: "hasty", status: 414, code: "GW_URI_TOO_LONG",
			request: "GET PATH" + strings.Repeat("a", 600) + to + "\r\n", kind: "request_too_large",
			want: []string{"limits.max_request_line_bytes of the listener is 300 bytes"},
		},
		{
			name: "a long head", serve: answer, where: "hasty", status: 431,
			request: "GET PATH" + to + "X: " + strings.Repeat("a", 2000) + "\r\n\r\n",
			code:    "GW_HEADERS_TOO_LARGE", kind: "request_too_large",
			want: []string{"limits.max_header_bytes of the listener is 1000 bytes"},
		},
		{
			name: "many fields", serve: answer, where: "hasty", status: 431,
			request: "GET PATH" + to + strings.Repeat("X: a\r\n", 20) + "\r\n",
			code:    "GW_HEADERS_TOO_LARGE", kind: "request_too_large",
			want: []string{"limits.max_headers of the listener is 10"},
		},
		{
			name: "two hosts", serve: answer, request: "GET PATH" + to + "Host: b.test\r\n\r\n",
			status: 400, code: "GW_BAD_REQUEST", kind: "bad_request",
			want: []string{"there is more than one Host field"},
		},
		{
			name: "a client that leaves", serve: slow, do: gone("GET PATH" + to + "\r\n"),
			status: 499, kind: "client_closed",
			want: []string{"the client closed the connection", "before there was a response"},
			hint: "did not wait",
		},
		{
			name: "a client that leaves its body", serve: slow, status: 499, kind: "client_closed",
			do:   gone("POST PATH" + to + "Content-Length: 20\r\n\r\nabc"),
			want: []string{"the client closed the connection"},
		},
		{
			name: "no method", serve: answer, route: "methods: [POST]", status: 405,
			code: "GW_METHOD_NOT_ALLOWED", kind: "no_method",
			want: []string{"no route of this path is for this method"}, hint: "Allow",
		},
		{
			name: "no certificate", serve: answer, do: over("secured"), status: 403,
			route: `client_certificate: {names: ["*.machine.test"]}`, code: "GW_FORBIDDEN",
			kind: "client_certificate",
			want: []string{"client_certificate: the client showed none, and the route is for " +
				"*.machine.test"},
			hint: "client_certificate lists the names", untold: "token",
		},
		{
			name: "the wrong address", serve: answer, route: "clients: {allow: [192.0.2.0/24]}",
			status: 403, code: "GW_FORBIDDEN", kind: "client_address",
			want: []string{"clients.allow: none has 127.0.0.1"}, hint: "trusted_proxies",
			untold: "token",
		},
		{
			name: "too many", serve: answer, route: "limit: {concurrent: 1}", status: 503,
			code: "GW_OVERLOADED", kind: "concurrency",
			do: func(t *testing.T, s *scene, path string) {
				gate := testkit.Dial(t, s.Addr("public"))
				edgetest.Must(t, gate.Send("POST "+path+to+"Content-Length: 1\r\n\r\n"))
				testkit.Eventually(t, "the first is being served", func() bool {
					return s.Metrics(t)[`gateway_active_requests{route="too-many"}`] == 1
				})
				testkit.Dial(t, s.Addr("public")).Exchange(t, "GET", "GET "+path+to+"\r\n")
			},
			want: []string{"limit: 1 concurrent"}, hint: "limit.concurrent",
		},
		{
			name: "no connection", serve: slow, cluster: "limits: {max_connections: 1, " +
				"max_pending: 0}",
			status: 503, code: "GW_OVERLOADED", kind: "pending", do: second(to),
			want: []string{
				"all connections of cluster no-connection are in use (limits.max_connections is 1)",
				"0 requests wait for one (limits.max_pending)",
			},
			hint: "limits.max_pending",
		},
		{
			// The first has its head, so that it keeps its connection for longer than the second
			// waits.
			name: "no connection in time", route: "timeouts: {request: 700ms}",
			serve:   silent("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1"),
			cluster: "limits: {max_connections: 1, max_pending: 5}", status: 503,
			code: "GW_OVERLOADED", kind: "connections", do: second(to),
			want: []string{
				"limits.max_connections of the cluster is 1", "none became free within 700ms",
			},
		},
		{
			name: "limited", serve: answer, route: "rate_limit: {requests: 1, per: " +
				"1h}", status: 429,
			do: func(t *testing.T, s *scene, path string) {
				for range 2 {
					testkit.Dial(t, s.Addr("public")).Exchange(t, "GET", "GET "+path+to+"\r\n")
				}
			},
			code: "GW_RATE_LIMITED", kind: "rate_limit",
			want: []string{"rate_limit: 1 in 1h0m0s for each"}, hint: "the route's rate_limit",
		},
		{
			name: "a call that is late", cluster: "protocol: h2c", status: 504,
			address: speaking(t, func(*xhttp2.Framer, net.Conn, uint32) {}),
			code:    "GW_UPSTREAM_TIMEOUT", kind: "deadline", do: call("300m"),
			want: []string{"the call's deadline of 300ms ran out (grpc-timeout)"},
		},
	}
	s := start(t, all, "", nil)
	for i := range all {
		t.Run(all[i].name, func(t *testing.T) {
			t.Parallel()
			s.check(t, &all[i])
		})
	}
}

// second sends a request while another one has the only connection of its cluster.
func second(to string) func(*testing.T, *scene, string) {
	return func(t *testing.T, s *scene, path string) {
		t.Helper()
		first := testkit.Dial(t, s.Addr("public"))
		edgetest.Must(t, first.Send("GET "+path+to+"\r\n"))
		testkit.Eventually(t, "the one connection is busy", func() bool {
			for _, c := range s.Status(t).Clusters {
				if "/"+c.Name == path {
					return c.Connections == 1
				}
			}
			return false
		})
		r := testkit.Dial(t, s.Addr("public")).Exchange(t, "GET", "GET "+path+to+"\r\n")
		edgetest.WantError(t, r, 503, "GW_OVERLOADED")
		// what is told of is the second: its line is the only one with a 503
		testkit.Eventually(t, "the log has its line", func() bool {
			return len(s.lines(func(l *line) bool {
				return l.Path == path && l.Status == 503
			})) == 1
		})
	}
}

// call makes a gRPC call with a timeout.
func call(timeout string) func(*testing.T, *scene, string) {
	return func(t *testing.T, s *scene, path string) {
		t.Helper()
		tr := &http.Transport{Protocols: new(http.Protocols)}
		tr.Protocols.SetUnencryptedHTTP2(true)
		t.Cleanup(tr.CloseIdleConnections)
		r, err := http.NewRequestWithContext(t.Context(), "POST", "http://"+s.Addr("public")+path,
			strings.NewReader("\x00\x00\x00\x00\x00"))
		edgetest.Must(t, err)
		r.Header = http.Header{
			"Content-Type": {"application/grpc"}, "Te": {"trailers"}, "Grpc-Timeout": {timeout},
		}
		resp, err := tr.RoundTrip(r)
		edgetest.Must(t, err)
		_ = resp.Body.Close()
	}
}

// Of a request that leads nowhere the routes are told that come nearest.
func TestTheNearestRoutesOfA404AreTold(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, request string
		nearest       string // the route that is told first
		why           []string
	}{
		{"host", "GET /api HTTP/1.1\r\nHost: api.exmaple.com\r\n\r\n", "api",
			[]string{"host api.exmaple.com is not api.example.com"}},
		{"path", "GET /apis HTTP/1.1\r\nHost: api.example.com\r\n\r\n", "api",
			[]string{"path /apis is not below /api"}},
		{"condition", "GET /beta HTTP/1.1\r\nHost: beta.example.com\r\n\r\n", "beta",
			[]string{"X-Beta"}},
		{"method", "GET /posts HTTP/1.1\r\nHost: posts.example.com\r\n\r\n", "posts",
			[]string{"method GET is not among POST"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := start(t, []failing{
				{name: "api", route: "hosts: [api.example.com], path_prefix: /api"},
				{name: "beta", route: "hosts: [beta.example.com], path_prefix: /beta, " +
					"when: {headers: {X-Beta: \"1\"}}"},
				{name: "posts", route: "hosts: [posts.example.com], path_prefix: /posts, " +
					"methods: [POST]"},
			}, "", nil)
			r := testkit.Dial(t, s.Addr("public")).Exchange(t, "GET", tc.request)
			why := s.ask(t, r.Fields.Get("X-Request-Id"))
			if len(why.Nearest) != 3 || why.Nearest[0].Route != tc.nearest {
				t.Fatalf("the nearest routes are %+v, want %s first", why.Nearest, tc.nearest)
			}
			told(t, "why", why.Nearest[0].Why, tc.why...)
			testkit.Eventually(t, "the log names the nearest", func() bool {
				return len(s.lines(func(l *line) bool {
					return l.ID == why.ID && l.Cause == why.Cause && strings.Contains(l.Cause,
						"; the nearest route is "+tc.nearest+": "+why.Nearest[0].Why)
				})) == 1
			})
			if strings.Contains(string(r.Body), "example") {
				t.Errorf("the client is told %s", r.Body)
			}
		})
	}
}
