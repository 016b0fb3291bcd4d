package sharing_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

const stickyKeys = "\nsticky: {cookie: gw, ttl: 1h, secret: 0123456789abcdef}"

// given is the gateway's cookie that an answer sets; nil: none.
func given(t *testing.T, r *http.Response) *http.Cookie {
	t.Helper()
	var all []*http.Cookie
	for _, c := range r.Cookies() {
		if c.Name == "gw" {
			all = append(all, c)
		}
	}
	if len(all) > 1 {
		t.Fatalf("an answer sets the cookie %d times", len(all))
	}
	if len(all) == 0 {
		return nil
	}
	return all[0]
}

// begin is a client's first request: who answers, and the cookie it gets.
func (c *asker) begin(t *testing.T) (who, cookie string) {
	t.Helper()
	resp, who := c.ask(t, "/")
	got := given(t, resp)
	if got == nil {
		t.Fatal("the first answer sets no cookie")
	}
	return who, "Cookie: gw=" + got.Value
}

func TestACookieKeepsAClientAtItsEndpoint(t *testing.T) {
	for _, protocol := range []string{"http1", "h2c"} {
		for _, policy := range []string{"round_robin", "least_request", "hash, key: path"} {
			t.Run(protocol+" "+policy, func(t *testing.T) {
				all := endpoints(t, 4)
				f := start(t, configuration("protocol: "+protocol+"\nendpoints: "+list(all)+
					"\nbalance: {policy: "+policy+"}"+stickyKeys))
				f.each(t, func(t *testing.T, c *asker) { stays(t, c, all) })
			})
		}
	}
}

func stays(t *testing.T, c *asker, all []*endpoint) {
	resp, who := c.ask(t, "/")
	cookie := given(t, resp)
	if cookie == nil {
		t.Fatal("no cookie")
	}
	if cookie.Path != "/" || cookie.MaxAge != 3600 || !cookie.HttpOnly || cookie.Secure != c.tls ||
		cookie.SameSite != http.SameSiteLaxMode || cookie.Domain != "" {
		t.Errorf("the cookie is %+v", cookie)
	}
	raw, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	if err != nil || strings.Contains(string(raw), "127.0.0.1") {
		t.Errorf("the cookie tells of the address: %q, %v", raw, err)
	}
	for i := range 10 {
		resp, again := c.ask(t, fmt.Sprintf("/%d", i), "Cookie: a=b; gw="+cookie.Value+"; c=d")
		if again != who {
			t.Fatalf("a client of %s is sent to %s", who, again)
		}
		if given(t, resp) != nil {
			t.Error("a client that has a cookie gets one")
		}
	}
	for _, e := range all {
		if e.name != who {
			continue
		}
		if seen := *e.seen.Load(); seen != "a=b; c=d" {
			t.Errorf("the endpoint gets the cookies %q", seen)
		}
	}
	_, _ = c.ask(t, "/", "Cookie: gw="+cookie.Value)
	for _, e := range all {
		if e.name == who && *e.seen.Load() != "" {
			t.Errorf("the endpoint gets the cookies %q", *e.seen.Load())
		}
	}
}

// The other cookies go on, also where the route edits fields.
func TestTheGatewaysCookieAloneIsLeftOut(t *testing.T) {
	all := endpoints(t, 1)
	text := configuration("endpoints: " + list(all) + stickyKeys)
	text = strings.Replace(text, "cluster: app, ",
		"cluster: app, headers: {request: {set: {X-Edited: a}}}, ", 1)
	f := start(t, text)
	f.each(t, func(t *testing.T, c *asker) {
		_, cookie := c.begin(t)
		_, _ = c.ask(t, "/", cookie+"; a=b; c=d")
		if seen := *all[0].seen.Load(); seen != "a=b; c=d" {
			t.Errorf("the endpoint gets the cookies %q", seen)
		}
	})
}

