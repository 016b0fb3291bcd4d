package http1_test

import (
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/http1"
)

func TestWeightsAreReadInThousandths(t *testing.T) {
	for parameters, want := range map[string]int{
		"": 1000, "q=1": 1000, "q=0": 0, "q=0.5": 500, " Q=0.123 ": 123, "q=1.000": 1000, "q=0.": 0,
		"level=1;q=0.2": 200, `a="x;q=0.9";q=0.1`: 100, "q = 0.5": 500, "quality=0.1": 1000,
		"q=": -1, "q=2": -1, "q=1.001": -1, "q=0.1234": -1, "q=.5": -1, "q=-1": -1, "q=0,5": -1,
	} {
		got, ok := http1.Weight([]byte(parameters))
		if !ok {
			got = -1
		}
		if got != want {
			t.Errorf("%q: %d, want %d", parameters, got, want)
		}
	}
}

func FuzzWeight(f *testing.F) {
	f.Add(`a="\";q=1;q=0.999`)
	f.Fuzz(func(t *testing.T, s string) {
		if n, ok := http1.Weight([]byte(s)); ok && (n < 0 || n > 1000) {
			t.Errorf("%q: %d", s, n)
		}
	})
}
