package tracing_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// An app is an endpoint that remembers the fields that it got, and answers /status/N with N.
type app struct {
	address string
	mu      sync.Mutex
	got     []http.Header
}

func serve(t *testing.T, protocol string, authority *testkit.Authority) *app {
	t.Helper()
	a := new(app)
	a.address = edgetest.Serve(t, authority, protocol, a)
	return a
}

// ServeHTTP is http.Handler's.
func (a *app) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	a.mu.Lock()
	a.got = append(a.got, r.Header.Clone())
	a.mu.Unlock()
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/grpc") {
		w.Header().Set("Content-Type", "application/grpc")
		w.Header().Set("Trailer", "Grpc-Status")
		_, _ = w.Write([]byte{0, 0, 0, 0, 0})
		w.Header().Set("Grpc-Status", r.Header.Get("X-Want"))
		return
	}
	status := 200
	_, _ = fmt.Sscanf(r.URL.Path, "/api/status/%d", &status)
	w.WriteHeader(status)
}

// parents are the traceparents that it got.
func (a *app) parents() (all []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, h := range a.got {
		all = append(all, strings.Join(h.Values("Traceparent"), "|"))
	}
	return all
}

// wire is how the attempt of a span says itself to an endpoint.
func wire(s span, flags string) string { return "00-" + s.trace() + "-" + s.id() + "-" + flags }

// send sends a request and returns the status.
func send(t *testing.T, f *testkit.Front, protocol, method, target string, lines ...string) int {
	t.Helper()
	c, base := edgetest.ClientOf(t, f.Authority, f.Process, protocol)
	r, err := http.NewRequestWithContext(t.Context(), method, base+target, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Add(name, value)
	}
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}

var protocols = []string{"HTTP/1.1", "HTTP/2", "HTTP/1.1 over TLS", "HTTP/2 over TLS"}

// A request has a span, and each attempt one below it, whatever protocols the two sides speak; the
// endpoint is told the ID of its attempt's span.
func TestARequestHasItsSpans(t *testing.T) {
	for _, otlp := range []string{"grpc", "http"} {
		for _, side := range []string{"http1", "h2c", "h2"} {
			t.Run(otlp+" "+side, func(t *testing.T) {
				t.Parallel()
				authority := testkit.NewAuthority(t)
				up, c := serve(t, side, authority), collect(t, otlp, nil)
				f := testkit.StartFront(t, authority, testkit.Cluster{
					Address: up.address, Protocol: side,
					Route: ", path_prefix: /api", Top: c.to(otlp, "service: shop",
						"attributes: {deployment.environment.name: test}"),
				})
				for i, client := range protocols {
					status := send(t, f, client, "GET", "/api/x?secret=1",
						"Traceparent: "+parentOf(i, "01"), "Tracestate: a=1 , b=2",
						"User-Agent: tester")
					if status != 200 {
						t.Fatalf("%s: %d", client, status)
					}
					all := c.wait(t, traceID(i), 2)
					check(t, f, client, side, up.address, all)
					if got := up.parents()[i]; got != wire(all[1], "01") {
						t.Errorf("%s: the endpoint got %s, and the span is %s", client, got,
							all[1].id())
					}
					up.mu.Lock()
					state := up.got[i].Values("Tracestate")
					up.mu.Unlock()
					if !slices.Equal(state, []string{"a=1,b=2"}) {
						t.Errorf("%s: the endpoint got the state %q", client, state)
					}
				}
			})
		}
	}
}