// What the gateway did not make, or what is over, is as if it was not there, and is replaced.
func TestForgedCookiesAreIgnored(t *testing.T) {
	all := endpoints(t, 3)
	f := start(t, configuration("endpoints: "+list(all)+stickyKeys))
	c := f.client(t, "HTTP/1.1")
	_, cookie := c.begin(t)
	for _, bad := range []string{
		"Cookie: gw=", "Cookie: gw=a", "Cookie: gw=" + strings.Repeat("A", 40),
		cookie + "A", cookie[:len(cookie)-1], strings.Replace(cookie, "gw=", "gw=A", 1),
		"Cookie: gw=" + all[0].address,
	} {
		used := map[string]bool{}
		for range 6 {
			resp, who := c.ask(t, "/", bad)
			used[who] = true
			if given(t, resp) == nil {
				t.Errorf("%q is not replaced", bad)
			}
		}
		if len(used) != 3 {
			t.Errorf("%q keeps a client at %v", bad, used)
		}
	}
	if n := f.Metrics(t)[`gateway_sticky_requests_total{cluster="app",result="invalid"}`]; n != 42 {
		t.Errorf("%v invalid cookies are counted", n)
	}
	// The second of two counts where it is the one that was made here.
	if resp, _ := c.ask(t, "/", "Cookie: gw=a; "+strings.TrimPrefix(cookie, "Cookie: ")); given(t,
		resp) != nil {
		t.Error("a good cookie behind a bad one does not count")
	}
}

// Each cookie that is read costs a signature, and a head has room for hundreds.
func TestFewCookiesOfTheNameAreRead(t *testing.T) {
	f := start(t, configuration("endpoints: "+list(endpoints(t, 4))+stickyKeys))
	f.each(t, func(t *testing.T, c *asker) {
		who, cookie := c.begin(t)
		value := strings.TrimPrefix(cookie, "Cookie: gw=")
		wrong := "gw=" + strings.Repeat("A", len(value)) + "; "
		behind := func(n int) string {
			return "Cookie: " + strings.Repeat(wrong, n) + "gw=" + value
		}
		if _, again := c.ask(t, "/", behind(3)); again != who {
			t.Errorf("the fourth cookie of %s leads to %s", who, again)
		}
		if resp, _ := c.ask(t, "/", behind(4)); given(t, resp) == nil {
			t.Error("the fifth cookie is read")
		}
	})
}

func TestACookieEndsWithItsTime(t *testing.T) {
	all := endpoints(t, 2)
	keys := "endpoints: " + list(all) + "\nsticky: {cookie: gw, ttl: 2s, secret: 0123456789abcdef}"
	f := start(t, configuration(keys))
	c := f.client(t, "HTTP/1.1")
	_, cookie := c.begin(t)
	name := `gateway_sticky_requests_total{cluster="app",result="invalid"}`
	renewed := false
	testkit.Eventually(t, "the cookie is over", func() bool {
		resp, _ := c.ask(t, "/", cookie)
		over := f.Metrics(t)[name] > 0
		renewed = renewed || given(t, resp) != nil && !over
		return over
	})
	if !renewed {
		t.Error("a cookie whose time is half over was not given anew")
	}
}

// An endpoint that is gone, has no weight, or fails is replaced, and so is the cookie.
func TestALostEndpointIsReplaced(t *testing.T) {
	for name, lose := range map[string]func(t *testing.T, f *front, all []*endpoint, i int){
		"gone": func(t *testing.T, f *front, all []*endpoint, i int) {
			f.Change(t, configuration("endpoints: "+list(slices.Delete(slices.Clone(all), i, i+1))+
				stickyKeys))
		},
		"in maintenance": func(t *testing.T, f *front, all []*endpoint, i int) {
			more := make([]string, len(all))
			more[i] = "weight: 0"
			f.Change(t, configuration("endpoints: "+list(all, more...)+stickyKeys))
		},
		"dead": func(t *testing.T, f *front, all []*endpoint, i int) { all[i].stop() },
		"failing": func(t *testing.T, f *front, all []*endpoint, i int) {
			all[i].status.Store(503)
		},
	} {
		t.Run(name, func(t *testing.T) {
			all := endpoints(t, 3)
			f := start(t, configuration("endpoints: "+list(all)+stickyKeys))
			c := f.client(t, "HTTP/1.1")
			who, cookie := c.begin(t)
			i := int(who[0] - 'a')
			lose(t, f, all, i)
			resp, other := c.ask(t, "/", cookie)
			next := given(t, resp)
			if resp.StatusCode != 200 || other == who || next == nil {
				t.Fatalf("status %d from %s, with the cookie %v", resp.StatusCode, other, next)
			}
			for range 5 {
				if again := c.who(t, "/", "Cookie: gw="+next.Value); again != other {
					t.Errorf("the new cookie leads to %s and %s", other, again)
				}
			}
			if name == "dead" {
				all[i].start(t)
			}
		})
	}
}

