package report

import (
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/tools/bench/internal/rig"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/trial"
)

// A machine that slows down changes both edges of a round, and not what is between them.
func TestPoliciesAreComparedRoundByRound(t *testing.T) {
	for cost, want := range map[float64]Finding{14.9: Met, 15.1: Missed} {
		name := Besides(rig.Contract)
		r := trial.Row{Case: trial.Case{Name: rig.Contract, Body: rig.Bodies[0], Over: name},
			Proxies: map[string][]trial.Sample{}}
		for round := range 5 {
			slow := float64(100 * round)
			r.Proxies[rig.Edge] = append(r.Proxies[rig.Edge],
				trial.Sample{Round: round, CPU: 30 + slow, Requests: 1})
			r.Proxies[name] = append(r.Proxies[name],
				trial.Sample{Round: round, CPU: 30 + slow + cost, Requests: 1})
		}
		report := New(Setup{}, []Proxy{{Name: rig.Edge}, {Name: name}}, []trial.Row{r}, nil, nil)
		if len(report.Targets) != 1 || report.Targets[0].Finding != want {
			t.Errorf("%v: %+v, want one that is %s", cost, report.Targets, want)
		}
		var b strings.Builder
		if err := report.WriteTable(&b); err != nil ||
			!strings.Contains(b.String(), "edge-contract takes 1") {
			t.Errorf("%v: the table has no difference:\n%s", err, b.String())
		}
	}
}
