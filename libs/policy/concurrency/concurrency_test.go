package concurrency

import (
	"sync"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

func limit(t testing.TB, s *State, concurrent int, adaptive bool) *Policy {
	t.Helper()
	c := config.NewRoute("r", "c")
	c.Limit = &config.Limit{Concurrent: concurrent, Adaptive: adaptive, Least: 4}
	p, err := New(&c, s)
	if err != nil {
		t.Fatal(err)
	}
	return p.(*Policy)
}

func TestRoutesWithoutALimitHaveNoPolicy(t *testing.T) {
	c := config.NewRoute("r", "c")
	if p, err := New(&c, new(State)); p != nil || err != nil {
		t.Errorf("%v, %v", p, err)
	}
}

// Each slot is given back once, also where another policy has answered, and to the same gate after
// a reload.
func TestSlotsAreGivenBack(t *testing.T) {
	s := new(State)
	p := limit(t, s, 2, false)
	var a, b, c policy.Request
	if p.OnRequest(&a) != nil || p.OnRequest(&b) != nil {
		t.Fatal("two are refused")
	}
	if no := p.OnRequest(&c); no == nil || no.Code != gwerr.Overloaded || no.Rule == "" {
		t.Fatalf("the third gets %+v", no)
	}
	p.OnEnd(&c, nil) // it has no slot
	if p.OnRequest(&c) == nil {
		t.Fatal("a refused request has given a slot back")
	}
	s.NextPlan(1)
	next := limit(t, s, 2, false)
	if next.OnRequest(&c) == nil {
		t.Fatal("the next plan does not count those of the one before")
	}
	p.OnEnd(&a, nil)
	p.OnEnd(&a, nil)
	if next.OnRequest(&c) != nil || next.OnRequest(&a) == nil {
		t.Fatal("not one slot is free")
	}
}

func TestManyAtTheSameTime(t *testing.T) {
	p := limit(t, new(State), 5, false)
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			for range 2000 {
				var r policy.Request
				if p.OnRequest(&r) == nil {
					if n := p.gate.inFlight.Load(); n > 5+16 {
						t.Errorf("%d in flight", n)
					}
				}
				p.OnEnd(&r, nil)
			}
		})
	}
	group.Wait()
	if n := p.gate.inFlight.Load(); n != 0 {
		t.Errorf("%d are left", n)
	}
}

// endpoint is one that serves so many requests at a time, each for so long: more wait.
type endpoint struct {
	atATime int64
	takes   time.Duration
}

func (e endpoint) answers(inFlight int64) time.Duration {
	return e.takes * time.Duration(max(inFlight, e.atATime)) / time.Duration(e.atATime)
}

// learn lets as many requests in as the limit allows, for so many looks, and returns the limit.
func learn(l *learned, now *time.Time, e endpoint, wanted int64, looks int) int64 {
	for range looks {
		*now = now.Add(window)
		in := min(l.limit(4, 1000), wanted)
		for range fewest {
			l.sample(*now, e.answers(in), in, 4, 1000)
		}
	}
	return l.limit(4, 1000)
}

// The limit comes near to what the endpoint serves at a time, follows it down and up again, and
// does not grow where nobody needs more.
func TestTheLimitFollowsTheEndpoint(t *testing.T) {
	var l learned
	now := time.Unix(1000, 0)
	if n := learn(&l, &now, endpoint{100, 10 * time.Millisecond}, 1000, 60); n < 90 || n > 400 {
		t.Errorf("of an endpoint for 100 at a time, %d are let in", n)
	}
	before := l.limit(4, 1000)
	n := learn(&l, &now, endpoint{10, 10 * time.Millisecond}, 1000, 30)
	if n > before/2 {
		t.Errorf("when it serves 10 at a time, %d of %d are still let in", n, before)
	}
	if n := learn(&l, &now, endpoint{200, 10 * time.Millisecond}, 1000, 400); n < 150 {
		t.Errorf("when it serves 200 at a time, %d are let in", n)
	}
	l = learned{}
	if n := learn(&l, &now, endpoint{100, time.Millisecond}, 3, 100); n > first {
		t.Errorf("of 3 in flight it has learned that %d may be", n)
	}
	if n := learn(&l, &now, endpoint{1, time.Hour}, 1000, 1000); n < 4 {
		t.Errorf("it is under the least: %d", n)
	}
}

func TestPassingAllocatesNothing(t *testing.T) {
	p := limit(t, new(State), 10, true)
	var r policy.Request
	if n := testing.AllocsPerRun(1000, func() {
		if p.OnRequest(&r) != nil {
			t.Fatal("it is refused")
		}
		p.OnEnd(&r, nil)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