// Cookies outlive a reload, without a secret too; with one, another process understands them.
func TestCookiesAreUnderstoodElsewhere(t *testing.T) {
	all := endpoints(t, 4)
	for keys, elsewhere := range map[string]bool{
		stickyKeys: true, "\nsticky: {cookie: gw}": false,
	} {
		config := configuration("endpoints: " + list(all) + keys)
		f := start(t, config)
		c := f.client(t, "HTTP/1.1")
		who, cookie := c.begin(t)
		f.Change(t, config+"drain: {timeout: 1s}\n")
		if resp, again := c.ask(t, "/", cookie); again != who || given(t, resp) != nil {
			t.Errorf("%s: after a reload %s has answered", keys, again)
		}
		other := start(t, config)
		resp, again := other.client(t, "HTTP/1.1").ask(t, "/", cookie)
		if taken := given(t, resp) == nil; taken != elsewhere || elsewhere && again != who {
			t.Errorf("%s: elsewhere the cookie is taken: %v", keys, taken)
		}
	}
}

// A response that any cache may give to others carries nobody's cookie, nor does an error.
func TestWhatGetsNoCookie(t *testing.T) {
	all := endpoints(t, 1)
	f := start(t, configuration("endpoints: "+list(all)+stickyKeys))
	c := f.client(t, "HTTP/1.1")
	for line, want := range map[string]bool{
		"public": false, "max-age=60, Public": false, "s-maxage=60": false, "private": true,
		"max-age=60": true, "no-cache=\"a\"": true,
	} {
		resp, _ := c.ask(t, "/", "X-Cache-Control: "+line)
		if got := given(t, resp) != nil; got != want {
			t.Errorf("%s: a cookie is set: %v", line, got)
		}
	}
	all[0].status.Store(500)
	if resp, _ := c.ask(t, "/"); resp.StatusCode != 500 || given(t, resp) != nil {
		t.Error("an error makes a client stay")
	}
}

// A client of a split stays in the cluster where its endpoint is, as long as that has a share.
func TestACookieCountsAcrossASplit(t *testing.T) {
	all := endpoints(t, 4)
	config := func(a, b int) string {
		return fmt.Sprintf(`version: 1
listeners: [{name: plain, address: "127.0.0.1:0"}]
admin: {address: "127.0.0.1:0"}
clusters:
  - {name: one, endpoints: %s, sticky: {cookie: gw}}
  - {name: two, endpoints: %s, sticky: {cookie: gw}}
routes:
  - {name: r, split: [{cluster: one, weight: %d}, {cluster: two, weight: %d}]}
`, list(all[:2]), list(all[2:]), a, b)
	}
	f := start(t, config(1, 1))
	c := f.client(t, "HTTP/1.1")
	for range 4 {
		who, cookie := c.begin(t)
		for range 6 {
			if again := c.who(t, "/", cookie); again != who {
				t.Errorf("a client of %s is sent to %s", who, again)
			}
		}
	}
	who, cookie := c.begin(t)
	if who > "b" {
		f.Change(t, config(1, 0))
	} else {
		f.Change(t, config(0, 1))
	}
	if again := c.who(t, "/", cookie); (again > "b") == (who > "b") {
		t.Errorf("with no share for its cluster a client of %s is sent to %s", who, again)
	}
}

// The answer that opens a WebSocket carries the cookie too.
func TestATunnelHasACookie(t *testing.T) {
	up := testkit.NewUpstream(t, edgetest.Echoing)
	e := testkit.StartEdge(t, `version: 1
listeners: [{name: plain, address: "127.0.0.1:0"}]
admin: {address: "127.0.0.1:0"}
clusters: [{name: app, endpoints: [{address: "`+up.Addr()+`"}], sticky: {cookie: gw}}]
routes: [{name: app, cluster: app}]
`)
	c := testkit.Dial(t, e.Addr("plain"))
	head := c.Exchange(t, "GET", edgetest.UpgradeRequest)
	if head.Status != 101 || !strings.HasPrefix(head.Fields.Get("Set-Cookie"), "gw=") {
		t.Fatalf("%+v", head)
	}
	if err := edgetest.Echoes(c, "hello"); err != nil {
		t.Error(err)
	}
}

// Each visit of a client that is new gets its turn: cookies do not change the shares.
func TestNewClientsAreShared(t *testing.T) {
	all := endpoints(t, 2)
	f := start(t, configuration("endpoints: "+list(all, "weight: 3")+stickyKeys))
	c := f.client(t, "HTTP/2")
	for range 40 {
		c.begin(t)
	}
	if n := all[0].served.Load(); n != 30 {
		t.Errorf("of 40 new clients %d go to three quarters", n)
	}
	if s := f.Status(t).Clusters[0].Balance; s != "round_robin, sticky by cookie gw" {
		t.Errorf("/status says %q", s)
	}
}
