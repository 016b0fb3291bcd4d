//go:build unix

package reload_test

import (
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

const trialTime = 3 * time.Second

// onTrial is a configuration whose plan is on trial after a reload.
func onTrial(upstream, mark string) string {
	return listening(upstream, mark, "public", anyPort) +
		"reload: {trial: 3s, max_error_increase: 10%}\naccess_log: {output: off}\n"
}

// tried is a gateway with clients that tell what they get.
type tried struct {
	*edgetest.Reloadable
	client *testkit.Client
	good   atomic.Int64
	bad    atomic.Int64
}

// startTrial starts a gateway before an upstream, and clients before that.
func startTrial(t *testing.T, config string) *tried {
	t.Helper()
	r := &tried{Reloadable: edgetest.StartReloadable(t, config)}
	r.client = testkit.Dial(t, r.Addr("public"))
	l := &load{stop: make(chan struct{})}
	for i := range 4 {
		c := testkit.Dial(t, r.Addr("public"))
		l.every(3*time.Millisecond, fmt.Sprintf("client %d", i), func(int) error {
			if err := c.Send(edgetest.Get); err != nil {
				return err
			}
			answer, err := c.Response("GET")
			switch {
			case err != nil:
				return err
			case answer.Status < 500:
				r.good.Add(1)
			default:
				r.bad.Add(1)
			}
			return nil
		})
	}
	t.Cleanup(func() {
		close(l.stop)
		l.group.Wait()
		for _, f := range l.failed() {
			t.Error(f)
		}
	})
	testkit.Eventually(t, "requests run", func() bool { return r.good.Load() > 100 })
	return r
}

// well checks that all is well again: a while without a failure.
func (r *tried) well(t *testing.T) {
	t.Helper()
	before := r.bad.Load()
	good := r.good.Load()
	testkit.Eventually(t, "requests are served", func() bool { return r.good.Load() > good+200 })
	// Those that had begun before the rollback may still have failed.
	if n := r.bad.Load() - before; n > 4 {
		t.Errorf("%d requests fail after the rollback", n)
	}
}

// rolledBack waits for a plan to be rolled back, and returns the receipt. It need not be the last:
// the watcher of the file may look after it.
func (r *tried) rolledBack(t *testing.T) (receipt admin.Receipt) {
	t.Helper()
	testkit.Within(t, trialTime+time.Second, "the plan is rolled back", func() bool {
		for _, receipt = range r.Status(t).Reloads {
			if receipt.Result == admin.RolledBack {
				return true
			}
		}
		return false
	})
	return receipt
}

// failing answers each request with 500.
func failing(c *testkit.Conn) {
	testkit.Answer("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n")(c)
}

func TestAPlanThatFailsItsTrialIsRolledBack(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		upstream func(t *testing.T) string
		why      string
	}{
		"dead endpoint": {func(t *testing.T) string {
			return edgetest.RefusedAddr(t)
		}, "failed requests"},
		"endpoint gives 500": {func(t *testing.T) string {
			return testkit.NewUpstream(t, failing).Addr()
		}, "failed requests"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			up := testkit.NewUpstream(t, edgetest.Echoing)
			e := startTrial(t, onTrial(up.Addr(), "good"))
			tunnel := edgetest.OpenEcho(t, e.Addr("public"))
			digest := e.Status(t).Digest
			bad := onTrial(test.upstream(t), "bad")
			start := time.Now()
			applied := e.Change(t, bad)
			r := e.rolledBack(t)
			edgetest.Took(t, "rolled back", start, 0, trialTime)
			if r.Trigger != admin.ByTrial || r.Reason != admin.ReasonErrors ||
				r.OldDigest != applied.NewDigest || r.NewDigest != digest ||
				!strings.Contains(r.Message, test.why) || !strings.Contains(r.Message, "%") {
				t.Errorf("the receipt is %+v", r)
			}
			e.well(t)
			if got := edgetest.MarkOf(t, e.client); got != "good" {
				t.Errorf("plan %q answers", got)
			}
			if err := edgetest.Echoes(tunnel, "still here"); err != nil {
				t.Error(err)
			}
			if n := e.Reloads(t, admin.RolledBack, admin.ReasonErrors); n != 1 {
				t.Errorf("%d roll-backs are counted", n)
			}
			testkit.Eventually(t, "the log says why", func() bool {
				return strings.Contains(e.Stderr(), "reload: rolled_back: "+r.Message)
			})

			// The watcher ignores the same text again, though the file was touched.
			seen := newest(t, e.Reloadable)
			e.Replace(t, bad+"# touched\n")
			testkit.Within(t, edgetest.ReloadDeadline, "the file was looked at", func() bool {
				return newest(t, e.Reloadable) > seen
			})
			if last := e.Status(t).Reloads[0]; last.Result != admin.Unchanged ||
				last.Trigger != admin.ByFile {
				t.Errorf("the touched file: %+v", last)
			}
			if got := edgetest.MarkOf(t, e.client); got != "good" {
				t.Errorf("plan %q answers", got)
			}
			// A SIGHUP takes the file again, and puts it on trial again.
			e.HangUp(t)
			testkit.Within(t, edgetest.ReloadDeadline, "SIGHUP takes it", func() bool {
				return e.Reloads(t, admin.Applied, admin.ReasonOK) == 2
			})
			testkit.Within(t, trialTime+time.Second, "and it is rolled back", func() bool {
				return e.Reloads(t, admin.RolledBack, admin.ReasonErrors) == 2
			})
			e.well(t)
		})
	}
}

