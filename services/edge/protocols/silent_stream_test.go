package protocols_test

import (
	"io"
	"net/http"
	neturl "net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// The time that a response head may take is over when it is there: an event stream
// that answers a long request may be silent for longer.
func TestAnEventStreamMayPauseAfterAnUpload(t *testing.T) {
	t.Parallel()
	const limit = 300 * time.Millisecond
	authority := testkit.NewAuthority(t)
	for _, up := range []string{"http1", "h2c"} {
		t.Run(up, func(t *testing.T) {
			t.Parallel()
			address := edgetest.Serve(t, authority, up,
				http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					_, _ = io.Copy(io.Discard, r.Body)
					w.Header().Set("Content-Type", "text/event-stream")
					_ = http.NewResponseController(w).Flush()
					select {
					case <-time.After(4 * limit): // what is tested is that so much time may pass
					case <-r.Context().Done():
					}
					_, _ = io.WriteString(w, "data: late\n\n")
				}))
			f := testkit.StartFront(t, authority, testkit.Cluster{
				Address: address, Protocol: up, More: ", timeouts: {response: 300ms}",
			})
			for _, down := range []string{"HTTP/1.1", "HTTP/2"} {
				c, base := edgetest.ClientOf(t, authority, f.Process, down)
				body, w := io.Pipe()
				go func() {
					_, _ = io.WriteString(w, strings.Repeat("x", 100_000))
					_ = w.Close()
				}()
				resp, err := c.Post(base+"/", "text/plain", body)
				if err != nil {
					t.Fatal(err)
				}
				got, err := io.ReadAll(resp.Body)
				_ = resp.Body.Close()
				if err != nil || string(got) != "data: late\n\n" {
					t.Errorf("%s: %q, %v", down, got, err)
				}
			}
		})
	}
}

// What a stream carries is its endpoint's business, and how often something comes as well: a
// watch of a cluster's state, lines of JSON, frames of a camera, messages of gRPC-Web.
var streamTypes = []string{
	"text/event-stream", "application/x-ndjson", "application/json",
	"multipart/x-mixed-replace; boundary=frame", "application/vnd.docker.raw-stream",
	"application/grpc-web+proto", "application/grpc", "",
}

// pausing is an endpoint that sends "a", pauses, and sends "b". The pause ends early when its
// client goes away, which gone is told of.
func pausing(pause time.Duration, gone chan<- struct{}) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Content-Type"] = nil
		if kind := r.URL.Query().Get("type"); kind != "" {
			w.Header().Set("Content-Type", kind)
		}
		_, _ = io.WriteString(w, "a")
		_ = http.NewResponseController(w).Flush()
		select {
		case <-time.After(pause): // what is tested is that so much time may pass, or may not
		case <-r.Context().Done():
			if gone != nil {
				gone <- struct{}{}
			}
			return
		}
		_, _ = io.WriteString(w, "b")
	})
}

// streamed asks for a stream of a type, and returns what came of its body.
func streamed(c *http.Client, url, kind string) (string, error) {
	resp, err := c.Get(url + "?type=" + neturl.QueryEscape(kind))
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	return string(got), err
}

// How long a client may take nothing says nothing about how long its endpoint may be silent.
func TestAStreamMayBeSilentWhateverItCarries(t *testing.T) {
	t.Parallel()
	authority := testkit.NewAuthority(t)
	var streams sync.WaitGroup // not subtests: of those only a few would wait at a time
	for _, up := range []string{"http1", "h2c", "h2"} {
		f := testkit.StartFront(t, authority, testkit.Cluster{
			Address:  edgetest.Serve(t, authority, up, pausing(1200*time.Millisecond, nil)),
			Protocol: up, Listener: ", timeouts: {body_idle: 300ms}",
		})
		for _, down := range []string{"HTTP/1.1", "HTTP/1.1 over TLS", "HTTP/2 over TLS"} {
			c, base := edgetest.ClientOf(t, authority, f.Process, down)
			for _, kind := range streamTypes {
				streams.Go(func() {
					if got, err := streamed(c, base+"/", kind); err != nil || got != "ab" {
						t.Errorf("%s to %s, %q: %q, %v", down, up, kind, got, err)
					}
				})
			}
		}
	}
	streams.Wait()
}

// The cluster's body_idle cuts a silent stream of any type, and a route's goes before it, also
// where it is no limit.
func TestABodyIdleOfTheEndpointsSide(t *testing.T) {
	t.Parallel()
	authority := testkit.NewAuthority(t)
	const route = "timeouts: {request: 5s}"
	for _, up := range []string{"http1", "h2c"} {
		f := testkit.StartFront(t, authority, testkit.Cluster{
			Address:  edgetest.Serve(t, authority, up, pausing(1200*time.Millisecond, nil)),
			Protocol: up, More: ", timeouts: {body_idle: 300ms}", Route: ", " + route,
		})
		check := func(when string, cut bool) {
			t.Helper()
			for _, down := range []string{"HTTP/1.1", "HTTP/2"} {
				c, base := edgetest.ClientOf(t, authority, f.Process, down)
				for _, kind := range streamTypes[:2] {
					got, err := streamed(c, base+"/", kind)
					if (err != nil) != cut || !strings.HasPrefix(got, "a") {
						t.Errorf("%s to %s, %s, %s: %q, %v", down, up, kind, when, got, err)
					}
				}
			}
		}
		check("with the cluster's limit", true)
		edgetest.Edit(t, f, route, "timeouts: {request: 5s, body_idle: 0s}")
		check("with none of the route", false)
		edgetest.Edit(t, f, "request: 5s, body_idle: 0s", "request: 5s, body_idle: 200ms")
		edgetest.Edit(t, f, "timeouts: {body_idle: 300ms}", "timeouts: {body_idle: 0s}")
		check("with the route's limit", true)
	}
}

// A stream without a limit ends with its client.
func TestASilentStreamEndsWithItsClient(t *testing.T) {
	t.Parallel()
	authority := testkit.NewAuthority(t)
	for _, up := range []string{"http1", "h2c"} {
		gone := make(chan struct{}, 1)
		f := testkit.StartFront(t, authority, testkit.Cluster{
			Address: edgetest.Serve(t, authority, up, pausing(time.Hour, gone)), Protocol: up,
		})
		for _, down := range []string{"HTTP/1.1", "HTTP/2", "HTTP/2 over TLS"} {
			c, base := edgetest.ClientOf(t, authority, f.Process, down)
			resp, err := c.Get(base + "/")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadFull(resp.Body, make([]byte, 1)); err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			select {
			case <-gone:
			case <-time.After(testkit.Deadline):
				t.Errorf("%s to %s: the endpoint is not let go", down, up)
			}
		}
	}
}
