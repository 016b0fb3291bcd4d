package sharing_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// What requests are hashed by decides where they go; without it they go everywhere, in turn.
func TestRequestsWithOneKeyGoToOneEndpoint(t *testing.T) {
	all := endpoints(t, 4)
	for key, how := range map[string]struct{ target, line, none string }{
		"client":          {"/", "X-Forwarded-For: 192.0.2.%d", ""},
		"header:X-Tenant": {"/", "x-tenant: %d", "X-Other: 1"},
		"cookie:user":     {"/", "Cookie: a=b; user=%d", "Cookie: a=b; user="},
		"query:user id":   {"/?a=1&user+id=%d", "", "X-Other: 1"},
		"path":            {"/files/%d?x=y", "", ""},
	} {
		for _, protocol := range []string{"http1", "h2c"} {
			t.Run(key+" "+protocol, func(t *testing.T) {
				f := start(t, configuration(fmt.Sprintf("protocol: %s\nendpoints: %s\n"+
					"balance: {policy: hash, key: %q}", protocol, list(all), key)))
				f.each(t, func(t *testing.T, c *asker) {
					used := map[string]bool{}
					for i := range 40 {
						target, lines := how.target, []string{}
						if strings.Contains(target, "%d") {
							target = fmt.Sprintf(target, i)
						}
						if how.line != "" {
							lines = append(lines, fmt.Sprintf(how.line, i))
						}
						names := c.names(t, 4, target, lines...)
						if len(names) != 1 {
							t.Fatalf("%s %v goes to %v", target, lines, names)
						}
						used[names[0]] = true
					}
					if len(used) != 4 {
						t.Errorf("40 keys use %v", used)
					}
					if how.none == "" {
						return
					}
					if names := c.names(t, 4, "/", how.none); len(names) != 4 {
						t.Errorf("without a key four requests go to %v", names)
					}
				})
			})
		}
	}
}

// A reload, and another process, find the same endpoint for a key; one that is gone leaves its keys
// to the others, and theirs stay.
func TestKeysStayWhereTheyAre(t *testing.T) {
	all := endpoints(t, 5)
	config := func(these []*endpoint) string {
		return configuration("endpoints: " + list(these) + "\nbalance: {policy: hash, key: path}")
	}
	where := func(f *front) (names []string) {
		c := f.client(t, "HTTP/1.1")
		for i := range 60 {
			names = append(names, c.who(t, fmt.Sprintf("/%d", i)))
		}
		return names
	}
	f := start(t, config(all))
	before := where(f)
	turned := slices.Clone(all)
	slices.Reverse(turned)
	f.Change(t, config(turned))
	if got := where(f); !slices.Equal(got, before) {
		t.Error("another order of the endpoints moves keys")
	}
	if got := where(start(t, config(all))); !slices.Equal(got, before) {
		t.Error("another process has the keys elsewhere")
	}
	f.Change(t, config(all[1:]))
	for i, name := range where(f) {
		if name != before[i] && before[i] != "a" {
			t.Errorf("with a gone, the key of %s is %s's", before[i], name)
		}
	}
}

// One key that all ask for does not burden one endpoint alone.
func TestAHotKeyIsShared(t *testing.T) {
	all := endpoints(t, 3)
	for _, e := range all {
		e.hold = make(chan struct{})
	}
	f := start(t, configuration("endpoints: "+list(all)+"\nbalance: {policy: hash, key: path}"))
	c := f.client(t, "HTTP/1.1")
	var asking sync.WaitGroup
	for range 30 {
		asking.Go(func() {
			if r, err := c.client.Get(c.base + "/held"); err == nil {
				r.Body.Close()
			}
		})
	}
	served := func() (counts []int64, sum int64) {
		for _, e := range all {
			counts = append(counts, e.served.Load())
			sum += e.served.Load()
		}
		return counts, sum
	}
	testkit.Eventually(t, "all requests are at endpoints", func() bool {
		_, sum := served()
		return sum == 30
	})
	counts, _ := served()
	for _, e := range all {
		close(e.hold)
	}
	asking.Wait()
	// 1.25 of the mean is 12.5, and requests that come at one moment do not see each other.
	if slices.Max(counts) > 15 {
		t.Errorf("of 30 requests in flight the endpoints have %v", counts)
	}
}

// An endpoint that keeps its requests gets fewer than the others.
func TestLeastRequestSparesASlowEndpoint(t *testing.T) {
	all := endpoints(t, 3)
	all[0].hold = make(chan struct{})
	f := start(t, configuration("endpoints: "+list(all)+"\nbalance: {policy: least_request}"))
	if b := f.Status(t).Clusters[0].Balance; b != "least_request" {
		t.Errorf("/status says %q", b)
	}
	c := f.client(t, "HTTP/1.1")
	var asking sync.WaitGroup
	served := func() int64 {
		return all[0].served.Load() + all[1].served.Load() + all[2].served.Load()
	}
	for all[0].served.Load() == 0 { // it holds the first that it gets
		before := served()
		asking.Go(func() {
			if r, err := c.client.Get(c.base + "/held"); err == nil {
				r.Body.Close()
			}
		})
		testkit.Eventually(t, "a request is served", func() bool { return served() > before })
	}
	for range 200 {
		c.who(t, "/")
	}
	if n := all[0].served.Load(); n > 8 {
		t.Errorf("the endpoint with a request got %d more of 200", n-1)
	}
	// A reload forgets nothing of that.
	f.Change(t, configuration("endpoints: "+list(all)+
		"\nbalance: {policy: least_request, slow_start: 1s}"))
	for range 200 {
		c.who(t, "/")
	}
	if n := all[0].served.Load(); n > 16 {
		t.Errorf("after a reload it got %d more of 400", n-1)
	}
	close(all[0].hold)
	asking.Wait()
}

