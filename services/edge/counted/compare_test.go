package counted_test

import (
	"fmt"
	"strings"
)

// expected is what the metrics have to be, by the names of samples.
type expected map[string]float64

func (e expected) add(n int, format string, labels ...any) {
	e[fmt.Sprintf(format, labels...)] += float64(n)
}

// families are those that are held against what was counted, both ways: each of their samples has
// to be expected.
var families = []string{
	"gateway_requests_total{", "gateway_route_hits_total{", "gateway_errors_total{",
	"gateway_request_duration_seconds_count{", "gateway_request_body_bytes_count{",
	"gateway_request_body_bytes_sum{", "gateway_response_body_bytes_count{",
	"gateway_response_body_bytes_sum{", "gateway_upstream_requests_total{",
	"gateway_upstream_duration_seconds_count{", "gateway_connections_total{",
	"gateway_tls_handshake_duration_seconds_count{",
}

// compare holds a scrape against what clients and endpoints have counted.
func (s *scene) compare(got map[string]float64) {
	want := expected{}
	s.byClients(want)
	s.byEndpoints(want)
	for name, n := range want {
		if got[name] != n {
			s.t.Errorf("%s is %v, and was counted %v times", name, got[name], n)
		}
	}
	for name, v := range got {
		for _, f := range families {
			if _, known := want[name]; strings.HasPrefix(name, f) && !known && v != 0 {
				s.t.Errorf("%s is %v, and nobody has counted that", name, v)
			}
		}
	}
	total, retried := 0.0, 0.0
	for name, v := range got {
		if strings.HasPrefix(name, "gateway_requests_total{") {
			total += v
		}
		if strings.HasPrefix(name, "gateway_retries_total{cluster=\"pair\"") {
			retried += v
		}
	}
	if total != float64(*requests) {
		s.t.Errorf("%v requests are counted, and %d were sent", total, *requests)
	}
	if retried == 0 {
		s.t.Error("nothing was retried")
	}
	s.t.Logf("%v requests, %d samples are as they were counted", total, len(want))
}

func (s *scene) byClients(want expected) {
	for k, c := range s.counts {
		method := k.method
		if method == "BREW" {
			method = "other"
		}
		want.add(c.requests, `gateway_requests_total{cluster=%q,code=%q,listener=%q,method=%q,`+
			`route=%q}`, k.cluster, k.code, k.listener, method, k.route)
		want.add(c.requests, `gateway_route_hits_total{route=%q}`, k.route)
		for _, h := range []string{
			"request_duration_seconds", "request_body_bytes", "response_body_bytes",
		} {
			want.add(c.requests, `gateway_%s_count{route=%q}`, h, k.route)
		}
		want.add(c.sent, `gateway_request_body_bytes_sum{route=%q}`, k.route)
		want.add(c.received, `gateway_response_body_bytes_sum{route=%q}`, k.route)
		if k.route == "gone" {
			want.add(c.requests,
				`gateway_upstream_requests_total{cluster="gone",endpoint=%q,result="connect"}`,
				s.gone)
		}
	}
	for of, n := range s.errors {
		want.add(n, `gateway_errors_total{code=%q,listener=%q,route=%q}`, of[2], of[0], of[1])
	}
	for listener, n := range s.dials {
		want.add(int(n.Load()), `gateway_connections_total{listener=%q}`, listener)
	}
	want.add(int(s.handshakes.Load()),
		`gateway_tls_handshake_duration_seconds_count{listener="tls"}`)
}

func (s *scene) byEndpoints(want expected) {
	for name, e := range s.endpoints {
		cluster := strings.TrimSuffix(name, "2")
		e.mu.Lock()
		for result, n := range e.results {
			want.add(n, `gateway_upstream_requests_total{cluster=%q,endpoint=%q,result=%q}`,
				cluster, e.address(), result)
			if strings.HasSuffix(result, "xx") {
				want.add(n, `gateway_upstream_duration_seconds_count{cluster=%q,endpoint=%q}`,
					cluster, e.address())
			}
		}
		e.mu.Unlock()
		want.add(int(e.accepted.Load()),
			`gateway_upstream_connections_total{cluster=%q,endpoint=%q,result="opened"}`,
			cluster, e.address())
		want.add(int(e.accepted.Load()),
			`gateway_upstream_connect_duration_seconds_count{cluster=%q,endpoint=%q}`,
			cluster, e.address())
	}
}
