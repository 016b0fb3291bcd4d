// Package slowclients_test attacks the edge with slowhttptest, in its four modes, while a polite
// client measures.
package slowclients_test

import (
	"context"
	"encoding/csv"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

const (
	// attackers is how many slow connections each mode opens.
	attackers = 500
	// timeout is the longest of header and body_idle in gateway.yaml; a slow client is gone a
	// second after it.
	timeout = 3 * time.Second
	grace   = time.Second
	// mayMove is how much the polite client's 99th percentile may move.
	mayMove = 50 * time.Millisecond
)

var modified = time.Unix(0, 0)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// modes are those of slowhttptest. An attacker that is served whole and closes is no slow client
// any more, so what is asked is the same for each: nobody is left a second after the timeout.
var modes = []struct {
	name string
	args []string
	// unseen says that the attacker cannot see that it was cut: it still reads, five bytes at a
	// time, what its own receive buffer holds. The gateway's count of connections is asked instead.
	unseen bool
}{
	// A line of the head each second, for ever.
	{"slow headers", []string{"-H", "-i", "1"}, false},
	// A few bytes of the body, and then nothing for longer than body_idle.
	{"slow body", []string{"-B", "-i", "60", "-s", "100000"}, false},
	// Thousands of overlapping ranges.
	{"ranges", []string{"-R", "-a", "1", "-b", "3000"}, false},
	// Five bytes of the answer a second: so little that the window stays shut for longer than
	// body_idle.
	{"slow read", []string{"-X", "-w", "256", "-y", "512", "-n", "1", "-z", "5", "-k", "1"}, true},
}

func TestSlowClientsAreCutAndPoliteOnesDoNotNotice(t *testing.T) {
	tool, err := exec.LookPath("slowhttptest")
	if err != nil {
		const missing = "slowhttptest is not installed: it is in the Debian package slowhttptest " +
			"(apt-get install slowhttptest)"
		if os.Getenv("CI") == "true" {
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	for _, mode := range modes {
		t.Run(mode.name, func(t *testing.T) { attack(t, tool, mode.args, mode.unseen) })
	}
}

// attack runs one mode against an edge of its own.
func attack(t *testing.T, tool string, args []string, unseen bool) {
	s := startSite(t)
	e := startEdge(t, s.addr)

	// The same requests straight to the upstream are the control: what slows them as well is the
	// machine, which slowhttptest and other tests keep busy, not the gateway.
	alone, control := startPolite(e.Addr("public")), startPolite(s.addr)
	time.Sleep(time.Second) // a second's worth of requests to compare with
	before, controlBefore := alone.end(t), control.end(t)

	stats := filepath.Join(t.TempDir(), "stats")
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, tool,
		append(args, "-c", strconv.Itoa(attackers), "-r", strconv.Itoa(attackers),
			"-l", "12", "-p", "3", "-g", "-o", stats, "-u", "http://"+e.Addr("public")+"/")...)
	during, control := startPolite(e.Addr("public")), startPolite(s.addr)
	start := time.Now()
	open := startCount(e.Addr("admin"))
	text, err := cmd.CombinedOutput()
	counts := open.end()
	after, controlAfter := during.end(t), control.end(t)
	if err != nil {
		t.Fatalf("slowhttptest: %v\n%s", err, text)
	}
	t.Logf("over after %v; polite p99 %v alone, %v under attack (without the gateway %v and %v); "+
		"%d requests of attackers reached the upstream",
		time.Since(start).Round(time.Second), before, after, controlBefore, controlAfter,
		s.attacked.Load())
	switch machine := max(0, controlAfter-controlBefore); {
	case machine > mayMove:
		t.Logf("the machine alone moves the 99th percentile by %v: too busy to judge the "+
			"gateway's part", machine)
	case after-before-machine > mayMove:
		t.Errorf("the polite client's 99th percentile moves from %v to %v, more than %v (the "+
			"machine's part: %v)", before, after, mayMove, machine)
	}
	seconds, within := readStats(t, stats+".csv"), timeout+grace
	if unseen {
		// body_idle runs from the last byte that left, and some leave while the buffers on the way
		// fill up.
		seconds, within = seenByTheGateway(seconds, counts), within+timeout
	}
	judge(t, seconds, int(s.attacked.Load()), within)
}

// second is a line of slowhttptest's statistics.
type second struct{ at, closed, pending, connected int }

// judge wants that all attackers got in, and that each was gone within the time given. They come
// over some seconds, so it compares those gone by a second with those that had come by then. served
// is how many requests the upstream had: a client that was served and left between two lines of
// statistics is in neither column.
func judge(t *testing.T, seconds []second, served int, within time.Duration) {
	t.Helper()
	came := map[int]int{}
	got := served
	for _, s := range seconds {
		came[s.at] = s.connected + s.closed
		got = max(got, came[s.at])
	}
	if got < attackers {
		t.Errorf("only %d of %d slow clients got a connection", got, attackers)
	}
	// One second more, since the statistics have whole seconds.
	late := int(within/time.Second) + 1
	for _, s := range seconds {
		if due, ok := came[s.at-late]; ok && s.closed < due {
			t.Errorf("after %d s %d slow clients were cut, want the %d that had come by %d s: %+v",
				s.at, s.closed, due, s.at-late, seconds)
			return
		}
	}
}

func readStats(t *testing.T, file string) []second {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) < 2 {
		t.Fatalf("%d rows of statistics, %v", len(rows), err)
	}
	column := map[string]int{}
	for i, name := range rows[0] {
		column[strings.TrimSpace(name)] = i
	}
	var out []second
	for _, row := range rows[1:] {
		n := func(name string) int {
			i, ok := column[name]
			if !ok {
				t.Fatalf("no column %s in %v", name, rows[0])
			}
			v, err := strconv.Atoi(strings.TrimSpace(row[i]))
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			return v
		}
		out = append(out, second{
			at: n("Seconds"), closed: n("Closed"), pending: n("Pending"), connected: n("Connected"),
		})
	}
	return out
}

// startEdge runs the edge with this folder's gateway.yaml, on other ports.
func startEdge(t *testing.T, upstream string) *testkit.Process {
	t.Helper()
	text, err := os.ReadFile("gateway.yaml")
	if err != nil {
		t.Fatal(err)
	}
	config := strings.NewReplacer("127.0.0.1:8080", "127.0.0.1:0", "127.0.0.1:9000", upstream,
		"127.0.0.1:9901", "127.0.0.1:0").Replace(string(text))
	return testkit.StartEdge(t, config)
}
