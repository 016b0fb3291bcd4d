package reload

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatewayhomebrew/gateway/libs/admin"
)

// successful is what gateway_reload_last_successful says.
func (p *process) successful() bool {
	p.t.Helper()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(p.Collector())
	families, err := registry.Gather()
	if err != nil || len(families) != 1 {
		p.t.Fatal(families, err)
	}
	return families[0].GetMetric()[0].GetGauge().GetValue() == 1
}

func TestWhetherTheLastReloadWentWell(t *testing.T) {
	t.Parallel()
	p := start(t)
	wants := func(what string, want bool) {
		t.Helper()
		if p.successful() != want {
			t.Errorf("%s: %v", what, !want)
		}
	}
	reload := func(text string) {
		p.write(text)
		p.Reload(t.Context(), admin.ByAPI)
	}
	wants("after the start", true)
	p.Rollback(t.Context(), admin.ByAPI)
	wants("after a rollback with nothing to return to", true)
	reload("version: 1\nroutes: 7\n")
	wants("after a configuration with problems", false)
	reload(document)
	wants("after the one in force came back", true)
	second := strings.Replace(document, "name: r,", "name: second,", 1)
	reload(second)
	wants("after another one", true)
	p.Rollback(t.Context(), admin.ByAPI)
	wants("after somebody wanted the one before", true)
	reload(second)
	p.History().Add(admin.Receipt{
		Trigger: admin.ByTrial, Result: admin.RolledBack, Reason: admin.ReasonErrors,
	})
	wants("after a trial took it back", false)
	p.Reload(t.Context(), admin.ByAPI)
	wants("after somebody has insisted", true)
}
