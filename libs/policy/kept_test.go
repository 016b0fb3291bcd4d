package policy

import (
	"maps"
	"testing"
)

func keptKeys(k *Kept[string, int]) map[string]int {
	got := map[string]int{}
	k.Each(func(key string, value *int) { got[key] = *value })
	return got
}

func TestWhatIsKeptOutlivesPlansThatAreTakenBack(t *testing.T) {
	var k Kept[string, int]
	k.NextPlan(1)
	first := k.Of("a")
	*first = 7
	*k.Of("gone") = 1
	for plan := range 2 { // configurations without it, which are taken back
		k.NextPlan(2 + plan)
	}
	if again := k.Of("a"); again != first {
		t.Errorf("it is another one, with %d", *again)
	}
	k.NextPlan(4)
	if got := keptKeys(&k); !maps.Equal(got, map[string]int{"a": 7}) {
		t.Errorf("there is %v", got)
	}
	for plan := range 3 {
		k.NextPlan(5 + plan)
	}
	if got := keptKeys(&k); len(got) > 0 || *k.Of("a") != 0 {
		t.Errorf("there is %v still", got)
	}
}

// Plans that are refused, however many, take nothing away from the one in force, and what they ask
// for is not shown.
func TestPlansThatAreRefusedTakeNothingAway(t *testing.T) {
	var k Kept[string, int]
	k.NextPlan(1)
	first := k.Of("a")
	*first = 7
	k.InForce(1)
	for plan := range 20 {
		k.NextPlan(2 + plan)
		*k.Of("refused") = 1
	}
	if got := keptKeys(&k); !maps.Equal(got, map[string]int{"a": 7}) {
		t.Errorf("there is %v", got)
	}
	k.NextPlan(22)
	if k.Of("a") != first {
		t.Error("the next plan has another value")
	}
	k.InForce(22)
	for plan := range 3 {
		k.NextPlan(23 + plan)
	}
	if len(k.all) != 1 {
		t.Errorf("what refused plans asked for is kept: %d", len(k.all))
	}
}

func TestAPlanThatServesAgainHasItsValues(t *testing.T) {
	var k Kept[string, int]
	k.NextPlan(1)
	first := k.Of("a")
	k.InForce(1)
	k.NextPlan(2)
	k.Of("b")
	k.InForce(2)
	k.InForce(1) // a rollback, for which no policies are made
	for plan := range 9 {
		k.NextPlan(3 + plan)
	}
	if k.Of("a") != first {
		t.Error("it is another one")
	}
	for range 2 {
		k.InForce(11)
		k.InForce(11) // the same again is no other plan
	}
	if got := keptKeys(&k); len(got) != 2 {
		t.Errorf("there is %v", got)
	}
}