// check holds the two spans of a request against what was asked.
func check(t *testing.T, f *testkit.Front, client, side, endpoint string, all []span) {
	t.Helper()
	server, attempt := all[0], all[1]
	u := url.URL{Scheme: "http", Host: f.Addr("plain")}
	version, scheme := "1.1", "http"
	if strings.HasSuffix(client, "TLS") {
		u = url.URL{Scheme: "https", Host: f.Addr("tls")}
	}
	if strings.HasPrefix(client, "HTTP/2") {
		version = "2"
	}
	host, port, _ := net.SplitHostPort(endpoint)
	out := map[string]string{
		"http.request.method": "GET", "http.response.status_code": "200",
		"url.full":       "http://" + endpoint + "/api/x",
		"server.address": host, "server.port": port, "network.peer.address": host,
		"network.peer.port": port, "network.protocol.name": "http",
		"network.protocol.version": "1.1", "gateway.cluster": "up",
	}
	if side != "http1" {
		out["network.protocol.version"] = "2"
	}
	if side == "h2" {
		scheme = "https"
		out["url.full"] = scheme + "://" + endpoint + "/api/x"
	}
	in := map[string]string{
		"http.request.method": "GET", "http.response.status_code": "200",
		"http.route": "/api/*", "url.path": "/api/x", "url.scheme": u.Scheme,
		"server.address": u.Hostname(), "server.port": u.Port(),
		"client.address": "127.0.0.1", "network.peer.address": "127.0.0.1",
		"network.protocol.name": "http", "network.protocol.version": version,
		"user_agent.original": "tester", "gateway.route": "all", "gateway.cluster": "up",
	}
	for name, want := range in {
		if got := server.attributes()[name]; got != want {
			t.Errorf("%s: %s of the request is %q, want %q", client, name, got, want)
		}
	}
	for name, want := range out {
		if got := attempt.attributes()[name]; got != want {
			t.Errorf("%s: %s of the attempt is %q, want %q", client, name, got, want)
		}
	}
	for _, never := range []string{"url.query", "error.type", "http.request.resend_count"} {
		if v, ok := server.attributes()[never]; ok {
			t.Errorf("%s: %s is %q", client, never, v)
		}
	}
	if server.Name != "GET /api/*" || attempt.Name != "GET" ||
		server.Kind.String() != "SPAN_KIND_SERVER" ||
		attempt.Kind.String() != "SPAN_KIND_CLIENT" ||
		server.parent() != "00f067aa0ba902b7" || attempt.parent() != server.id() ||
		server.TraceState != "a=1,b=2" || server.failed() || attempt.failed() ||
		attempt.StartTimeUnixNano < server.StartTimeUnixNano ||
		attempt.EndTimeUnixNano > server.EndTimeUnixNano ||
		attempt.StartTimeUnixNano > attempt.EndTimeUnixNano {
		t.Errorf("%s: %v, %v", client, server, attempt)
	}
	r := server.resource
	if r["service.name"] != "shop" || r["deployment.environment.name"] != "test" ||
		r["service.version"] == "" || r["host.name"] == "" || len(r["service.instance.id"]) != 36 {
		t.Errorf("the resource is %v", r)
	}
}

// A retry has a span of its own, with an ID of its own that its endpoint is told. So has a copy of
// the request, which is below the span of the request and tells of its own endpoint.
func TestRetriesAndCopiesHaveTheirOwnIDs(t *testing.T) {
	authority := testkit.NewAuthority(t)
	c, shadow := collect(t, "grpc", nil), serve(t, "http1", authority)
	var mu sync.Mutex
	var parents []string
	bad := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		mu.Lock()
		parents = append(parents, r.Header.Get("Traceparent"))
		n := len(parents)
		mu.Unlock()
		if n%3 != 0 {
			w.WriteHeader(503)
		}
	}))
	t.Cleanup(bad.Close)
	f := testkit.StartFront(t, authority, testkit.Cluster{
		Address: bad.Listener.Addr().String(),
		More:    "}, {name: shadow, endpoints: [{address: \"" + shadow.address + "\"}]",
		Route:   ", retry: {attempts: 3, on: [\"503\"], budget: 100%}, mirror: {cluster: shadow}",
		Top:     c.to("grpc"),
	})
	for i, body := range []string{"", "text", strings.Repeat("long", 3000)} {
		cl, base := edgetest.ClientOf(t, authority, f.Process, "HTTP/1.1")
		r, _ := http.NewRequestWithContext(t.Context(), "PUT", base+"/", strings.NewReader(body))
		r.Header.Set("Traceparent", parentOf(i, "01"))
		resp, err := cl.Do(r)
		if err != nil || resp.StatusCode != 200 {
			t.Fatal(resp, err)
		}
		resp.Body.Close()
		all := c.wait(t, traceID(i), 5)
		at := slices.IndexFunc(all, func(s span) bool {
			return s.attributes()["gateway.mirror"] != ""
		})
		if at < 0 {
			t.Fatalf("no span is that of the copy: %v", all)
		}
		copied := all[at]
		all = slices.Delete(all, at, at+1)
		for n, s := range all[1:] {
			a := s.attributes()
			want := map[string]string{"http.response.status_code": "503", "error.type": "503"}
			if n == 2 {
				want = map[string]string{"http.response.status_code": "200", "error.type": ""}
			}
			if n > 0 {
				want["http.request.resend_count"] = fmt.Sprint(n)
			}
			for name, v := range want {
				if a[name] != v {
					t.Errorf("attempt %d: %s is %q, want %q", n, name, a[name], v)
				}
			}
			mu.Lock()
			got := parents[3*i+n]
			mu.Unlock()
			if got != wire(s, "01") || s.parent() != all[0].id() || s.failed() != (n < 2) {
				t.Errorf("attempt %d: the endpoint got %s; %v", n, got, s)
			}
		}
		testkit.Eventually(t, "the copy has come", func() bool { return len(shadow.parents()) > i })
		if got := shadow.parents()[i]; got != wire(copied, "01") {
			t.Errorf("the copy has %s, and its span is %s", got, copied.id())
		}
		a := copied.attributes()
		if copied.parent() != all[0].id() || copied.Kind.String() != "SPAN_KIND_CLIENT" ||
			copied.failed() || a["gateway.cluster"] != "shadow" || a["gateway.mirror"] != "true" ||
			a["http.response.status_code"] != "200" || a["http.request.method"] != "PUT" ||
			a["url.full"] != "http://"+shadow.address+"/" ||
			copied.EndTimeUnixNano <= copied.StartTimeUnixNano {
			t.Errorf("the span of the copy is %v", copied)
		}
	}
}

