package report

import (
	"testing"

	"github.com/gatewayhomebrew/gateway/tools/bench/internal/stat"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/trial"
)

func TestTargetsOfTheRelay(t *testing.T) {
	line := func(name string, cpu, rate, cpuRatio, rateRatio float64) Line {
		return Line{
			Proxy: name, CPU: stat.Of([]float64{cpu}), Rate: stat.Of([]float64{rate}),
			CPURatio: &cpuRatio, RateRatio: &rateRatio, ProxyCore: 1,
		}
	}
	for name, want := range map[string][]Finding{
		RelayPingPong: {Missed}, RelayBulk: {Met, Missed}, RelaySetUp: {Met}, TLS1: nil,
	} {
		row := Row{
			Case:  trial.Case{Name: name, Kind: "TCP"},
			Lines: []Line{line("relay", 11, 95, 1.1, 0.95), line("nginx", 10, 100, 1, 1)},
		}
		var got []Finding
		for _, target := range targets(Report{Rows: []Row{row}}) {
			got = append(got, target.Finding)
		}
		if len(got) != len(want) {
			t.Fatalf("%s: %v, want %v", name, got, want)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%s: %v, want %v", name, got, want)
			}
		}
	}
}
