package main_test

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/openspec"
	"github.com/gatewayhomebrew/gateway/openspec/openspectest"
)

// nobody is an address that nothing listens on.
func nobody(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// A session that does not go well says in its line what lies behind the reason.
func TestTheCauseOfASessionIsTold(t *testing.T) {
	t.Parallel()
	authority, dir := testkit.NewAuthority(t), t.TempDir()
	if err := testkit.Replace(filepath.Join(dir, "ca.pem"), string(authority.PEM)); err != nil {
		t.Fatal(err)
	}
	holds := testkit.NewUpstream(t, func(c *testkit.Conn) { _ = c.Drain() }).Addr()
	resets := testkit.NewUpstream(t, func(c *testkit.Conn) {
		_, _ = c.Reader().ReadByte()
		c.Reset()
	}).Addr()
	plain := testkit.NewUpstream(t, func(c *testkit.Conn) { _ = c.Send("220 smtp\r\n") }).Addr()
	leaf := testkit.NewAuthority(t).Leaf(t, nil, "up.test").TLS(t)
	ln, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{leaf}})
	if err != nil {
		t.Fatal(err)
	}
	foreign, served := ln.Addr().String(), make(chan struct{})
	t.Cleanup(func() { ln.Close(); <-served })
	go func() {
		defer close(served)
		for c, err := ln.Accept(); err == nil; c, err = ln.Accept() {
			_, _ = io.ReadAll(c) // its handshake fails
			c.Close()
		}
	}()
	const secured = "security: {mode: tls, ca: ca.pem, server_name: up.test}"
	cases := []struct {
		name, listener, cluster string
		endpoints               []string
		says                    string // the client
		sni                     string // by TLS, in the place of that
		first                   bool   // one other client is there first
		reason                  string
		want                    []string
	}{
		{
			name: "refused", endpoints: []string{nobody(t)}, reason: "connect_failed",
			want: []string{"endpoint 127.0.0.1:", ": connection refused"},
		},
		{
			name: "both " +
				"refused", endpoints: []string{nobody(t), nobody(t)}, reason: "connect_failed",
			want: []string{"none of 2 endpoints took the connection; the last, endpoint " +
				"127.0.0.1:"},
		},
		{
			name: "blackhole", endpoints: []string{testkit.Hanging(t)}, reason: "connect_timeout",
			cluster: "timeouts: {connect: 300ms}",
			want:    []string{"no connection within 300ms (timeouts.connect of the cluster)"},
		},
		{
			name: "slow " +
				"listener", endpoints: []string{testkit.Hanging(t)}, reason: "connect_timeout",
			listener: "timeouts: {connect: 300ms}",
			want:     []string{"(timeouts.connect of the listener)"},
		},
		{
			name: "idle", endpoints: []string{holds}, listener: "timeouts: {idle: " +
				"300ms}", says: "hi",
			reason: "idle_timeout",
			want: []string{
				"no byte came either way within 300ms (timeouts.idle of the listener)",
				"after 2 bytes from the client and 0 to it",
			},
		},
		{
			name: "overall", endpoints: []string{holds}, listener: "timeouts: {overall: 300ms}",
			reason: "overall_timeout",
			want:   []string{"the session lasted for 300ms (timeouts.overall of the listener)"},
		},
		{
			name: "reset", endpoints: []string{resets}, says: "hi", reason: "upstream_reset",
			want: []string{"endpoint 127.0.0.1:", ": it reset the connection, after "},
		},
		{
			name: "no such name", endpoints: []string{holds}, sni: "other.test", reason: "no_route",
			listener: "sni: [{hosts: [db.test], cluster: no-such-name}]",
			want:     []string{`none of the listener's names is "other.test"`},
		},
		{
			name: "no TLS", endpoints: []string{holds}, says: "GET / HTTP/1.1\r\n\r\n",
			listener: "sni: [{hosts: [db.test], cluster: no-TLS}]", reason: "bad_client_hello",
			want: []string{
				"the client does not speak TLS where the listener routes by server name",
				`"GET / HTTP/1.1`,
			},
		},
		{
			name: "half a hello", endpoints: []string{holds}, says: "\x16\x03\x01\x02\x00",
			listener: "timeouts: {connect: 300ms}, sni: [{hosts: [db.test], cluster: " +
				"half-a-hello}]",
			reason: "header_timeout",
			want: []string{
				"the ClientHello was not complete within 300ms (timeouts.connect of the listener)",
				"5 bytes had come",
			},
		},
		{
			name: "no PROXY header", endpoints: []string{holds}, says: "hello there\r\n",
			listener: "proxy_protocol: true, trusted_proxies: [127.0.0.0/8]",
			reason:   "bad_proxy_header",
			want:     []string{`begins with no valid PROXY header: "hello there`},
		},
		{
			name: "crowded", endpoints: []string{holds}, listener: "limits: {max_connections: 1}",
			first: true, reason: "overloaded", want: []string{"limits.max_connections of the " +
				"listener is 1"},
		},
		{
			name: "full", endpoints: []string{holds}, first: true, reason: "overloaded",
			cluster: "limits: {max_connections: 1, max_pending: 0}",
			want: []string{
				"all connections of cluster full are in use (limits.max_connections is 1)",
				"limits.max_pending",
			},
		},
		{
			name: "not TLS", endpoints: []string{plain}, cluster: secured, reason: "upstream_tls",
			want: []string{"it does not speak TLS: its first bytes are"},
		},
		{
			name: "not " +
				"trusted", endpoints: []string{foreign}, cluster: secured, reason: "upstream_tls",
			want: []string{"signed by an authority that is not trusted (security.ca)"},
		},
	}
	var listeners, clusters strings.Builder
	for _, tc := range cases {
		name := strings.ReplaceAll(tc.name, " ", "-")
		var endpoints []string
		for _, e := range tc.endpoints {
			endpoints = append(endpoints, fmt.Sprintf("{address: %q}", e))
		}
		if !strings.Contains(tc.listener, "sni:") {
			tc.listener = strings.TrimPrefix(tc.listener+", cluster: "+name, ", ")
		}
		fmt.Fprintf(&listeners, "  - {name: %s, address: \"127.0.0.1:0\", protocol: tcp, "+
			"%s}\n", name,
			tc.listener)
		if tc.cluster != "" {
			tc.cluster = ", " + tc.cluster
		}
		fmt.Fprintf(&clusters, "  - {name: %s, endpoints: [%s]%s}\n", name,
			strings.Join(endpoints, ", "), tc.cluster)
	}
	e, err := testkit.RunRelay(dir, "version: 1\nlisteners:\n"+listeners.String()+"clusters:\n"+
		clusters.String()+"routes: []\nadmin: {address: \"127.0.0.1:0\"}\n")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Kill)
	spec, err := openspectest.Parse(openspec.Admin)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			name := strings.ReplaceAll(tc.name, " ", "-")
			if tc.first {
				enter(t, e, name)
			}
			c, err := net.DialTimeout("tcp", e.Addr(name), testkit.Deadline)
			if err == nil {
				defer c.Close()
				_ = c.SetDeadline(time.Now().Add(testkit.Deadline))
				if tc.sni != "" {
					_ = tls.Client(c, &tls.Config{ServerName: tc.sni}).HandshakeContext(t.Context())
				}
				_, _ = io.WriteString(c, tc.says)
				_, _ = io.ReadAll(c)
			} // else the session was over before the system told of it
			var line sessionLine
			testkit.Eventually(t, "the session has its line", func() bool {
				for text := range strings.Lines(e.Stdout()) {
					if json.Unmarshal([]byte(text), &line) == nil && line.Listener == name &&
						line.Cause != "" {
						return true
					}
				}
				return false
			})
			if line.Reason != tc.reason {
				t.Errorf("the reason is %s, want %s", line.Reason, tc.reason)
			}
			for _, w := range tc.want {
				if !strings.Contains(line.Cause, w) {
					t.Errorf("no %q in %q", w, line.Cause)
				}
			}
			explains(t, e, spec, &line, len(tc.endpoints), tc.sni)
		})
	}
	status, page, err := e.Page("/")
	if err != nil || status != 200 || !strings.Contains(page, "TCP session to listener refused") ||
		!strings.Contains(page, "connect_failed") {
		t.Errorf("the page of the status tells of no session: %d %v\n%s", status, err, page)
	}
}

