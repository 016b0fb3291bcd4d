package ratelimit

import (
	"fmt"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

// of is a limit of so many requests in a time.
func of(requests int, per time.Duration, key string) config.RateLimit {
	r := config.NewRateLimit(requests)
	r.Per, r.Key = per, key
	return r
}

// passed is how many of n requests of a client pass.
func passed(t *testing.T, p *Policy, n int, client string) (passed int) {
	t.Helper()
	for range n {
		if p.OnRequest(request(t, client, "/", "")) == nil {
			passed++
		}
	}
	return passed
}

func TestARequestHasToBeWithinEachLimit(t *testing.T) {
	p := several(t, NewState(), of(5, time.Hour, "route"), of(2, time.Hour, "client"))
	if n := passed(t, p, 9, "192.0.2.1"); n != 2 {
		t.Errorf("%d of the first client pass", n)
	}
	// The seven that were refused took nothing out of the bucket that all share.
	if n := passed(t, p, 9, "192.0.2.2"); n != 2 {
		t.Errorf("%d of the second client pass", n)
	}
	if n := passed(t, p, 9, "192.0.2.3"); n != 1 {
		t.Errorf("%d of the third client pass, and one was left for all", n)
	}
}

// Limits that count by the same key count apart, in the same plan and in the next.
func TestLimitsOfOneKeyCountApart(t *testing.T) {
	s := NewState()
	all := []config.RateLimit{
		of(3, time.Minute, "client"), of(9, time.Hour, "client"), of(4, 2*time.Hour, "client"),
	}
	if n := passed(t, several(t, s, all...), 9, "192.0.2.1"); n != 3 {
		t.Errorf("%d pass", n)
	}
	s.NextPlan(2)
	if n := passed(t, several(t, s, all...), 9, "192.0.2.1"); n != 0 {
		t.Errorf("%d pass after the reload", n)
	}
	// Of the last one a fourth is left.
	if n := passed(t, several(t, s, of(3, time.Minute, "route"), all[1], all[2]), 9,
		"192.0.2.9"); n != 3 {
		t.Errorf("%d of another client pass", n)
	}
}

func TestClientsAreToldOfEachLimit(t *testing.T) {
	quiet := of(50, time.Minute, "client")
	quiet.Headers = false
	p := several(t, NewState(), of(10, time.Second, "client"), quiet, of(2, time.Hour, "client"),
		of(2, 2*time.Hour, "route"))
	policyOf := `RateLimit-Policy: "1";q=10;w=1, "3";q=2;w=3600, "4";q=2;w=7200` + "\r\n"
	start := time.Now()
	for i, want := range []string{
		`RateLimit: "1";r=9;t=1, "3";r=1;t=1800, "4";r=1;t=3600`,
		`RateLimit: "1";r=8;t=1, "3";r=0;t=1800, "4";r=0;t=3600`,
		`RateLimit: "1";r=8;t=1, "3";r=0;t=1800, "4";r=0;t=3600`,
	} {
		r := request(t, "192.0.2.1", "/", "")
		r.Start = start
		a := p.OnRequest(r)
		want = policyOf + want + "\r\n"
		if got := string(r.Quota.Lines); got != want {
			t.Errorf("%d: %q, want %q", i, got, want)
		}
		if a == nil {
			continue
		}
		// The longest wait counts, and its limit is named.
		if got := string(a.Lines); i != 2 || got != "Retry-After: 3600\r\n"+want ||
			a.Rule != "rate_limit: 2 in 2h0m0s for each route" {
			t.Errorf("%d: %q, %q", i, got, a.Rule)
		}
	}
}

// A request that a limit refuses gives the others back what it took, whatever their order.
func TestRefusedRequestsTakeNothing(t *testing.T) {
	for at := range 3 {
		all := []config.RateLimit{
			of(100, time.Hour, "client"), of(200, time.Hour, "route"),
			of(300, time.Hour, "query:q"),
		}
		one := 1
		all[at].Burst, all[at].Requests = &one, 1
		p := several(t, NewState(), all...)
		start := time.Now()
		for i := range 50 {
			r := request(t, "192.0.2.1", "/?q=1", "")
			r.Start = start
			if a := p.OnRequest(r); (a == nil) != (i == 0) {
				t.Fatalf("%d: request %d: %+v", at, i, a)
			}
			for j := range all {
				want := all[j].Requests - 1
				if got := remaining(t, r, j); got != want {
					t.Fatalf("%d: after request %d the limit %d has %d left, want %d", at, i, j,
						got, want)
				}
			}
		}
	}
}

// remaining is what a request's client is told of a limit.
func remaining(t *testing.T, r *policy.Request, i int) (n int) {
	t.Helper()
	var a [3]int
	var w [3]int
	lines := string(r.Quota.Lines)
	for lines[0] != '\n' {
		lines = lines[1:]
	}
	if _, err := fmt.Sscanf(lines[1:], `RateLimit: "1";r=%d;t=%d, "2";r=%d;t=%d, "3";r=%d;t=%d`,
		&a[0], &w[0], &a[1], &w[1], &a[2], &w[2]); err != nil {
		t.Fatalf("%q: %v", lines, err)
	}
	return a[i]
}

func TestPassingSeveralAllocatesNothing(t *testing.T) {
	p := several(t, NewState(), of(1e6, time.Second, "client"), of(1e6, time.Minute, "client"),
		of(1e6, time.Hour, "header:X-A"))
	r := request(t, "192.0.2.1", "/", "X-A: a\r\n")
	p.OnRequest(r)
	if n := testing.AllocsPerRun(1000, func() {
		if p.OnRequest(r) != nil {
			t.Fatal("it is refused")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
