package dashboards

import "strings"

// A Board is one dashboard.
type Board struct {
	Name  string // of its file, and the end of its UID in Grafana
	Title string
	About string // a sentence for people
	// Of are metrics of which each process on the board has one. Its jobs and instances can be
	// chosen.
	Of   []string
	More []Variable
	Rows []Row
}

// A Variable is a label whose values can be chosen on a board, beside job and instance.
type Variable struct {
	Label string
	Of    string // a metric that has the label
}

// A Row is panels under a title.
type Row struct {
	Title  string
	Panels []Panel
}

// A Panel is one graph, or one number.
type Panel struct {
	Title, About string
	Unit         Unit
	Number       bool // the last values, in place of their course
	Stacked      bool // the values are parts of a whole
	Queries      []Query
}

// A Query is an expression of PromQL, with $job and the like for what is chosen on the board and
// $__rate_interval for the range of rates. Legend names its series: {{label}} is a label's value.
type Query struct{ Expr, Legend string }

// A Unit is a unit under Grafana's name for it.
type Unit string

// The units.
const (
	count       Unit = "short"
	perSecond   Unit = "ops"
	requests    Unit = "reqps"
	seconds     Unit = "s"
	share       Unit = "percentunit" // 1 is 100 %
	bytes       Unit = "bytes"
	bytesSecond Unit = "Bps"
)

// Boards are all of them.
func Boards() []Board { return []Board{edge(), relay(), fleet()} }

// of selects the metrics that each process on the board has one of. more are matchers behind a
// comma.
func (b Board) of(more string) string {
	return `{__name__=~"` + strings.Join(b.Of, "|") + `"` + more + "}"
}

func graph(title string, unit Unit, about string, queries ...Query) Panel {
	return Panel{Title: title, Unit: unit, About: about, Queries: queries}
}

func stack(title string, unit Unit, about string, queries ...Query) Panel {
	p := graph(title, unit, about, queries...)
	p.Stacked = true
	return p
}

func number(title string, unit Unit, about string, queries ...Query) Panel {
	p := graph(title, unit, about, queries...)
	p.Number = true
	return p
}

// fill puts selectors and ranges in the place of SEL and RATE: SEL is the processes that were
// chosen, to which more matchers can be added behind a comma.
func fill(expr string) string {
	return strings.NewReplacer(
		"SEL", `job=~"$job",instance=~"$instance"`, "RATE", "[$__rate_interval]",
	).Replace(expr)
}

// ask is a query for the processes that were chosen; see fill.
func ask(expr, legend string) Query { return Query{fill(expr), legend} }

// quantile is a query for a quantile of a histogram. A native histogram is more exact, and goes
// first where Prometheus scrapes those; elsewhere its selector finds nothing and the classic
// buckets answer. matchers begin with a comma, or are empty.
func quantile(q, histogram, matchers, by, legend string) Query {
	native := "histogram_quantile(" + q + ", sum by (" + by + ") (rate(" + histogram + "{SEL" +
		matchers + "}RATE)))"
	with := "le"
	if by != "" {
		with = by + ", le"
	}
	classic := "histogram_quantile(" + q + ", sum by (" + with + ") (rate(" + histogram +
		"_bucket{SEL" + matchers + "}RATE)))"
	return ask(native+" or "+classic, legend)
}

// goProcess is the row about what every Go program has.
func goProcess() []Panel {
	return []Panel{
		graph("CPU", share, "Of one core: 100 % is one core that is busy all the time.",
			ask("rate(process_cpu_seconds_total{SEL}RATE)", "{{instance}}")),
		graph("Memory", bytes, "What the system counts for the process, and what Go has in use.",
			ask("process_resident_memory_bytes{SEL}", "{{instance}} resident"),
			ask("go_memstats_heap_inuse_bytes{SEL}", "{{instance}} heap")),
		graph("File descriptors", share,
			"Of those that the process may have open. An eighth is kept for what looks after it.",
			ask("process_open_fds{SEL} / process_max_fds{SEL}", "{{instance}}")),
		graph("Goroutines", count, "", ask("go_goroutines{SEL}", "{{instance}}")),
		graph("Pauses for garbage collection", share, "The share of time in which all stood still.",
			ask("rate(go_gc_duration_seconds_sum{SEL}RATE)", "{{instance}}")),
	}
}

// upkeep is the panels about what keeps a data plane going: its configuration, certificates, logs
// and names.
func upkeep() []Row {
	return []Row{
		{Title: "Endpoints", Panels: []Panel{
			graph("Weight in force", share,
				"What is left of the configured weight of each endpoint. The floor is 1 %.",
				ask(`gateway_endpoint_weight{SEL,kind="effective",cluster=~"$cluster"} / `+
					`ignoring (kind) (gateway_endpoint_weight{SEL,kind="configured",`+
					`cluster=~"$cluster"} > 0)`, "{{cluster}} {{endpoint}} {{instance}}")),
			graph("Active checks that pass", share,
				"1 where the last check of an endpoint was good, at every process that asks.",
				ask(`avg by (cluster, endpoint) (gateway_active_check_passed{SEL,`+
					`cluster=~"$cluster"})`, "{{cluster}} {{endpoint}}")),
			graph("Connections to endpoints", count, "Those in use, and those that wait.",
				ask(`sum by (cluster, state) (gateway_upstream_connections{SEL,`+
					`cluster=~"$cluster"})`, "{{cluster}} {{state}}")),
			graph("Names that could not be looked up", perSecond,
				"And answers that had to be used although they were stale.",
				ask(`sum by (result) (rate(gateway_dns_lookups_total{SEL,result!="ok"}RATE))`,
					"{{result}}"),
				ask(`sum(rate(gateway_dns_stale_answers_total{SEL}RATE))`, "stale answers")),
		}},
		{Title: "Configuration, certificates, logs", Panels: []Panel{
			graph("Reloads", count, "Since the start, by what became of them.",
				ask(`sum by (result, reason) (gateway_reloads_total{SEL})`,
					"{{result}} {{reason}}"),
				ask(`count(gateway_reload_last_successful{SEL} == 0)`, "failing now")),
			number("Digests in force", count, "One when all processes run the same configuration.",
				ask(`count(count by (digest) (gateway_config_info{SEL}))`, "digests")),
			number("Until the next certificate ends", seconds,
				"Of listeners, clusters, config-sync and others, authorities included.",
				ask(`min(gateway_certificate_not_after_timestamp_seconds{SEL} or `+
					`gateway_used_certificate_not_after_timestamp_seconds{SEL}) - time()`, "left")),
			graph("TLS handshakes that failed", perSecond, "With clients, by why.",
				ask(`sum by (listener, reason) (rate(gateway_tls_handshake_failures_total{SEL}`+
					`RATE))`, "{{listener}} {{reason}}")),
			graph("Log lines dropped", perSecond,
				"Of the access log, and of the log of the process: nobody read them in time.",
				ask(`sum(rate(gateway_access_log_dropped_total{SEL}RATE))`, "access log"),
				ask(`sum(rate(gateway_log_dropped_total{SEL}RATE))`, "log")),
		}},
		{Title: "Process", Panels: goProcess()},
	}
}
