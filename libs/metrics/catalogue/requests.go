package catalogue

var requests = Group{"Requests", []Metric{
	{
		Name: "gateway_requests_total", Type: "counter",
		Labels:   []string{"cluster", "code", "listener", "method", "route"},
		Help:     "Requests that have ended, by what the client got.",
		Services: edge,
		Query: `sum by (route) (rate(gateway_requests_total{code=~"5.."}[5m])) / sum by ` +
			`(route) (rate(gateway_requests_total[5m]))`,
	},
	{
		Name: "gateway_errors_total", Type: "counter",
		Labels:   []string{"code", "listener", "route"},
		Help:     "Requests that got an error of the gateway's own, by its code.",
		Services: edge,
		Query:    "sum by (route, code) (rate(gateway_errors_total[5m]))",
	},
	{
		Name: "gateway_request_failures_total", Type: "counter",
		Labels: []string{"cause", "cluster", "route"},
		Help: "Requests that failed, by the kind of the cause, which the access log and " +
			"gateway why have in words.",
		Services: edge,
		Query: "topk(10, sum by (route, cluster, cause) " +
			"(rate(gateway_request_failures_total[5m])))",
	},
	{
		Name: "gateway_route_hits_total", Type: "counter",
		Labels:   []string{"route"},
		Help:     "Requests that matched the route.",
		Services: edge,
		Query:    "topk(10, rate(gateway_route_hits_total[5m]))",
	},
	{
		Name: "gateway_active_requests", Type: "gauge",
		Labels:   []string{"route"},
		Help:     "Requests that are being served.",
		Services: edge,
		Query:    "sum by (route) (gateway_active_requests)",
	},
	{
		Name: "gateway_request_duration_seconds", Type: "histogram",
		Labels:   []string{"route"},
		Help:     "Time from the first byte of a request to the last byte of its response.",
		Services: edge,
		Query: "histogram_quantile(0.99, sum by (le, route) " +
			"(rate(gateway_request_duration_seconds_bucket[5m])))",
	},
	{
		Name: "gateway_request_body_bytes", Type: "histogram",
		Labels: []string{"route"},
		Help: "Size of the bodies of requests, as content, as far as they were read for " +
			"an endpoint.",
		Services: edge,
		Query:    "sum by (route) (rate(gateway_request_body_bytes_sum[5m]))",
	},
	{
		Name: "gateway_response_body_bytes", Type: "histogram",
		Labels:   []string{"route"},
		Help:     "Size of the bodies of responses, as content.",
		Services: edge,
		Query:    "sum by (route) (rate(gateway_response_body_bytes_sum[5m]))",
	},
}}
