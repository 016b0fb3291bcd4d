package errors_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// A told is a request and what /why has to say of it: the cause that it had, and not another one
// with the same code.
type told struct {
	name, request string
	code          string
	status        int      // that the client got
	message, hint []string // words of them
	attempt       string   // words of what the last attempt came to
}

var everyCause = []told{
	{"the endpoint closes within a body", "GET /cut" + toA + "\r\n", "GW_UPSTREAM_RESET", 200,
		[]string{"within its body", "closed"}, []string{"endpoint's own log"}, "GW_UPSTREAM_RESET"},
	{"the endpoint stops within a body", "GET /stall" + toA + "\r\n", "GW_UPSTREAM_TIMEOUT", 200,
		[]string{"within its body", "timeouts.body_idle"}, []string{"timeout"},
		"GW_UPSTREAM_TIMEOUT"},
	{"the endpoint's body is malformed", "GET /junk" + toA + "\r\n", "GW_UPSTREAM_PROTOCOL", 200,
		[]string{"within its body", "chunk"}, []string{"protocol"}, "GW_UPSTREAM_PROTOCOL"},
	{"the endpoint closes before it answers", "GET /reset" + toA + "\r\n", "GW_UPSTREAM_RESET", 502,
		[]string{"before it responded"}, []string{"endpoint's own log"}, "GW_UPSTREAM_RESET"},
	{"the endpoint says nothing", "GET /hang" + toA + "\r\n", "GW_UPSTREAM_TIMEOUT", 504,
		[]string{"did not respond in time"}, []string{"timeout"}, "GW_UPSTREAM_TIMEOUT"},
	{"no endpoint listens", "GET /refused" + toA + "\r\n", "GW_UPSTREAM_CONNECT", 502,
		[]string{"could not be reached"}, []string{"listens"}, "refused"},
	{"a body that stops", "POST /" + toA + "Content-Length: 9\r\n\r\nabc", "GW_REQUEST_TIMEOUT",
		408,
		[]string{"request body", "in time"}, []string{"listener"}, ""},
	{"a body that is too large", "POST /" + toA + "Content-Length: 11\r\n\r\nhello world",
		"GW_BODY_TOO_LARGE", 413, []string{"body"}, []string{"max_body_bytes"}, ""},
	{"no host", "GET / HTTP/1.1\r\nHost: other.test\r\n\r\n", "GW_NO_ROUTE", 404,
		[]string{"no route is for this host"}, []string{"config show --route"}, ""},
	{"no path", "GET / HTTP/1.1\r\nHost: b.test\r\n\r\n", "GW_NO_ROUTE", 404,
		[]string{"for this path"}, []string{"config show --route"}, ""},
	{"no method", "GET /posts" + toA + "\r\n", "GW_METHOD_NOT_ALLOWED", 405,
		[]string{"no route of this path is for this method"}, []string{"Allow"}, ""},
	{"TRACE", "TRACE /" + toA + "\r\n", "GW_METHOD_NOT_ALLOWED", 405,
		[]string{"TRACE"}, []string{"unless it is TRACE"}, ""},
	{"CONNECT", "CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n", "GW_NOT_IMPLEMENTED",
		501,
		[]string{"CONNECT"}, []string{"without it"}, ""},
	{"a head that is too large", "GET /" + toA + "X-A: " + strings.Repeat("a", 2500) + "\r\n\r\n",
		"GW_HEADERS_TOO_LARGE", 431, []string{"longer than allowed"}, []string{"listener"}, ""},
	{"a target that is too long", "GET /" + strings.Repeat("a", 600) + toA + "\r\n",
		"GW_URI_TOO_LONG", 414, []string{"request line"}, []string{"listener"}, ""},
	{"a version", "GET / HTTP/2.0\r\nHost: a.test\r\n\r\n", "GW_HTTP_VERSION", 505,
		[]string{"HTTP/1.1"}, []string{"HTTP/2"}, ""},
	{"a status of the endpoint's", "GET /500" + toA + "\r\n", "", 500,
		[]string{"endpoint itself"}, []string{"endpoint's own log"}, "status 500"},
}

const whyConfig = `
version: 1
listeners:
  - {name: public, address: "127.0.0.1:0", timeouts: {header: 300ms, body_idle: 300ms},
     limits: {max_request_line_bytes: 500, max_header_bytes: 2000}}
clusters:
  - {name: up, endpoints: [{address: "%[1]s"}], timeouts: {response: 300ms, body_idle: 300ms}}
  - {name: refusing, endpoints: [{address: "%[2]s"}]}
routes:
  - {name: all, hosts: [a.test], path_prefix: /, cluster: up, max_body_bytes: 10}
  - {name: posts, hosts: [a.test], path_prefix: /posts, methods: [POST], cluster: up}
  - {name: refused, hosts: [a.test], path_prefix: /refused, cluster: refusing}
  - {name: deep, hosts: [b.test], path_prefix: /deep, cluster: up}
admin: {address: "127.0.0.1:0"}
access_log: {output: off}
`

// What gateway why says is the cause that a request's failure had.
func TestWhyTellsTheCause(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, func(c *testkit.Conn) {
		r, err := c.Head()
		if err != nil {
			return
		}
		const head = "HTTP/1.1 200 OK\r\n"
		switch r.Target {
		case "/cut":
			_ = c.Send(head + "Content-Length: 9\r\n\r\nabc")
		case "/stall":
			_ = c.Send(head + "Content-Length: 9\r\n\r\nabc")
			_ = c.Drain()
		case "/junk":
			_ = c.Send(head + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nnonsense\r\n")
		case "/500":
			_ = c.Send("HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n")
		case "/reset":
		default:
			_ = c.Drain()
		}
	})
	g := edgetest.StartReloadable(t, fmt.Sprintf(whyConfig, up.Addr(), edgetest.RefusedAddr(t)))
	for _, c := range everyCause {
		t.Run(c.name, func(t *testing.T) {
			client := testkit.Dial(t, g.Addr("public"))
			edgetest.Must(t, client.Send(c.request))
			r, err := client.Head()
			edgetest.Must(t, err)
			if r.Status != c.status {
				t.Errorf("status %d, want %d", r.Status, c.status)
			}
			why := ask(t, g, r.Fields.Get("X-Request-Id"))
			if why.Code != c.code {
				t.Errorf("code %q, want %q", why.Code, c.code)
			}
			wants(t, "message", why.Message, c.message)
			wants(t, "hint", why.Hint, c.hint)
			if n := len(why.Attempts); c.attempt != "" {
				if n == 0 {
					t.Fatal("no attempt is told of")
				}
				last := why.Attempts[n-1]
				wants(t, "attempt", last.Outcome+": "+last.Failure, []string{c.attempt})
			}
		})
	}
}

func wants(t *testing.T, what, got string, words []string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(got, w) {
			t.Errorf("%s: no %q in %q", what, w, got)
		}
	}
}

// ask returns what /why tells of a request, once it has ended.
func ask(t *testing.T, g *edgetest.Reloadable, id string) (why admin.Explanation) {
	t.Helper()
	testkit.Eventually(t, "/why knows the request", func() bool {
		status, _, body, err := g.Ask("GET", "/why/"+id)
		return err == nil && status == http.StatusOK && json.Unmarshal(body, &why) == nil
	})
	return why
}
