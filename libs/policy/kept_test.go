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
	k.NextPlan()
	first := k.Of("a")
	*first = 7
	*k.Of("gone") = 1
	for range 2 { // configurations without it, which are taken back
		k.NextPlan()
	}
	if again := k.Of("a"); again != first {
		t.Errorf("it is another one, with %d", *again)
	}
	k.NextPlan()
	if got := keptKeys(&k); !maps.Equal(got, map[string]int{"a": 7}) {
		t.Errorf("there is %v", got)
	}
	for range 3 {
		k.NextPlan()
	}
	if got := keptKeys(&k); len(got) > 0 || *k.Of("a") != 0 {
		t.Errorf("there is %v still", got)
	}
}
