package causes_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// A client that comes to nothing before there is a request has a line in the log, and is counted by
// the reason. Of many that are alike some lines are left out.
func TestHandshakesThatFailAreTold(t *testing.T) {
	t.Parallel()
	foreign := testkit.NewAuthority(t)
	for _, tc := range []struct {
		name, reason string
		client       func(*tls.Config)
		raw          string // what a client without TLS sends
		want         []string
	}{
		{
			name: "no certificate", reason: "no_certificate", client: func(*tls.Config) {},
			want: []string{"the client shows no certificate, and tls.client_ca of the listener " +
				"wants"},
		},
		{
			name: "a foreign certificate", reason: "bad_certificate",
			client: func(c *tls.Config) {
				leaf := foreign.Leaf(t, nil, "b.machine.test").TLS(t)
				c.GetClientCertificate = func(
					*tls.CertificateRequestInfo,
				) (*tls.Certificate, error) {
					return &leaf, nil
				}
			},
			want: []string{
				"the client's certificate, of CN=b.machine.test and b.machine.test",
				"unknown authority",
			},
		},
		{
			name: "an old client", reason: "version",
			client: func(c *tls.Config) {
				c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
			},
			want: []string{"have no version in common"},
		},
		{
			name: "no protocol", reason: "alpn",
			client: func(c *tls.Config) { c.NextProtos = []string{"spdy/3"} },
			want:   []string{"no protocol in common (ALPN)", "spdy/3"},
		},
		{
			name: "a client without trust", reason: "alert",
			client: func(c *tls.Config) { c.RootCAs = foreign.Pool() },
			want:   []string{"the client ended the handshake: TLS alert bad certificate"},
		},
		{
			name: "plain HTTP", reason: "clear_text", raw: edgetest.Get,
			want: []string{"the client speaks plain HTTP where the listener speaks TLS"},
		},
		{
			name: "something else", reason: "clear_text", raw: "\x00\x01\x02\x03\x04\x05",
			want: []string{"the client does not speak TLS: it begins with"},
		},
		{
			name: "a client that leaves", reason: "closed", raw: "\x16\x03\x01\x02\x00",
			want: []string{"the client closed the connection within the handshake"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := start(t, []failing{{name: "any", serve: answer}}, "", nil)
			const times = 20
			for range times {
				c, err := net.DialTimeout("tcp", s.Addr("mutual"), testkit.Deadline)
				edgetest.Must(t, err)
				_ = c.SetDeadline(time.Now().Add(testkit.Deadline))
				if tc.raw != "" {
					_, _ = io.WriteString(c, tc.raw)
					_ = c.(*net.TCPConn).CloseWrite()
					_, _ = io.ReadAll(c)
				} else {
					config := &tls.Config{
						RootCAs: s.authority.Pool(), ServerName: testkit.FrontName,
					}
					tc.client(config)
					client := tls.Client(c, config)
					_ = client.Handshake()
					_, _ = client.Read(make([]byte, 1)) // with TLS 1.3 the refusal comes later
				}
				c.Close()
			}
			testkit.Eventually(t, "all are counted", func() bool {
				return s.Metrics(t)[fmt.Sprintf(`gateway_tls_handshake_failures_total{`+
					`listener="mutual",reason=%q}`, tc.reason)] == times
			})
			lines := linesWith(s.Stderr(), "a TLS handshake failed")
			if len(lines) == 0 || len(lines) > times/2 {
				t.Fatalf("%d lines for %d clients", len(lines), times)
			}
			told(t, "the line", strings.ReplaceAll(lines[0], `\"`, `"`), tc.want...)
			told(t, "the line", lines[0], "reason="+tc.reason, "listener=mutual", "client=")
		})
	}
}

func linesWith(text, words string) (all []string) {
	for l := range strings.Lines(text) {
		if strings.Contains(l, words) {
			all = append(all, l)
		}
	}
	return all
}

// A connection over a limit is counted by which limit that was, and told of in the log, where the
// number of those that were left out comes in a later line.
func TestRefusedConnectionsAreTold(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, answer)
	for _, tc := range []struct{ reason, listener, process, want string }{
		{"listener", ", limits: {max_connections: 1}", "", "limits.max_connections of the " +
			"listener is 1"},
		{"process", "", "limits: {max_connections: 1}", "limits.max_connections of the process " +
			"is 1"},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			t.Parallel()
			const address = `address: "127.0.0.1:0"`
			e := testkit.StartEdge(t, strings.Replace(edgetest.OneRoute(up.Addr(), "path_prefix: "+
				"/"),
				address+"}]", address+tc.listener+"}]", 1)+tc.process)
			first := testkit.Dial(t, e.Addr("public"))
			first.Exchange(t, "GET", edgetest.Get)
			const times = 20
			for range times {
				c := testkit.Dial(t, e.Addr("public"))
				_, _ = c.Rest()
				c.Close()
			}
			testkit.Eventually(t, "all are counted", func() bool {
				return e.Metrics(t)[fmt.Sprintf(`gateway_connections_refused_total{`+
					`listener="public",reason=%q}`, tc.reason)] == times
			})
			lines := linesWith(e.Stderr(), "a connection is refused")
			if len(lines) == 0 || len(lines) > times/2 ||
				!regexp.MustCompile(`client="127.0.0.1:\d+"`).MatchString(lines[0]) {
				t.Fatalf("%d lines for %d clients: %q", len(lines), times, lines)
			}
			told(t, "the line", lines[0], tc.want)
		})
	}
}
