package resolver_test

import (
	"context"
	"errors"
	"net"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/gatewayhomebrew/gateway/libs/resolver"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	one   = netip.MustParseAddr("192.0.2.1")
	two   = netip.MustParseAddr("192.0.2.2")
	three = netip.MustParseAddr("192.0.2.3")
	six   = netip.MustParseAddr("2001:db8::6")

	errDown    = &net.DNSError{Err: "server misbehaving", Name: "a.test", IsTemporary: true}
	errMissing = &net.DNSError{Err: "no such host", Name: "a.test", IsNotFound: true}
)

// dns is what is asked. It must be in a bubble of synctest, where now is the bubble's time.
type dns struct {
	mu    sync.Mutex
	addrs []netip.Addr
	ttl   time.Duration
	err   error
	takes time.Duration
	asked int
}

func (d *dns) set(err error, takes time.Duration, addrs ...netip.Addr) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.err, d.takes, d.addrs = err, takes, addrs
}

func (d *dns) lookup(ctx context.Context, _ string) ([]netip.Addr, time.Duration, error) {
	d.mu.Lock()
	d.asked++
	takes := d.takes
	d.mu.Unlock()
	select {
	case <-time.After(takes):
	case <-ctx.Done():
		return nil, 0, ctx.Err()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err != nil {
		return nil, 0, d.err
	}
	return slices.Clone(d.addrs), d.ttl, nil
}

func (d *dns) questions() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.asked
}

// first is the address to try first; invalid: there is none.
func first(t testing.TB, r *resolver.Resolver) netip.Addr {
	t.Helper()
	addrs, err := r.Addresses(t.Context(), "a.test")
	if err != nil || len(addrs) == 0 {
		return netip.Addr{}
	}
	return addrs[0]
}

func TestAnswersAreUsedForTheirTTL(t *testing.T) {
	for said, used := range map[time.Duration]time.Duration{
		10 * time.Second:      10 * time.Second,
		0:                     resolver.UnknownTTL,
		1:                     resolver.MinTTL,
		30 * 24 * time.Hour:   resolver.MaxTTL,
		500 * time.Nanosecond: resolver.MinTTL,
	} {
		synctest.Test(t, func(t *testing.T) {
			d := &dns{addrs: []netip.Addr{one}, ttl: said}
			r := resolver.New(resolver.Options{Lookup: d.lookup})
			first(t, r)
			d.set(nil, 0, two)
			time.Sleep(used - 1)
			if a := first(t, r); a != one || d.questions() != 1 {
				t.Errorf("%v: before the end of it: %v after %d questions", said, a, d.questions())
			}
			time.Sleep(time.Nanosecond)
			if a := first(t, r); a != two || d.questions() != 2 {
				t.Errorf("%v: at the end of it: %v after %d questions", said, a, d.questions())
			}
		})
	}
}

func TestOneQuestionForMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &dns{addrs: []netip.Addr{one}, takes: time.Second}
		r := resolver.New(resolver.Options{Lookup: d.lookup})
		var group sync.WaitGroup
		for range 1000 {
			group.Go(func() {
				if a := first(t, r); a != one {
					t.Errorf("got %v", a)
				}
			})
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if _, err := r.Addresses(ctx, "a.test"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("who has no time for it gets %v", err)
		}
		group.Wait()
		if d.questions() != 1 {
			t.Errorf("%d questions", d.questions())
		}
	})
}

