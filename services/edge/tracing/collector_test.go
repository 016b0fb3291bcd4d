package tracing_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	collectorpb "go.opentelemetry.io/proto/otlp/collector/trace/v1"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

func spansCounted(t *testing.T, f *testkit.Process, result string) int {
	t.Helper()
	n, ok := f.Metrics(t)[`gateway_trace_spans_total{result="`+result+`"}`]
	if !ok {
		t.Fatal("there is no such counter: " + result)
	}
	return int(n)
}

// Whatever a collector does, requests are served, its spans are counted as lost, one line of the
// log and /status say why.
func TestACollectorThatFailsCostsSpansOnly(t *testing.T) {
	hostile := func(h http.HandlerFunc) func(*testing.T) string {
		return func(t *testing.T) string {
			s := httptest.NewServer(h)
			t.Cleanup(s.Close)
			return s.Listener.Addr().String()
		}
	}
	asked := new(atomic.Int32)
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		asked.Add(1)
	}))
	t.Cleanup(elsewhere.Close)
	for name, c := range map[string]struct {
		address  func(*testing.T) string
		protocol string
		why      string
	}{
		"refuses, gRPC": {func(t *testing.T) string { return edgetest.RefusedAddr(t) }, "grpc",
			"refused"},
		"refuses, HTTP": {func(t *testing.T) string { return edgetest.RefusedAddr(t) }, "http",
			"refused"},
		"hangs, gRPC": {func(t *testing.T) string { return testkit.Hanging(t) }, "grpc", ""},
		"hangs, HTTP": {func(t *testing.T) string { return testkit.Hanging(t) }, "http", ""},
		"redirects": {hostile(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
		}), "http", "redirect"},
		"answers without an end": {hostile(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/x-protobuf")
			page := make([]byte, 64<<10)
			for {
				if _, err := w.Write(page); err != nil {
					return
				}
			}
		}), "http", "too large"},
		"a byte at a time": {hostile(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			_, _ = w.Write([]byte("x"))
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}), "http", ""},
		"is a page": {hostile(func(w http.ResponseWriter, r *http.Request) {
			http.Error(w, strings.Repeat("<html>\n", 1000), http.StatusNotFound)
		}), "http", "404"},
		"speaks no gRPC": {hostile(func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, "hello")
		}), "grpc", ""},
		"asks to wait for a year": {hostile(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", "31536000")
			w.WriteHeader(http.StatusServiceUnavailable)
		}), "http", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			authority := testkit.NewAuthority(t)
			up := serve(t, "http1", authority)
			f := testkit.StartFront(t, authority, testkit.Cluster{
				Address: up.address,
				Top: fmt.Sprintf("tracing:\n  sample: 1\n  queue: 16\n  otlp: {endpoint: %q, "+
					"protocol: %s, timeout: 500ms}\n", c.address(t), c.protocol),
			})
			const n = 50
			for range n {
				if status := send(t, f, "HTTP/1.1", "GET", "/"); status != 200 {
					t.Fatal(status)
				}
			}
			testkit.Eventually(t, "all are counted", func() bool {
				return spansCounted(t, f.Process, "failed")+
					spansCounted(t, f.Process, "dropped") == 2*n
			})
			tr := edgetest.Status(t, f.Process).Tracing
			if tr == nil || tr.Failed == 0 || tr.Dropped == 0 || tr.Failure == "" ||
				!strings.Contains(tr.Failure, c.why) || len(tr.Failure) > 400 {
				t.Errorf("/status says %+v", tr)
			}
			if n := strings.Count(f.Stderr(), "does not take spans"); n != 1 {
				t.Errorf("there are %d lines in the log", n)
			}
			if asked.Load() != 0 {
				t.Error("somebody else got spans")
			}
			if code := f.Stop(t, testkit.Deadline); code != 0 {
				t.Errorf("the edge ended with %d", code)
			}
		})
	}
}

// What a collector does not want is counted, and the rest is.
func TestACollectorMayWantSome(t *testing.T) {
	for _, protocol := range []string{"grpc", "http"} {
		authority := testkit.NewAuthority(t)
		up, c := serve(t, "http1", authority), collect(t, protocol, nil)
		c.answer = func() (*collectorpb.ExportTraceServiceResponse, error) {
			return &collectorpb.ExportTraceServiceResponse{
				PartialSuccess: &collectorpb.ExportTracePartialSuccess{
					RejectedSpans: 1, ErrorMessage: "too old",
				},
			}, nil
		}
		f := testkit.StartFront(t, authority, testkit.Cluster{
			Address: up.address, Top: c.to(protocol, "sample: 1"),
		})
		send(t, f, "HTTP/1.1", "GET", "/")
		testkit.Eventually(t, "they are counted", func() bool {
			return spansCounted(t, f.Process, "exported") == 1 &&
				spansCounted(t, f.Process, "rejected") == 1
		})
		if tr := edgetest.Status(t, f.Process).Tracing; !strings.Contains(tr.Failure, "too old") {
			t.Errorf("/status says %+v", tr)
		}
	}
}

