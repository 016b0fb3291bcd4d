package node

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/gatewayhomebrew/gateway/libs/accesslog"
	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/health"
	"github.com/gatewayhomebrew/gateway/libs/l4"
	"github.com/gatewayhomebrew/gateway/libs/l7"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/libs/plan"
	"github.com/gatewayhomebrew/gateway/libs/probe"
	"github.com/gatewayhomebrew/gateway/libs/upstream"
)

// A listener is one of either engine's.
type listener interface {
	Serve(ctx context.Context) error
	Addr() net.Addr
	Name() string
	Configured() string
	Connections() int
	Close()
}

// protocolOf is the protocol of a listener, as the document has it.
func protocolOf(l listener) string {
	if _, ok := l.(*l4.Listener); ok {
		return config.ProtocolTCP
	}
	return config.ProtocolHTTP
}

// engines are the engines of a node: one for each protocol it serves. What is known
// of endpoints, and what is counted, is the node's.
type engines struct {
	http    *l7.Engine // nil: not served
	tcp     *l4.Engine // nil: not served
	metrics *metrics.Registry
	health  *health.Registry
	prober  *probe.Prober
}

func newEngines(p *plan.Plan, protocols []string, log *logrus.Logger, m *metrics.Registry, access *accesslog.Writer, maxConnections int) *engines {
	e := &engines{metrics: m, health: health.NewRegistry(), prober: probe.NewProber(probe.Options{Log: log})}
	if slices.Contains(protocols, config.ProtocolHTTP) {
		e.http = l7.New(p, l7.Options{Log: log, Metrics: m, Access: access, Health: e.health, MaxConnections: maxConnections})
	}
	if slices.Contains(protocols, config.ProtocolTCP) {
		e.tcp = l4.New(p, l4.Options{Log: log, Metrics: m, Access: access, Health: e.health, MaxConnections: maxConnections})
	}
	e.probe(p)
	return e
}

// serves reports whether a listener of this protocol is the node's.
func (e *engines) serves(protocol string) bool {
	switch protocol {
	case config.ProtocolHTTP:
		return e.http != nil
	case config.ProtocolTCP:
		return e.tcp != nil
	}
	return false
}

// run runs the engines until ctx ends.
func (e *engines) run(ctx context.Context) error {
	var group sync.WaitGroup
	errs := make([]error, 2)
	if e.http != nil {
		group.Go(func() { errs[0] = e.http.Run(ctx) })
	}
	if e.tcp != nil {
		group.Go(func() { errs[1] = e.tcp.Run(ctx) })
	}
	group.Wait()
	if errs[0] != nil {
		return errs[0]
	}
	return errs[1]
}

func (e *engines) setAccess(w *accesslog.Writer) {
	if e.http != nil {
		e.http.SetAccess(w)
	}
	if e.tcp != nil {
		e.tcp.SetAccess(w)
	}
}

func (e *engines) setMaxConnections(n int) {
	if e.http != nil {
		e.http.SetMaxConnections(n)
	}
	if e.tcp != nil {
		e.tcp.SetMaxConnections(n)
	}
}

// listen binds a listener of the plan, which must be one that is served.
func (e *engines) listen(ctx context.Context, p *plan.Plan, i int) (listener, error) {
	if p.Listeners[i].Protocol == config.ProtocolTCP {
		l, err := e.tcp.Listen(ctx, p, i)
		if err != nil {
			return nil, err
		}
		return l, nil
	}
	l, err := e.http.Listen(ctx, p, i)
	if err != nil {
		return nil, err
	}
	return l, nil
}

