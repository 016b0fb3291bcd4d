package probe_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/health"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/libs/probe"
)

// asked is a double of Ask: it notes who was asked when, and answers after a time.
type asked struct {
	mu     sync.Mutex
	times  map[string][]time.Time // guarded by mu; by address
	now    int                    // guarded by mu; checks being made
	most   int                    // guarded by mu; at a time
	took   time.Duration
	answer func(*probe.Target) probe.Kind // nil: all pass
}

func (a *asked) ask(ctx context.Context, t *probe.Target) probe.Result {
	a.mu.Lock()
	if a.times == nil {
		a.times = map[string][]time.Time{}
	}
	a.times[t.Address] = append(a.times[t.Address], time.Now())
	a.now++
	a.most = max(a.most, a.now)
	answer, began := a.answer, time.Now()
	a.mu.Unlock()
	timer := time.NewTimer(a.took)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	a.mu.Lock()
	a.now--
	a.mu.Unlock()
	r := probe.Result{Began: began, Took: time.Since(began), Reason: "as told"}
	if answer != nil {
		r.Kind = answer(t)
	}
	return r
}

func (a *asked) of(address string) []time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]time.Time(nil), a.times[address]...)
}

func (a *asked) inFlight() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.now
}

// many are targets that are asked every ten seconds.
func many(n int) []probe.Target {
	all := make([]probe.Target, n)
	for i := range all {
		all[i] = *target(config.CheckTCP, fmt.Sprintf("10.0.0.1:%d", i+1))
		all[i].Check.Interval, all[i].Check.Timeout = 10*time.Second, time.Second
	}
	return all
}