// Whatever the policy, a request that fails at one endpoint goes to another.
func TestRetriesGoElsewhere(t *testing.T) {
	for _, policy := range []string{"round_robin", "least_request", "hash, key: path"} {
		all := endpoints(t, 3)
		all[1].status.Store(503)
		all[2].stop()
		f := start(t, configuration("endpoints: "+list(all)+"\nbalance: {policy: "+policy+"}"))
		c := f.client(t, "HTTP/1.1")
		for i := range 60 {
			if who := c.who(t, fmt.Sprintf("/%d", i)); who != "a" {
				t.Errorf("%s: %s has answered", policy, who)
			}
		}
		all[2].start(t) // stop is called at the end
	}
}

func TestBackupsStandIn(t *testing.T) {
	for _, policy := range []string{"round_robin", "least_request", "hash, key: path"} {
		t.Run(policy, func(t *testing.T) {
			all := endpoints(t, 3)
			f := start(t, configuration("endpoints: "+list(all, "", "", "backup: true")+
				"\nbalance: {policy: "+policy+"}"))
			c := f.client(t, "HTTP/1.1")
			ask := func() string { return c.who(t, fmt.Sprintf("/%d", all[2].served.Load())) }
			for range 30 {
				if who := ask(); who == "c" {
					t.Fatal("the backup has answered")
				}
			}
			if e := f.Status(t).Clusters[0].Endpoints[2]; !e.Backup || e.EffectiveWeight != 0 {
				t.Errorf("/status says %+v", e)
			}
			all[0].stop()
			all[1].stop()
			testkit.Eventually(t, "the backup has weight", func() bool {
				if who := ask(); who != "c" {
					t.Fatalf("%s has answered", who)
				}
				return f.Status(t).Clusters[0].Endpoints[2].EffectiveWeight == 1
			})
			all[0].start(t)
			testkit.Eventually(t, "the backup has done", func() bool {
				return ask() == "a" && f.Status(t).Clusters[0].Endpoints[2].EffectiveWeight == 0
			})
			for range 20 {
				if who := ask(); who != "a" {
					t.Errorf("%s has answered", who)
				}
			}
			all[1].start(t)
		})
	}
}

// Endpoints with weight 0 leave their traffic to the backup, and a reload takes it back.
func TestMaintenanceLeavesABackup(t *testing.T) {
	all := endpoints(t, 2)
	config := func(weight string) string {
		return configuration("endpoints: " + list(all, weight, "backup: true"))
	}
	f := start(t, config("weight: 0"))
	c := f.client(t, "HTTP/1.1")
	if got := c.names(t, 10, "/"); !slices.Equal(got, []string{"b"}) {
		t.Errorf("in maintenance %v answer", got)
	}
	f.Change(t, config(""))
	if got := c.names(t, 10, "/"); !slices.Equal(got, []string{"a"}) {
		t.Errorf("after it %v answer", got)
	}
}

// What a reload adds gets a tenth of its share at first, and what the gateway begins with does not.
func TestAnAddedEndpointStartsSlowly(t *testing.T) {
	all := endpoints(t, 2)
	config := func(n int) string {
		return configuration("endpoints: " + list(all[:n]) + "\nbalance: {slow_start: 1h}")
	}
	f := start(t, config(1))
	f.Change(t, config(2))
	c := f.client(t, "HTTP/1.1")
	for range 110 {
		c.who(t, "/")
	}
	if n := all[1].served.Load(); n < 5 || n > 20 {
		t.Errorf("the new endpoint got %d of 110", n)
	}
	s := f.Status(t).Clusters[0].Endpoints
	if s[1].SlowStart < 0.09 || s[1].SlowStart > 0.15 || s[0].SlowStart != 0 ||
		!strings.Contains(s[1].Reason, "a slow start leaves it 10% of its weight") {
		t.Errorf("/status says %+v", s)
	}
	if w := f.Metrics(t)[fmt.Sprintf(
		`gateway_endpoint_weight{cluster="app",endpoint=%q,kind="effective"}`,
		all[1].address)]; w > 0.15 {
		t.Errorf("the metric says %v", w)
	}
	both := start(t, config(2)).Status(t).Clusters[0].Endpoints
	if both[0].EffectiveWeight != 1 || both[1].EffectiveWeight != 1 {
		t.Errorf("at the start /status says %+v", both)
	}
}
