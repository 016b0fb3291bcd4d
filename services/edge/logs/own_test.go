package logs_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// ownConfig answers most requests itself: as error, redirect, page, or for a policy.
func ownConfig(t testing.TB, authority *testkit.Authority, endpoint string) string {
	leaf := authority.Leaf(t, nil, testkit.FrontName)
	cert, key := leaf.Write(t, t.TempDir(), "front")
	return fmt.Sprintf(`
version: 1
listeners:
  - {name: plain, address: "127.0.0.1:0"}
  - {name: tls, address: "127.0.0.1:0", tls: {certificates: [{cert: %q, key: %q}]}}
clusters:
  - {name: up, endpoints: [{address: %q}]}
  - {name: away, endpoints: [{address: %q}]}
routes:
  - {name: up, path_prefix: /up, cluster: up}
  - {name: away, path_prefix: /away, cluster: away}
  - {name: moved, path: /moved, redirect: {scheme: https}}
  - {name: page, path: /page, respond: {status: 503, body: "closed today"}}
  - {name: posts, path: /posts, methods: [POST], cluster: up, max_body_bytes: 3}
  - {name: few, path: /few, cluster: up, clients: {deny: ["0.0.0.0/0"]}}
admin: {address: "127.0.0.1:0"}
`, cert, key, endpoint, edgetest.RefusedAddr(t))
}

var protocols = []string{"HTTP/1.1", "HTTP/1.1 over TLS", "HTTP/2", "HTTP/2 over TLS"}

// What the gateway answers itself has its size in the log, and no endpoint that was not tried.
func TestTheLogCountsWhatTheGatewayAnswersItself(t *testing.T) {
	t.Parallel()
	authority := testkit.NewAuthority(t)
	up := testkit.NewUpstream(t, testkit.Answer(edgetest.OK))
	for _, protocol := range protocols {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			e := testkit.StartEdge(t, ownConfig(t, authority, up.Addr()))
			c, base := edgetest.ClientOf(t, authority, e, protocol)
			c.CheckRedirect = func(*http.Request, []*http.Request) error {
				return http.ErrUseLastResponse
			}
			n := 0
			for _, tc := range []struct {
				method, path, body string
				status             int
				endpoint           bool
			}{
				{"GET", "/up", "", 200, true},
				{"GET", "/nowhere", "", 404, false},
				{"HEAD", "/nowhere", "", 404, false},
				{"GET", "/posts", "", 405, false},
				{"POST", "/posts", "more than three", 413, false},
				{"GET", "/moved", "", 302, false},
				{"GET", "/page", "", 503, false},
				{"GET", "/few", "", 403, false},
				{"GET", "/away", "", 502, true},
				{"TRACE", "/up", "", 405, false},
			} {
				r, err := http.NewRequestWithContext(t.Context(), tc.method, base+tc.path,
					strings.NewReader(tc.body))
				edgetest.Must(t, err)
				resp, err := c.Do(r)
				edgetest.Must(t, err)
				body, err := io.ReadAll(resp.Body)
				edgetest.Must(t, err)
				edgetest.Must(t, resp.Body.Close())
				n++
				got := await(t, e, n)[n-1]
				if resp.StatusCode != tc.status || int(got.number("status")) != tc.status ||
					int(got.number("response_bytes")) != len(body) ||
					got.text("request_id") != resp.Header.Get("X-Request-Id") ||
					(got.text("endpoint") != "") != tc.endpoint {
					t.Errorf("%s %s: %d with %d bytes, and the line %v", tc.method, tc.path,
						resp.StatusCode, len(body), got)
				}
			}
		})
	}
}