// swap puts another plan in force. in has an entry for each listener of the plan,
// nil for one that is not served.
func (e *engines) swap(p *plan.Plan, in []listener) (kept int, ending map[listener]int) {
	e.metrics.NextPlan()
	e.health.NextPlan()
	ending = map[listener]int{}
	if e.http != nil {
		own := make([]*l7.Listener, len(in))
		for i, l := range in {
			own[i], _ = l.(*l7.Listener)
		}
		n, gone := e.http.Swap(p, own)
		kept += n
		for l, n := range gone {
			ending[l] = n
		}
	}
	if e.tcp != nil {
		own := make([]*l4.Listener, len(in))
		for i, l := range in {
			own[i], _ = l.(*l4.Listener)
		}
		n, gone := e.tcp.Swap(p, own)
		kept += n
		for l, n := range gone {
			ending[l] = n
		}
	}
	e.probe(p)
	return kept, ending
}

// cut ends what is left of a listener that a swap took out of force.
func (e *engines) cut(l listener) int {
	switch l := l.(type) {
	case *l7.Listener:
		return e.http.Cut(l)
	case *l4.Listener:
		return e.tcp.Cut(l)
	}
	return 0
}

// drain drains the engines, and returns how many connections were cut off.
func (e *engines) drain(ctx context.Context) int {
	var group sync.WaitGroup
	cut := make([]int, 2)
	if e.http != nil {
		group.Go(func() { cut[0] = e.http.Drain(ctx) })
	}
	if e.tcp != nil {
		group.Go(func() { cut[1] = e.tcp.Drain(ctx) })
	}
	group.Wait()
	return cut[0] + cut[1]
}

func (e *engines) draining() bool {
	return e.http != nil && e.http.Draining() || e.tcp != nil && e.tcp.Draining()
}

func (e *engines) connections() (n int) {
	if e.http != nil {
		n += e.http.Connections()
	}
	if e.tcp != nil {
		n += e.tcp.Connections()
	}
	return n
}

// starved says why no connection can be accepted, "" when some can.
func (e *engines) starved() string {
	if e.tcp != nil && e.tcp.Starved() {
		return "a listener cannot accept connections: the process has no file descriptors or memory left"
	}
	return ""
}

// why explains a request that failed.
func (e *engines) why(id string) (l7.Failure, bool) {
	if e.http == nil {
		return l7.Failure{}, false
	}
	return e.http.Why(id)
}

// counted are the counters of the plan in force; those of another plan differ.
type counted struct {
	http *l7.Counts
	tcp  *l4.Counts
}

func (e *engines) counted() (c counted) {
	if e.http != nil {
		c.http = e.http.Counts()
	}
	if e.tcp != nil {
		c.tcp = e.tcp.Counts()
	}
	return c
}

// clusters are those of the plan in force, as /status has them. A cluster that both
// protocols use is told of once for each.
func (e *engines) clusters() (all []admin.Cluster) {
	var states []upstream.ClusterState
	if e.http != nil {
		states = e.http.Clusters()
	}
	if e.tcp != nil {
		states = append(states, e.tcp.Clusters()...)
	}
	for _, c := range states {
		out := admin.Cluster{Name: c.Name, Connections: int64(c.Open), MaxConnections: int64(c.MaxConnections), Pending: int64(c.Waiting)}
		for _, ep := range c.Endpoints {
			shown := admin.Endpoint{
				Address: ep.Address, Weight: ep.Weight, EffectiveWeight: ep.Effective, Reason: ep.Reason,
				ActiveConnections: int64(ep.Lent), IdleConnections: int64(ep.Idle),
			}
			if ep.Failure != "" {
				shown.LastFailure = &admin.EndpointFailure{Reason: ep.Failure, Time: ep.FailureAt}
			}
			out.Endpoints = append(out.Endpoints, shown)
		}
		all = append(all, out)
	}
	e.addChecks(all, time.Now())
	return all
}

// idle is an error where none of the plan's listeners is served: a process that does
// nothing is a mistake.
func (e *engines) idle(p *plan.Plan) error {
	var others []string
	for _, l := range p.Listeners {
		if e.serves(l.Protocol) {
			return nil
		}
		others = append(others, fmt.Sprintf("%s (%s)", l.Name, l.Protocol))
	}
	return fmt.Errorf("no listener is for this binary; the configuration has %s: protocol http is served by edge, tcp by relay, both by gateway run", strings.Join(others, ", "))
}
