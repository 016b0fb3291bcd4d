package tracing_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// openMetrics is what an edge tells who asks for OpenMetrics.
func openMetrics(t *testing.T, f *testkit.Front) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+f.Addr("admin")+"/metrics",
		nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "application/openmetrics-text; version=1.0.0")
	c := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

// A bucket leads to a trace that the collector has: to the span of the request, and to that of the
// attempt. A trace that nobody can look up is none.
func TestBucketsHaveExemplars(t *testing.T) {
	authority := testkit.NewAuthority(t)
	up, c := serve(t, "http1", authority), collect(t, "grpc", nil)
	f := testkit.StartFront(t, authority, testkit.Cluster{
		Address: up.address, Top: c.to("grpc", "sample: 0", "sample_errors: true"),
	})
	has := func(metric string, s span) bool {
		for line := range strings.Lines(openMetrics(t, f)) {
			if strings.HasPrefix(line, "gateway_"+metric+"_bucket{") && strings.Contains(line,
				`# {trace_id="`+s.trace()+`",span_id="`+s.id()+`"} `) {
				return true
			}
		}
		return false
	}
	for i, client := range protocols {
		if got := send(t, f, client, "GET", "/api/x", "Traceparent: "+parentOf(2*i,
			"01")); got != 200 {
			t.Fatalf("%d", got)
		}
		all := c.wait(t, traceID(2*i), 2)
		if !has("request_duration_seconds", all[0]) {
			t.Errorf("%s: no bucket leads to the request", client)
		}
		if !has("upstream_duration_seconds", all[1]) {
			t.Errorf("%s: no bucket leads to the attempt", client)
		}
		send(t, f, client, "GET", "/api/x", "Traceparent: "+parentOf(2*i+1, "00"))
		if strings.Contains(openMetrics(t, f), traceID(2*i+1)) {
			t.Errorf("%s: a bucket leads to a trace that nobody has", client)
		}
	}
	send(t, f, "HTTP/1.1", "GET", "/api/status/500", "Traceparent: "+parentOf(99, "00"))
	if all := c.wait(t, traceID(99), 2); !has("request_duration_seconds", all[0]) {
		t.Error("no bucket leads to a request that is told of since it failed")
	}
}
