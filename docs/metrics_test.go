package docs_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/docs"
	"github.com/gatewayhomebrew/gateway/libs/metrics/catalogue"
)

// That the catalogue is what services have is for services/gateway/exposed to test.
func TestTheMetricsPageIsTheCatalogue(t *testing.T) {
	const begin, end = "<!-- BEGIN metrics: rendered from libs/metrics/catalogue by " +
		"\"go test ./docs -update\"; do not edit. -->\n", "<!-- END metrics -->\n"
	var b strings.Builder
	cell := strings.NewReplacer("|", `\|`)
	for _, g := range catalogue.Groups() {
		fmt.Fprintf(&b, "\n### %s\n\n| metric | of | labels | meaning, and a query |\n"+
			"|---|---|---|---|\n", g.Title)
		for _, m := range g.Metrics {
			var labels []string
			for _, l := range m.Labels {
				labels = append(labels, "`"+l+"`")
			}
			fmt.Fprintf(&b, "| `%s` (%s) | %s | %s | %s<br>`%s` |\n", m.Name, m.Type,
				strings.Join(m.Services, ", "), strings.Join(labels, ", "), cell.Replace(m.Help),
				cell.Replace(m.Query))
		}
	}
	check(t, "metrics.md", docs.Metrics, between(t, docs.Metrics, begin, end, b.String()))
}

// A query is of use where its metric is in it.
func TestEveryMetricHasAQuery(t *testing.T) {
	for _, m := range catalogue.All() {
		if !strings.Contains(m.Query, m.Name) {
			t.Errorf("the query of %s is about something else: %s", m.Name, m.Query)
		}
	}
}
