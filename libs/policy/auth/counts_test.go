package auth

import (
	"maps"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

// counted are the counters that are not zero, by their labels.
func counted(t *testing.T, c *Counts) map[string]int {
	t.Helper()
	r := prometheus.NewPedanticRegistry()
	r.MustRegister(c.Collector())
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			labels := f.GetName()
			for _, l := range m.GetLabel() {
				labels += " " + l.GetName() + "=" + l.GetValue()
			}
			if n := int(m.GetCounter().GetValue()); n > 0 {
				got[labels] = n
			}
		}
	}
	return got
}

func TestEveryVerdictIsCounted(t *testing.T) {
	t.Parallel()
	counts, jwt, basic := new(Counts), Outcome{}, Outcome{}
	first := config.AuthRef{Kind: config.AuthJWT, Name: "main"}
	build := func() policy.OnRequest {
		route := &config.Route{Name: "r", Auth: &config.RouteAuth{AnyOf: []config.AuthChoice{
			{JWT: "main", Scopes: []string{"a"}}, {Basic: "team"},
		}}}
		p, err := New(route, Common{
			Find: func(r config.AuthRef) Authenticator {
				if r == first {
					return says{Outcome: jwt}
				}
				return says{Outcome: basic}
			},
			Hide: func(s string) string { return s }, Counts: counts,
		})
		if err != nil {
			t.Fatal(err)
		}
		return p.(policy.OnRequest)
	}
	can, cannot := &policy.Identity{Scopes: []string{"a"}}, &policy.Identity{}
	for i, c := range []struct{ jwt, basic Outcome }{
		{Outcome{Verdict: Accepted, Identity: can}, Outcome{}}, // the second is not asked
		{Outcome{Verdict: Accepted, Identity: cannot}, Outcome{Verdict: Refused}},
		{Outcome{Verdict: Unavailable}, Outcome{Verdict: Accepted, Identity: cannot}},
		{Outcome{}, Outcome{}},
	} {
		jwt, basic = c.jwt, c.basic
		counts.NextPlan(1 + i)
		build().OnRequest(&policy.Request{})
	}
	const of = "gateway_auth_total authenticator="
	want := map[string]int{
		of + "jwt main result=accepted route=r": 1, of + "jwt main result=forbidden route=r": 1,
		of + "jwt main result=unavailable route=r": 1, of + "jwt main result=absent route=r": 1,
		of + "basic team result=refused route=r": 1, of + "basic team result=accepted route=r": 1,
		of + "basic team result=absent route=r": 1,
	}
	if got := counted(t, counts); !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	for i := range 3 {
		counts.NextPlan(5 + i)
	}
	if got := counted(t, counts); len(got) > 0 {
		t.Errorf("a route that is gone is counted: %v", got)
	}
}