// What becomes of a copy is told when it fails too, and the request is none the worse.
func TestTheSpanOfACopySaysWhyItFailed(t *testing.T) {
	authority := testkit.NewAuthority(t)
	for name, tc := range map[string]struct{ address, wrong, message string }{
		"refused": {edgetest.RefusedAddr(t), "connect", "connection refused"},
		"resets": {testkit.NewUpstream(t, func(c *testkit.Conn) {
			_, _ = c.Head()
			c.Reset()
		}).Addr(), "reset", ""},
		"a status": {testkit.NewUpstream(t, testkit.Answer("HTTP/1.1 500 No\r\nContent-Length: "+
			"0\r\n\r\n")).Addr(), "500", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			up, c := serve(t, "http1", authority), collect(t, "grpc", nil)
			f := testkit.StartFront(t, authority, testkit.Cluster{
				Address: up.address,
				More:    "}, {name: shadow, endpoints: [{address: \"" + tc.address + "\"}]",
				Route:   ", mirror: {cluster: shadow}", Top: c.to("grpc"),
			})
			if status := send(t, f, "HTTP/1.1", "GET", "/", "Traceparent: "+
				parentOf(1, "01")); status != 200 {
				t.Fatal(status)
			}
			all := c.wait(t, traceID(1), 3)
			at := slices.IndexFunc(all, func(s span) bool { return s.failed() })
			if at < 0 {
				t.Fatalf("no span has failed: %v", all)
			}
			a := all[at].attributes()
			if a["gateway.mirror"] != "true" || a["error.type"] != tc.wrong ||
				!strings.Contains(all[at].Status.GetMessage(), tc.message) {
				t.Errorf("the span of the copy is %v", all[at])
			}
		})
	}
}

// What is not recorded is not told, unless it fails and that is asked for; then the spans are those
// that the endpoint was told of.
func TestFailuresAreToldWhereThatIsAskedFor(t *testing.T) {
	authority := testkit.NewAuthority(t)
	up, c := serve(t, "http1", authority), collect(t, "grpc", nil)
	f := testkit.StartFront(t, authority, testkit.Cluster{
		Address: up.address, Top: c.to("grpc", "sample: 0", "sample_errors: true"),
	})
	for n, client := range protocols {
		n *= 10
		for i, status := range []int{200, 404, 500} {
			target := fmt.Sprintf("/api/status/%d", status)
			if got := send(t, f, client, "GET", target, "Traceparent: "+
				parentOf(n+i, "00")); got != status {
				t.Fatalf("%d", got)
			}
		}
		all := c.wait(t, traceID(n+2), 2)
		last := up.parents()[len(up.parents())-1]
		if last != wire(all[1], "00") || !all[0].failed() || !all[1].failed() ||
			all[0].attributes()["error.type"] != "500" {
			t.Errorf("the endpoint got %s: %v", last, all)
		}
	}
	send(t, f, "HTTP/1.1", "GET", "/api/status/503") // whose trace begins here
	testkit.Eventually(t, "it is told", func() bool { return len(c.got()) == 10 })
	for _, s := range c.got() {
		if code := s.attributes()["http.response.status_code"]; code != "500" && code != "503" {
			t.Errorf("a request with %s is told of", code)
		}
	}
}