// An endpoint that is full, and whose line is long, never got the request: the line does not name
// it, and says 503 or 499.
func TestTheLogNamesNoEndpointThatWasNotTried(t *testing.T) {
	t.Parallel()
	busy := make(chan struct{})
	release := edgetest.Gate(t, busy)
	up := testkit.NewUpstream(t, func(c *testkit.Conn) {
		if _, err := c.Request(); err == nil {
			<-busy
			_ = c.Send(edgetest.OK)
		}
	})
	e := testkit.StartEdge(t, fmt.Sprintf(`
version: 1
listeners: [{name: public, address: "127.0.0.1:0"}]
clusters:
  - name: up
    endpoints: [{address: %q}]
    limits: {max_connections: 1, max_pending: 1}
routes: [{name: all, path_prefix: /, cluster: up}]
admin: {address: "127.0.0.1:0"}
`, up.Addr()))
	const get = "GET /%d HTTP/1.1\r\nHost: a.test\r\n\r\n"
	first, waits := testkit.Dial(t, e.Addr("public")), testkit.Dial(t, e.Addr("public"))
	edgetest.Must(t, first.Send(fmt.Sprintf(get, 1)))
	testkit.Eventually(t, "the endpoint is busy", func() bool { return len(up.Conns()) == 1 })
	edgetest.Must(t, waits.Send(fmt.Sprintf(get, 2)))
	testkit.Eventually(t, "one waits", func() bool {
		return edgetest.Status(t, e).Clusters[0].Pending == 1
	})
	over := testkit.Dial(t, e.Addr("public")).Exchange(t, "GET", fmt.Sprintf(get, 3))
	waits.Reset()
	lines := await(t, e, 2)
	for i, want := range []struct{ path, status string }{{"/3", "503"}, {"/2", "499"}} {
		got := lines[i]
		if got.text("path") != want.path || fmt.Sprint(got["status"]) != want.status ||
			got.text("endpoint") != "" || got.number("attempts") != 0 {
			t.Errorf("the line is %v, want %s of %s without an endpoint", got, want.status,
				want.path)
		}
	}
	if over.Status != 503 {
		t.Errorf("one too many is answered %d", over.Status)
	}
	release()
	if got := await(t, e, 3)[2]; got.text("endpoint") != up.Addr() {
		t.Errorf("the first request's line is %v", got)
	}
}

// A head that trickles is a part of what a client waits for.
func TestDurationsBeginWithTheFirstByteOfTheHead(t *testing.T) {
	t.Parallel()
	authority := testkit.NewAuthority(t)
	up := testkit.NewUpstream(t, testkit.Answer(edgetest.OK))
	const pause = 300 * time.Millisecond
	for _, protocol := range protocols {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			e := testkit.StartEdge(t, ownConfig(t, authority, up.Addr()))
			wire := dialFor(t, authority, e, protocol)
			for i, tc := range []struct {
				path string
				slow bool
			}{{"/up", true}, {"/nowhere", true}, {"/up", false}} {
				head := headFor(protocol, tc.path, uint32(2*i+1))
				cut := len(head)
				if tc.slow {
					cut = len(head) - 5
				}
				began := time.Now()
				_, err := wire.Write(head[:cut])
				edgetest.Must(t, err)
				if tc.slow {
					testkit.Eventually(t, "it is late", func() bool {
						return time.Since(began) > pause
					})
					_, err = wire.Write(head[cut:])
					edgetest.Must(t, err)
				}
				got := await(t, e, i+1)[i]
				took := time.Duration(got.number("duration_ms") * float64(time.Millisecond))
				if tc.slow && took < pause*9/10 || took > time.Since(began)+time.Millisecond {
					t.Errorf("%s, slow: %v: the line has %v of %v", tc.path, tc.slow, took,
						time.Since(began))
				}
				at, err := time.Parse(time.RFC3339, got.text("time"))
				if err != nil || tc.slow && at.Sub(began) > pause/2 {
					t.Errorf("it began at %v, the line says %v, %v", began, at, err)
				}
			}
		})
	}
}

// dialFor opens a connection to the edge that is ready for requests of a protocol.
func dialFor(
	t testing.TB, authority *testkit.Authority, e *testkit.Process, protocol string,
) io.ReadWriter {
	t.Helper()
	var conn io.ReadWriter
	if name, ok := strings.CutSuffix(protocol, " over TLS"); ok {
		alpn := map[string]string{"HTTP/1.1": "http/1.1", "HTTP/2": "h2"}[name]
		c, err := tls.Dial("tcp", e.Addr("tls"), &tls.Config{
			RootCAs: authority.Pool(), ServerName: testkit.FrontName, NextProtos: []string{alpn},
		})
		edgetest.Must(t, err)
		t.Cleanup(func() { _ = c.Close() })
		conn = c
	} else {
		conn = dialTCP(t, e.Addr("plain"))
	}
	if strings.HasPrefix(protocol, "HTTP/2") {
		_, err := conn.Write(preface())
		edgetest.Must(t, err)
	}
	go func() { _, _ = io.Copy(io.Discard, conn) }()
	return conn
}
