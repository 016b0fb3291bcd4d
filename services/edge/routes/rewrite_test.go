package routes_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

func TestPathsAreRewritten(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ route, target, want string }{
		{"path_prefix: /users, rewrite: {strip_prefix: true}", "/users/7?a=/users", "/7?a=/users"},
		{"path_prefix: /users, rewrite: {strip_prefix: true}", "/users", "/"},
		{"path_prefix: /users, rewrite: {strip_prefix: true}", "/users?q", "/?q"},
		{"path_prefix: /users, rewrite: {strip_prefix: true}", "/users/", "/"},
		{"path_prefix: /users/, rewrite: {strip_prefix: true}", "/users/a/../7", "/7"},
		{"path_prefix: /users, rewrite: {replace_prefix: /v2/people}", "/users/7", "/v2/people/7"},
		{"path_prefix: /users, rewrite: {replace_prefix: /v2}", "/users", "/v2"},
		{"path_prefix: /users, rewrite: {replace_prefix: /}", "/users/7", "/7"},
		{"path_prefix: /, rewrite: {replace_prefix: /api}", "/7", "/api/7"},
		{"rewrite: {replace_prefix: /api}", "/", "/api/"},
		{"path_prefix: /users, rewrite: {strip_prefix: false}", "/users/7", "/users/7"},
	} {
		t.Run(tc.route+" "+tc.target, func(t *testing.T) {
			t.Parallel()
			up := testkit.NewUpstream(t, testkit.Answer(edgetest.OK))
			e := testkit.StartEdge(t, edgetest.OneRoute(up.Addr(), tc.route))
			c := testkit.Dial(t, e.Addr("public"))
			if r := c.Exchange(t, "GET",
				"GET "+tc.target+" HTTP/1.1\r\nHost: a.test\r\n\r\n"); r.Status != 200 {
				t.Fatalf("got %d", r.Status)
			}
			line, _, _ := strings.Cut(up.Conn(t, 0).Received(), "\r\n")
			if line != "GET "+tc.want+" HTTP/1.1" {
				t.Errorf("the upstream got %q, want the path %q", line, tc.want)
			}
			testkit.Eventually(t, "the access log has the path the client asked for", func() bool {
				path, _, _ := strings.Cut(tc.target, "?")
				return strings.Contains(e.Stdout(),
					`"path":"`+strings.Replace(path, "a/../", "", 1)+`"`)
			})
		})
	}
}

func TestHeaderFieldsAreEdited(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t,
		testkit.Answer("HTTP/1.1 200 OK\r\nServer: secret/1\r\nX-Kept: 1\r\nx-POWERED-by: php\r\n"+
			"Cache-Control: no-store\r\nContent-Length: 2\r\n\r\nok"))
	e := testkit.StartEdge(t, edgetest.OneRoute(up.Addr(), `headers: {
  request: {set: {X-From: edge, User-Agent: gateway, Host: "inner.test:8080"}, remove: [X-Debug, Cookie]},
  response: {set: {X-Frame-Options: DENY, Cache-Control: "max-age=60"}, remove: [Server, X-Powered-By]}}`))
	c := testkit.Dial(t, e.Addr("public"))
	r := c.Exchange(t, "GET",
		"GET / HTTP/1.1\r\nHost: a.test\r\nx-from: liar\r\nUser-Agent: curl\r\nX-DEBUG: 1\r\n"+
			"Cookie: a=b\r\nX-Debugger: stays\r\nCookie: c=d\r\n\r\n")
	got := up.Conn(t, 0).Received()
	for _, want := range []string{
		"\r\nX-From: edge\r\n", "\r\nUser-Agent: gateway\r\n", "\r\nHost: inner.test:8080\r\n",
		"\r\nX-Debugger: stays\r\n", "\r\nX-Forwarded-Host: a.test\r\n",
	} {
		if strings.Count(got, want) != 1 {
			t.Errorf("the upstream got %q, want %q once", got, want)
		}
	}
	for _, name := range []string{"liar", "curl", "x-debug:", "cookie", "\r\nhost: a.test"} {
		if strings.Contains(strings.ToLower(got), name) {
			t.Errorf("the upstream got %q with %q", got, name)
		}
	}
	head := strings.ToLower(fmt.Sprint(r.Fields))
	for _, want := range []string{
		"x-frame-options", "deny", "max-age=60", "x-kept", "x-request-id",
	} {
		if !strings.Contains(head, want) {
			t.Errorf("the client got %s, without %s", head, want)
		}
	}
	for _, name := range []string{"secret/1", "php", "no-store"} {
		if strings.Contains(head, name) {
			t.Errorf("the client got %s, with %s", head, name)
		}
	}
}

// An interim response is not what the edits are about, and the gateway's own
// answers are not the upstream's.
func TestEditsTakeFieldsFromInterimResponsesAndLeaveOwnAnswersAlone(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t,
		testkit.Answer("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nX-Kept: 1\r\n\r\n"+edgetest.OK))
	e := testkit.StartEdge(t,
		edgetest.OneRoute(up.Addr(),
			`path_prefix: /in, max_body_bytes: 1, headers: {response: {set: {X-Set: "1"}, remove: [Link]}}`))
	c := testkit.Dial(t, e.Addr("public"))
	if err := c.Send("GET /in HTTP/1.1\r\nHost: a.test\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	early, err := c.Response("GET")
	if err != nil || early.Status != 103 || !strings.Contains(fmt.Sprint(early.Fields), "X-Kept") ||
		strings.Contains(fmt.Sprint(early.Fields), "Link") ||
		strings.Contains(fmt.Sprint(early.Fields), "X-Set") {
		t.Errorf("interim response %+v, %v; want it without Link", early, err)
	}
	if r := c.Final(t, "GET"); !strings.Contains(fmt.Sprint(r.Fields), "X-Set") {
		t.Errorf("final response %v is not edited", r.Fields)
	}
	r := c.Exchange(t, "POST",
		"POST /in HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhello")
	edgetest.WantError(t, r, 413, "GW_BODY_TOO_LARGE")
	if strings.Contains(fmt.Sprint(r.Fields), "X-Set") {
		t.Errorf("the gateway's own answer is edited: %v", r.Fields)
	}
}
