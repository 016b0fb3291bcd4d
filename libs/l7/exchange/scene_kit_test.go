package exchange

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/gatewayhomebrew/gateway/libs/cluster"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/health"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/l7/client"
	"github.com/gatewayhomebrew/gateway/libs/l7/endpoint"
	"github.com/gatewayhomebrew/gateway/libs/l7/heads"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/libs/plan"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

const deadline = 10 * time.Second

// get is a request that a route without conditions takes.
const get = "GET /a HTTP/1.1\r\nHost: a.test\r\n\r\n"

// ok is a response of two bytes, and emptyOK one of none.
const (
	ok      = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
	emptyOK = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
)

// A scene is an Exchange between a scripted client and scripted endpoints, one for each
// attempt. Its route r leads to a cluster c of the endpoints one and two.
type scene struct {
	t         testing.TB
	x         *Exchange
	env       Env
	view      *View
	peer      *client.Peer
	client    *scriptedClient
	endpoints []*scriptedEndpoint
	attempts  int // connections that were asked for
	logged    bytes.Buffer
	judged    *health.Cluster
	registry  *metrics.Registry
	tunnel    bool // the request is a CONNECT of HTTP/2
	behind    bool // the end of the request comes behind its head
	req       Request
}

// play sets a scene with the endpoints of its attempts.
func play(t testing.TB, endpoints ...*scriptedEndpoint) *scene {
	t.Helper()
	return playWith(t, func(*config.Document) {}, endpoints...)
}

// playWith sets a scene whose document is changed before it is made a plan of.
func playWith(
	t testing.TB, change func(*config.Document), endpoints ...*scriptedEndpoint,
) *scene {
	t.Helper()
	d := config.New()
	d.Listeners = []config.Listener{config.NewListener("public", "127.0.0.1:0")}
	d.Clusters = []config.Cluster{config.NewCluster("c", "127.0.0.1:1", "127.0.0.1:2")}
	d.Routes = []config.Route{config.NewRoute("r", "c")}
	change(d)
	p, err := plan.Build(d)
	if err != nil {
		t.Fatal(err)
	}
	s := &scene{t: t, x: New(), endpoints: endpoints, registry: metrics.New()}
	judges := health.NewRegistry()
	clusters := cluster.NewSet(p, cluster.Options{
		Metrics: s.registry, Health: judges, Requests: true,
	})
	s.judged = p.Clusters[0].Judged(judges)
	log := logrus.New()
	log.SetOutput(&s.logged)
	s.env.Log, s.env.Now = log, func() int64 { return 0 }
	s.view = viewOf(p, clusters, s.registry)
	s.peer = client.NewPeer(netip.MustParseAddrPort("192.0.2.7:4711"),
		netip.MustParseAddrPort("192.0.2.1:80"), s.view.Config)
	s.client = &scriptedClient{stopped: make(chan struct{})}
	s.client.t, _ = t.(*testing.T)
	for _, e := range endpoints {
		e.begin(t)
	}
	s.x.mem.connect = s.connect
	t.Cleanup(func() {
		s.x.mem.connect = s.x.mem.sides.Connect // it is lent again
		s.x.Release()
	})
	return s
}

// viewOf is a plan as its first listener has it.
func viewOf(p *plan.Plan, clusters *cluster.Set, m *metrics.Registry) *View {
	l := &p.Listeners[0]
	v := &View{
		Plan: p, Config: l, Table: p.Table(l.Name), Counts: new(Counts), Pages: p.Pages(l.Name),
		Tracing: p.Tracing,
		Metrics: m.Listener(l.Name), Unrouted: m.Route(l.Name, "-", "-"),
		Routes: make([]Route, len(p.Routes)),
	}
	for i := range p.Routes {
		r := &p.Routes[i]
		v.Routes[i].Route = r
		for j := range r.Targets {
			c := clusters.At(r.Targets[j].Cluster)
			v.Routes[i].Targets = append(v.Routes[i].Targets, Target{
				Target: &r.Targets[j], Cluster: c, Metrics: m.Route(l.Name, r.Name, c.Name),
			})
		}
		if len(r.Targets) == 0 {
			v.Routes[i].Targets = []Target{Nowhere(m.Route(l.Name, r.Name, ""))}
		}
	}
	return v
}

// connect is what the Exchange asks for connections.
func (s *scene) connect(d *endpoint.Dial) (endpoint.Side, error) {
	if s.attempts == len(s.endpoints) {
		s.t.Fatal("there was an attempt more than the script has endpoints")
	}
	e := s.endpoints[s.attempts]
	s.attempts++
	e.dial = *d
	e.call("connect")
	if e.refuses != nil {
		return nil, e.refuses
	}
	return e, nil
}