// What the gateway itself answers has a span, with its code; nobody is tried.
func TestAnswersOfTheGatewayHaveASpan(t *testing.T) {
	authority := testkit.NewAuthority(t)
	c := collect(t, "grpc", nil)
	f := testkit.StartFront(t, authority, testkit.Cluster{
		Address: edgetest.RefusedAddr(t), Route: ", path_prefix: /api", Top: c.to("grpc"),
	})
	if got := send(t, f, "HTTP/2", "GET", "/none", "Traceparent: "+parentOf(1, "01")); got != 404 {
		t.Fatal(got)
	}
	s := c.wait(t, traceID(1), 1)[0]
	if a := s.attributes(); s.failed() || s.Name != "GET" || a["gateway.code"] != "GW_NO_ROUTE" ||
		a["http.response.status_code"] != "404" || a["error.type"] != "" {
		t.Errorf("%v", s)
	}
	send(t, f, "HTTP/1.1", "BREW", "/api/", "Traceparent: "+parentOf(2, "01"))
	all := c.wait(t, traceID(2), 2)
	for i, s := range all {
		if a := s.attributes(); !s.failed() || a["error.type"] != "GW_UPSTREAM_CONNECT" ||
			a["http.request.method"] != "_OTHER" ||
			a["http.request.method_original"] != "BREW" {
			t.Errorf("span %d: %v", i, s)
		}
	}
	if all[0].Name != "HTTP /api/*" || all[1].GetStatus().GetMessage() == "" {
		t.Errorf("%v", all)
	}
}

// A gRPC call is told of with its method and its status.
func TestCallsAreTold(t *testing.T) {
	authority := testkit.NewAuthority(t)
	up, c := serve(t, "h2c", authority), collect(t, "http", nil)
	f := testkit.StartFront(t, authority, testkit.Cluster{
		Address: up.address, Protocol: "h2c", Top: c.to("http"),
	})
	for i, call := range []struct {
		status, name     string
		request, attempt bool // which span is an error
	}{
		{"0", "OK", false, false}, {"5", "NOT_FOUND", false, true},
		{"13", "INTERNAL", true, true}, {"14", "UNAVAILABLE", true, true},
	} {
		send(t, f, "HTTP/2", "POST", "/shop.Cart/Add", "Content-Type: application/grpc",
			"Te: trailers", "X-Want: "+call.status, "Traceparent: "+parentOf(i, "01"))
		all := c.wait(t, traceID(i), 2)
		for _, s := range all {
			a := s.attributes()
			if a["rpc.system.name"] != "grpc" || a["rpc.method"] != "shop.Cart/Add" ||
				a["rpc.response.status_code"] != call.name {
				t.Errorf("%s: %v", call.name, s)
			}
		}
		if all[0].failed() != call.request || all[1].failed() != call.attempt ||
			up.parents()[i] != wire(all[1], "01") {
			t.Errorf("%s: %v", call.name, all)
		}
	}
}

// A WebSocket is told of when it has ended; what opens it has the ID of the attempt.
func TestTunnelsAreTold(t *testing.T) {
	up, c := testkit.NewUpstream(t, edgetest.Echoing), collect(t, "grpc", nil)
	f := testkit.StartFront(t, testkit.NewAuthority(t), testkit.Cluster{
		Address: up.Addr(), Top: c.to("grpc"),
	})
	w := testkit.Dial(t, f.Addr("plain"))
	r := w.Exchange(t, "GET", strings.Replace(edgetest.UpgradeRequest, "\r\n",
		"\r\ntraceparent: "+parentOf(1, "01")+"\r\n", 1))
	if r.Status != 101 {
		t.Fatal(r.Status)
	}
	if err := edgetest.Echoes(w, "hello"); err != nil {
		t.Fatal(err)
	}
	w.Close()
	all := c.wait(t, traceID(1), 2)
	if got := up.Conn(t, 0).Received(); !strings.Contains(got, "traceparent: "+
		wire(all[1], "01")+"\r\n") {
		t.Errorf("the endpoint got %q", got)
	}
	for _, s := range all {
		if s.failed() || s.attributes()["http.response.status_code"] != "101" {
			t.Errorf("%v", s)
		}
	}
}
