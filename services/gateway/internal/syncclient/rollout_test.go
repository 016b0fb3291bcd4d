package syncclient_test

import (
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/services/gateway/internal/syncclient"
)

func TestARolloutIsWhatAPersonWrites(t *testing.T) {
	t.Parallel()
	r, err := syncclient.Plan{
		Steps: "1, 25%,100%", Bake: 5 * time.Second, Labels: []string{"zone=a"},
		Gates: []string{
			"max_5xx_increase=0.01", "max_p99_increase=off", "max_lost=2", "min_requests=0",
			"answer_timeout=3s",
		},
	}.Rollout()
	if err != nil {
		t.Fatal(err)
	}
	s := r.GetSteps()
	if len(s) != 3 || s[0].GetCount() != 1 || s[1].GetPercent() != 25 || s[2].GetPercent() != 100 ||
		s[1].GetBake().AsDuration() != 5*time.Second {
		t.Errorf("%v", s)
	}
	if s[0].GetLabels()["zone"] != "a" || len(s[2].GetLabels()) != 0 {
		t.Errorf("labels: %v", s)
	}
	g := r.GetGates()
	if g.GetMax_5XxIncrease() != 0.01 || g.GetMaxP99Increase() != -1 || g.GetMaxLost() != 2 ||
		g.MinRequests == nil || g.GetAnswerTimeout().AsDuration() != 3*time.Second ||
		g.MaxNacks != nil {
		t.Errorf("gates: %v", g)
	}
	if r, err := (syncclient.Plan{Bake: -1}).Rollout(); r != nil || err != nil {
		t.Errorf("nothing is config-sync's own: %v, %v", r, err)
	}
	if r, err := (syncclient.Plan{Bake: 0}).Rollout(); err != nil || len(r.GetSteps()) != 3 ||
		r.GetSteps()[0].GetBake() == nil {
		t.Errorf("another bake time: %v, %v", r, err)
	}
}

func TestWhatMakesNoRollout(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		plan syncclient.Plan
		want string
	}{
		{syncclient.Plan{Steps: "1,,2"}, `""`}, {syncclient.Plan{Steps: "0"}, `"0"`},
		{syncclient.Plan{Steps: "101%"}, `"101%"`},
		{syncclient.Plan{Steps: "-1"}, `"-1"`}, {syncclient.Plan{Steps: "half"}, "25%"},
		{syncclient.Plan{Steps: "1", Labels: []string{"zone"}}, "NAME=VALUE"},
		{syncclient.Plan{Steps: "1", Labels: []string{"=a"}}, "NAME=VALUE"},
		{syncclient.Plan{Gates: []string{"max_5xx"}}, "is not GATE=VALUE; the gates are"},
		{syncclient.Plan{Gates: []string{"foo=1"}}, `there is no gate "foo"; the gates are`},
		{syncclient.Plan{Gates: []string{"=1"}}, `there is no gate ""; the gates are`},
		{syncclient.Plan{Gates: []string{"max_5xx_increase=-1"}}, "share"},
		{syncclient.Plan{Gates: []string{"max_5xx_increase=NaN"}}, "share"},
		{syncclient.Plan{Gates: []string{"max_lost=x"}}, "number of nodes"},
		{syncclient.Plan{Gates: []string{"min_requests=-3"}}, "number of requests"},
		{syncclient.Plan{Gates: []string{"answer_timeout=5"}}, "duration"},
	} {
		if _, err := c.plan.Rollout(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.plan, err, c.want)
		}
	}
}
