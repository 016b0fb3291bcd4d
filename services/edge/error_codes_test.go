package main_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/cluster"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/door"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/health"
	"github.com/gatewayhomebrew/gateway/libs/l7"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/libs/plan"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/openspec"
	"github.com/gatewayhomebrew/gateway/openspec/openspectest"
)

// A forced is a code with what makes the gateway answer with it.
type forced struct {
	code gwerr.Code
	// request is sent with GET and with HEAD in the place of METHOD.
	request string
	// force is for what one request on a fresh connection does not do.
	force func(t *testing.T, g *gateways, method string) *testkit.Response
	// key is a line of configuration that the code's feature begins with. While this version refuses it, nothing can force the
	// code; once it does not, there has to be a force.
	key string
	// admin says that the answer is the admin API's, which /why knows nothing of.
	admin bool
	// headless says that no request can be HEAD, or that there is none.
	headless bool
}

// gateways are the edge that most codes are forced through, and what is behind it.
type gateways struct {
	*reloadable
	answer chan struct{} // what /slow waits for
	doc    *openspectest.Document
	spec   *openspectest.Document
}

// errorConfig has a route for each way to fail.
func errorConfig(t *testing.T, up string) string {
	return fmt.Sprintf(`
version: 1
listeners:
  - {name: public, address: "127.0.0.1:0", protocol: http, timeouts: {header: 300ms}, limits: {max_request_line_bytes: 500, max_header_bytes: 2000}}
clusters:
  - {name: up, endpoints: [{address: "%[1]s"}], timeouts: {response: 300ms}}
  - {name: refusing, endpoints: [{address: "%[2]s"}]}
  - {name: narrow, endpoints: [{address: "%[1]s"}], limits: {max_connections: 1, max_pending: 0}}
routes:
  - {name: all, hosts: [a.test], path_prefix: /, cluster: up, max_body_bytes: 10}
  - {name: posts, hosts: [a.test], path_prefix: /posts, methods: [POST], cluster: up}
  - {name: refused, hosts: [a.test], path_prefix: /refused, cluster: refusing}
  - {name: narrow, hosts: [a.test], path_prefix: /slow, cluster: narrow}
admin: {address: "127.0.0.1:0"}
access_log: {output: off}
`, up, refusedAddr(t))
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
			text := simpleOK
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
	gate(t, g.answer)
	g.reloadable = startReloadable(t, errorConfig(t, up.Addr()))
	var err error
	g.doc, err = openspectest.Parse(openspec.Errors)
	must(t, err)
	g.spec, err = openspectest.Parse(openspec.Admin)
	must(t, err)
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
		{code: gwerr.BodyTooLarge, request: "METHOD /" + toA + "Content-Length: 11\r\n\r\nhello world"},
		{code: gwerr.URITooLong, request: "METHOD /" + strings.Repeat("a", 600) + toA + "\r\n"},
		{code: gwerr.ContractRequest, key: "routes[].openapi"},
		{code: gwerr.ContractResponse, key: "routes[].openapi"},
		{code: gwerr.Misdirected, key: "listeners[].tls", force: onAnothersConnection},
		{code: gwerr.RateLimited, key: "routes[].rate_limit"},
		{code: gwerr.HeadersTooLarge, request: "METHOD /" + toA + "X-A: " + strings.Repeat("a", 2500) + "\r\n\r\n"},
		{code: gwerr.Internal, force: withADefect},
		{code: gwerr.NotImplemented, request: "CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n", headless: true},
		{code: gwerr.UpstreamConnect, request: "METHOD /refused" + toA + "\r\n"},
		{code: gwerr.UpstreamTLS, key: "clusters[].security.mode", force: plainWhereTLSIsWanted},
		{code: gwerr.UpstreamReset, request: "METHOD /reset" + toA + "\r\n"},
		{code: gwerr.UpstreamProtocol, request: "METHOD /nonsense" + toA + "\r\n"},
		{code: gwerr.NoHealthyEndpoint, force: withoutWeights},
		{code: gwerr.Overloaded, force: overTheLimit},
		{code: gwerr.Draining, force: whileDraining, admin: true, headless: true},
		{code: gwerr.UpstreamTimeout, request: "METHOD /hang" + toA + "\r\n"},
		{code: gwerr.HTTPVersion, request: "METHOD / HTTP/2.0\r\nHost: a.test\r\n\r\n"},
	}
}

