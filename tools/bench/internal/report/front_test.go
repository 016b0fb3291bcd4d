package report

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/tools/bench/internal/rig"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/trial"
)

func frontRow(name string, edge, nginx, haproxy float64) trial.Row {
	r := row(name, rig.Bodies[0], samples(edge, 1000), samples(nginx, 1000),
		samples(haproxy, 1000))
	r.Case.Kind = "as " + name
	return r
}

// Each has its own limit, of nginx or of the better rival.
func TestFrontRowsHaveTheirTargets(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name              string
		just, over, rival float64 // CPU of the edge and of nginx; HAProxy takes 90
	}{
		{TLS1, 90, 91, 100}, {H2Few, 90, 91, 100}, {H2Many, 80, 81, 80},
		{Handshakes, 140, 141, 100}, {Resumption, 120, 121, 100},
	} {
		for cpu, want := range map[float64]Finding{c.just: Met, c.over: Missed} {
			targets := New(Setup{}, proxies, []trial.Row{frontRow(c.name, cpu, c.rival, 90)}, nil,
				nil).Targets
			if len(targets) != 1 || targets[0].Finding != want {
				t.Errorf("%s: %+v, want one that is %s", c.name, targets, want)
			}
		}
	}
}

func TestWhatTheEdgeAddsIsComparedWithTheUpstreamAlone(t *testing.T) {
	t.Parallel()
	for added, want := range map[time.Duration]Finding{
		149 * time.Microsecond: Met, 151 * time.Microsecond: Missed,
	} {
		r := frontRow(GRPC, 50, 60, 70)
		r.Case.Rate, r.Case.Added = 1000, true
		direct := samples(0, 1000)
		r.Proxies[trial.DirectName] = direct
		for i := range direct {
			r.Proxies[rig.Edge][i].P50 = direct[i].P50 + added
		}
		report := New(Setup{}, proxies, []trial.Row{r}, nil, nil)
		if len(report.Targets) != 1 || report.Targets[0].Finding != want ||
			report.Targets[0].Got != float64(added.Microseconds()) {
			t.Errorf("%+v, want one that is %s", report.Targets, want)
		}
		if d := report.Rows[0].line(trial.DirectName); d == nil || d.CPURatio != nil ||
			d.Added != nil {
			t.Errorf("%+v", d)
		}
		var b bytes.Buffer
		if err := report.WriteTable(&b); err != nil || !strings.Contains(b.String(), "direct") ||
			!strings.Contains(b.String(), "grpc: as grpc, 1000 requests per second") {
			t.Errorf("%v in\n%s", err, b.String())
		}
	}
}

func TestSocketsHaveATarget(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		s    trial.Sockets
		want Finding
	}{
		{trial.Sockets{Count: 10_000, Open: 299e6, Alive: 10_000}, Met},
		{trial.Sockets{Count: 10_000, Open: 301e6, Alive: 10_000}, Missed},
		// half as many have half the room
		{trial.Sockets{Count: 5000, Open: 151e6, Alive: 5000}, Missed},
		{trial.Sockets{Count: 10_000, Open: 100e6, Alive: 9999}, Missed},
	} {
		r := New(Setup{}, proxies, nil, nil, nil).WithSockets(map[string]trial.Sockets{"edge": c.s})
		if len(r.Targets) != 1 || r.Targets[0].Finding != c.want ||
			(len(r.Warnings) == 0) != (c.s.Alive == c.s.Count) {
			t.Errorf("%+v: %+v, warnings %q", c.s, r.Targets, r.Warnings)
		}
		var b bytes.Buffer
		if err := r.WriteTable(&b); err != nil ||
			!strings.Contains(b.String(), "websockets: open and idle") {
			t.Errorf("%v in\n%s", err, b.String())
		}
	}
	if r := New(Setup{}, proxies, nil, nil, nil).WithSockets(nil); len(r.Targets) != 0 {
		t.Errorf("%+v", r.Targets)
	}
}

// What observing costs is what the two differ by in the rounds that both have: a machine that is
// slower in one round than in the next, for all alike, does not count.
func TestWhatObservingCostsIsComparedRoundByRound(t *testing.T) {
	t.Parallel()
	for cost, want := range map[float64]Finding{2.9: Met, 3.1: Missed} {
		plain, seen := samples(0, 1000), samples(0, 1000)
		for i, cpu := range []float64{12, 30, 40} {
			plain[i].CPU, seen[i].CPU = cpu, cpu+cost
		}
		seen[0].Round, seen[0].CPU = 9, 100 // of a round that the other does not have
		r := row(EdgeTraced, rig.Bodies[0], plain, samples(20, 1000), samples(20, 1000))
		r.Case.Logged = true
		r.Proxies["edge-traced"] = seen
		all := append([]Proxy{{"edge-traced", "1"}}, proxies...)
		targets := New(Setup{}, all, []trial.Row{r}, nil, nil).Targets
		if len(targets) != 1 || targets[0].Finding != want ||
			math.Abs(targets[0].Got-cost) > 1e-9 {
			t.Errorf("%v more: %+v, want one that is %s", cost, targets, want)
		}
	}
}
