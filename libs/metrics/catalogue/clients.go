package catalogue

var clients = Group{"Clients", []Metric{
	{
		Name: "gateway_connections_total", Type: "counter",
		Labels:   []string{"listener"},
		Help:     "Client connections that were let in.",
		Services: planes,
		Query:    "sum by (listener) (rate(gateway_connections_total[5m]))",
	},
	{
		Name: "gateway_active_connections", Type: "gauge",
		Labels:   []string{"listener"},
		Help:     "Open client connections.",
		Services: planes,
		Query:    "sum by (listener) (gateway_active_connections)",
	},
	{
		Name: "gateway_connections_refused_total", Type: "counter",
		Labels: []string{"listener", "reason"},
		Help: "Connections of clients that were refused, by the limit that they were " +
			"over.",
		Services: planes,
		Query:    "sum by (listener, reason) (rate(gateway_connections_refused_total[5m]))",
	},
	{
		Name: "gateway_connections_limit", Type: "gauge",
		Labels:   []string{"listener"},
		Help:     "How many client connections a listener takes.",
		Services: planes,
		Query:    "gateway_active_connections / gateway_connections_limit > 0.8",
	},
	{
		Name: "gateway_process_connections_limit", Type: "gauge",
		Help:     "How many client connections the process takes, over all listeners.",
		Services: planes,
		Query: "sum by (instance) (gateway_active_connections) / " +
			"on (instance) gateway_process_connections_limit > 0.8",
	},
	{
		Name: "gateway_tls_handshake_duration_seconds", Type: "histogram",
		Labels:   []string{"listener"},
		Help:     "Time that TLS handshakes with clients took that went well.",
		Services: edge,
		Query: "histogram_quantile(0.99, sum by (le, listener) " +
			"(rate(gateway_tls_handshake_duration_seconds_bucket[5m])))",
	},
	{
		Name: "gateway_tls_handshake_failures_total", Type: "counter",
		Labels:   []string{"listener", "reason"},
		Help:     "TLS handshakes with clients that failed, by why.",
		Services: edge,
		Query:    "sum by (listener, reason) (rate(gateway_tls_handshake_failures_total[5m]))",
	},
	{
		Name: "gateway_certificate_not_after_timestamp_seconds", Type: "gauge",
		Labels:   []string{"file", "listener"},
		Help:     "When a certificate of a listener ends, in seconds since 1970.",
		Services: edge,
		Query:    "(gateway_certificate_not_after_timestamp_seconds - time()) / 86400 < 14",
	},
	{
		Name: "gateway_used_certificate_not_after_timestamp_seconds", Type: "gauge",
		Labels: []string{"file", "kind", "name", "use"},
		Help: "When a certificate ends that is used beside those of listeners, or the last of " +
			"the authorities that others are verified by, in seconds since 1970.",
		Services: edge,
		Query:    "(gateway_used_certificate_not_after_timestamp_seconds - time()) / 86400 < 14",
	},
	{
		Name: "gateway_relay_sessions_total", Type: "counter",
		Labels:   []string{"close_reason", "listener"},
		Help:     "TCP sessions that have ended, by why.",
		Services: relay,
		Query:    "sum by (listener, close_reason) (rate(gateway_relay_sessions_total[5m]))",
	},
	{
		Name: "gateway_relay_session_duration_seconds", Type: "histogram",
		Labels:   []string{"listener"},
		Help:     "Time that TCP sessions lasted that have ended.",
		Services: relay,
		Query: "histogram_quantile(0.5, sum by (le, listener) " +
			"(rate(gateway_relay_session_duration_seconds_bucket[5m])))",
	},
	{
		Name: "gateway_relay_bytes_total", Type: "counter",
		Labels:   []string{"direction", "listener"},
		Help:     "Bytes of TCP sessions that were passed on: in is from clients, out is to them.",
		Services: relay,
		Query:    "sum by (listener, direction) (rate(gateway_relay_bytes_total[5m]))",
	},
}}
