package catalogue

var process = Group{"Process and configuration", []Metric{
	{
		Name: "gateway_build_info", Type: "gauge",
		Labels:   []string{"commit", "goversion", "service", "version"},
		Help:     "1 for the build that runs.",
		Services: all,
		Query:    "count by (service, version) (gateway_build_info)",
	},
	{
		Name: "gateway_config_info", Type: "gauge",
		Labels:   []string{"digest"},
		Help:     "1 for the digest of the configuration in force.",
		Services: planes,
		Query:    "count(count by (digest) (gateway_config_info)) > 1",
	},
	{
		Name: "gateway_reloads_total", Type: "counter",
		Labels:   []string{"reason", "result"},
		Help:     "Configuration reloads, by result and reason.",
		Services: edge,
		Query:    `increase(gateway_reloads_total{result!~"applied|unchanged"}[1h]) > 0`,
	},
	{
		Name: "gateway_reload_last_successful", Type: "gauge",
		Help: "Whether the last reload went well: 0 after one that was refused, has problems, or " +
			"was taken back by its trial.",
		Services: nodes,
		Query:    "gateway_reload_last_successful == 0",
	},
	{
		Name: "gateway_upgrades_total", Type: "counter",
		Labels:   []string{"reason", "result"},
		Help:     "Upgrades to another binary, by result and reason.",
		Services: planes,
		Query:    `increase(gateway_upgrades_total{result!="upgraded"}[1h]) > 0`,
	},
	{
		Name: "gateway_generation", Type: "gauge",
		Help:     "Which process of the gateway this is: 1 is the first, and each upgrade adds 1.",
		Services: planes,
		Query:    "changes(gateway_generation[1d])",
	},
	{
		Name: "gateway_old_processes", Type: "gauge",
		Help:     "Processes of earlier generations that drain.",
		Services: planes,
		Query:    "gateway_old_processes > 2",
	},
	{
		Name: "gateway_access_log_dropped_total", Type: "counter",
		Help:     "Access log lines that were dropped because the output was too slow.",
		Services: planes,
		Query:    "rate(gateway_access_log_dropped_total[5m]) > 0",
	},
	{
		Name: "gateway_log_dropped_total", Type: "counter",
		Help:     "Lines of the program's own log that were lost, because nobody read them.",
		Services: all,
		Query:    "rate(gateway_log_dropped_total[5m]) > 0",
	},
	{
		Name: "gateway_memory_used_bytes", Type: "gauge",
		Help:     "Memory that the process cannot do without, as of the last collection.",
		Services: planes,
		Query:    "gateway_memory_used_bytes / gateway_memory_limit_bytes",
	},
	{
		Name: "gateway_memory_limit_bytes", Type: "gauge",
		Help:     "The limit of the runtime (GOMEMLIMIT, or nine tenths of the control group's).",
		Services: planes,
		Query:    "gateway_memory_used_bytes > 0.9 * gateway_memory_limit_bytes",
	},
	{
		Name: "gateway_memory_short_total", Type: "counter",
		Help:     "Times that memory became short, so that new requests were refused.",
		Services: planes,
		Query:    "increase(gateway_memory_short_total[1h]) > 0",
	},
	{
		Name: "gateway_trace_spans_total", Type: "counter",
		Labels:   []string{"result"},
		Help:     "Spans of requests that are recorded, by what became of them.",
		Services: planes,
		Query:    `sum by (result) (rate(gateway_trace_spans_total{result!="exported"}[5m]))`,
	},
	{
		Name: "gateway_trace_queue_spans", Type: "gauge",
		Help:     "Spans that wait for the collector of traces.",
		Services: planes,
		Query:    "max_over_time(gateway_trace_queue_spans[5m])",
	},
}}
