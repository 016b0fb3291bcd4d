package counted_test

import (
	"context"
	"crypto/tls"
	"flag"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

var requests = flag.Int("requests", 20_000, "how many requests to send")

// A scene is an edge between clients and endpoints that count.
type scene struct {
	*edgetest.Reloadable
	ledger
	t         *testing.T
	authority *testkit.Authority
	config    string
	endpoints map[string]*endpoint // by cluster; of some the second is its name and a 2
	gone      string               // the address of an endpoint that is not there
}

const config = `version: 1
listeners:
  - {name: plain, address: "127.0.0.1:0"}
  - {name: tls, address: "127.0.0.1:0", tls: {certificates: [{cert: front.pem, key: front.key}]}}
clusters:
  - {name: app, endpoints: [{address: "%[1]s"}]}
  - {name: slow, endpoints: [{address: "%[2]s"}], timeouts: {response: 100ms}}
  - {name: broken, endpoints: [{address: "%[3]s"}]}
  - {name: pair, endpoints: [{address: "%[4]s"}, {address: "%[5]s"}]}
  - {name: full, endpoints: [{address: "%[6]s"}], limits: {max_connections: 1, max_pending: 1}}
  - {name: calls, protocol: h2c, endpoints: [{address: "%[7]s"}]}
  - {name: gone, endpoints: [{address: "%[8]s"}]}
routes:
  - {name: app, path_prefix: /app, cluster: app}
  - {name: slow, path_prefix: /slow, cluster: slow}
  - {name: broken, path_prefix: /broken, cluster: broken}
  - {name: pair, path_prefix: /pair, cluster: pair, retry: {attempts: 2, on: ["503"]}}
  - {name: full, path_prefix: /full, cluster: full}
  - {name: calls, path_prefix: /calls, cluster: calls}
  - {name: gone, path_prefix: /gone, cluster: gone}
  - {name: small, path_prefix: /small, cluster: app, max_body_bytes: 10}
  - {name: gets, path_prefix: /gets, cluster: app, methods: [GET]}
  - {name: denied, path_prefix: /denied, cluster: app, clients: {deny: [127.0.0.0/8]}}
  - {name: self, path_prefix: /self, respond: {status: 418, body: "short and stout"}}
admin: {address: "127.0.0.1:0"}
`

func newScene(t *testing.T) *scene {
	s := &scene{
		t: t, authority: testkit.NewAuthority(t), endpoints: map[string]*endpoint{},
		ledger: ledger{
			counts: make(map[key]count), errors: make(map[[3]string]int),
			dials: map[string]*atomic.Int64{"plain": new(atomic.Int64), "tls": new(atomic.Int64)},
		},
	}
	var addresses []any
	for _, name := range []string{"app", "slow", "broken", "pair", "pair2", "full", "calls"} {
		s.endpoints[name] = startEndpoint(t)
		addresses = append(addresses, s.endpoints[name].address())
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	edgetest.Must(t, err)
	s.gone = ln.Addr().String()
	edgetest.Must(t, ln.Close())
	dir := t.TempDir()
	s.authority.Leaf(t, nil, testkit.FrontName).Write(t, dir, "front")
	s.config = fmt.Sprintf(config, append(addresses, s.gone)...)
	s.Reloadable = edgetest.StartReloadableIn(t, dir, s.config)
	return s
}

// client makes a client of a listener.
func (s *scene) client(listener string, two bool) *client {
	c := &client{
		ledger: &s.ledger, t: s.t, listener: listener, address: s.Addr(listener),
		one: new(oneWire),
	}
	if listener == "tls" {
		c.one.secured = &tls.Config{
			RootCAs: s.authority.Pool(), ServerName: testkit.FrontName,
			NextProtos: []string{"http/1.1"},
		}
	}
	if two {
		c.one.secured.NextProtos = []string{"h2"}
		c.two = &http.Client{
			CheckRedirect: func(*http.Request, []*http.Request) error {
				return http.ErrUseLastResponse
			},
			Transport: &http.Transport{
				ForceAttemptHTTP2: true,
				DialTLSContext: func(context.Context, string, string) (net.Conn, error) {
					return c.dial(), nil
				},
			},
		}
	}
	return c
}

// jobs are what most requests are.
var jobs = []job{
	{route: "app", cluster: "app", method: "GET", path: "/app/ok/100"},
	{route: "app", cluster: "app", method: "POST", path: "/app/ok/50", body: 300},
	{route: "app", cluster: "app", method: "PUT", path: "/app/ok/30000", body: 70_000},
	{route: "app", cluster: "app", method: "HEAD", path: "/app/ok/100"},
	{route: "app", cluster: "app", method: "DELETE", path: "/app/status/204"},
	{route: "app", cluster: "app", method: "GET", path: "/app/status/404"},
	{route: "app", cluster: "app", method: "PATCH", path: "/app/status/500", body: 1},
	{route: "app", cluster: "app", method: "BREW", path: "/app/ok/1"},
	{
		route: "calls", cluster: "calls", method: "POST", path: "/calls/call/20", body: 30,
		call: true,
	},
	{route: "pair", cluster: "pair", method: "GET", path: "/pair/status/503"},
	{route: "full", cluster: "full", method: "GET", path: "/full/slowly/2"},
	{route: "gone", cluster: "gone", method: "GET", path: "/gone/ok/1"},
	{route: "broken", cluster: "broken", method: "GET", path: "/broken/reset/0"},
	{route: "broken", cluster: "broken", method: "GET", path: "/broken/garbage/0"},
	{
		route: "small", cluster: "app", method: "POST", path: "/small/ok/1", body: 11,
		refused: true,
	},
	{route: "denied", cluster: "app", method: "GET", path: "/denied/ok/1"},
	{route: "self", method: "GET", path: "/self"},
	{route: "-", cluster: "-", method: "GET", path: "/gets-not/ok/1"},
	{route: "-", cluster: "-", method: "POST", path: "/gets/ok/1"},
	{route: "gets", cluster: "app", method: "GET", path: "/gets/ok/1"},
}

// timedOut is a request that no endpoint answers in time.
var timedOut = job{
	route: "slow", cluster: "slow", method: "GET", path: "/slow/hang/0",
	fields: http.Header{"X-Result": {"timeout"}},
}

// send sends one of the requests; i is its number.
func (s *scene) send(c *client, i int) {
	switch i % 500 {
	case 7:
		c.leave(s.endpoints["app"], fmt.Sprint(i))
		return
	case 13:
		c.do(&timedOut)
		return
	case 17, 19:
		if c.two != nil {
			break
		}
		if i%500 == 17 {
			c.tunnel()
		} else {
			c.babble()
		}
		return
	}
	j := &jobs[i*7919%len(jobs)]
	if j.call && c.two == nil {
		j = &jobs[0]
	}
	c.do(j)
}

// Whatever clients and endpoints do, the metrics are what both have counted themselves, to the last
// request and byte, and a reload in between takes nothing away.
func TestTheMetricsOfMixedRequestsAreExact(t *testing.T) {
	s := newScene(t)
	var clients []*client
	for _, listener := range []string{"plain", "plain", "plain", "tls"} {
		clients = append(clients, s.client(listener, false))
	}
	clients = append(clients, s.client("tls", true))
	var next atomic.Int64
	var group sync.WaitGroup
	for i := range 8 {
		c := clients[min(i, len(clients)-1)]
		group.Go(func() {
			for {
				n := int(next.Add(1))
				if n > *requests || t.Failed() {
					return
				}
				if n == *requests/2 {
					s.Change(t, strings.Replace(s.config, "admin:",
						"  - {name: more, path_prefix: /more, cluster: app}\nadmin:", 1))
				}
				s.send(c, n)
			}
		})
	}
	group.Wait()
	for _, c := range clients {
		c.end()
		if c.two != nil {
			c.two.CloseIdleConnections()
		}
	}
	testkit.Eventually(t, "nothing is active", func() bool {
		for name, v := range s.Metrics(t) {
			active := strings.HasPrefix(name, "gateway_active_") ||
				strings.HasPrefix(name, "gateway_upstream_connections{") &&
					strings.HasSuffix(name, `state="active"}`)
			if active && v != 0 {
				return false
			}
		}
		return true
	})
	s.compare(s.Metrics(t))
}
