package report

import (
	"fmt"
	"strings"

	"github.com/gatewayhomebrew/gateway/tools/bench/internal/rig"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/trial"
)

// What a policy may cost: microseconds of CPU per request.
var policyCost = map[string]float64{
	rig.Contract: 15, // of a body of a kilobyte
	rig.JWT:      3,  // of a token that was checked before
}

// Besides is what the edge is called that does more than the other one of a row.
func Besides(row string) string { return rig.Edge + "-" + row }

// compareWithEdge compares the proxy that the case names with the edge, round by round: what
// disturbs a round for long disturbs both.
func (r *Row) compareWithEdge(row trial.Row) {
	with, plain := r.line(row.Case.Over), row.Proxies[rig.Edge]
	if with == nil {
		return
	}
	with.Over = over(row.Proxies[row.Case.Over], plain)
}

// policyTargets are those of a row about what a policy costs.
func policyTargets(row Row) []Target {
	with := row.line(row.Case.Over)
	limit, ok := policyCost[row.Case.Name]
	if with == nil || with.Over == nil || !ok {
		return nil
	}
	return []Target{
		atMost(row.Case.Name+": CPU per request, over that of an edge without", with.Over.Median,
			limit, "us"),
	}
}

// over prints what the policy of a row costs.
func (r Row) over(b *strings.Builder) {
	if with := r.line(r.Case.Over); with != nil && with.Over != nil {
		fmt.Fprintf(b, "  %s takes %.1f us of CPU more than the edge (in single rounds %.1f to "+
			"%.1f)\n", with.Proxy, with.Over.Median, with.Over.Min, with.Over.Max)
	}
}
