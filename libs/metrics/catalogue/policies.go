package catalogue

var policies = Group{"Policies", []Metric{
	{
		Name: "gateway_auth_total", Type: "counter",
		Labels:   []string{"authenticator", "result", "route"},
		Help:     "What authenticators said of the requests of routes.",
		Services: edge,
		Query: `sum by (route, authenticator, result) ` +
			`(rate(gateway_auth_total{result!="accepted"}[5m]))`,
	},
	{
		Name: "gateway_jwks_keys", Type: "gauge",
		Labels:   []string{"issuer"},
		Help:     "Keys of an issuer that can be used.",
		Services: edge,
		Query:    "gateway_jwks_keys == 0",
	},
	{
		Name: "gateway_jwks_age_seconds", Type: "gauge",
		Labels:   []string{"issuer"},
		Help:     "How long ago the keys of an issuer were fetched. Absent: they never were.",
		Services: edge,
		Query:    "gateway_jwks_age_seconds > 86400",
	},
	{
		Name: "gateway_jwks_refreshes_total", Type: "counter",
		Labels:   []string{"issuer", "result"},
		Help:     "Times that the keys of an issuer were fetched, by what came of it.",
		Services: edge,
		Query:    `rate(gateway_jwks_refreshes_total{result="failed"}[15m]) > 0`,
	},
	{
		Name: "gateway_rate_limit_requests_total", Type: "counter",
		Labels:   []string{"result", "route"},
		Help:     "Requests of routes with a rate limit, by what it said.",
		Services: edge,
		Query:    `sum by (route) (rate(gateway_rate_limit_requests_total{result="refused"}[5m]))`,
	},
	{
		Name: "gateway_rate_limit_keys", Type: "gauge",
		Help:     "Keys, such as clients, that rate limits tell apart.",
		Services: planes,
		Query:    "gateway_rate_limit_keys",
	},
	{
		Name: "gateway_rate_limit_evictions_total", Type: "counter",
		Help:     "Keys that were forgotten since limits.rate_limit_keys leaves no room.",
		Services: planes,
		Query:    "rate(gateway_rate_limit_evictions_total[5m]) > 0",
	},
	{
		Name: "gateway_rate_limit_share", Type: "gauge",
		Labels:   []string{"limit", "route"},
		Help:     "What this node has now of a limit that its fleet shares, of 1.",
		Services: edge,
		Query:    "sum by (route, limit) (gateway_rate_limit_share)",
	},
	{
		Name: "gateway_limit_requests_total", Type: "counter",
		Labels:   []string{"result", "route"},
		Help:     "Requests of routes with a limit, by what it said.",
		Services: edge,
		Query:    `sum by (route) (rate(gateway_limit_requests_total{result="refused"}[5m]))`,
	},
	{
		Name: "gateway_limit_in_flight", Type: "gauge",
		Labels:   []string{"route"},
		Help:     "Requests in flight of routes with a limit.",
		Services: edge,
		Query:    "gateway_limit_in_flight / gateway_limit_learned",
	},
	{
		Name: "gateway_limit_learned", Type: "gauge",
		Labels:   []string{"route"},
		Help:     "How many requests in flight an adaptive limit allows.",
		Services: edge,
		Query:    "min_over_time(gateway_limit_learned[1h])",
	},
	{
		Name: "gateway_contract_violations_total", Type: "counter",
		Labels:   []string{"message", "operation", "route", "rule", "where"},
		Help:     "What messages had against the OpenAPI document of their route.",
		Services: edge,
		Query: "sum by (route, operation, where, rule) " +
			"(rate(gateway_contract_violations_total[1h]))",
	},
	{
		Name: "gateway_contract_unchecked_total", Type: "counter",
		Labels:   []string{"message", "reason", "route"},
		Help:     "Messages whose body could not be checked against the OpenAPI document.",
		Services: edge,
		Query:    "sum by (route, reason) (rate(gateway_contract_unchecked_total[1h]))",
	},
	{
		Name: "gateway_compress_responses_total", Type: "counter",
		Labels:   []string{"algorithm"},
		Help:     "Responses that were coded, by algorithm.",
		Services: planes,
		Query:    "sum by (algorithm) (rate(gateway_compress_responses_total[5m]))",
	},
	{
		Name: "gateway_compress_bytes_total", Type: "counter",
		Labels:   []string{"algorithm", "direction"},
		Help:     "Bytes of bodies before (in) and after (out) they were coded.",
		Services: planes,
		Query: `sum by (algorithm) ` +
			`(rate(gateway_compress_bytes_total{direction="out"}[5m])) / sum by (algorithm) ` +
			`(rate(gateway_compress_bytes_total{direction="in"}[5m]))`,
	},
	{
		Name: "gateway_compress_plain_total", Type: "counter",
		Help:     "Responses that went as they were because limits.compress_memory was used up.",
		Services: planes,
		Query:    "rate(gateway_compress_plain_total[5m]) > 0",
	},
	{
		Name: "gateway_compress_memory_bytes", Type: "gauge",
		Help:     "Memory of the coders in use.",
		Services: planes,
		Query:    "gateway_compress_memory_bytes",
	},
	{
		Name: "gateway_sticky_requests_total", Type: "counter",
		Labels:   []string{"cluster", "result"},
		Help:     "Requests to a cluster with sticky cookies, by what their cookie was good for.",
		Services: edge,
		Query:    "sum by (cluster, result) (rate(gateway_sticky_requests_total[5m]))",
	},
	{
		Name: "gateway_mirror_requests_total", Type: "counter",
		Labels:   []string{"cluster", "result", "route"},
		Help:     "Copies of requests that were sent, by what came of them.",
		Services: edge,
		Query:    "sum by (route, cluster, result) (rate(gateway_mirror_requests_total[5m]))",
	},
	{
		Name: "gateway_mirror_duration_seconds", Type: "histogram",
		Labels:   []string{"cluster", "route"},
		Help:     "Time from sending a copy of a request to the head of its answer.",
		Services: edge,
		Query: "histogram_quantile(0.99, sum by (le, route) " +
			"(rate(gateway_mirror_duration_seconds_bucket[5m])))",
	},
	{
		Name: "gateway_mirror_active", Type: "gauge",
		Labels:   []string{"cluster", "route"},
		Help:     "Copies of requests that are under way.",
		Services: edge,
		Query:    "sum by (route) (gateway_mirror_active)",
	},
	{
		Name: "gateway_mirror_dropped_total", Type: "counter",
		Labels:   []string{"cluster", "reason", "route"},
		Help:     "Requests that were not mirrored, by why.",
		Services: edge,
		Query:    "sum by (route, reason) (rate(gateway_mirror_dropped_total[5m]))",
	},
	{
		Name: "gateway_mirror_compared_total", Type: "counter",
		Labels:   []string{"cluster", "result", "route"},
		Help:     "Pairs of answers that were to be compared, by what came of it.",
		Services: edge,
		Query: `sum by (route) ` +
			`(rate(gateway_mirror_compared_total{result="different"}[1h])) / sum by (route) ` +
			`(rate(gateway_mirror_compared_total{result=~"same|different"}[1h]))`,
	},
	{
		Name: "gateway_mirror_differences_total", Type: "counter",
		Labels:   []string{"cluster", "part", "route"},
		Help:     "Differences between the answers to requests and to their copies, by part.",
		Services: edge,
		Query:    "sum by (route, part) (rate(gateway_mirror_differences_total[1h]))",
	},
	{
		Name: "gateway_mirror_memory_bytes", Type: "gauge",
		Help:     "Memory of copies of requests, and of the answers that are compared.",
		Services: edge,
		Query:    "gateway_mirror_memory_bytes",
	},
}}