// A sessionLine is what is read of a line of the access log.
type sessionLine struct {
	ID       string `json:"session_id"`
	Listener string `json:"listener"`
	Cluster  string `json:"cluster"`
	Endpoint string `json:"endpoint"`
	Reason   string `json:"close_reason"`
	Cause    string `json:"cause"`
}

// explains checks what gateway why says of a session.
func explains(
	t *testing.T, e *testkit.Process, spec *openspectest.Document, l *sessionLine, endpoints int,
	sni string,
) {
	t.Helper()
	status, header, body, err := e.Ask("GET", "/why/"+l.ID)
	if err != nil || status != 200 {
		t.Fatalf("/why knows nothing of session %q: %d %v", l.ID, status, err)
	}
	if err := spec.CheckAnswer("GET /why/{id}", status, header, body); err != nil {
		t.Errorf("openspec/admin.yaml: %v", err)
	}
	var why admin.Explanation
	if err := json.Unmarshal(body, &why); err != nil {
		t.Fatal(err)
	}
	if why.ID != l.ID || why.Session == nil || why.Session.CloseReason != l.Reason ||
		why.Cause != l.Cause || why.CauseKind == "" || why.Hint == "" || why.Digest == "" ||
		why.RouteWhy == "" || why.Listener != l.Listener || why.Host != sni {
		t.Errorf("why says %s of %+v", body, l)
	}
	wanted := endpoints
	if l.Cluster == "" {
		wanted = 0
	}
	if len(why.Endpoints) != wanted {
		t.Errorf("%d endpoints are told of, want %d: %s", len(why.Endpoints), wanted, body)
	}
	// Each endpoint was tried that was told of, and it is said what became of that.
	if l.Endpoint != "" {
		n := len(why.Attempts)
		if n == 0 || why.Attempts[n-1].Endpoint != l.Endpoint {
			t.Fatalf("the last attempt is not that at %s: %s", l.Endpoint, body)
		}
		for i, at := range why.Attempts {
			if (at.Outcome == "connected") != (at.Failure == "") ||
				at.DurationMS > why.DurationMS ||
				i > 0 && at.DurationMS < why.Attempts[i-1].DurationMS {
				t.Errorf("attempt %d: %+v of a session of %gms", i+1, at, why.DurationMS)
			}
		}
		if strings.HasPrefix(l.Reason, "connect_") && n != endpoints {
			t.Errorf("%d attempts at %d endpoints: %s", n, endpoints, body)
		}
	}
	if status, page, err := e.Page("/why/" + l.ID); err != nil ||
		status != 200 || !strings.Contains(page, "TCP session to listener "+l.Listener) ||
		!strings.Contains(page, l.Reason) {
		t.Errorf("the page: %d %v\n%s", status, err, page)
	}
}

// enter opens a session that lasts until the end of the test.
func enter(t *testing.T, e *testkit.Process, listener string) {
	t.Helper()
	c, err := net.DialTimeout("tcp", e.Addr(listener), testkit.Deadline)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	testkit.Eventually(t, "the session is open", func() bool {
		var s struct {
			Clusters []struct {
				Name        string `json:"name"`
				Connections int    `json:"connections"`
			} `json:"clusters"`
		}
		e.Decode(t, "GET", "/status", &s)
		for _, c := range s.Clusters {
			if c.Name == listener {
				return c.Connections == 1
			}
		}
		return false
	})
}
