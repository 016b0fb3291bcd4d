package errors_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/openspec"
	"github.com/gatewayhomebrew/gateway/openspec/openspectest"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// A forced is a code with what makes the gateway answer with it.
type forced struct {
	code gwerr.Code
	// request is sent with GET and with HEAD in the place of METHOD.
	request string
	// force is for what one request on a fresh connection does not do.
	force func(t *testing.T, g *gateways, method string) *testkit.Response
	// admin says that the answer is the admin API's, which /why knows nothing of.
	admin bool
	// headless says that no request can be HEAD, or that there is none.
	headless bool
}

// gateways are the edge that most codes are forced through, and what is behind it.
type gateways struct {
	*edgetest.Reloadable
	answer chan struct{} // what /slow waits for
	doc    *openspectest.Document
	spec   *openspectest.Document
}

// errorConfig has a route for each way to fail.
func errorConfig(t *testing.T, up string) string {
	return fmt.Sprintf(`
version: 1
listeners:
  - {name: public, address: "127.0.0.1:0", protocol: http, timeouts: {header: 300ms},
	limits: {max_request_line_bytes: 500, max_header_bytes: 2000}}
clusters:
  - {name: up, endpoints: [{address: "%[1]s"}], timeouts: {response: 300ms}}
  - {name: refusing, endpoints: [{address: "%[2]s"}]}
  - {name: narrow, endpoints: [{address: "%[1]s"}], limits: {max_connections: 1, max_pending: 0}}
routes:
  - {name: all, hosts: [a.test], path_prefix: /, cluster: up, max_body_bytes: 10}
  - {name: posts, hosts: [a.test], path_prefix: /posts, methods: [POST], cluster: up}
  - {name: refused, hosts: [a.test], path_prefix: /refused, cluster: refusing}
  - {name: narrow, hosts: [a.test], path_prefix: /slow, cluster: narrow}
  - {name: rated, hosts: [a.test], path_prefix: /rated, cluster: up, rate_limit: {requests: 1, per: 1h}}
  - {name: described, hosts: [a.test], path_prefix: /described, cluster: up,
	openapi: {spec: "%[3]s", requests: enforce, responses: enforce}}
  - {name: asked, hosts: [a.test], path_prefix: /asked, cluster: up, auth: {forward: gone}}
auth: {forward: [{name: gone, url: "http://127.0.0.1:1/"}]}
admin: {address: "127.0.0.1:0"}
access_log: {output: off}
`, up, edgetest.RefusedAddr(t), described(t))
}

// described is an OpenAPI document that no answer of the endpoint is as described in.
func described(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "api.yaml")
	edgetest.Must(t, os.WriteFile(file, []byte(`
openapi: 3.1.0
info: {title: described, version: "1"}
paths: {/described: {get: {responses: {"201": {description: never}}}}}
`), 0o600))
	return file
}

func startGateways(t *testing.T) *gateways {
	t.Helper()
	g := &gateways{answer: make(chan struct{})}
	up := testkit.NewUpstream(t, func(c *testkit.Conn) {
		for {
			r, err := c.Request()
			if err != nil {
				return
			}
			text := edgetest.OK
			switch r.Target {
			case "/reset":
				return
			case "/nonsense":
				text = "220 mail.test ESMTP\r\n"
			case "/hang":
				_ = c.Drain()
				return
			case "/slow":
				<-g.answer
			}
			if c.Send(text) != nil {
				return
			}
		}
	})
	edgetest.Gate(t, g.answer)
	g.Reloadable = edgetest.StartReloadable(t, errorConfig(t, up.Addr()))
	var err error
	g.doc, err = openspectest.Parse(openspec.Errors)
	edgetest.Must(t, err)
	g.spec, err = openspectest.Parse(openspec.Admin)
	edgetest.Must(t, err)
	return g
}

const toA = " HTTP/1.1\r\nHost: a.test\r\n"

