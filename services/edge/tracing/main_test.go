// Package tracing_test has tests of an edge that traces requests: what endpoints and collectors are
// told, and what a collector that fails costs.
package tracing_test

import (
	"compress/gzip"
	"context"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	collectorpb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	_ "google.golang.org/grpc/encoding/gzip" // collectors take it
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// A span is one that a collector got.
type span struct {
	*tracepb.Span
	resource map[string]string
}

func (s span) trace() string  { return hex.EncodeToString(s.TraceId) }
func (s span) id() string     { return hex.EncodeToString(s.SpanId) }
func (s span) parent() string { return hex.EncodeToString(s.ParentSpanId) }
func (s span) failed() bool   { return s.GetStatus().GetCode() == tracepb.Status_STATUS_CODE_ERROR }

// attributes are those of a span as texts.
func (s span) attributes() map[string]string { return texts(s.Attributes) }

func texts(all []*commonpb.KeyValue) map[string]string {
	out := make(map[string]string)
	for _, a := range all {
		switch v := a.Value.Value.(type) {
		case *commonpb.AnyValue_StringValue:
			out[a.Key] = v.StringValue
		case *commonpb.AnyValue_IntValue:
			out[a.Key] = fmt.Sprint(v.IntValue)
		case *commonpb.AnyValue_BoolValue:
			out[a.Key] = fmt.Sprint(v.BoolValue)
		}
	}
	return out
}

// A collector is a server of OTLP that remembers what it got.
type collector struct {
	collectorpb.UnimplementedTraceServiceServer
	address string
	// answer, unless it is nil, is what it answers.
	answer func() (*collectorpb.ExportTraceServiceResponse, error)

	mu     sync.Mutex
	spans  []span
	fields http.Header // of the last request
}

// Export is collectorpb.TraceServiceServer's.
func (c *collector) Export(ctx context.Context, r *collectorpb.ExportTraceServiceRequest) (
	*collectorpb.ExportTraceServiceResponse, error,
) {
	md, _ := metadata.FromIncomingContext(ctx)
	fields := http.Header{}
	for name, values := range md {
		fields[http.CanonicalHeaderKey(name)] = values
	}
	return c.take(r, fields)
}

func (c *collector) take(r *collectorpb.ExportTraceServiceRequest, fields http.Header) (
	*collectorpb.ExportTraceServiceResponse, error,
) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fields = fields
	if c.answer != nil {
		if a, err := c.answer(); a != nil || err != nil {
			return a, err
		}
	}
	for _, rs := range r.ResourceSpans {
		for _, ss := range rs.ScopeSpans {
			for _, s := range ss.Spans {
				c.spans = append(c.spans, span{s, texts(rs.Resource.Attributes)})
			}
		}
	}
	return new(collectorpb.ExportTraceServiceResponse), nil
}

// ServeHTTP takes OTLP over HTTP.
func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		body = z
	}
	data, err := io.ReadAll(body)
	var in collectorpb.ExportTraceServiceRequest
	if err == nil {
		err = proto.Unmarshal(data, &in)
	}
	if err != nil || r.URL.Path != "/v1/traces" ||
		r.Header.Get("Content-Type") != "application/x-protobuf" {
		http.Error(w, fmt.Sprint(err), http.StatusBadRequest)
		return
	}
	fields := r.Header.Clone()
	out, err := c.take(&in, fields)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	data, _ = proto.Marshal(out)
	w.Header().Set("Content-Type", "application/x-protobuf")
	_, _ = w.Write(data)
}

// collect runs a collector that speaks grpc or http; secured unless it is nil, over TLS.
func collect(t *testing.T, protocol string, secured *tls.Config) *collector {
	t.Helper()
	return collectAt(t, "127.0.0.1:0", protocol, secured)
}

func collectAt(t *testing.T, address, protocol string, secured *tls.Config) *collector {
	t.Helper()
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	c := &collector{address: ln.Addr().String()}
	done := make(chan struct{})
	if protocol == "grpc" {
		var options []grpc.ServerOption
		if secured != nil {
			options = append(options, grpc.Creds(credentials.NewTLS(secured)))
		}
		s := grpc.NewServer(options...)
		collectorpb.RegisterTraceServiceServer(s, c)
		go func() { defer close(done); _ = s.Serve(ln) }()
		t.Cleanup(func() { s.Stop(); <-done })
		return c
	}
	s := &http.Server{Handler: c, TLSConfig: secured}
	go func() {
		defer close(done)
		if secured != nil {
			_ = s.ServeTLS(ln, "", "")
		} else {
			_ = s.Serve(ln)
		}
	}()
	t.Cleanup(func() { _ = s.Close(); <-done })
	return c
}

func (c *collector) got() []span {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]span(nil), c.spans...)
}

// wait waits for n spans of a trace, and returns them: that of the request first, then those of its
// attempts in their order.
func (c *collector) wait(t *testing.T, trace string, n int) []span {
	t.Helper()
	var found []span
	testkit.Eventually(t, fmt.Sprintf("the collector has %d spans of %q", n, trace), func() bool {
		found = nil
		for _, s := range c.got() {
			if trace == "" || s.trace() == trace {
				found = append(found, s)
			}
		}
		return len(found) >= n
	})
	if len(found) != n {
		t.Fatalf("there are %d spans and not %d: %v", len(found), n, found)
	}
	return found
}

// to is the configuration that sends traces to a collector.
func (c *collector) to(protocol string, more ...string) string {
	return fmt.Sprintf("tracing:\n  otlp: {endpoint: %q, protocol: %s}\n  %s\n", c.address,
		protocol, strings.Join(more, "\n  "))
}

// traceID makes the ID of a trace.
func traceID(n int) string { return fmt.Sprintf("%032x", 0xabcdef0000+n) }

// parentOf is a traceparent of a caller.
func parentOf(n int, flags string) string {
	return "00-" + traceID(n) + "-00f067aa0ba902b7-" + flags
}