// Failed connections count even where a retry at another endpoint hides them from clients.
func TestFailedConnectionsFailATrial(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, edgetest.Echoing)
	e := startTrial(t, onTrial(up.Addr(), "good"))
	two := fmt.Sprintf(`[{address: "%s"}, {address: "%s"}]`, up.Addr(), edgetest.RefusedAddr(t))
	e.Change(t,
		strings.Replace(onTrial(up.Addr(), "bad"), fmt.Sprintf(`[{address: "%s"}]`, up.Addr()), two,
			1))
	if r := e.rolledBack(t); !strings.Contains(r.Message, "connections") {
		t.Errorf("the receipt says %q", r.Message)
	}
	// the budget of retries leaves a few out
	if bad, good := e.bad.Load(), e.good.Load(); bad > good/20 {
		t.Errorf("%d requests failed, %d did not", bad, good)
	}
}

func TestAGoodPlanPassesItsTrial(t *testing.T) {
	t.Parallel()
	up, other := testkit.NewUpstream(t, edgetest.Echoing), testkit.NewUpstream(t, edgetest.Echoing)
	e := startTrial(t, onTrial(up.Addr(), "1"))
	e.Change(t, onTrial(other.Addr(), "2"))
	testkit.Within(t, trialTime+time.Second, "the trial ends well", func() bool {
		return strings.Contains(e.Stderr(), "the trial ended well")
	})
	if got := edgetest.MarkOf(t, e.client); got != "2" {
		t.Errorf("plan %q answers", got)
	}
	if n := e.bad.Load(); n != 0 {
		t.Errorf("%d requests failed", n)
	}
	if s := e.Status(t); s.Reloads[0].Result != admin.Applied &&
		s.Reloads[0].Result != admin.Unchanged {
		t.Errorf("the last receipt is %+v", s.Reloads[0])
	}
	// What fails later is no fault of the reload.
	other.Close()
	testkit.Eventually(t, "requests fail", func() bool { return e.bad.Load() > 200 })
	if got := e.Status(t).Digest; e.Reloads(t, admin.RolledBack, admin.ReasonErrors) != 0 {
		t.Errorf("a plan is rolled back after its trial; %s is in force", got)
	}
}

// What failed before does not count against the new plan: it may be there to mend it.
func TestATrialComparesWithThePlanBefore(t *testing.T) {
	t.Parallel()
	half := testkit.NewUpstream(t, func(c *testkit.Conn) {
		for n := 0; ; n++ {
			if _, err := c.Request(); err != nil {
				return
			}
			text := edgetest.OK
			if n%2 == 0 {
				text = "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"
			}
			if c.Send(text) != nil {
				return
			}
		}
	})
	e := startTrial(t, onTrial(half.Addr(), "1"))
	testkit.Eventually(t, "half of the requests fail", func() bool { return e.bad.Load() > 100 })
	e.Change(t, onTrial(half.Addr(), "2"))
	testkit.Within(t, trialTime+time.Second, "the trial ends well", func() bool {
		return strings.Contains(e.Stderr(), "the trial ended well")
	})
	if n := e.Reloads(t, admin.RolledBack, admin.ReasonErrors); n != 0 {
		t.Errorf("%d roll-backs of a plan that is no worse", n)
	}
}

// The plan before may be out of reach: its listener's address was taken meanwhile. That is told
// once, and the plan on trial stays.
func TestARollbackThatIsImpossibleIsTriedOnce(t *testing.T) {
	t.Parallel()
	up, lost := testkit.NewUpstream(t, edgetest.Echoing), freeAddress(t)
	both := strings.Replace(onTrial(up.Addr(), "good"), "listeners:\n",
		fmt.Sprintf("listeners:\n  - {name: lost, address: %q, protocol: http}\n", lost), 1)
	e := startTrial(t, both)
	bad := testkit.NewUpstream(t, func(c *testkit.Conn) { // well behaved until the address is taken
		for {
			if _, err := c.Request(); err != nil || c.Send(edgetest.OK) != nil {
				return
			}
			if c.Index > 8 {
				return
			}
		}
	})
	e.Change(t, onTrial(bad.Addr(), "bad"))
	taken, err := net.Listen("tcp", lost)
	edgetest.Must(t, err)
	defer taken.Close()
	bad.Close()
	refusals := func() int { return e.Reloads(t, admin.Refused, admin.ReasonListen) }
	testkit.Within(t, trialTime+time.Second, "the rollback is refused", func() bool {
		return refusals() > 0
	})
	failed := e.bad.Load()
	testkit.Eventually(t, "time passes", func() bool { return e.bad.Load() > failed+500 })
	if n := refusals(); n != 1 {
		t.Errorf("it is tried %d times", n)
	}
	if got := e.Status(t).State; got != admin.Ready {
		t.Errorf("the state is %s", got)
	}
}

// A plan on trial has proved nothing yet: a change within its trial is compared with,
// and returns to, what was before both.
func TestAChangeWithinATrialReturnsToWhatWasProved(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, edgetest.Echoing)
	e := startTrial(t, onTrial(up.Addr(), "proved"))
	proved := e.Status(t).Digest
	if r := e.Change(t, onTrial(up.Addr(), "on trial")); r.Result != admin.Applied {
		t.Fatalf("%+v", r)
	}
	if r := e.Change(t, onTrial(edgetest.RefusedAddr(t), "bad")); r.Result != admin.Applied {
		t.Fatalf("%+v", r)
	}
	if r := e.rolledBack(t); r.NewDigest != proved {
		t.Errorf("rolled back to %s, want %s", r.NewDigest, proved)
	}
	e.well(t)
}