// codes has every code of the catalogue, once.
func codes() []forced {
	return []forced{
		{code: gwerr.BadRequest, request: "METHOD / HTTP/1.1\r\n\r\n"},
		{code: gwerr.Unauthenticated, force: withoutToken, admin: true},
		{code: gwerr.Forbidden, force: fromAnotherHost, admin: true},
		{code: gwerr.NoRoute, request: "METHOD / HTTP/1.1\r\nHost: other.test\r\n\r\n"},
		{code: gwerr.MethodNotAllowed, request: "METHOD /posts" + toA + "\r\n"},
		{code: gwerr.RequestTimeout, request: "METHOD /" + toA}, // and no more
		{
			code: gwerr.BodyTooLarge, request: "METHOD /" + toA +
				"Content-Length: 11\r\n\r\nhello world",
		},
		{code: gwerr.URITooLong, request: "METHOD /" + strings.Repeat("a", 600) + toA + "\r\n"},
		{code: gwerr.ContractRequest, request: "METHOD /described/not" + toA + "\r\n"},
		{code: gwerr.ContractResponse, request: "METHOD /described" + toA + "\r\n"},
		{code: gwerr.Misdirected, force: onAnothersConnection},
		{code: gwerr.RateLimited, force: overTheRate},
		{
			code: gwerr.HeadersTooLarge, request: "METHOD /" + toA + "X-A: " +
				strings.Repeat("a", 2500) + "\r\n\r\n",
		},
		{code: gwerr.Internal, force: withADefect},
		{
			code:    gwerr.NotImplemented,
			request: "CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n", headless: true,
		},
		{code: gwerr.UpstreamConnect, request: "METHOD /refused" + toA + "\r\n"},
		{code: gwerr.UpstreamTLS, force: plainWhereTLSIsWanted},
		{code: gwerr.UpstreamReset, request: "METHOD /reset" + toA + "\r\n"},
		{code: gwerr.UpstreamProtocol, request: "METHOD /nonsense" + toA + "\r\n"},
		{code: gwerr.NoHealthyEndpoint, force: withoutWeights},
		{code: gwerr.Overloaded, force: overTheLimit},
		{code: gwerr.AuthUnavailable, request: "METHOD /asked" + toA + "\r\n"},
		{code: gwerr.Draining, force: whileDraining, admin: true, headless: true},
		{code: gwerr.UpstreamTimeout, request: "METHOD /hang" + toA + "\r\n"},
		{code: gwerr.HTTPVersion, request: "METHOD / HTTP/2.0\r\nHost: a.test\r\n\r\n"},
		{code: gwerr.LoopDetected, force: inACircle},
	}
}

func TestEveryCodeOfTheCatalogueIsForced(t *testing.T) {
	t.Parallel()
	byCode := map[gwerr.Code]forced{}
	for _, f := range codes() {
		if _, twice := byCode[f.code]; twice {
			t.Errorf("%s is in the list twice", f.code)
		}
		byCode[f.code] = f
	}
	g := startGateways(t)
	for _, info := range gwerr.All() {
		f, ok := byCode[info.Code]
		if !ok {
			t.Errorf("%s is in no list: force it here", info.Name)
			continue
		}
		t.Run(info.Name, func(t *testing.T) {
			get := g.check(t, f, "GET")
			if f.headless {
				return
			}
			head := g.check(t, f, "HEAD")
			// As RFC 9110 has it, a HEAD is answered like a GET, without the body.
			if a, b := get.Fields.Get("Content-Length"),
				head.Fields.Get("Content-Length"); a != b || a == "" {
				t.Errorf("Content-Length is %q, for HEAD %q", a, b)
			}
		})
	}
}

