// Package dashboards is the dashboards of docs/dashboards.md: what each panel asks Prometheus.
//
// The tables in edge.go, relay.go and fleet.go are the source. [Board.Grafana] makes of one the
// file that Grafana imports, in examples/observability: tools/gen writes it. [Board.Draw] makes a
// picture of it out of the answers of a Prometheus, for a page of the documentation. Tests hold
// every expression, and those of the alerts in examples/observability/rules.yaml, against what the
// services really expose.
package dashboards
