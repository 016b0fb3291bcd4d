package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/tools/bench/internal/rig"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/trial"
)

var proxies = []Proxy{{"edge", "1"}, {"nginx", "2"}, {"haproxy", "3"}, {"<other> & co", ""}}

// samples of a proxy that took some CPU and had some rate, on a full core.
func samples(cpu, rate float64) []trial.Sample {
	var out []trial.Sample
	for i := range 3 {
		wobble := 1 + 0.01*float64(i-1)
		out = append(out, trial.Sample{
			Round: i +
				1, CPU: cpu * wobble, Rate: rate * wobble, P50: time.Millisecond,
			P99: 3 * time.Millisecond, ProxyCore: 1, LoadCore: 0.8,
		})
	}
	return out
}

func row(name string, body rig.Body, edge, nginx, haproxy []trial.Sample) trial.Row {
	return trial.Row{Case: trial.Case{Name: name, Body: body}, Direct: trial.Sample{Rate: 50000},
		Proxies: map[string][]trial.Sample{
			"edge": edge, "nginx": nginx, "haproxy": haproxy, "<other> & co": samples(1, 1),
		}}
}

// good is a report in which the edge keeps every promise.
func good() ([]trial.Row, map[string]trial.Facts) {
	rows := []trial.Row{
		row("100b", rig.Bodies[0], samples(24, 38000), samples(33, 29000), samples(30, 31000)),
		row("64k", rig.Bodies[1], samples(60, 15000), samples(66, 14000), samples(72, 13000)),
	}
	rate := row("rate", rig.Bodies[0], samples(24, 10000), samples(30, 10000), samples(29, 10000))
	rate.Case.Rate = 10000
	delete(rate.Proxies, "<other> & co") // could not keep up
	facts := map[string]trial.Facts{
		"edge": {
			Start: []time.Duration{9 * time.Millisecond}, Idle: 10e6, Kept: 43e6,
			Connections: KeptConnection,
		},
	}
	return append(rows, rate), facts
}

func TestRivalsAreComparedWithTheBetterOne(t *testing.T) {
	t.Parallel()
	rows, facts := good()
	r := New(Setup{}, proxies, rows, facts, nil)
	edge := r.Rows[0].line("edge")
	if got := *edge.CPURatio; got != 24.0/30 {
		t.Errorf("CPU ratio %v, want that to haproxy", got)
	}
	if got := *edge.RateRatio; got != 38000.0/31000 {
		t.Errorf("throughput ratio %v, want that to haproxy", got)
	}
	if r.Rows[2].line("edge").RateRatio != nil {
		t.Error("throughputs are compared though the rate was given")
	}
	for _, x := range r.Targets {
		if x.Finding != Met {
			t.Errorf("%+v", x)
		}
	}
	if len(r.Targets) != 6 { // CPU, throughput, 64k, idle, start, kept
		t.Errorf("%d targets: %+v", len(r.Targets), r.Targets)
	}
	if len(r.Warnings) != 0 {
		t.Errorf("warnings %q", r.Warnings)
	}
}

func TestTargetsAreMissed(t *testing.T) {
	t.Parallel()
	rows := []trial.Row{
		row("100b", rig.Bodies[0], samples(28, 33000), samples(30, 31000), samples(32, 30000)),
		row("1m", rig.Bodies[2], samples(112, 900), samples(100, 1000), samples(300, 500)),
	}
	facts := map[string]trial.Facts{
		"edge": {
			Start: []time.Duration{101 * time.Millisecond}, Idle: 21e6, Kept: 61e6,
			Connections: KeptConnection,
		},
	}
	for _, x := range New(Setup{}, proxies, rows, facts, nil).Targets {
		if x.Finding != Missed {
			t.Errorf("%+v", x)
		}
	}
}

func TestThroughputUnderAFullLoadCoreProvesNothing(t *testing.T) {
	t.Parallel()
	held := samples(24, 31500)
	for i := range held {
		held[i].ProxyCore, held[i].LoadCore = 0.8, 1
	}
	r := New(Setup{}, proxies,
		[]trial.Row{row("100b", rig.Bodies[0], held, samples(33, 29000), samples(30, 31000))}, nil,
		nil)
	var found bool
	for _, x := range r.Targets {
		if x.AtLeast {
			found = true
			if x.Finding != Unproven {
				t.Errorf("%+v", x)
			}
		}
	}
	if !found || len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], "lower bound") {
		t.Errorf("targets %+v, warnings %q", r.Targets, r.Warnings)
	}
}

