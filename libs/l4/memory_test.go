package l4

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// What an idle session may cost, beyond what the kernel keeps for its sockets.
const sessionCost = 12 << 10

// rss is the memory of this process, without what other processes share.
func rss(t testing.TB) int {
	t.Helper()
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip("the system does not tell: ", err)
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "RssAnon:"); ok {
			kb, err := strconv.Atoi(strings.Fields(rest)[0])
			if err != nil {
				t.Fatal(err)
			}
			return kb << 10
		}
	}
	t.Skip("the system does not tell")
	return 0
}

// others are clients and an endpoint in a process of their own.
type others struct {
	t        testing.TB
	endpoint string
	in       io.Writer
	out      *bufio.Reader
}

func startOthers(t testing.TB) *others {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 12*deadline)
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), peersVariable+"=1")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("the other process: %v", err)
		}
		cancel()
	})
	o := &others{t: t, in: in, out: bufio.NewReader(out)}
	o.endpoint = o.line()
	return o
}

func (o *others) line() string {
	o.t.Helper()
	line, err := o.out.ReadString('\n')
	if err != nil {
		o.t.Fatal(err)
	}
	return strings.TrimSpace(line)
}

func (o *others) do(command string) {
	o.t.Helper()
	if _, err := fmt.Fprintln(o.in, command); err != nil {
		o.t.Fatal(err)
	}
	if got := o.line(); got != "done" {
		o.t.Fatalf("%s: %s", command, got)
	}
}

func TestTenThousandIdleSessionsCostLittleAndAreDrained(t *testing.T) {
	if testing.Short() {
		t.Skip("it opens 10,000 sessions")
	}
	testkit.NeedsFastPath(t, "a session has two goroutines and two buffers more")
	want := 10_000
	limit := netx.Allowed().Limit
	if most := (limit - 500) / 2; most < want {
		t.Logf("the limit of descriptors, %d, is enough for %d sessions", limit, most)
		want = most
	}
	// Each needs descriptors of its own for all sessions.
	o := startOthers(t)
	d := document(startOthers(t).endpoint)
	d.Listeners[0].Limits.MaxConnections, d.Clusters[0].Limits.MaxConnections = want, want
	r := start(t, build(t, d))
	o.do(fmt.Sprintf("open %d %s", 200, r.address)) // what is needed once
	o.do("close - -")
	testkit.Eventually(t, "they are gone", func() bool { return r.Connections() == 0 })
	runtime.GC()
	before := rss(t)
	o.do(fmt.Sprintf("open %d %s", want, r.address))
	if n := r.Connections(); n != want {
		t.Fatalf("%d sessions, want %d", n, want)
	}
	asIs := (rss(t) - before) / want
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	t.Logf("%d sessions: %d bytes each; after a collection %d of the heap and %d of stacks in use",
		want, asIs, int(m.HeapInuse)/want, int(m.StackInuse)/want)
	if asIs > sessionCost && !raceEnabled {
		t.Errorf("an idle session costs %d bytes, want at most %d", asIs, sessionCost)
	}
	r.stop()
	drained := make(chan int, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), 6*deadline)
		defer cancel()
		drained <- r.Drain(ctx)
	}()
	testkit.Eventually(t, "it drains", r.Draining)
	began := time.Now()
	o.do("close - -")
	if n := <-drained; n != 0 {
		t.Errorf("%d sessions were cut", n)
	}
	t.Logf("drained in %v", time.Since(began))
	if n := r.ended(t, want+200); len(n) != want+200 {
		t.Errorf("%d sessions are logged", len(n))
	}
	for _, s := range r.States() {
		if s.Open != 0 {
			t.Errorf("%+v", s)
		}
	}
}
