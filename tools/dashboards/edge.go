package dashboards

// edge is the board of L7 gateways.
func edge() Board {
	const of = `,route=~"$route",cluster=~"$cluster"`
	return Board{
		Name: "edge", Title: "Gateway: edge",
		About: "Requests of L7 gateways: how many, how many fail, how long they take, and what " +
			"is about to run out.",
		Of: []string{"gateway_active_requests"},
		More: []Variable{
			{Label: "route", Of: "gateway_route_hits_total"},
			{Label: "cluster", Of: "gateway_endpoint_weight"},
		},
		Rows: append([]Row{
			{Title: "Requests", Panels: []Panel{
				stack("Requests", requests, "By status. \"other\" are clients that went away.",
					ask(`sum by (code) (rate(gateway_requests_total{SEL`+of+`}RATE))`, "{{code}}")),
				graph("Requests by route", requests, "\"-\" is what no route matched.",
					ask(`sum by (route) (rate(gateway_requests_total{SEL`+of+`}RATE))`,
						"{{route}}")),
				graph("Error ratio", share, "The share of requests that got a 5xx, by route.",
					ask(`(sum by (route) (rate(gateway_requests_total{SEL,code=~"5.."`+of+
						`}RATE)) or 0 * sum by (route) (rate(gateway_requests_total{SEL`+of+
						`}RATE))) / sum by (route) (rate(gateway_requests_total{SEL`+of+
						`}RATE))`, "{{route}}")),
				graph("Errors of the gateway's own", requests, "By code; docs/errors.md has them.",
					ask(`sum by (code) (rate(gateway_errors_total{SEL,route=~"$route"}RATE))`,
						"{{code}}")),
				graph("Failures by cause", requests,
					"Of requests; gateway why ID says more of each.",
					ask(`sum by (cluster, cause) (rate(gateway_request_failures_total{SEL`+of+
						`}RATE))`, "{{cluster}} {{cause}}")),
				graph("Sent to endpoints", requests,
					"By what came of it. A request that is sent again counts again.",
					ask(`sum by (cluster, result) (rate(gateway_upstream_requests_total{SEL,`+
						`cluster=~"$cluster"}RATE))`, "{{cluster}} {{result}}")),
				graph("Sent again", requests, "By why; and how many the budget did not allow.",
					ask(`sum by (cluster, reason) (rate(gateway_retries_total{SEL,`+
						`cluster=~"$cluster"}RATE))`, "{{cluster}} {{reason}}"),
					ask(`sum by (cluster) (rate(gateway_retries_denied_total{SEL,`+
						`cluster=~"$cluster"}RATE))`, "{{cluster}} denied")),
				graph("p90 of bodies", bytes, "Of requests and of responses, as content.",
					quantile("0.9", "gateway_request_body_bytes", `,route=~"$route"`, "",
						"requests"),
					quantile("0.9", "gateway_response_body_bytes", `,route=~"$route"`, "",
						"responses")),
				graph("Error budget", share,
					"The share of requests that got a 5xx in the last hour, beside 0.1 %, which "+
						"is what 99.9 % allows.",
					ask(`job:gateway_requests_failed:ratio_rate1h{job=~"$job"}`, "{{job}}"),
					Query{"vector(0.001)", "99.9 %"}),
			}},
			{Title: "Latency", Panels: []Panel{
				graph("Requests", seconds, "From the first byte of a request to the last byte "+
					"of its response, over all routes chosen.",
					quantile("0.5", "gateway_request_duration_seconds", `,route=~"$route"`, "",
						"p50"),
					quantile("0.9", "gateway_request_duration_seconds", `,route=~"$route"`, "",
						"p90"),
					quantile("0.99", "gateway_request_duration_seconds", `,route=~"$route"`, "",
						"p99")),
				graph("p99 by route", seconds, "",
					quantile("0.99", "gateway_request_duration_seconds", `,route=~"$route"`,
						"route", "{{route}}")),
				graph("p99 of endpoints", seconds,
					"From the first byte sent to an endpoint to the head of its response.",
					quantile("0.99", "gateway_upstream_duration_seconds",
						`,cluster=~"$cluster"`, "cluster, endpoint", "{{cluster}} {{endpoint}}")),
				graph("p99 of connecting", seconds, "To endpoints, name lookup included.",
					quantile("0.99", "gateway_upstream_connect_duration_seconds",
						`,cluster=~"$cluster"`, "cluster", "{{cluster}}")),
				graph("p99 of TLS handshakes", seconds, "With clients.",
					quantile("0.99", "gateway_tls_handshake_duration_seconds", "", "listener",
						"{{listener}}")),
			}},
			{Title: "Saturation", Panels: []Panel{
				graph("Requests in flight", count, "",
					ask(`sum by (route) (gateway_active_requests{SEL,route=~"$route"})`,
						"{{route}}")),
				graph("Connections of clients", count, "And how many a listener takes.",
					ask(`sum by (listener) (gateway_active_connections{SEL})`, "{{listener}}"),
					ask(`sum by (listener) (gateway_connections_limit{SEL})`,
						"{{listener}} limit")),
				graph("Memory beside its limit", bytes,
					"Only where there is one. Over it, new requests get 503.",
					ask(`gateway_memory_used_bytes{SEL}`, "{{instance}} used"),
					ask(`gateway_memory_limit_bytes{SEL}`, "{{instance}} limit")),
				graph("Waiting for a connection", count,
					"Requests of clusters that have as many connections as they may have.",
					ask(`sum by (cluster) (gateway_upstream_queue_requests{SEL,`+
						`cluster=~"$cluster"})`, "{{cluster}}")),
				graph("Limits of routes", count,
					"Requests in flight of routes with a limit; what an adaptive one allows.",
					ask(`sum by (route) (gateway_limit_in_flight{SEL,route=~"$route"})`,
						"{{route}} in flight"),
					ask(`sum by (route) (gateway_limit_learned{SEL,route=~"$route"})`,
						"{{route}} allowed")),
			}},
			{Title: "Policies", Panels: []Panel{
				graph("Refused by limits", requests,
					"Rate limits (429), and limits of routes (503).",
					ask(`sum by (route) (rate(gateway_rate_limit_requests_total{SEL,`+
						`route=~"$route",result="refused"}RATE))`, "{{route}} rate"),
					ask(`sum by (route) (rate(gateway_limit_requests_total{SEL,`+
						`route=~"$route",result="refused"}RATE))`, "{{route}} in flight")),
				graph("Authentication", requests, "What authenticators said.",
					ask(`sum by (authenticator, result) (rate(gateway_auth_total{SEL,`+
						`route=~"$route"}RATE))`, "{{authenticator}} {{result}}")),
				graph("Contract violations", perSecond,
					"What messages had against the OpenAPI document of their route.",
					ask(`sum by (route, message, rule) (rate(gateway_contract_violations_total{`+
						`SEL,route=~"$route"}RATE))`, "{{route}} {{message}} {{rule}}")),
				graph("Compression", share, "The size of coded bodies beside their size before.",
					ask(`sum by (algorithm) (rate(gateway_compress_bytes_total{SEL,`+
						`direction="out"}RATE)) / sum by (algorithm) `+
						`(rate(gateway_compress_bytes_total{SEL,direction="in"}RATE))`,
						"{{algorithm}}")),
				graph("Mirrored requests", requests, "By what came of the copies.",
					ask(`sum by (route, result) (rate(gateway_mirror_requests_total{SEL,`+
						`route=~"$route"}RATE))`, "{{route}} {{result}}")),
			}},
		}, upkeep()...),
	}
}