// pendingKeys are lines of configuration for keys that the gateway may not have yet.
var pendingKeys = map[string]string{
	"routes[].openapi":         "routes: [{name: r, path_prefix: /, cluster: c, openapi: {spec: missing.yaml, requests: enforce}}]",
	"routes[].rate_limit":      "routes: [{name: r, path_prefix: /, cluster: c, rate_limit: {requests: 1, per: 1s}}]",
	"listeners[].tls":          "listeners: [{name: l, address: '127.0.0.1:0', tls: {certificates: [{cert: missing.pem, key: missing.key}]}}]",
	"clusters[].security.mode": "clusters: [{name: c, security: {mode: tls}, endpoints: [{address: '127.0.0.1:1'}]}]",
}

// refused says whether this version does not have a key yet.
func refused(t *testing.T, key string) bool {
	t.Helper()
	file := filepath.Join(t.TempDir(), "gateway.yaml")
	text := "version: 1\n" + pendingKeys[key] + "\n"
	for _, line := range []string{"listeners: [{name: l, address: '127.0.0.1:0'}]", "clusters: [{name: c, endpoints: [{address: '127.0.0.1:1'}]}]", "routes: []"} {
		if name, _, _ := strings.Cut(line, ":"); !strings.Contains(text, name+":") {
			text += line + "\n"
		}
	}
	must(t, os.WriteFile(file, []byte(text), 0o600))
	_, err := config.Load(file)
	return err != nil && strings.Contains(err.Error(), config.CodeNotYet)
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
			t.Errorf("%s is in no list: force it here, or name the key of its feature", info.Name)
			continue
		}
		t.Run(info.Name, func(t *testing.T) {
			if f.key != "" && refused(t, f.key) {
				t.Skipf("this version does not have %s yet", f.key)
			}
			if f.key != "" && f.force == nil && f.request == "" {
				t.Fatalf("%s is taken now: force %s in this test", f.key, info.Name)
			}
			get := g.check(t, f, "GET")
			if f.headless {
				return
			}
			head := g.check(t, f, "HEAD")
			// As RFC 9110 has it, a HEAD is answered like a GET, without the body.
			if a, b := get.Fields.Get("Content-Length"), head.Fields.Get("Content-Length"); a != b || a == "" {
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
		if err := json.Unmarshal(r.Body, &e); err != nil || e.Error.Code != info.Name || e.Error.Message == "" || e.Error.CorrelationID != id || id == "" {
			t.Errorf("%s with X-Request-Id %q: %s (%v)", method, id, r.Body, err)
		}
		header := http.Header{}
		for _, field := range r.Fields {
			header.Add(field.Name, field.Value)
		}
		if err := g.doc.CheckResponse("Status"+strconv.Itoa(info.Status), header, r.Body); err != nil {
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
	if r := c.Exchange(t, "GET", simpleGet); r.Status != 200 {
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
	must(t, json.Unmarshal(body, &why))
	info := f.code.Info()
	if why.ID != id || why.Code != info.Name || why.Status != info.Status || why.Listener != "public" || why.Message == "" || why.Hint == "" || why.RouteWhy == "" || why.Client == "" {
		t.Errorf("/why: %s", body)
	}
	wantRoute := info.Fault == gwerr.Upstream || f.code == gwerr.BodyTooLarge || f.code == gwerr.Overloaded
	if (why.Route != "") != wantRoute || wantRoute && why.Method != method {
		t.Errorf("/why: route %q, method %q: %s", why.Route, why.Method, body)
	}
	if info.Fault == gwerr.Upstream && (len(why.Attempts) == 0 || why.Attempts[len(why.Attempts)-1].Endpoint == "") {
		t.Errorf("/why tells of no attempt: %s", body)
	}
}

// overTheLimit asks for a cluster whose one connection is busy.
func overTheLimit(t *testing.T, g *gateways, method string) *testkit.Response {
	busy := testkit.Dial(t, g.Addr("public"))
	must(t, busy.Send("GET /slow"+toA+"\r\n"))
	testkit.Eventually(t, "the one connection is busy", func() bool {
		for _, c := range g.status(t).Clusters {
			if c.Name == "narrow" {
				return c.Connections == 1
			}
		}
		return false
	})
	c := testkit.Dial(t, g.Addr("public"))
	r := c.Exchange(t, method, method+" /slow"+toA+"\r\n")
	g.explained(t, forced{code: gwerr.Overloaded}, r.Fields.Get("X-Request-Id"), method)
	after(t, c, r)
	busy.Close()
	testkit.Eventually(t, "the connection is free", func() bool {
		for _, c := range g.status(t).Clusters {
			if c.Name == "narrow" {
				return c.Connections == 0
			}
		}
		return false
	})
	return r
}

// withoutToken asks an admin API that wants a token.
func withoutToken(t *testing.T, _ *gateways, method string) *testkit.Response {
	up := testkit.NewUpstream(t, testkit.Answer(simpleOK))
	e := startReloadable(t, strings.Replace(marked(up.Addr(), "0"), `admin: {address: "127.0.0.1:0"}`, `admin: {address: "127.0.0.1:0", token: "a-token-that-is-long-enough"}`, 1))
	return testkit.Dial(t, e.Addr("admin")).Exchange(t, method, method+" /status HTTP/1.1\r\nHost: "+e.Addr("admin")+"\r\n\r\n")
}

// fromAnotherHost asks as a page does whose name was resolved to loopback.
func fromAnotherHost(t *testing.T, g *gateways, method string) *testkit.Response {
	return testkit.Dial(t, g.Addr("admin")).Exchange(t, method, method+" /status HTTP/1.1\r\nHost: evil.test\r\n\r\n")
}

// whileDraining asks for a reload of a gateway that ends.
func whileDraining(t *testing.T, _ *gateways, _ string) *testkit.Response {
	up := testkit.NewUpstream(t, echoing)
	e := startReloadable(t, marked(up.Addr(), "0"))
	openEcho(t, e.Addr("public")) // which keeps it
	if status, _, _, err := e.Ask("POST", "/drain"); err != nil || status != 202 {
		t.Fatalf("POST /drain: %d, %v", status, err)
	}
	testkit.Eventually(t, "it drains", func() bool { return e.status(t).State == admin.Draining })
	return testkit.Dial(t, e.Addr("admin")).Exchange(t, "POST", "POST /reload HTTP/1.1\r\nHost: "+e.Addr("admin")+"\r\n\r\n")
}

// startBroken runs an engine, as the edge does, with a plan that no configuration leads to.
func startBroken(t *testing.T, code gwerr.Code, method string, spoil func(*config.Document), damage func(*plan.Plan)) *testkit.Response {
	t.Helper()
	up := testkit.NewUpstream(t, testkit.Answer(simpleOK))
	d := config.New()
	d.Listeners = []config.Listener{config.NewListener("public", "127.0.0.1:0")}
	d.Clusters = []config.Cluster{config.NewCluster("up", up.Addr())}
	d.Routes = []config.Route{config.NewRoute("all", "up")}
	spoil(d)
	p, err := plan.Build(d)
	must(t, err)
	damage(p)
	log := logrus.New()
	log.SetOutput(io.Discard)
	m := metrics.New()
	clusters := cluster.NewSet(p, cluster.Options{Metrics: m, Health: health.NewRegistry(), Requests: true})
	entrance := door.New(door.Options{Log: log, Watch: clusters.Watch(), MaxConnections: 10})
	e := l7.New(p, l7.Options{Log: log, Metrics: m, Clusters: clusters, Door: entrance})
	ctx, cancel := context.WithCancel(t.Context())
	l, err := e.Listen(ctx, p, 0)
	must(t, err)
	done := make(chan error, 2)
	accepting, stop := context.WithCancel(ctx)
	go func() { done <- l.Serve(accepting) }()
	go func() { done <- clusters.Run(ctx) }()
	defer func() {
		stop()
		drain, now := context.WithTimeout(context.Background(), time.Second)
		defer now()
		<-done
		entrance.Drain(drain)
		cancel()
		<-done
	}()
	c := testkit.Dial(t, l.Addr().String())
	defer c.Close()
	r := c.Exchange(t, method, method+" /"+toA+"\r\n")
	testkit.Eventually(t, "the engine knows why", func() bool {
		f, ok := e.Why(r.Fields.Get("X-Request-Id"))
		return ok && f.Code == code && f.Status == code.Status() && f.Method == method && f.Message != ""
	})
	return r
}

// withADefect runs an engine that panics: a route that leads nowhere.
func withADefect(t *testing.T, _ *gateways, method string) *testkit.Response {
	return startBroken(t, gwerr.Internal, method, func(*config.Document) {}, func(p *plan.Plan) { p.Routes[0].Targets = nil })
}

// withoutWeights runs an engine whose one endpoint gets nothing, which validation lets nobody write.
func withoutWeights(t *testing.T, _ *gateways, method string) *testkit.Response {
	return startBroken(t, gwerr.NoHealthyEndpoint, method, func(d *config.Document) { d.Clusters[0].Endpoints[0].Weight = 0 }, func(*plan.Plan) {})
}

// plainWhereTLSIsWanted is an endpoint that does not speak the TLS that the cluster asks for.
func plainWhereTLSIsWanted(t *testing.T, g *gateways, method string) *testkit.Response {
	up := testkit.NewUpstream(t, func(c *testkit.Conn) { _ = c.Send("220 mail.test ESMTP\r\n") })
	e := startReloadable(t, strings.Replace(marked(up.Addr(), "0"), "protocol: http1,", "protocol: http1, security: {mode: tls},", 1))
	c := testkit.Dial(t, e.Addr("public"))
	r := c.Exchange(t, method, method+" /"+toA+"\r\n")
	after := *g
	after.reloadable = e
	after.explained(t, forced{code: gwerr.UpstreamTLS}, r.Fields.Get("X-Request-Id"), method)
	return r
}

// onAnothersConnection asks for a host on a TLS connection that was made for another, with another certificate.
func onAnothersConnection(t *testing.T, g *gateways, method string) *testkit.Response {
	up, authority, dir := testkit.NewUpstream(t, testkit.Answer(simpleOK)), testkit.NewAuthority(t), t.TempDir()
	var pairs []string
	for _, name := range []string{"a.test", "b.test"} {
		cert, key := authority.Leaf(t, nil, name).Write(t, dir, name)
		pairs = append(pairs, fmt.Sprintf("{cert: %q, key: %q}", cert, key))
	}
	e := startReloadableIn(t, dir, strings.Replace(marked(up.Addr(), "0"), "protocol: http}", "protocol: http, tls: {certificates: ["+strings.Join(pairs, ", ")+"]}}", 1))
	conn, err := tls.DialWithDialer(&net.Dialer{Timeout: testkit.Deadline}, "tcp", e.Addr("public"), &tls.Config{RootCAs: authority.Pool(), ServerName: "b.test"})
	must(t, err)
	defer conn.Close()
	must(t, conn.SetDeadline(time.Now().Add(testkit.Deadline)))
	_, err = io.WriteString(conn, method+" /"+toA+"\r\n")
	must(t, err)
	r, err := testkit.ReadResponse(bufio.NewReader(conn), method)
	must(t, err)
	after := *g
	after.reloadable = e
	after.explained(t, forced{code: gwerr.Misdirected}, r.Fields.Get("X-Request-Id"), method)
	return r
}