// While DNS is down the last known addresses are used, and nobody waits for long.
func TestDNSIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &dns{addrs: []netip.Addr{one}}
		r := resolver.New(resolver.Options{Lookup: d.lookup})
		first(t, r)
		begin := time.Now()
		d.set(errDown, 4*time.Second)
		time.Sleep(resolver.UnknownTTL)
		var waited time.Duration
		for time.Since(begin) < resolver.MaxStale-10*time.Second {
			start := time.Now()
			if a := first(t, r); a != one {
				t.Fatalf("after %v: %v", time.Since(begin), a)
			}
			waited = max(waited, time.Since(start))
			time.Sleep(7 * time.Second)
		}
		if waited > time.Second {
			t.Errorf("a caller has waited %v", waited)
		}
		if n := d.questions(); n < 100 || n > 600 {
			t.Errorf("%d questions in an hour", n)
		}
		out := counts(t, r)
		for _, want := range []string{
			`gateway_dns_lookups_total{result="ok"} 1`, `gateway_dns_lookups_total{result="failed"}`,
			"gateway_dns_stale_answers_total 4",
		} {
			if !strings.Contains(out, want) {
				t.Errorf("the metrics lack %q:\n%s", want, out)
			}
		}
		time.Sleep(20 * time.Second)
		if _, err := r.Addresses(t.Context(), "a.test"); !errors.Is(err, errDown) {
			t.Errorf("after the most time they were used: %v, want %v", err, errDown)
		}
		d.set(nil, 0, two)
		time.Sleep(5 * time.Second)
		if a := first(t, r); a != two {
			t.Errorf("when DNS is back: %v", a)
		}
		synctest.Wait()
	})
}

func counts(t testing.TB, r *resolver.Resolver) string {
	t.Helper()
	reg := prometheus.NewRegistry()
	reg.MustRegister(r.Collector())
	w := httptest.NewRecorder()
	promhttp.HandlerFor(reg, promhttp.HandlerOpts{}).ServeHTTP(w,
		httptest.NewRequest("GET", "/metrics", nil))
	return w.Body.String()
}

// That a name is not there is an answer.
func TestANameThatIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &dns{addrs: []netip.Addr{one}}
		r := resolver.New(resolver.Options{Lookup: d.lookup})
		first(t, r)
		d.set(errMissing, 0)
		time.Sleep(resolver.UnknownTTL)
		for range 5 {
			if _, err := r.Addresses(t.Context(), "a.test"); !errors.Is(err, errMissing) {
				t.Errorf("got %v, want %v", err, errMissing)
			}
		}
		if d.questions() != 2 {
			t.Errorf("%d questions, want one for all who ask within a second", d.questions())
		}
		d.set(errDown, 0)
		time.Sleep(2 * time.Second)
		if _, err := r.Addresses(t.Context(), "a.test"); !errors.Is(err, errDown) {
			t.Errorf("got %v: what is gone came back", err)
		}
		d.set(nil, 0)
		time.Sleep(2 * time.Second)
		if _, err := r.Addresses(t.Context(), "a.test"); err == nil {
			t.Error("no addresses are no error")
		}
	})
}

func TestAddressesTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &dns{addrs: []netip.Addr{one, six, two, three}}
		r := resolver.New(resolver.Options{Lookup: d.lookup})
		for i, want := range [][]netip.Addr{
			{one, two, three, six}, {two, three, one, six}, {three, one, two, six},
			{one, two, three, six},
		} {
			got, err := r.Addresses(t.Context(), "a.test")
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("lookup %d: %v %v, want %v", i, got, err, want)
			}
		}
	})
}

// When none of the addresses can be reached they are asked for anew, before their time.
func TestAddressesThatCannotBeReached(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	var mu sync.Mutex
	now, asked := time.Now(), 0
	at := func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	r := resolver.New(resolver.Options{Now: at, Lookup: func(
		context.Context, string,
	) ([]netip.Addr, time.Duration, error) {
		if asked++; asked == 1 {
			return []netip.Addr{netip.MustParseAddr("127.9.9.9")}, time.Minute, nil
		}
		return []netip.Addr{
			netip.MustParseAddr("127.9.9.9"), netip.MustParseAddr("127.0.0.1"),
		}, time.Minute, nil
	}})
	dial := func() error {
		until := time.Now().Add(10 * time.Second)
		c, err := r.Dial(t.Context(), net.JoinHostPort("a.test", port), until)
		if err == nil {
			c.Close()
		}
		return err
	}
	if dial() == nil {
		t.Fatal("nobody listens there")
	}
	mu.Lock()
	now = now.Add(resolver.MinTTL)
	mu.Unlock()
	for range 2 { // in turn each of the two is first
		if err := dial(); err != nil || asked != 2 {
			t.Fatalf("after %d questions: %v", asked, err)
		}
	}
}
