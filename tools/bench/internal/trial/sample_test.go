package trial

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/tools/bench/internal/load"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/proc"
)

// TestSampleIsTheDifferenceOfReadings has two seconds in which the proxy took 1.2 s of its core,
// upstream and load together 1.4 s of theirs, and other processes 0.3 s of both.
func TestSampleIsTheDifferenceOfReadings(t *testing.T) {
	t.Parallel()
	start := time.Unix(1000, 0)
	before := reading{at: start, proxy: time.Second, upstream: 3 * time.Second,
		proxyCore: proc.CoreTimes{Idle: 100, Total: 1000},
		loadCore:  proc.CoreTimes{Idle: 500, Steal: 7, Total: 1000}}
	after := reading{
		at: start.Add(2 * time.Second), proxy: 2200 * time.Millisecond,
		upstream:  3800 * time.Millisecond,
		proxyCore: proc.CoreTimes{Idle: 160, Total: 1200},
		loadCore:  proc.CoreTimes{Idle: 546, Steal: 11, Total: 1200},
	}
	s := difference(before, after, load.Result{
		Requests: 40000, Elapsed: 1600 * time.Millisecond, Failed: 1, Reason: "x",
		CPU: 600 * time.Millisecond,
	})
	near := func(name string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 1e-9 {
			t.Errorf("%s = %v, want %v", name, got, want)
		}
	}
	near("CPU", s.CPU, 30)
	near("upstream CPU", s.UpstreamCPU, 20)
	near("load CPU", s.LoadCPU, 15)
	near("rate", s.Rate, 25000)
	near("proxy core", s.ProxyCore, 0.7*2/1.6)
	near("load core", s.LoadCore, 0.75)
	near("steal", s.Steal, 0.02)
	near("foreign", s.Foreign, 0.7+0.75-2.6/2)
	if s.Failed != 1 || s.Reason != "x" || !s.Disturbed() {
		t.Errorf("%+v", s)
	}
}

func TestDisturbanceIsOfEitherKind(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		s    Sample
		want bool
	}{
		{Sample{}, false}, {Sample{Foreign: 0.07, Steal: 0.07}, false},
		{Sample{Foreign: 0.2}, true}, {Sample{Steal: 0.2}, true},
	} {
		if got := c.s.Disturbed(); got != c.want {
			t.Errorf("%+v is disturbed: %v", c.s, got)
		}
	}
}

func TestLinesOfALogAreCounted(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(path, []byte(strings.Repeat("a line\n", 50_000)+"and a part"),
		0o600); err != nil {
		t.Fatal(err)
	}
	if n, err := lines(path); n != 50_000 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if _, err := lines(path + "x"); err == nil {
		t.Error("a log that is not there has lines")
	}
}
