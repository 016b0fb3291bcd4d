package door_test

import (
	"maps"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

// limits scrapes a door. The key is the listener's name, "" for the process.
func limits(t *testing.T, e *entrance) map[string]float64 {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(e.Collector())
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			name := ""
			for _, l := range m.GetLabel() {
				name = l.GetValue()
			}
			all[name] = m.GetGauge().GetValue()
		}
	}
	return all
}

func TestTheLimitsAreThoseInForce(t *testing.T) {
	e := open(t, 100)
	a, _ := e.listen(t, "a")
	b, stop := e.listen(t, "b")
	most := func(h *host, n int) {
		one := *h.Config()
		one.Limits.MaxConnections = n
		h.config.Store(&one)
	}
	most(a, 7)
	most(b, 8)
	check := func(what string, want map[string]float64) {
		t.Helper()
		if got := limits(t, e); !maps.Equal(got, want) {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	check("at first", map[string]float64{"": 100, "a": 7, "b": 8})
	most(a, 9)
	e.SetMaxConnections(50)
	check("after a reload", map[string]float64{"": 50, "a": 9, "b": 8})
	// A client keeps a listener that is gone, which no new one can come to.
	b.enter(t)
	stop()
	b.Remove()
	check("without b", map[string]float64{"": 50, "a": 9})
}
