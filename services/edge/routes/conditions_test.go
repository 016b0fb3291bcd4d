package routes_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// conditioned is an edge whose answers say by X-Route which route they took. The routes' common
// endpoint is at %s.
const conditioned = `
version: 1
listeners:
  - {name: public, address: "127.0.0.1:0", trusted_proxies: ["127.0.0.0/8"]}
  - {name: other, address: "127.0.0.1:0"}
clusters: [{name: up, endpoints: [{address: "%s"}]}]
routes:
  - {name: any, cluster: up, headers: {response: {set: {X-Route: any}}}}
  - {name: exact, path: /login, cluster: up, headers: {response: {set: {X-Route: exact}}}}
  - {name: regex, path_regex: "/v[0-9]+/.*", cluster: up, headers: {response: {set: {X-Route: regex}}}}
  - {name: canary, cluster: up, when: {headers: {X-Canary: "1"}}, headers: {response: {set: {X-Route: canary}}}}
  - {name: version, cluster: up, when: {query: {version: {regex: "2|3"}}}, headers: {response: {set: {X-Route: version}}}}
  - {name: beta, cluster: up, when: {cookies: {beta: {present: true}}}, headers: {response: {set: {X-Route: beta}}}}
  - {name: inside, cluster: up, when: {clients: [10.0.0.0/8]}, headers: {response: {set: {X-Route: inside}}}}
  - {name: only, path: /only, cluster: up, listeners: [other], headers: {response: {set: {X-Route: only}}}}
admin: {address: "127.0.0.1:0"}
`

func TestRequestsAreRoutedByWhatTheyHave(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, testkit.Answer(edgetest.OK))
	e := testkit.StartEdge(t, fmt.Sprintf(conditioned, up.Addr()))
	for _, tc := range []struct{ listener, target, lines, want string }{
		{"public", "/login", "", "exact"}, {"public", "/login/", "", "any"},
		{"public", "/login?a=b", "", "exact"}, {"public", "/v2/x", "", "regex"},
		{"public", "/v2", "", "any"}, {"public", "/", "x-canary: 1\r\n", "canary"},
		{"public", "/", "X-Canary: 2\r\n", "any"},
		{"public", "/", "X-Canary: 1\r\nX-Canary: 2\r\n", "any"}, // is "1, 2"
		{"public", "/?version=3", "", "version"},
		{"public", "/?version=%33&version=9", "", "version"},
		{"public", "/?version=23", "", "any"}, {"public", "/", "Cookie: a=1; beta=\r\n", "beta"},
		{"public", "/?version=2", "Cookie: beta=1\r\n", "version"},
		{"public", "/", "X-Forwarded-For: 10.1.2.3\r\n", "inside"},
		{"public", "/", "X-Forwarded-For: 10.1.2.3, 1.2.3.4\r\n", "any"},
		{"other", "/", "X-Forwarded-For: 10.1.2.3\r\n", "any"}, // trusts nobody
		{"other", "/only", "", "only"}, {"public", "/only", "", "any"},
	} {
		c := testkit.Dial(t, e.Addr(tc.listener))
		r := c.Exchange(t, "GET", "GET "+tc.target+" HTTP/1.1\r\nHost: a.test\r\n"+tc.lines+"\r\n")
		if got := r.Fields.Get("X-Route"); r.Status != 200 || got != tc.want {
			t.Errorf("%s %s with %q: %d by %q, want %q", tc.listener, tc.target, tc.lines, r.Status,
				got, tc.want)
		}
	}
}

func TestARequestThatMeetsNoConditionIsTold(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, testkit.Answer(edgetest.OK))
	e := testkit.StartEdge(t, edgetest.OneRoute(up.Addr(),
		`path_prefix: /a, methods: [GET], when: {headers: {X-Canary: "1"}}`))
	for _, tc := range []struct {
		request, want string
		status        int
	}{
		{"GET /a HTTP/1.1\r\nHost: a.test\r\nX-Canary: 1\r\n\r\n", "ok", 200},
		{"GET /a HTTP/1.1\r\nHost: a.test\r\n\r\n",
			"no route of this host and path has conditions that this request meets", 404},
		{"POST /a HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\n\r\n", "conditions", 404},
		{"POST /a HTTP/1.1\r\nHost: a.test\r\nX-Canary: 1\r\nContent-Length: 0\r\n\r\n",
			"no route of this path is for this method", 405},
	} {
		c := testkit.Dial(t, e.Addr("public"))
		method, _, _ := strings.Cut(tc.request, " ")
		r := c.Exchange(t, method, tc.request)
		if r.Status != tc.status || !strings.Contains(string(r.Body), tc.want) {
			t.Errorf("%q: %d %s, want %d with %q", tc.request, r.Status, r.Body, tc.status, tc.want)
		}
		if allow := r.Fields.Get("Allow"); tc.status == 405 && allow != "GET" {
			t.Errorf("Allow: %q", allow)
		}
	}
}
