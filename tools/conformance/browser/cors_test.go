//go:build unix

package browser_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// An api is the endpoint behind the edge. What it says of CORS itself is wrong.
type api struct {
	*httptest.Server
	preflights atomic.Int64
}

func serveAPI(t *testing.T) *api {
	a := &api{}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodOptions {
			a.preflights.Add(1)
		}
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", "https://wrong.test")
		h.Set("Access-Control-Allow-Methods", "*")
		h.Set("X-B", "b")
		h.Set("X-Hidden", "hidden")
		fmt.Fprintf(w, "%s %s x-a=%q cookie=%q", r.Method, r.URL.Path, r.Header.Get("X-A"),
			r.Header.Get("Cookie"))
	}))
	t.Cleanup(a.Close)
	return a
}

// corsConfig lets pages of an origin use some routes.
func corsConfig(endpoint, origin string) string {
	return fmt.Sprintf(`version: 1
listeners: [{name: api, address: "127.0.0.1:0"}]
admin: {address: "127.0.0.1:0"}
clusters:
  - {name: api, endpoints: [{address: %[1]q}]}
  - {name: away, endpoints: [{address: "127.0.0.1:1"}]}
routes:
  - name: some
    path_prefix: /some
    cluster: api
    max_body_bytes: 10
    cors: {origins: [%[2]q], methods: [GET, PUT], headers: [X-A], expose: [X-B], max_age: 10m,
           credentials: true}
  - name: put
    path_prefix: /put
    methods: [PUT]
    cluster: api
    cors: {origins: [%[2]q], methods: [PUT]}
  - name: all
    path_prefix: /all
    cluster: api
    cors: {origins: ["*"], methods: ["*"], headers: ["*"], expose: ["*"]}
  - {name: none, path_prefix: /none, cluster: api}
  - {name: away, path_prefix: /away, cluster: away, cors: {origins: [%[2]q]}}
  - name: elsewhere
    path_prefix: /elsewhere
    redirect: {path: /some/new}
    cors: {origins: [%[2]q]}
`, endpoint, origin)
}

func TestABrowserGetsWhatCORSLetsItHave(t *testing.T) {
	t.Parallel()
	program := chromium(t)
	p, a := servePages(t), serveAPI(t)
	ours := p.origin("127.0.0.1")
	edge := testkit.StartEdge(t, corsConfig(a.Listener.Addr().String(), ours))
	url := "http://" + edge.Addr("api")
	type want struct {
		fetch
		read   bool
		status int
		text   string            // that the body has
		fields map[string]string // that a script sees; nil: whichever
	}
	b := map[string]string{"X-B": "b"}
	cases := []want{
		{fetch{Name: "get", URL: "/some/a"}, true, 200, `GET /some/a x-a="" cookie=""`, b},
		{fetch{Name: "head", URL: "/some/a", Method: "HEAD"}, true, 200, "", b},
		{fetch{Name: "simple post", URL: "/some/a", Method: "POST", Body: "x"}, true, 200,
			"POST /some/a", b},
		{fetch{Name: "put", URL: "/some/a", Method: "PUT", Headers: map[string]string{"X-A": "1"}},
			true, 200, `PUT /some/a x-a="1"`, b},
		{fetch{Name: "put again", URL: "/some/a", Method: "PUT",
			Headers: map[string]string{"X-A": "2"}}, true, 200, `PUT /some/a x-a="2"`, b},
		{fetch{Name: "delete", URL: "/some/a", Method: "DELETE"}, false, 0, "", nil},
		{fetch{Name: "another field", URL: "/some/a", Headers: map[string]string{"X-Z": "1"}},
			false, 0, "", nil},
		{fetch{Name: "cookies", URL: "/some/a", Credentials: "include"}, true, 200,
			`cookie="session=of-the-page"`, b},
		{fetch{Name: "a body that is too long", URL: "/some/a", Method: "POST",
			Body: "more than ten"}, true, 413, "GW_BODY_TOO_LARGE", nil},
		{fetch{Name: "a route with methods", URL: "/put/a", Method: "PUT"}, true, 200,
			"PUT /put/a", map[string]string{}},
		{fetch{Name: "every origin", URL: "/all/a", Method: "DELETE",
			Headers: map[string]string{"X-Z": "1"}}, true, 200, "DELETE /all/a", nil},
		{fetch{Name: "every origin, with cookies", URL: "/all/a", Credentials: "include"},
			false, 0, "", nil},
		{fetch{Name: "no CORS", URL: "/none/a"}, false, 0, "", nil},
		{fetch{Name: "an error of the gateway", URL: "/away/a"}, true, 502,
			"GW_UPSTREAM_CONNECT", nil},
		{fetch{Name: "a redirect", URL: "/elsewhere/a"}, true, 200, "GET /some/new", b},
	}
	var fetches []fetch
	for i := range cases {
		cases[i].URL = url + cases[i].URL
		fetches = append(fetches, cases[i].fetch)
	}

	all := p.visit(t, program, ours, fetches)
	for _, c := range cases {
		got, made := all[c.Name]
		if !made || got.Read != c.read || got.Status != c.status ||
			!strings.Contains(got.Text, c.text) {
			t.Errorf("%s: %+v, want %t %d with %q", c.Name, got, c.read, c.status, c.text)
		}
		if c.fields != nil && fmt.Sprint(got.Fields) != fmt.Sprint(c.fields) {
			t.Errorf("%s: a script sees %v, want %v", c.Name, got.Fields, c.fields)
		}
	}
	if n := a.preflights.Load(); n > 0 {
		t.Errorf("%d preflight requests came to the endpoint", n)
	}
	// put asks, put again does not have to; neither does what asks for nothing special.
	testkit.Eventually(t, "the log has all fetches", func() bool {
		return strings.Count(edge.Stdout(), `"path":"/some/new"`) == 1
	})
	if n := strings.Count(edge.Stdout(), `"method":"OPTIONS"`); n != 5 {
		t.Errorf("%d preflight requests, want those of put, delete, another field, a route with "+
			"methods, and every origin", n)
	}

	theirs := p.visit(t, program, p.origin("localhost"), fetches)
	for _, c := range cases {
		read := c.Name == "every origin" // with a page of any other
		if got, made := theirs[c.Name]; !made || got.Read != read {
			t.Errorf("%s, from an origin that is not named: %+v", c.Name, got)
		}
	}
}
