package health_test

import (
	"slices"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/health"
)

func TestReloadForgetsNoVerdict(t *testing.T) {
	tr := newTrial(1, 1, 1)
	tr.pass(2*time.Second, [2]int{20, 0}, [2]int{0, 20}, [2]int{20, 0})
	before, was := tr.Endpoint(1), tr.Verdicts()[1]

	slices.Reverse(tr.configured[1:]) // another order
	tr.configured[2].Weight = 2
	tr.configured = append(tr.configured, health.Configured{Address: "new", Weight: 1})
	tr.reload()
	if tr.Endpoint(2) != before {
		t.Error("the same name and address have another state")
	}
	if !slices.Equal(tr.Weights(), []int{100, 100, 2, 100}) {
		t.Errorf("weights right after the reload: %v", tr.Weights())
	}
	if v := tr.Verdicts()[2]; v.Counts != was.Counts {
		t.Errorf("counts %v, before the reload %v", v.Counts, was.Counts)
	}
	if tr.judge() {
		t.Errorf("the reload itself changed weights: %v", tr.Weights())
	}
}

func TestReloadWithOtherSettingsIsFollowed(t *testing.T) {
	tr := newTrial(1, 1)
	tr.pass(2*time.Second, [2]int{20, 0}, [2]int{0, 20})
	tr.settings = health.Settings{Window: 2 * time.Second, MinRequests: 1, Floor: 0.25}
	tr.reload()
	tr.judge()
	if !slices.Equal(tr.Weights(), []int{100, 25}) {
		t.Errorf("weights with a floor of 25%%: %v", tr.Weights())
	}
	tr.pass(6 * time.Second)
	if !slices.Equal(tr.Weights(), tr.full()) {
		t.Errorf("weights three short windows later: %v", tr.Weights())
	}
}

func TestClustersOfTheSameAddressesAreJudgedApart(t *testing.T) {
	r := health.NewRegistry()
	endpoints := []health.Configured{{Address: "a", Weight: 1}, {Address: "b", Weight: 1}}
	one, two := r.Cluster("one", health.Settings{}, endpoints),
		r.Cluster("two", health.Settings{}, endpoints)
	for range 20 {
		one.Endpoint(0).Record(health.Reset)
	}
	now := time.Unix(1000, 0)
	if !one.Judge(now) || two.Judge(now) || two.Weights()[0] != 100 {
		t.Errorf("weights %v and %v", one.Weights(), two.Weights())
	}
}

// Plans come and go; endpoints that no plan has any more must too, but not before a rollback could
// ask for them.
func TestWhatTwoPlansDoNotHaveIsForgotten(t *testing.T) {
	r := health.NewRegistry()
	plan := func(addresses ...string) *health.Cluster {
		r.NextPlan()
		var endpoints []health.Configured
		for _, a := range addresses {
			endpoints = append(endpoints, health.Configured{Address: a, Weight: 1})
		}
		return r.Cluster("c", health.Settings{}, endpoints)
	}
	first := plan("kept", "gone")
	plan("kept")
	if back := plan("kept", "gone"); back.Endpoint(0) != first.Endpoint(0) ||
		back.Endpoint(1) != first.Endpoint(1) {
		t.Error("a rollback found other states")
	}
	plan("kept")
	plan("kept")
	late := plan("kept", "gone")
	if late.Endpoint(0) != first.Endpoint(0) {
		t.Error("an endpoint that every plan has was forgotten")
	}
	if late.Endpoint(1) == first.Endpoint(1) {
		t.Error("an endpoint that two plans did not have is still known")
	}
	first.Endpoint(1).Record(health.Reset) // by a request of an old plan
	first.Judge(time.Unix(1000, 0))
}
