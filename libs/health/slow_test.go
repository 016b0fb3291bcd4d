package health_test

import (
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/health"
)

const slowly = 20 * time.Second

// line wants the weight of an endpoint to grow from a tenth to all of it in a line.
func (t *trial) line(tb testing.TB, i int, each ...[2]int) {
	tb.Helper()
	full := t.configured[i].Weight * health.Scale
	from := t.now
	for t.now.Sub(from) < slowly {
		share := 0.1 + 0.9*float64(t.now.Sub(from))/float64(slowly)
		if got := float64(t.Weights()[i]) / float64(full); got < share-0.02 || got > share+0.02 {
			tb.Fatalf("after %v endpoint %d has %.2f of its weight, want %.2f", t.now.Sub(from), i,
				got, share)
		}
		t.pass(tick, each...)
	}
	t.pass(tick, each...)
	if got := t.Weights()[i]; got != full {
		tb.Errorf("at the end endpoint %d has %d of %d", i, got, full)
	}
}

func TestTheStartOfTheGatewayIsNotSlow(t *testing.T) {
	c := newTrialWith(health.Settings{SlowStart: slowly}, 1, 1, 2)
	c.want(t, "at first", 100, 100, 200)
	c.judge()
	c.want(t, "judged", 100, 100, 200)
	c.reload()
	c.judge()
	c.want(t, "after a reload", 100, 100, 200)
}

func TestWhatAReloadAddsStartsSlowly(t *testing.T) {
	c := newTrialWith(health.Settings{SlowStart: slowly}, 1, 1)
	c.judge()
	c.configured = append(c.configured, health.Configured{Address: address(2), Weight: 2})
	c.reload()
	c.want(t, "before a verdict", 100, 100, 20)
	c.judge()
	// A reload in the middle changes nothing.
	c.pass(5 * time.Second)
	before := c.Weights()[2]
	c.reload()
	if got := c.Weights()[2]; got != before || got < 60 || got > 80 {
		t.Errorf("a reload makes %d of %d", got, before)
	}
	c.pass(slowly)
	c.want(t, "at the end", 100, 100, 200)
	c.configured[0].Weight = 0
	c.reload()
	c.configured[0].Weight = 1
	c.reload()
	c.judge()
	c.line(t, 0)
}

func TestWhatRecoversStartsSlowly(t *testing.T) {
	c := newTrialWith(health.Settings{SlowStart: slowly, ActiveInterval: time.Second}, 1, 1)
	for range 3 {
		c.Endpoint(0).RecordActive(health.ConnectFailure)
		c.judge()
	}
	if w := c.Weights()[0]; w != 1 {
		t.Fatalf("down it has %d", w)
	}
	for range 2 {
		c.Endpoint(0).RecordActive(health.Success)
		c.judge()
	}
	for c.Weights()[0] < 10 { // a weight rises once a second
		c.judge()
	}
	c.line(t, 0)
}

func TestWhatHadFailedRequestsStartsSlowly(t *testing.T) {
	c := newTrialWith(health.Settings{SlowStart: slowly}, 1, 1, 1)
	c.pass(12*time.Second, [2]int{0, 5}, [2]int{5, 0}, [2]int{5, 0})
	if w := c.Weights()[0]; w != 1 {
		t.Fatalf("dead it has %d", w)
	}
	for n := 0; c.Weights()[0] < 10; n++ {
		if c.pass(tick, [2]int{5, 0}, [2]int{5, 0}, [2]int{5, 0}); n > 100 {
			t.Fatal("it does not come back")
		}
	}
	from := c.now
	for c.Weights()[0] < 100 {
		most := 0.12 + 0.9*float64(c.now.Sub(from)+tick)/float64(slowly)
		if got := float64(c.Weights()[0]) / 100; got > most {
			t.Fatalf("after %v it has %.2f", c.now.Sub(from), got)
		}
		c.pass(tick, [2]int{5, 0}, [2]int{5, 0}, [2]int{5, 0})
	}
	if took := c.now.Sub(from); took < slowly-tick || took > slowly+5*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestTheReasonNamesASlowStart(t *testing.T) {
	c := newTrialWith(health.Settings{SlowStart: slowly}, 1)
	c.configured = append(c.configured, health.Configured{Address: address(1), Weight: 1})
	c.reload()
	c.judge()
	if v := c.Verdicts()[1]; v.SlowStart >= 0.2 ||
		!strings.Contains(v.Reason, "a slow start leaves it 10% of its weight; weight 1 -> 0.1") {
		t.Errorf("the verdict is %+v", v)
	}
}

// Nobody gets more than twice its share because others begin, and one that is alone has it all.
func TestSlowStartsLeaveHalfOfTheCluster(t *testing.T) {
	c := newTrialWith(health.Settings{SlowStart: slowly}, 1)
	c.judge()
	for i := range 9 {
		c.configured = append(c.configured, health.Configured{Address: address(i + 1), Weight: 1})
	}
	c.reload()
	for range 40 {
		c.must(t)
		c.judge()
	}
	only := newTrialWith(health.Settings{SlowStart: slowly}, 1)
	only.judge()
	only.configured = []health.Configured{{Address: address(7), Weight: 1}}
	only.reload()
	only.want(t, "another one alone", 100)
}

// When all have failed alike, and do no longer, all are back.
func TestTheEndOfAnOutageIsNotSlow(t *testing.T) {
	c := newTrialWith(health.Settings{SlowStart: slowly}, 1, 1)
	c.pass(20*time.Second, [2]int{0, 5}, [2]int{0, 5})
	c.want(t, "in the outage", 100, 100)
	c.pass(15*time.Second, [2]int{5, 0}, [2]int{5, 0})
	c.want(t, "after it", 100, 100)
}
