package fields_test

import (
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

const editRoutes = `
routes:
  - name: r
    cluster: http1
    headers:
      request: {set: {X-Forwarded-User: ops}, remove: [X-Forwarded-Email]}
      response: {set: {Via: "1.1 site", X-Forwarded-For: none}, remove: [Vary]}
  - name: order
    path_prefix: /order
    cluster: http1
    headers: &edits
      request:
        set: {X-Set: new}
        add: {X-Set: more, X-Add: more, X-Gone: back}
        remove: [X-Gone]
        replace: {X-Add: {regex: "^a(.)", with: "b${1}-$$"}}
      response:
        set: {X-Set: new}
        add: {X-Set: more, Vary: Origin, X-From-Endpoint: "2"}
        replace: {Vary: {regex: Accept, with: Cookie}}
  - {name: order2, path_prefix: /order2, cluster: h2c, headers: *edits}
  - name: dav
    path_prefix: /dav
    cluster: http1
    headers: {request: {replace: {Destination: {regex: "^https://", with: "http://"}}}}
  - name: to
    path_prefix: /to
    redirect: {path: /there}
    headers: {response: {replace: {Location: {regex: "^https?://[^/]*", with: "https://b.test"}}}}
`

// The gateway refuses edits of what it writes itself, and of nothing else.
func TestWhatTheGatewayDoesNotWriteCanBeEdited(t *testing.T) {
	t.Parallel()
	for _, more := range []string{"", ", trusted_proxies: [127.0.0.0/8]"} {
		f := start(t, more, editRoutes)
		f.each(t, func(t *testing.T, c *asker) {
			r, g := c.ask(t, "/", "X-Forwarded-User: liar", "X-Forwarded-Email: liar")
			if got := g.Header.Values("X-Forwarded-User"); len(got) != 1 || got[0] != "ops" {
				t.Errorf("the endpoint gets X-Forwarded-User %q", got)
			}
			if got := g.Header.Values("X-Forwarded-Email"); len(got) > 0 {
				t.Errorf("the endpoint gets X-Forwarded-Email %q", got)
			}
			if r.Header.Get("Via") != "1.1 site" || r.Header.Get("X-Forwarded-For") != "none" ||
				r.Header.Get("Vary") != "" {
				t.Errorf("the client gets %v", r.Header)
			}
		})
	}
}

// Fields are removed first, then rewritten, then set, then added.
func TestEditsAreDoneInOneOrder(t *testing.T) {
	t.Parallel()
	f := start(t, "", editRoutes)
	f.each(t, func(t *testing.T, c *asker) {
		for _, path := range []string{"/order", "/order2"} {
			r, g := c.ask(t, path, "X-Set: old", "x-add: ab", "X-ADD: ac", "X-Add: c", "X-Gone: 1")
			for name, want := range map[string]string{
				"X-Set": "new | more", "X-Add": "bb-$ | bc-$ | c | more", "X-Gone": "back",
			} {
				if got := strings.Join(g.Header.Values(name), " | "); got != want {
					t.Errorf("%s: the endpoint gets %s %q, want %q", path, name, got, want)
				}
			}
			for name, want := range map[string]string{
				"X-Set": "new | more", "Vary": "Cookie | Origin", "X-From-Endpoint": "1 | 2",
			} {
				if got := strings.Join(r.Header.Values(name), " | "); got != want {
					t.Errorf("%s: the client gets %s %q, want %q", path, name, got, want)
				}
			}
		}
		_, g := c.ask(t, "/dav/a", "Destination: https://a.test/dav/b")
		if got := g.Header.Get("Destination"); got != "http://a.test/dav/b" {
			t.Errorf("the endpoint gets Destination %q", got)
		}
		if r, _ := c.ask(t, "/to"); r.Header.Get("Location") != "https://b.test/there" {
			t.Errorf("the client is sent to %q", r.Header.Get("Location"))
		}
	})
}

// What a route sets of the fields about the client takes the place of what the gateway would write,
// as with nginx, and what it removes is not sent.
func TestARouteCanSayItselfWhatEndpointsAreTold(t *testing.T) {
	t.Parallel()
	routes := "\nroutes:\n"
	for _, r := range []string{"name: one, path_prefix: /one, cluster: http1",
		"name: two, path_prefix: /two, cluster: h2c"} {
		routes += "  - {" + r + `, rewrite: {strip_prefix: true}, headers: {request: {
     set: {X-Forwarded-Proto: https, X-Forwarded-For: "{client.address}", Forwarded: for=me,
           X-Forwarded-Client-Cert: none},
     remove: [X-Forwarded-Port, X-Forwarded-Prefix]}}}
`
	}
	for _, more := range []string{"", ", trusted_proxies: [127.0.0.0/8]"} {
		f := start(t, more, routes)
		f.each(t, func(t *testing.T, c *asker) {
			for _, path := range []string{"/one/x", "/two/x"} {
				_, g := c.ask(t, path, "X-Forwarded-Proto: ftp", "X-Forwarded-Port: 1",
					"X-Forwarded-Prefix: /p", "Forwarded: for=liar",
					"X-Forwarded-Client-Cert: liar", "X-Forwarded-Host: h.test")
				host := "a.test"
				if more != "" {
					host = "h.test"
				}
				for name, want := range map[string]string{
					"X-Forwarded-Proto": "https", "X-Forwarded-For": "127.0.0.1",
					"Forwarded": "for=me", "X-Forwarded-Client-Cert": "none",
					"X-Forwarded-Port":   "",
					"X-Forwarded-Prefix": "", "X-Forwarded-Host": host,
				} {
					if got := strings.Join(g.Header.Values(name), " | "); got != want {
						t.Errorf("%s: the endpoint gets %s %q, want %q", path, name, got, want)
					}
				}
			}
		})
	}
}

// A reload takes edits up; one with a placeholder that there is not is refused.
func TestEditsAreReloaded(t *testing.T) {
	t.Parallel()
	routes := func(value string) string {
		return "\nroutes: [{name: r, cluster: http1, headers: {request: {set: {X-A: '" + value +
			"'}}}}]\n"
	}
	f := start(t, "", routes("one"))
	c := f.asker(t, "HTTP/1.1")
	f.Change(t, f.configuration("", routes("{route}")))
	if _, g := c.ask(t, "/"); g.Header.Get("X-A") != "r" {
		t.Errorf("the endpoint gets %q", g.Header.Values("X-A"))
	}
	f.Replace(t, f.configuration("", routes("{rout}")))
	if status, receipt := f.Post(t, "/reload"); status == 200 {
		t.Errorf("the reload is %d, %+v", status, receipt)
	}
	testkit.Eventually(t, "the old edits are in force", func() bool {
		_, g := c.ask(t, "/")
		return g.Header.Get("X-A") == "r"
	})
}
