package catalogue

var endpoints = Group{"Endpoints", []Metric{
	{
		Name: "gateway_upstream_requests_total", Type: "counter",
		Labels: []string{"cluster", "endpoint", "result"},
		Help: "Requests that were sent to an endpoint, or could not be, by what came of " +
			"it. One that is sent again counts again.",
		Services: edge,
		Query: `sum by (cluster, endpoint, result) ` +
			`(rate(gateway_upstream_requests_total{result!~"[1234]xx"}[5m]))`,
	},
	{
		Name: "gateway_upstream_duration_seconds", Type: "histogram",
		Labels: []string{"cluster", "endpoint"},
		Help: "Time from the first byte of a request sent to an endpoint to the head of " +
			"its response.",
		Services: edge,
		Query: "histogram_quantile(0.99, sum by (le, cluster) " +
			"(rate(gateway_upstream_duration_seconds_bucket[5m])))",
	},
	{
		Name: "gateway_upstream_connections", Type: "gauge",
		Labels:   []string{"cluster", "endpoint", "state"},
		Help:     "Open connections to an endpoint, by whether they carry a request.",
		Services: planes,
		Query:    "sum by (cluster, state) (gateway_upstream_connections)",
	},
	{
		Name: "gateway_upstream_connections_total", Type: "counter",
		Labels:   []string{"cluster", "endpoint", "result"},
		Help:     "Connections to an endpoint that were tried to be made, by what came of it.",
		Services: planes,
		Query: `sum by (cluster, endpoint) ` +
			`(rate(gateway_upstream_connections_total{result!="opened"}[5m]))`,
	},
	{
		Name: "gateway_upstream_connect_duration_seconds", Type: "histogram",
		Labels:   []string{"cluster", "endpoint"},
		Help:     "Time that connecting to an endpoint took, name lookup included, TLS not.",
		Services: planes,
		Query: "histogram_quantile(0.99, sum by (le, cluster) " +
			"(rate(gateway_upstream_connect_duration_seconds_bucket[5m])))",
	},
	{
		Name: "gateway_upstream_tls_handshake_duration_seconds", Type: "histogram",
		Labels:   []string{"cluster", "endpoint"},
		Help:     "Time that TLS handshakes with an endpoint took that went well.",
		Services: edge,
		Query: "histogram_quantile(0.99, sum by (le, cluster) " +
			"(rate(gateway_upstream_tls_handshake_duration_seconds_bucket[5m])))",
	},
	{
		Name: "gateway_upstream_queue_requests", Type: "gauge",
		Labels:   []string{"cluster"},
		Help:     "Requests that wait for a connection of a cluster.",
		Services: planes,
		Query:    "sum by (cluster) (gateway_upstream_queue_requests) > 0",
	},
	{
		Name: "gateway_upstream_queue_duration_seconds", Type: "histogram",
		Labels: []string{"cluster"},
		Help: "Time that requests waited for a connection of a cluster that has as many " +
			"as it may have.",
		Services: edge,
		Query: "histogram_quantile(0.99, sum by (le, cluster) " +
			"(rate(gateway_upstream_queue_duration_seconds_bucket[5m])))",
	},
	{
		Name: "gateway_upstream_queue_refused_total", Type: "counter",
		Labels: []string{"cluster", "reason"},
		Help: "Requests that got no connection of a cluster that has as many as it may " +
			"have, by why.",
		Services: edge,
		Query:    "sum by (cluster, reason) (rate(gateway_upstream_queue_refused_total[5m]))",
	},
	{
		Name: "gateway_retries_total", Type: "counter",
		Labels:   []string{"cluster", "reason"},
		Help:     "Requests that were sent to a cluster once more, by why.",
		Services: edge,
		Query:    "sum by (cluster, reason) (rate(gateway_retries_total[5m]))",
	},
	{
		Name: "gateway_retries_denied_total", Type: "counter",
		Labels:   []string{"cluster"},
		Help:     "Requests that were not sent once more since the cluster's budget was used up.",
		Services: planes,
		Query:    "sum by (cluster) (rate(gateway_retries_denied_total[5m])) > 0",
	},
	{
		Name: "gateway_endpoint_weight", Type: "gauge",
		Labels:   []string{"cluster", "endpoint", "kind"},
		Help:     "Weight of an endpoint, as configured and in force.",
		Services: planes,
		Query: `gateway_endpoint_weight{kind="effective"} < ignoring (kind) ` +
			`gateway_endpoint_weight{kind="configured"}`,
	},
	{
		Name: "gateway_active_checks_total", Type: "counter",
		Labels:   []string{"cluster", "endpoint", "result"},
		Help:     "Active checks of an endpoint, by what came of them.",
		Services: nodes,
		Query:    "sum by (cluster, endpoint, result) (rate(gateway_active_checks_total[5m]))",
	},
	{
		Name: "gateway_active_check_passed", Type: "gauge",
		Labels:   []string{"cluster", "endpoint"},
		Help:     "1 if the last active check of an endpoint was good, 0 if not.",
		Services: nodes,
		Query:    "gateway_active_check_passed == 0",
	},
	{
		Name: "gateway_active_check_duration_seconds", Type: "gauge",
		Labels:   []string{"cluster", "endpoint"},
		Help:     "How long the last active check of an endpoint took.",
		Services: nodes,
		Query:    "max by (cluster) (gateway_active_check_duration_seconds)",
	},
	{
		Name: "gateway_dns_lookups_total", Type: "counter",
		Labels:   []string{"result"},
		Help:     "Lookups of the addresses of a name, by what came of them.",
		Services: planes,
		Query:    `rate(gateway_dns_lookups_total{result="failed"}[5m])`,
	},
	{
		Name: "gateway_dns_stale_answers_total", Type: "counter",
		Help: "Connections that were made to the last known addresses of a name, since " +
			"DNS did not answer.",
		Services: planes,
		Query:    "rate(gateway_dns_stale_answers_total[5m]) > 0",
	},
}}