// The connection is verified, the gateway shows its certificate and sends the fields that it is
// told to; what the environment has for OpenTelemetry's exporters changes nothing of that.
func TestTheCollectorIsReachedAsTheConfigurationSays(t *testing.T) {
	for name, value := range map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_EXPORTER_OTLP_INSECURE": "true",
		"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:1/x",
		"OTEL_EXPORTER_OTLP_HEADERS":         "authorization=wrong,x-more=1",
		"OTEL_EXPORTER_OTLP_COMPRESSION":     "none", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json",
		"OTEL_SDK_DISABLED": "true", "OTEL_TRACES_SAMPLER": "always_off",
		"OTEL_SERVICE_NAME": "from-env",
	} {
		t.Setenv(name, value)
	}
	authority := testkit.NewAuthority(t)
	leaf := authority.Leaf(t, nil, "collector.test")
	secured := &tls.Config{
		Certificates: []tls.Certificate{leaf.TLS(t)}, ClientCAs: authority.Pool(),
		ClientAuth: tls.RequireAndVerifyClientCert, NextProtos: []string{"h2"},
	}
	dir := t.TempDir()
	cert, key := authority.Leaf(t, nil, "gateway.test").Write(t, dir, "gateway")
	ca := filepath.Join(dir, "ca.pem")
	if err := os.WriteFile(ca, authority.PEM, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("OTLP_TOKEN", "Bearer hunter2")
	for _, protocol := range []string{"grpc", "http"} {
		up, c := serve(t, "http1", authority), collect(t, protocol, secured)
		f := testkit.StartFront(t, authority, testkit.Cluster{
			Address: up.address, Top: fmt.Sprintf(`tracing:
  sample: 1
  otlp:
    endpoint: %q
    protocol: %s
    headers: {Authorization: "secret:env:OTLP_TOKEN", X-Scope: shop}
    security: {mode: mtls, ca: %q, cert: %q, key: %q, server_name: collector.test}
`, c.address, protocol, ca, cert, key),
		})
		send(t, f, "HTTP/1.1", "GET", "/", "Traceparent: "+tp+"01")
		all := c.wait(t, trace, 2)
		c.mu.Lock()
		h := c.fields
		c.mu.Unlock()
		if h.Get("Authorization") != "Bearer hunter2" || h.Get("X-Scope") != "shop" ||
			h.Get("X-More") != "" || all[0].resource["service.name"] != "from-env" {
			t.Errorf("%s: %v %v", protocol, h, all[0].resource)
		}
		if protocol == "http" && h.Get("Content-Encoding") != "gzip" {
			t.Errorf("%v", h)
		}
		if _, _, body, _ := f.Ask("GET", "/config"); strings.Contains(string(body), "hunter2") ||
			!strings.Contains(string(body), "X-Scope") || strings.Contains(string(body), "shop\"") {
			t.Errorf("/config shows %s", body)
		}
	}
}

// A process that ends sends what waits, and a reload changes where the spans go.
func TestNothingIsLostAtReloadsAndTheEnd(t *testing.T) {
	authority := testkit.NewAuthority(t)
	up := serve(t, "http1", authority)
	a, b := collect(t, "grpc", nil), collect(t, "http", nil)
	f := testkit.StartFront(t, authority, testkit.Cluster{
		Address: up.address, Top: a.to("grpc", "sample: 1"),
	})
	for i := range 20 {
		send(t, f, "HTTP/1.1", "GET", "/")
		if i == 9 {
			edgetest.Edit(t, f, fmt.Sprintf("{endpoint: %q, protocol: grpc}", a.address),
				fmt.Sprintf("{endpoint: %q, protocol: http}", b.address))
		}
	}
	if err := f.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code := f.Wait(t, testkit.Deadline); code != 0 {
		t.Errorf("the edge ended with %d", code)
	}
	if n := len(a.got()) + len(b.got()); n != 40 || len(b.got()) < 20 {
		t.Errorf("the collectors have %d and %d spans of 40", len(a.got()), len(b.got()))
	}
}

// A collector that comes back gets the spans that come then.
func TestACollectorComesBack(t *testing.T) {
	for _, protocol := range []string{"grpc", "http"} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			authority := testkit.NewAuthority(t)
			up := serve(t, "http1", authority)
			c := collect(t, protocol, nil)
			away := new(atomic.Bool)
			away.Store(true)
			c.answer = func() (*collectorpb.ExportTraceServiceResponse, error) {
				if away.Load() {
					return nil, errors.New("not now")
				}
				return nil, nil
			}
			f := testkit.StartFront(t, authority, testkit.Cluster{
				Address: up.address, Top: c.to(protocol, "sample: 1"),
			})
			send(t, f, "HTTP/1.1", "GET", "/")
			testkit.Eventually(t, "the first are lost", func() bool {
				return spansCounted(t, f.Process, "failed") == 2
			})
			away.Store(false)
			send(t, f, "HTTP/1.1", "GET", "/", "Traceparent: "+tp+"01")
			c.wait(t, trace, 2)
			testkit.Eventually(t, "that is told", func() bool {
				return strings.Contains(f.Stderr(), "takes spans again") &&
					edgetest.Status(t, f.Process).Tracing.Failure == ""
			})
		})
	}
}