// inBubble runs a prober in a bubble of its own, on targets, while f is at work.
func inBubble(t *testing.T, o probe.Options, targets []probe.Target, f func(p *probe.Prober)) {
	synctest.Test(t, func(t *testing.T) {
		p := probe.NewProber(o)
		p.Set(targets)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- p.Run(ctx) }()
		f(p)
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestEachTargetIsAskedOnceInEachInterval(t *testing.T) {
	t.Parallel()
	a := &asked{took: 50 * time.Millisecond}
	const n, intervals = 200, 20
	inBubble(t, probe.Options{Ask: a.ask}, many(n), func(*probe.Prober) {
		began := time.Now()
		pass(intervals * 10 * time.Second)
		seconds := map[time.Duration]int{}
		for _, target := range many(n) {
			times := a.of(target.Address)
			if len(times) < intervals-1 || len(times) > intervals*10/9+2 {
				t.Fatalf("asked %d times in %d intervals", len(times), intervals)
			}
			if first := times[0].Sub(began); first > 10*time.Second {
				t.Errorf("asked for the first time after %v", first)
			} else {
				seconds[first.Truncate(time.Second)]++
			}
			for i := 1; i < len(times); i++ {
				if d := times[i].Sub(times[i-1]); d > 10*time.Second || d < 9*time.Second {
					t.Errorf("asked again after %v", d)
				}
			}
		}
		for second, k := range seconds {
			if k > n/4 {
				t.Errorf("%d of %d first checks come %v after the start", k, n, second)
			}
		}
	})
}

// pass lets time go by in a bubble.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func TestNoMoreAreAskedAtATimeThanMayBe(t *testing.T) {
	t.Parallel()
	a := &asked{took: time.Second}
	inBubble(t, probe.Options{Ask: a.ask, MaxConcurrent: 5}, many(100), func(*probe.Prober) {
		pass(60 * time.Second)
		if a.most != 5 {
			t.Errorf("%d at a time", a.most)
		}
		// Five a second: a round takes 20 s. None is left out, since the longest waiting is first.
		for _, target := range many(100) {
			if k := len(a.of(target.Address)); k < 2 || k > 4 {
				t.Errorf("%s was asked %d times", target.Address, k)
			}
		}
	})
}

func TestAReloadLeavesAloneWhatItDoesNotChange(t *testing.T) {
	t.Parallel()
	a := &asked{took: 100 * time.Millisecond}
	inBubble(t, probe.Options{Ask: a.ask}, many(50), func(p *probe.Prober) {
		for range 300 { // three a second
			pass(333 * time.Millisecond)
			p.Set(many(50))
		}
		for _, target := range many(50) {
			times := a.of(target.Address)
			for i := 1; i < len(times); i++ {
				if d := times[i].Sub(times[i-1]); d > 10*time.Second || d < 9*time.Second {
					t.Fatalf("asked again after %v", d)
				}
			}
			if len(times) < 9 {
				t.Errorf("asked %d times in 100 s", len(times))
			}
			if _, ok := p.Last("up", target.Address); !ok {
				t.Error("what is known was forgotten")
			}
		}
	})
}

func TestWhatIsGoneIsAskedNoMore(t *testing.T) {
	t.Parallel()
	a := &asked{took: 900 * time.Millisecond}
	inBubble(t, probe.Options{Ask: a.ask}, many(40), func(p *probe.Prober) {
		pass(30 * time.Second)
		kept, gone := many(40)[:20], many(40)[20:]
		p.Set(kept)
		synctest.Wait()
		before := 0
		for _, target := range gone {
			before += len(a.of(target.Address))
		}
		pass(60 * time.Second)
		after := 0
		for _, target := range gone {
			after += len(a.of(target.Address))
			if _, ok := p.Last("up", target.Address); ok {
				t.Error("it is still told of")
			}
		}
		if after != before {
			t.Errorf("asked %d times more", after-before)
		}
		if n := len(a.of(kept[0].Address)); n < 8 {
			t.Errorf("one that stays was asked %d times", n)
		}
	})
}

func TestAnotherQuestionIsAskedSoonAndOldAnswersAreDropped(t *testing.T) {
	t.Parallel()
	a := &asked{took: 500 * time.Millisecond, answer: func(t *probe.Target) probe.Kind {
		if t.Check.Type == config.CheckTCP {
			return probe.Connect
		}
		return probe.Passed
	}}
	targets := many(1)
	inBubble(t, probe.Options{Ask: a.ask}, targets, func(p *probe.Prober) {
		for len(a.of(targets[0].Address)) == 0 {
			pass(100 * time.Millisecond)
		}
		// The first check is being made.
		next := many(1)
		next[0].Check.Type, next[0].Check.Interval = config.CheckHTTP, 2*time.Second
		p.Set(next)
		pass(time.Second)
		if r, ok := p.Last("up", targets[0].Address); ok {
			t.Errorf("the answer to another question: %+v", r)
		}
		pass(2 * time.Second)
		if r, ok := p.Last("up", targets[0].Address); !ok || r.Kind != probe.Passed {
			t.Errorf("%+v", r)
		}
		// It waits now, for two seconds at most; then for an hour; and is called back.
		slow := many(1)
		slow[0].Check.Interval = time.Hour
		p.Set(slow)
		pass(5 * time.Second)
		p.Set(next)
		n := len(a.of(targets[0].Address))
		pass(3 * time.Second)
		if len(a.of(targets[0].Address)) == n {
			t.Error("a shorter interval waits for the end of the longer one")
		}
	})
}

func TestNoCheckOutlivesTheProber(t *testing.T) {
	t.Parallel()
	a := &asked{took: time.Hour}
	var p *probe.Prober
	inBubble(t, probe.Options{Ask: a.ask}, many(20), func(prober *probe.Prober) {
		p = prober
		pass(15 * time.Second)
		if n := a.inFlight(); n != 20 {
			t.Errorf("%d checks are being made", n)
		}
	})
	if n := a.inFlight(); n != 0 {
		t.Errorf("%d checks are left", n)
	}
	if _, ok := p.Last("up", many(1)[0].Address); ok {
		t.Error("a check that was broken off counts")
	}
}

// Without any traffic a verdict has to follow from checks alone, in three intervals, also
// where a thousand endpoints are silent at once.
func TestADeadEndpointIsDownAfterThreeIntervals(t *testing.T) {
	t.Parallel()
	for _, size := range []int{2, 1000} {
		var mu sync.Mutex
		dead := map[string]bool{}
		a := &asked{answer: func(t *probe.Target) probe.Kind {
			mu.Lock()
			defer mu.Unlock()
			if dead[t.Address] {
				return probe.Timeout
			}
			return probe.Passed
		}}
		targets := many(size)
		configured := make([]health.Configured, size)
		for i := range targets {
			targets[i].Check.Interval = config.DefaultHealthInterval
			configured[i] = health.Configured{Address: targets[i].Address, Weight: 1}
		}
		cluster := health.NewRegistry().Cluster("up",
			health.Settings{ActiveInterval: config.DefaultHealthInterval}, configured)
		for i := range targets {
			targets[i].Health = cluster.Endpoint(i)
		}
		a.took = config.DefaultHealthTimeout
		inBubble(t, probe.Options{Ask: a.ask}, targets, func(*probe.Prober) {
			let := func(d time.Duration) {
				for end := time.Now().Add(d); time.Now().Before(end); {
					pass(250 * time.Millisecond)
					cluster.Judge(time.Now())
				}
			}
			down := func() (n int) {
				for _, v := range cluster.Verdicts() {
					if v.Down {
						n++
					}
				}
				return n
			}
			let(20 * time.Second)
			if n := down(); n != 0 {
				t.Fatalf("%d of %d endpoints are down", n, size)
			}
			mu.Lock()
			for i := range size / 2 {
				dead[targets[i].Address] = true
			}
			mu.Unlock()
			let(3*config.DefaultHealthInterval + config.DefaultHealthTimeout + 500*time.Millisecond)
			if n := down(); n != size/2 {
				t.Errorf("%d of %d dead endpoints are down", n, size/2)
			}
			mu.Lock()
			clear(dead)
			mu.Unlock()
			// Two good checks, and a second for each doubling of the weight.
			let(2*config.DefaultHealthInterval + config.DefaultHealthTimeout + 8*time.Second)
			for _, v := range cluster.Verdicts() {
				if v.Down || v.Effective != 1 {
					t.Fatalf("after good checks: %+v", v)
				}
			}
		})
	}
}

func TestAChangeIsLoggedOnce(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var out bytes.Buffer
	kind := probe.Passed
	a := &asked{answer: func(*probe.Target) probe.Kind {
		mu.Lock()
		defer mu.Unlock()
		return kind
	}}
	become := func(k probe.Kind) {
		mu.Lock()
		defer mu.Unlock()
		kind = k
	}
	log := logrus.New()
	log.SetOutput(&out)
	inBubble(t, probe.Options{Ask: a.ask, Log: log}, many(1), func(*probe.Prober) {
		pass(50 * time.Second)
		become(probe.Reset)
		pass(30 * time.Second)
		become(probe.Timeout)
		pass(30 * time.Second)
		become(probe.Passed)
		pass(50 * time.Second)
	})
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 2 || !strings.Contains(lines[0], "level=warning") ||
		!strings.Contains(lines[0], "cluster=up") ||
		!strings.Contains(lines[0], `reason="as told"`) ||
		!strings.Contains(lines[1], "level=info") || !strings.Contains(lines[1], "again") {
		t.Errorf("log:\n%s", out.String())
	}
}

func TestMetricsTellOfChecks(t *testing.T) {
	t.Parallel()
	a := &asked{took: 250 * time.Millisecond, answer: func(t *probe.Target) probe.Kind {
		if t.Address == "10.0.0.1:1" {
			return probe.TLS
		}
		return probe.Passed
	}}
	inBubble(t, probe.Options{Ask: a.ask}, many(3)[:2], func(p *probe.Prober) {
		pass(15 * time.Second)
		for a.inFlight() > 0 {
			pass(300 * time.Millisecond)
		}
		r := metrics.New()
		if err := r.Register(p.Collector()); err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		r.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
		for address, want := range map[string][2]string{
			"10.0.0.1:1": {"tls", "0"}, "10.0.0.1:2": {"passed", "1"},
		} {
			labels := fmt.Sprintf(`cluster="up",endpoint=%q`, address)
			for _, line := range []string{
				fmt.Sprintf("gateway_active_checks_total{%s,result=%q} %d\n", labels, want[0],
					len(a.of(address))),
				fmt.Sprintf("gateway_active_check_passed{%s} %s\n", labels, want[1]),
				fmt.Sprintf("gateway_active_check_duration_seconds{%s} 0.25\n", labels),
			} {
				if !strings.Contains(w.Body.String(), line) {
					t.Errorf("no line %s", line)
				}
			}
		}
	})
}
