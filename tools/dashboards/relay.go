package dashboards

// failedSessions are the reasons with which a session ends that has failed by the doing of an
// endpoint or of the gateway (docs/relay.md).
const failedSessions = `connect_failed|connect_timeout|upstream_tls|upstream_reset|no_endpoint|` +
	`overloaded|internal`

// relay is the board of L4 gateways.
func relay() Board {
	return Board{
		Name: "relay", Title: "Gateway: relay",
		About: "TCP sessions of L4 gateways: how many, how they end, what they carry. An edge " +
			"with listeners for TCP is on it too.",
		Of:   []string{"gateway_relay_bytes_total"},
		More: []Variable{{Label: "cluster", Of: "gateway_endpoint_weight"}},
		Rows: append([]Row{
			{Title: "Sessions", Panels: []Panel{
				stack("Sessions that ended", perSecond, "By why.",
					ask(`sum by (close_reason) (rate(gateway_relay_sessions_total{SEL}RATE))`,
						"{{close_reason}}")),
				graph("Sessions that failed", share,
					"By an endpoint's doing or the gateway's own, by listener.",
					ask(`sum by (listener) (rate(gateway_relay_sessions_total{SEL,close_reason=~"`+
						failedSessions+`"}RATE)) / sum by (listener) `+
						`(rate(gateway_relay_sessions_total{SEL}RATE))`, "{{listener}}")),
				graph("How long sessions last", seconds, "",
					quantile("0.5", "gateway_relay_session_duration_seconds", "", "listener",
						"{{listener}} p50"),
					quantile("0.99", "gateway_relay_session_duration_seconds", "", "listener",
						"{{listener}} p99")),
				graph("New connections", perSecond, "",
					ask(`sum by (listener) (rate(gateway_connections_total{SEL}RATE))`,
						"{{listener}}")),
				graph("Bytes from clients", bytesSecond, "",
					ask(`sum by (listener) (rate(gateway_relay_bytes_total{SEL,direction="in"}`+
						`RATE))`, "{{listener}}")),
				graph("Bytes to clients", bytesSecond, "",
					ask(`sum by (listener) (rate(gateway_relay_bytes_total{SEL,direction="out"}`+
						`RATE))`, "{{listener}}")),
			}},
			{Title: "Saturation", Panels: []Panel{
				graph("Connections of clients", count, "And how many a listener takes.",
					ask(`sum by (listener) (gateway_active_connections{SEL})`, "{{listener}}"),
					ask(`sum by (listener) (gateway_connections_limit{SEL})`,
						"{{listener}} limit")),
				graph("Memory beside its limit", bytes, "Only where there is one.",
					ask(`gateway_memory_used_bytes{SEL}`, "{{instance}} used"),
					ask(`gateway_memory_limit_bytes{SEL}`, "{{instance}} limit")),
			}},
		}, upkeep()...),
	}
}
