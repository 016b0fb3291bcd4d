package causes_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// after answers a request whose head has come with a text, and closes the connection.
func after(text string) func(*testkit.Conn) {
	return func(c *testkit.Conn) {
		if _, err := c.Head(); err == nil {
			_ = c.Send(text)
		}
	}
}

// silent answers with a text, and says nothing more.
func silent(text string) func(*testkit.Conn) {
	return func(c *testkit.Conn) {
		if _, err := c.Head(); err == nil && c.Send(text) == nil {
			_ = c.Drain()
		}
	}
}

// resets answers with a text, and resets the connection once the gateway has that.
func resets(text string) func(*testkit.Conn) {
	return func(c *testkit.Conn) {
		if _, err := c.Head(); err == nil && c.Send(text) == nil {
			c.Reset()
		}
	}
}

const ok = "HTTP/1.1 200 OK\r\n"

// Everything that can go wrong between the gateway and an endpoint over HTTP/1.1 without TLS.
func TestFailuresOfEndpoints(t *testing.T) {
	t.Parallel()
	slow := silent("")
	all := []failing{
		{
			name: "refused", status: 502, code: "GW_UPSTREAM_CONNECT", kind: "connection_refused",
			want: []string{"endpoint 127.0.0.1:", ": connection refused"},
			hint: "Nothing listens on this address", attempts: 1,
		},
		{
			name: "retried in vain", second: edgetest.RefusedAddr(t), route: "retry: {attempts: 2}",
			status: 502, code: "GW_UPSTREAM_CONNECT", kind: "connection_refused",
			want: []string{"2 attempts failed: endpoint 127.0.0.1:", ": connection refused; " +
				"endpoint "},
			hint: "Nothing listens", attempts: 2,
		},
		{
			name: "unreachable network", address: "224.0.0.1:80", status: 502,
			code: "GW_UPSTREAM_CONNECT", kind: "unreachable",
			want: []string{"endpoint 224.0.0.1:80: network is unreachable"},
			hint: "no way to this address",
		},
		{
			name: "a name that nobody has", address: "nobody.invalid:80", status: 502,
			cluster: "timeouts: {connect: 1s}", code: "GW_UPSTREAM_CONNECT", kind: "dns",
			want: []string{"its name, nobody.invalid, cannot be resolved: "},
			hint: "getent hosts NAME",
		},
		{
			name: "blackhole", address: testkit.Hanging(t), cluster: "timeouts: {connect: 300ms}",
			status: 502, code: "GW_UPSTREAM_CONNECT", kind: "connect_timeout",
			want: []string{"no connection within 300ms (timeouts.connect of the cluster)"},
			hint: "a firewall that drops",
		},
		{
			name: "reset before head", serve: func(c *testkit.Conn) { _, _ = c.Head(); c.Reset() },
			status: 502, code: "GW_UPSTREAM_RESET", kind: "reset",
			want: []string{"it reset the connection before it sent the head of a response"},
			hint: "endpoint's own log",
		},
		{
			name: "closed before head", serve: after(""), status: 502, code: "GW_UPSTREAM_RESET",
			kind: "closed",
			want: []string{"it closed the connection before it sent the head of a response"},
			hint: "endpoint's own log",
		},
		{
			name: "closed within head", serve: after(ok + "X-A: b\r\n"), status: 502,
			code: "GW_UPSTREAM_RESET", kind: "closed",
			want: []string{"it closed the connection within the head of a response, after 25 " +
				"bytes"},
		},
		{
			name: "closed within body", serve: after(ok + "Content-Length: " +
				"100\r\n\r\nabc"), status: 200,
			code: "GW_UPSTREAM_RESET", kind: "cut_short",
			want: []string{"it closed the connection after 3 of 100 bytes of the body"},
			hint: "before all of the body",
		},
		{
			name: "reset within body", status: 200, code: "GW_UPSTREAM_RESET", kind: "reset",
			serve: func(c *testkit.Conn) {
				if _, err := c.Head(); err != nil {
					return
				}
				_ = c.Send(ok + "Content-Length: 100\r\n\r\nabc")
				_, _ = c.Reader().ReadByte() // until the test has seen the head
				c.Reset()
			},
			do: func(t *testing.T, s *scene, path string) {
				c := testkit.Dial(t, s.Addr("public"))
				edgetest.Must(t, c.Send("POST "+path+" HTTP/1.1\r\nHost: a.test\r\n"+
					"Content-Length: 1\r\n\r\n"))
				_, err := c.Head()
				edgetest.Must(t, err)
				edgetest.Must(t, c.Send("x"))
				_, _ = c.Rest()
			},
			want: []string{"it reset the connection after 3 of 100 bytes of the body"},
		},
		{
			name: "chunks cut short", serve: after(ok + "Transfer-Encoding: " +
				"chunked\r\n\r\n3\r\nabc\r\n"),
			status: 200, code: "GW_UPSTREAM_RESET", kind: "cut_short",
			want: []string{"it closed the connection after 3 bytes of the body"},
		},
		{
			name: "bad chunk", serve: after(ok + "Transfer-Encoding: " +
				"chunked\r\n\r\n3\r\nabc\r\nzz\r\n"),
			status: 200, code: "GW_UPSTREAM_PROTOCOL", kind: "malformed",
			want: []string{"the body of its response is malformed: a chunk size is malformed"},
			hint: "protocol",
		},
		{
			name: "head too large", cluster: "limits: {max_header_bytes: 500}",
			serve:  after(ok + "X-A: " + strings.Repeat("a", 1000) + "\r\n\r\n"),
			status: 502, code: "GW_UPSTREAM_PROTOCOL", kind: "head_too_large",
			want: []string{"longer than allowed", "limits.max_header_bytes of the cluster is 500 " +
				"bytes"},
			hint: "fewer or smaller fields",
		},
		{
			name: "malformed status line", serve: after("HTTP/1.1 abc\r\n\r\n"), status: 502,
			code: "GW_UPSTREAM_PROTOCOL", kind: "malformed",
			want: []string{`the status line is malformed; it begins with "HTTP/1.1 abc"`},
		},
		{
			name: "another protocol", serve: after("220 mail.test ESMTP\r\n"), status: 502,
			code: "GW_UPSTREAM_PROTOCOL", kind: "malformed",
			want: []string{`it begins with "220 mail.test ESMTP"`},
		},
		{
			name: "malformed field", serve: after(ok + "no colon here\r\n\r\n"), status: 502,
			code: "GW_UPSTREAM_PROTOCOL", kind: "malformed",
			want: []string{"a header line has no colon"},
		},
		{
			name:   "conflicting lengths",
			serve:  after(ok + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"),
			status: 502, code: "GW_UPSTREAM_PROTOCOL", kind: "malformed",
			want: []string{"there are Content-Length fields that differ"},
		},
		{
			name: "TLS where none is configured", serve: after("\x15\x03\x01\x00\x02\x02\x46"),
			status: 502, code: "GW_UPSTREAM_PROTOCOL", kind: "protocol_mismatch",
			want: []string{"it speaks TLS where none is configured (security.mode of the cluster)"},
			hint: "Make the cluster's protocol",
		},
		{
			name: "HTTP2 where HTTP1 is configured", status: 502, code: "GW_UPSTREAM_PROTOCOL",
			serve: after("\x00\x00\x00\x04\x00\x00\x00\x00\x00"), kind: "protocol_mismatch",
			want: []string{"it speaks HTTP/2 where http1 is configured (protocol of the cluster)"},
			hint: "Make the cluster's protocol",
		},
		{
			name: "no response in time", serve: slow, cluster: "timeouts: {response: 300ms}",
			status: 504, code: "GW_UPSTREAM_TIMEOUT", kind: "timeout",
			want: []string{"no response head within 300ms (timeouts.response of the cluster)"},
			hint: "raise the timeout that is named",
		},
		{
			name: "no request in time", serve: slow, route: "timeouts: {request: 300ms}",
			status: 504, code: "GW_UPSTREAM_TIMEOUT", kind: "timeout",
			want: []string{"no response head within 300ms (timeouts.request of the route)"},
		},
		{
			name:  "a body that stands still",
			serve: silent(ok + "Content-Length: 100\r\n\r\nabc"), cluster: "timeouts: " +
				"{body_idle: 300ms}",
			status: 200, code: "GW_UPSTREAM_TIMEOUT", kind: "timeout",
			want: []string{
				"no byte of the response's body came within 300ms (timeouts.body_idle of the " +
					"cluster)",
				"after 3 of 100 bytes",
			},
		},
		{
			name: "of the route", serve: silent(ok + "Content-Length: 100\r\n\r\nabc"),
			route: "timeouts: {body_idle: 300ms}", status: 200, code: "GW_UPSTREAM_TIMEOUT",
			kind: "timeout", want: []string{"within 300ms (timeouts.body_idle of the route)"},
		},
		{
			name: "its own error", status: 503, kind: "status",
			serve: after("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"),
			want:  []string{"endpoint 127.0.0.1:", " answered with status 503"}, hint: "own log",
		},
		{
			name: "a response that was not asked for", status: 502, code: "GW_UPSTREAM_PROTOCOL",
			serve: after("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: " +
				"x\r\n\r\n"),
			kind: "malformed", want: []string{"switches to a protocol that was not asked for"},
		},
		{
			name: "a refused " +
				"handshake", request: strings.Replace(edgetest.UpgradeRequest, "/", "PATH", 1),
			serve:  after("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"),
			status: 403, kind: "handshake_refused",
			want: []string{"answered the websocket handshake with status 403 in place of 101"},
			hint: "did not open the tunnel",
		},
		{
			name: "a silent tunnel", route: "timeouts: {idle: 300ms}",
			request: strings.Replace(edgetest.UpgradeRequest, "/", "PATH", 1),
			serve:   silent(edgetest.UpgradeAnswer), status: 101, kind: "silence",
			want: []string{
				"the tunnel was closed for silence: no byte came either way within 300ms",
				"timeouts.idle of the route",
			},
			hint: "WebSocket ping",
		},
		{
			name: "a broken tunnel", status: 101, kind: "reset",
			request: strings.Replace(edgetest.UpgradeRequest, "/", "PATH", 1),
			serve:   resets(edgetest.UpgradeAnswer),
			want:    []string{"endpoint 127.0.0.1:", "broke the tunnel off"},
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

// Endpoints' failures are in /status too, for each endpoint, until a connection works again.
func TestTheLastFailureOfAnEndpointIsItsCause(t *testing.T) {
	t.Parallel()
	all := []failing{
		{name: "refused"},
		{name: "hangs", address: testkit.Hanging(t), cluster: "timeouts: {connect: 300ms}"},
		{name: "slow", serve: silent(""), cluster: "timeouts: {response: 300ms}"},
		{name: "junk", serve: after("220 smtp\r\n")},
		{name: "closes", serve: after("")},
	}
	s := start(t, all, "", nil)
	for i, want := range []string{
		"connection refused", "no connection within 300ms (timeouts.connect of the cluster)",
		"no response head within 300ms (timeouts.response of the cluster)",
		`its response is malformed: the status line is malformed; it begins with "220 smtp"`,
		"it closed the connection before it sent the head of a response",
	} {
		r := testkit.Dial(t, s.Addr("public")).Exchange(t, "GET",
			fmt.Sprintf("GET /%s HTTP/1.1\r\nHost: a.test\r\n\r\n", all[i].name))
		if r.Status < 502 {
			t.Errorf("%s: status %d", all[i].name, r.Status)
		}
		f := s.Status(t).Clusters[i].Endpoints[0].LastFailure
		if f == nil || f.Reason != want || f.Kind == "" {
			t.Errorf("last_failure is %+v, want %q", f, want)
		}
	}
}