// check forces a code and checks all that there is to an answer.
func (g *gateways) check(t *testing.T, f forced, method string) *testkit.Response {
	t.Helper()
	force := f.force
	if force == nil {
		force = func(t *testing.T, g *gateways, method string) *testkit.Response {
			t.Helper()
			c := testkit.Dial(t, g.Addr("public"))
			r := c.Exchange(t, method, strings.Replace(f.request, "METHOD", method, 1))
			after(t, c, r)
			return r
		}
	}
	r := force(t, g, method)
	info := f.code.Info()
	if r.Status != info.Status || r.Reason == "" {
		t.Errorf("%s: status %d %s, want %d", method, r.Status, r.Reason, info.Status)
	}
	if info.Header != "" && r.Fields.Get(info.Header) == "" {
		t.Errorf("%s: %s is missing: %v", method, info.Header, r.Fields)
	}
	if f.code == gwerr.Overloaded && r.Fields.Get("Retry-After") == "" {
		t.Errorf("%s: Retry-After is missing", method)
	}
	for _, name := range []string{"Content-Type", "Content-Length", "X-Request-Id", "Date"} {
		if n := len(r.Fields.Values(name)); n != 1 {
			t.Errorf("%s: %s is there %d times", method, name, n)
		}
	}
	id := r.Fields.Get("X-Request-Id")
	if method == "HEAD" {
		if len(r.Body) != 0 {
			t.Errorf("HEAD has a body: %s", r.Body)
		}
	} else {
		var e admin.Error
		if err := json.Unmarshal(r.Body, &e); err != nil || e.Error.Code != info.Name ||
			e.Error.Message == "" || e.Error.CorrelationID != id || id == "" {
			t.Errorf("%s with X-Request-Id %q: %s (%v)", method, id, r.Body, err)
		}
		header := http.Header{}
		for _, field := range r.Fields {
			header.Add(field.Name, field.Value)
		}
		if err := g.doc.CheckResponse("Status"+strconv.Itoa(info.Status), header,
			r.Body); err != nil {
			t.Errorf("openspec/errors.yaml: %v", err)
		}
	}
	if !f.admin && f.force == nil {
		g.explained(t, f, id, method)
	}
	return r
}

// after checks that the connection goes on, or ends without another byte, as the answer said.
func after(t *testing.T, c *testkit.Client, r *testkit.Response) {
	t.Helper()
	if strings.EqualFold(r.Fields.Get("Connection"), "close") {
		if err := c.ExpectClose(); err != nil {
			t.Error(err)
		}
		return
	}
	if r := c.Exchange(t, "GET", edgetest.Get); r.Status != 200 {
		t.Errorf("the next request gets %d", r.Status)
	}
}

// explained asks why.
func (g *gateways) explained(t *testing.T, f forced, id, method string) {
	t.Helper()
	var status int
	var header http.Header
	var body []byte
	testkit.Eventually(t, "/why knows the request", func() bool {
		var err error
		status, header, body, err = g.Ask("GET", "/why/"+id)
		return err == nil && status == http.StatusOK
	})
	if err := g.spec.CheckAnswer("GET /why/{id}", status, header, body); err != nil {
		t.Errorf("openspec/admin.yaml: %v", err)
	}
	var why admin.Explanation
	edgetest.Must(t, json.Unmarshal(body, &why))
	info := f.code.Info()
	if why.ID != id || why.Code != info.Name || why.Status != info.Status ||
		why.Listener != "public" || why.Message == "" || why.Hint == "" || why.RouteWhy == "" ||
		why.Client == "" {
		t.Errorf("/why: %s", body)
	}
	wantRoute := info.Fault == gwerr.Upstream || f.code == gwerr.BodyTooLarge ||
		f.code == gwerr.ContractRequest || f.code == gwerr.Overloaded ||
		f.code == gwerr.RateLimited || f.code == gwerr.AuthUnavailable
	if (why.Route != "") != wantRoute || wantRoute && why.Method != method {
		t.Errorf("/why: route %q, method %q: %s", why.Route, why.Method, body)
	}
	if info.Fault == gwerr.Upstream &&
		(len(why.Attempts) == 0 || why.Attempts[len(why.Attempts)-1].Endpoint == "") {
		t.Errorf("/why tells of no attempt: %s", body)
	}
}

// inACircle is an edge whose endpoint is the edge itself.
func inACircle(t *testing.T, _ *gateways, method string) *testkit.Response {
	t.Helper()
	addr := edgetest.FreeAddr(t)
	config := strings.Replace(edgetest.Marked(addr, "a"), "127.0.0.1:0", addr, 1)
	e := testkit.StartEdge(t, config)
	c := testkit.Dial(t, e.Addr("public"))
	return c.Exchange(t, method, method+" / HTTP/1.1\r\nHost: a.test\r\n\r\n")
}