func TestMissingATargetOnABusyMachineProvesNothing(t *testing.T) {
	t.Parallel()
	busy := samples(33, 29000)
	for i := range busy[:2] {
		busy[i].Foreign = 0.5
	}
	for _, edge := range []struct {
		cpu, rate float64
		want      Finding
	}{{33, 29000, Unproven}, {20, 40000, Met}} {
		r := New(Setup{}, proxies,
			[]trial.Row{
				row("100b", rig.Bodies[0], samples(edge.cpu, edge.rate), busy, samples(33, 29000)),
			}, nil, nil)
		for _, x := range r.Targets {
			if x.Finding != edge.want {
				t.Errorf("%+v, want %s", x, edge.want)
			}
		}
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	bad := samples(30, 31000)
	bad[0].Failed, bad[1].Foreign, bad[2].CPU = 2, 0.5, 60
	slow := row("rate", rig.Bodies[0], samples(24, 9000), samples(24, 10000), samples(24, 10000))
	slow.Case.Rate = 10000
	delete(slow.Proxies, "<other> & co")
	r := New(Setup{LoadAverage: 3}, proxies,
		[]trial.Row{row("100b", rig.Bodies[0], samples(24, 38000), bad, samples(33, 29000)), slow},
		nil, nil)
	text := strings.Join(r.Warnings, "\n")
	for _, want := range []string{
		"load average 3.00", "100b nginx: 2 failed", "1 of 3 rounds were disturbed", "varied by",
		"rate edge: answered only 9000 of 10000",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
}

func TestWithoutRivalsThereIsNothingToMeet(t *testing.T) {
	t.Parallel()
	only := row("100b", rig.Bodies[0], samples(24, 38000), nil, nil)
	r := New(Setup{}, proxies[:1], []trial.Row{only}, nil, nil)
	if len(r.Targets) != 0 || r.Rows[0].line("edge").CPURatio != nil {
		t.Errorf("%+v", r)
	}
	if err := r.WriteJSON(io.Discard); err != nil {
		t.Error(err)
	}
}

func TestTableNamesEverything(t *testing.T) {
	t.Parallel()
	rows, facts := good()
	var b bytes.Buffer
	if err := New(Setup{Rounds: 3, Duration: time.Second, Connections: 64}, proxies, rows, facts,
		nil).WriteTable(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"body of 100 bytes", "body of 64 KiB", "10000 requests per second", "edge", "haproxy",
		"0.80", "<= 0.9 x", ">= 1.1 x", "met", "43.0 MB",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing in\n%s", want, b.String())
		}
	}
	// Columns end at the same place in every line of a table.
	lines := strings.Split(b.String(), "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "  proxy ") && strings.HasSuffix(line, "load core") &&
			len(lines[i+1]) != len(line) {
			t.Errorf("these lines are not aligned:\n%s\n%s", line, lines[i+1])
		}
	}
}

func TestJSONReadsBack(t *testing.T) {
	t.Parallel()
	rows, facts := good()
	var b bytes.Buffer
	if err := New(Setup{}, proxies, rows, facts, nil).WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	var back Report
	if err := json.Unmarshal(b.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	if len(back.Rows) != 3 || len(back.Samples) != 3 || back.Rows[0].Lines[0].CPU.Median != 24 {
		t.Errorf("%+v", back)
	}
}

func TestSVGIsWellFormed(t *testing.T) {
	t.Parallel()
	rows, _ := good()
	for _, rows := range [][]trial.Row{nil, rows} {
		var b bytes.Buffer
		if err := New(Setup{}, proxies, rows, nil, nil).WriteSVG(&b); err != nil {
			t.Fatal(err)
		}
		text := b.String()
		for d := xml.NewDecoder(&b); ; {
			_, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%v in\n%s", err, text)
			}
		}
		if strings.Contains(text, "NaN") {
			t.Errorf("not a number in\n%s", text)
		}
	}
}

func TestManyRoutesWithALogAreComparedWithNginx(t *testing.T) {
	t.Parallel()
	many := row("routes", rig.Bodies[0], samples(31, 30000), samples(30, 31000),
		samples(20, 40000))
	many.Case.Routes, many.Case.Logged = 1000, true
	many.Unlogged = map[string]int64{"edge": 7}
	r := New(Setup{}, proxies, []trial.Row{many}, nil, nil)
	if len(r.Targets) != 1 || r.Targets[0].Finding != Met || r.Targets[0].Got != 31.0/30 ||
		r.Targets[0].Limit != 1.05 {
		t.Errorf("%+v", r.Targets)
	}
	if text := strings.Join(r.Warnings, "\n"); !strings.Contains(text, "7 answers have no line") {
		t.Errorf("warnings %q", r.Warnings)
	}
	if title := r.Rows[0].title(); !strings.Contains(title, "1000 routes, access log on") {
		t.Errorf("title %q", title)
	}
}

func TestReloadsHaveTheirTargets(t *testing.T) {
	t.Parallel()
	reloads := &trial.Reloads{
		Routes: 10_000, Rate: 5000,
		Durations: []time.Duration{
			100 * time.Millisecond, 310 * time.Millisecond, 120 * time.Millisecond,
		},
		During: trial.Latency{
			Requests: 500, P50: 200 * time.Microsecond, P99: 900 * time.Microsecond,
			P999: 3 * time.Millisecond,
		},
		Between: trial.Latency{
			Requests: 50_000, P50: 100 * time.Microsecond, P99: 500 * time.Microsecond,
			P999: 2 * time.Millisecond,
		},
		Failed: 3, Reason: "closed",
	}
	r := New(Setup{}, proxies, nil, nil, reloads)
	if len(r.Targets) != 2 || r.Targets[0].Finding != Missed || r.Targets[0].Got != 310 ||
		r.Targets[1].Finding != Met || r.Targets[1].Got != 1.8 {
		t.Errorf("%+v", r.Targets)
	}
	var b bytes.Buffer
	if err := r.WriteTable(&b); err != nil {
		t.Fatal(err)
	}
	reloads.Elsewhere = 0.4
	busy := New(Setup{}, proxies, nil, nil, reloads)
	if busy.Targets[1].Finding != Unproven ||
		!strings.Contains(strings.Join(busy.Warnings, ""), "40 % of a core") {
		t.Errorf("on a busy machine: %+v, %q", busy.Targets, busy.Warnings)
	}
	for _, want := range []string{
		"10000 routes, 5000 requests per second, 3 reloads",
		"a reload takes 120.0 ms (100.0-310.0)", "during a reload", "3 failed requests: closed",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing in\n%s", want, b.String())
		}
	}
}
