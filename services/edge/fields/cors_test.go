package fields_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

const corsRoutes = `
routes:
  - name: one
    path_prefix: /one
    methods: [GET, PUT]
    cluster: http1
    max_body_bytes: 3
    headers: {response: {set: {Access-Control-Allow-Origin: none, Access-Control-Max-Age: "9"}}}
    cors: {origins: ["https://a.test", "https://*.b.test", "null"], methods: [GET, PUT],
           headers: [X-A], expose: [X-B], credentials: true, max_age: 10m}
  - {name: two, path_prefix: /two, cluster: h2c, cors: {origins: ["*"], methods: ["*"]}}
  - {name: away, path_prefix: /away, cluster: away, cors: {origins: ["https://a.test"]}}
  - {name: gone, path_prefix: /gone, respond: {status: 410}, cors: {origins: ["https://a.test"]}}
  - {name: page, path_prefix: /page, cluster: http1, cors: {origins: ["https://a.test"]},
     clients: {deny: [127.0.0.0/8]}}
  - {name: open, path_prefix: /mixed, cluster: http1, cors: {origins: ["*"]}}
  - {name: closed, path_prefix: /mixed, methods: [DELETE], cluster: http1}
  - {name: options, path_prefix: /one, methods: [OPTIONS], cluster: http1}
`

// corsFront is a front whose endpoints say of origins what they like.
func corsFront(t *testing.T) *front {
	t.Helper()
	return start(t, "", fmt.Sprintf("  - {name: away, endpoints: [{address: %q}]}\n",
		edgetest.RefusedAddr(t))+corsRoutes)
}

// says are the fields about origins, one in a line, and Vary.
func says(h http.Header) string {
	var lines []string
	for _, name := range []string{
		"Allow-Origin", "Allow-Credentials", "Allow-Methods", "Allow-Headers", "Expose-Headers",
		"Max-Age", "Allow-Private-Network",
	} {
		for _, v := range h.Values("Access-Control-" + name) {
			lines = append(lines, name+": "+v)
		}
	}
	for _, v := range h.Values("Vary") {
		lines = append(lines, "Vary: "+v)
	}
	return strings.Join(lines, "\n")
}

// theirs is what the endpoint says.
const theirs = "Allow-Origin: https://evil.test\nAllow-Private-Network: true\nVary: Accept"

const put = "Access-Control-Request-Method: PUT"

func TestPreflightRequestsAreAnsweredByTheGateway(t *testing.T) {
	t.Parallel()
	f := corsFront(t)
	const granted = "Allow-Credentials: true\nAllow-Methods: GET, PUT\nAllow-Headers: X-A\n" +
		"Expose-Headers: X-B\nMax-Age: 600\nVary: Origin"
	f.each(t, func(t *testing.T, c *asker) {
		for _, tc := range []struct {
			target, lines string
			status        int
			want          string
		}{
			{"/one", "Origin: https://a.test\n" + put, 204,
				"Allow-Origin: https://a.test\n" + granted},
			{"/one", "Origin: https://x.b.test\n" + put + "\nAccess-Control-Request-Headers: x-a",
				204, "Allow-Origin: https://x.b.test\n" + granted},
			{"/one", "Origin: null\n" + put, 204, "Allow-Origin: null\n" + granted},
			{"/one", "Origin: https://c.test\n" + put, 204, "Vary: Origin"},
			{"/one", "Origin: https://a.test\n" + put +
				"\nAccess-Control-Request-Private-Network: true", 204,
				"Allow-Origin: https://a.test\n" + granted},
			{"/two", "Origin: https://c.test\nAccess-Control-Request-Method: DELETE", 204,
				"Allow-Origin: *\nAllow-Methods: DELETE\nMax-Age: 5\n" +
					"Vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers"},
			{"/away", "Origin: https://a.test\n" + put, 204,
				"Allow-Origin: https://a.test\nAllow-Methods: GET, HEAD, POST\nMax-Age: 5\n" +
					"Vary: Origin"},
			{"/gone", "Origin: https://a.test\n" + put, 204,
				"Allow-Origin: https://a.test\nAllow-Methods: GET, HEAD, POST\nMax-Age: 5\n" +
					"Vary: Origin"},
			// The route of DELETE is another one, which no origin may use.
			{"/mixed", "Origin: https://a.test\nAccess-Control-Request-Method: DELETE", 405, ""},
			{"/mixed", "Origin: https://a.test\n" + put, 204,
				"Allow-Origin: *\nAllow-Methods: GET, HEAD, POST\nMax-Age: 5"},
			// No route takes PATCH; OPTIONS has one of its own.
			{"/one", "Origin: https://a.test\nAccess-Control-Request-Method: PATCH", 200, theirs},
			{"/one", "Origin: https://a.test", 200, theirs},
			{"/none", "Origin: https://a.test\n" + put, 404, ""},
		} {
			r, g := c.send(t, "OPTIONS", tc.target, "", strings.Split(tc.lines, "\n")...)
			if r.StatusCode != tc.status || says(r.Header) != tc.want {
				t.Errorf("%s with %q: %d\n%s\nwant %d\n%s", tc.target, tc.lines, r.StatusCode,
					says(r.Header), tc.status, tc.want)
			}
			if tc.status == 204 && g.Header != nil {
				t.Errorf("%s with %q: the endpoint was asked", tc.target, tc.lines)
			}
		}
	})
}

func TestResponsesAndErrorsSayWhoMayReadThem(t *testing.T) {
	t.Parallel()
	f := corsFront(t)
	const granted = "Allow-Credentials: true\nExpose-Headers: X-B\n"
	const readable = "Allow-Origin: https://a.test\nVary: Origin"
	f.each(t, func(t *testing.T, c *asker) {
		for _, tc := range []struct {
			method, target, body, origin string
			status                       int
			want                         string
		}{
			{"GET", "/one", "", "https://a.test", 200,
				"Allow-Origin: https://a.test\n" + granted + "Vary: Accept\nVary: Origin"},
			{"GET", "/one", "", "https://c.test", 200, "Vary: Accept\nVary: Origin"},
			{"GET", "/one", "", "", 200, "Vary: Accept\nVary: Origin"},
			{"GET", "/two", "", "", 200, "Allow-Origin: *\nVary: Accept"},
			{"GET", "/two", "", "https://a.test", 200, "Allow-Origin: *\nVary: Accept"},
			{"PUT", "/one", "too long", "https://a.test", 413,
				"Allow-Origin: https://a.test\n" + granted + "Vary: Origin"},
			{"GET", "/away", "", "https://a.test", 502, readable},
			{"GET", "/away", "", "https://b.test", 502, "Vary: Origin"},
			{"GET", "/away", "", "", 502, "Vary: Origin"},
			{"GET", "/gone", "", "https://a.test", 410, readable},
			{"GET", "/page", "", "https://a.test", 403, readable},
		} {
			var lines []string
			if tc.origin != "" {
				lines = []string{"Origin: " + tc.origin}
			}
			r, _ := c.send(t, tc.method, tc.target, tc.body, lines...)
			if r.StatusCode != tc.status || says(r.Header) != tc.want {
				t.Errorf("%s %s of %q: %d\n%s\nwant %d\n%s", tc.method, tc.target, tc.origin,
					r.StatusCode, says(r.Header), tc.status, tc.want)
			}
		}
	})
}
