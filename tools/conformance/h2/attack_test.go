package h2_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	xhttp2 "golang.org/x/net/http2"
)

// The bounds of an attack by attackers connections, one after another. Times are measured and told,
// and bounded only so far that no busy machine breaks them.
const (
	attackFrames = 1000
	attackers    = 10
	attackMemory = 16 << 20
	attackCPU    = 5 * time.Second
)

func TestAttacksAreCutShort(t *testing.T) {
	all := maps.Clone(resets)
	maps.Copy(all, floods)
	maps.Copy(all, faults)
	authority := testkit.NewAuthority(t)
	up := newEndpoint(t)
	for _, listener := range []string{"plain", "tls"} {
		for name, a := range all {
			t.Run(listener+"/"+name, func(t *testing.T) {
				u := startUnder(t, authority, testkit.Cluster{
					Address: up.Addr(), More: ", limits: {max_connections: 1000}",
				})
				for range attackers {
					a.run(t, u.f, listener)
				}
				u.judge(t, attackMemory)
			})
		}
	}
}

// run attacks once. The connection must be cut after attackFrames frames at most.
func (a attack) run(t *testing.T, f *testkit.Front, listener string) {
	t.Helper()
	c := dial(t, f, listener, true)
	defer c.close()
	if a.setup != nil {
		a.setup(c)
		c.flush()
	}
	c.sent = 0
	for n := 0; c.sent < attackFrames && len(c.bye) == 0 && !c.isOver(); n++ {
		a.step(c, n)
		c.flush()
	}
	want := a.code
	if want == 0 {
		want = xhttp2.ErrCodeEnhanceYourCalm
	}
	select {
	case <-c.ended:
	case <-time.After(testkit.Deadline):
		t.Errorf("the connection is open after %d frames", c.sent)
		return
	}
	select {
	case g := <-c.bye:
		if g.code != want || !strings.Contains(g.why, a.why) {
			t.Errorf("after %d frames: %v, want %v that says %q", c.sent, g, want, a.why)
		}
	default:
		t.Errorf("after %d frames the connection was closed without a word, want %v", c.sent, want)
	}
}

func (c *client) isOver() bool {
	select {
	case <-c.ended:
		return true
	default:
		return false
	}
}

// under is an edge under attack, with a polite client beside the attackers.
type under struct {
	f      *testkit.Front
	polite *polite
	memory int64
	peak   <-chan int64
	quit   chan struct{}
	cpu    time.Duration
	start  time.Time
}

func startUnder(t *testing.T, authority *testkit.Authority, o testkit.Cluster) *under {
	t.Helper()
	u := &under{f: testkit.StartFront(t, authority, o), quit: make(chan struct{})}
	u.polite = newPolite(t, u.f)
	var err error
	if u.memory, err = u.f.RSS(); err != nil {
		t.Skipf("no resident memory to read: %v", err)
	}
	if u.cpu, err = u.f.CPU(); err != nil {
		t.Fatal(err)
	}
	peak := make(chan int64, 1)
	u.peak, u.start = peak, time.Now()
	go func() {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		var most int64
		for {
			if n, err := u.f.RSS(); err == nil {
				most = max(most, n)
			}
			select {
			case <-tick.C:
			case <-u.quit:
				peak <- most
				return
			}
		}
	}()
	return u
}

// judge ends the measurement and says what it found.
func (u *under) judge(t *testing.T, memory int64) {
	t.Helper()
	took := time.Since(u.start)
	answers, p99 := u.polite.stop()
	close(u.quit)
	grown := <-u.peak - u.memory
	cpu, err := u.f.CPU()
	if err != nil {
		t.Fatal(err)
	}
	cpu -= u.cpu
	t.Logf("in %v: memory grew by %d KiB, %v of CPU time, the polite client waited %v for 99 of "+
		"100 of its %d answers",
		took.Round(time.Millisecond), grown>>10, cpu, p99.Round(10*time.Microsecond), answers)
	if grown > memory {
		t.Errorf("memory grew by %d KiB", grown>>10)
	}
	if cpu > attackCPU {
		t.Errorf("the edge took %v of CPU time", cpu)
	}
	// Nothing of the attackers is left behind.
	testkit.Eventually(t, "all of their requests are over", func() bool {
		return u.f.Metrics(t)[`gateway_active_requests{route="all"}`] == 0
	})
}