// route is the scene's first.
func (s *scene) route() *plan.Route { return s.view.Routes[0].Route }

// with puts policies behind those that the route has.
func (s *scene) with(more ...policy.Policy) *scene {
	s.route().Policies = s.route().Policies.With(more...)
	return s
}

// speaksHTTP2 makes the client one of HTTP/2.
func (s *scene) speaksHTTP2() *scene {
	s.client.streamed = true
	return s
}

// sends gives the client a body that comes behind the head of its request.
func (s *scene) sends(steps ...bodyStep) *scene {
	s.client.body = steps
	return s
}

// retries has the route retry for what is named, up to three attempts.
func retries(on ...string) func(*config.Document) {
	return func(d *config.Document) {
		d.Routes[0].Retry = &config.Retry{Attempts: 3, On: on, Budget: 1}
	}
}

// overHTTP2 has the cluster's endpoints speak HTTP/2.
func overHTTP2(d *config.Document) { d.Clusters[0].Protocol = config.ClusterH2C }

// both makes two changes of a document one.
func both(a, b func(*config.Document)) func(*config.Document) {
	return func(d *config.Document) {
		a(d)
		b(d)
	}
}

// request parses a request and puts it into a Request.
func (s *scene) request(text string) *Request {
	x := s.x
	x.In.Clear()
	x.In.W = copy(x.In.B, text)
	x.Head.Reset(s.view.Limits)
	n, err := x.Head.Parse(x.In.Bytes())
	if err != nil {
		s.t.Fatalf("the script's request: %v", err)
	}
	x.In.R += n
	s.req = Request{
		Env: &s.env, View: s.view, Peer: s.peer, Owner: s.client, Client: s.client,
		Protocol: client.Protocol{Name: "HTTP/1.1", Version: "1.1"},
		Tunnel:   s.tunnel, EndsBehind: s.behind,
	}
	if s.client.streamed {
		s.req.Protocol = client.Protocol{Name: "HTTP/2", Version: "2.0", Streamed: true}
		s.req.GRPC = heads.IsGRPC(&x.Head)
	}
	rest := x.In.Bytes()
	if !x.Head.Chunked && x.Head.ContentLength <= int64(len(rest)) {
		s.req.Whole, s.req.Body = true, rest[:x.Head.ContentLength]
	}
	return &s.req
}

// serve serves a request, and fails the test if the exchange does not end with its sides.
func (s *scene) serve(text string) Next {
	s.t.Helper()
	r := s.request(text)
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { panic("the exchange does not end") })
	defer stop()
	next := s.x.Serve(r)
	s.ended()
	return next
}

// ended checks that each attempt was ended once, and no watch is left.
func (s *scene) ended() {
	s.t.Helper()
	for i, e := range s.endpoints[:s.attempts] {
		if want := 1; e.refuses == nil && e.ended != want {
			s.t.Errorf("attempt %d was ended %d times", i+1, e.ended)
		}
	}
	if s.client.watches != 0 {
		s.t.Errorf("%d watches of the client are left", s.client.watches)
	}
	if n := s.view.Routes[0].Targets[0].Metrics.Active(); n != 0 {
		s.t.Errorf("%d requests are counted as active after the last", n)
	}
}

// tries checks how many connections were asked for.
func (s *scene) tries(want int) {
	s.t.Helper()
	if s.attempts != want {
		s.t.Errorf("there were %d attempts, want %d", s.attempts, want)
	}
}

// outcomes are what was recorded of the endpoints' health, in words.
func (s *scene) outcomes() string {
	s.judged.Judge(time.Now())
	var all []string
	for _, v := range s.judged.Verdicts() {
		for o, n := range v.Counts {
			if n > 0 {
				all = append(all, fmt.Sprintf("%s=%d", health.Outcome(o), n))
			}
		}
	}
	return strings.Join(all, " ")
}

// refuse has the Exchange refuse what is no request.
func (s *scene) refuse(wrong *http1.Error) Next {
	s.x.Head.Reset(s.view.Limits)
	s.req = Request{
		Env: &s.env, View: s.view, Peer: s.peer, Owner: s.client, Client: s.client,
		Protocol: client.Protocol{Name: "HTTP/1.1", Version: "1.1"},
	}
	return s.x.Refuse(&s.req, wrong)
}

// contains checks that a text has all of some others.
func contains(t testing.TB, what, text string, wanted ...string) {
	t.Helper()
	for _, w := range wanted {
		if !strings.Contains(text, w) {
			t.Errorf("%s: %q is not in %q", what, w, text)
		}
	}
}
