// Package observability is the files of the scenario in this folder: a gateway, and what Prometheus
// and Grafana need to watch it.
package observability

import "embed"

// Files are the configuration, the text for people, the rules of Prometheus with their tests, and
// the dashboards.
//
//go:embed gateway.yaml README.md prometheus.yml rules.yaml rules_test.yaml edge.json relay.json
//go:embed fleet.json
var Files embed.FS
