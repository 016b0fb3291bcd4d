package node

import (
	"cmp"
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
	"github.com/gatewayhomebrew/gateway/libs/cluster"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/door"
	"github.com/gatewayhomebrew/gateway/libs/handover"
	"github.com/gatewayhomebrew/gateway/libs/health"
	"github.com/gatewayhomebrew/gateway/libs/l4"
	"github.com/gatewayhomebrew/gateway/libs/l7"
	"github.com/gatewayhomebrew/gateway/libs/memlimit"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/libs/plan"
	"github.com/gatewayhomebrew/gateway/libs/probe"
	"github.com/gatewayhomebrew/gateway/libs/systemd"
	"github.com/gatewayhomebrew/gateway/libs/tlsconf"
	"github.com/gatewayhomebrew/gateway/libs/tracing"
)

// A listener is one of either engine's.
type listener interface {
	Serve(ctx context.Context) error
	Addr() net.Addr
	// Shown is that address, or the reference to the secret that it is.
	Shown() string
	Name() string
	Configured() string
	ShownConfigured() string
	// Socket is a copy of its socket, and Leave and Own say whose the file of a unix socket is.
	Socket() (handover.Named, error)
	Leave()
	Own()
	// Permit changes who may connect to a unix socket, as another configuration says.
	Permit(c *config.Listener) error
	Connections() int
	// Cut ends what a swap said is to end; it returns how many connections that were.
	Cut() int
	Close()
}

// protocolOf is the protocol of a listener, as the document has it.
func protocolOf(l listener) string {
	if _, ok := l.(*l4.Listener); ok {
		return config.ProtocolTCP
	}
	return config.ProtocolHTTP
}

// engines are the engines of a node: one for each protocol it serves. The clusters, and
// the door that clients come in by, are the node's.
type engines struct {
	http     *l7.Engine // nil: not served
	tcp      *l4.Engine // nil: not served
	clusters *cluster.Set
	door     *door.Door
	metrics  *metrics.Registry
	health   *health.Registry
	prober   *probe.Prober
}

func newEngines(
	p *plan.Plan, memory *memlimit.Watch, protocols []string, log *logrus.Logger,
	m *metrics.Registry, access *accesslog.Writer, maxConnections int, passed *systemd.Sockets,
	spans *tracing.Exporter, from *succession,
) *engines {
	http := slices.Contains(protocols, config.ProtocolHTTP)
	tcp := slices.Contains(protocols, config.ProtocolTCP)
	e := &engines{
		metrics: m, health: health.NewRegistry(), prober: probe.NewProber(probe.Options{Log: log}),
	}
	var tickets tlsconf.TicketKeys
	var secrets map[string][]byte
	if from != nil {
		tickets, secrets = from.Tickets, from.Secrets
		e.health.Recall(from.Health, time.Now())
	}
	e.clusters = cluster.NewSet(p, cluster.Options{
		Metrics: m, Health: e.health, Requests: http, Sessions: tcp, Secrets: secrets,
	})
	e.door = door.New(door.Options{
		Log: log, Watch: e.clusters.Watch(), MaxConnections: maxConnections, Passed: passed,
		Inherited: from.inherited(),
	})
	if http {
		e.http = l7.New(p, l7.Options{
			Log: log, Metrics: m, Access: access, Clusters: e.clusters, Door: e.door,
			Short: memory.Short(), Spans: spans, Tickets: tickets,
		})
	}
	if tcp {
		e.tcp = l4.New(p, l4.Options{
			Log: log, Metrics: m, Access: access, Clusters: e.clusters, Door: e.door,
		})
	}
	e.probe(p)
	p.InForce()
	e.follow(p)
	return e
}

// follow has the keys fetched that routes of a plan need.
func (e *engines) follow(p *plan.Plan) {
	if e.http != nil {
		p.Keys.Follow(p.Issuers())
	}
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

// run runs the engines, and the clusters that they share, until ctx ends.
func (e *engines) run(ctx context.Context) error {
	var group sync.WaitGroup
	var errs [3]error
	group.Go(func() { errs[0] = e.clusters.Run(ctx) })
	if e.http != nil {
		group.Go(func() { errs[1] = e.http.Run(ctx) })
	}
	if e.tcp != nil {
		group.Go(func() { errs[2] = e.tcp.Run(ctx) })
	}
	group.Wait()
	return cmp.Or(errs[:]...)
}

func (e *engines) setAccess(w *accesslog.Writer) {
	if e.http != nil {
		e.http.SetAccess(w)
	}
	if e.tcp != nil {
		e.tcp.SetAccess(w)
	}
}

func (e *engines) setMaxConnections(n int) { e.door.SetMaxConnections(n) }

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
	p.InForce()
	e.follow(p)
	e.clusters.Swap(p)
	if e.http != nil {
		e.http.Swap(p, own[*l7.Listener](in))
	}
	if e.tcp != nil {
		e.tcp.Swap(p, own[*l4.Listener](in))
	}
	e.clusters.Retire()
	kept, gone := e.door.EndRemoved()
	ending = make(map[listener]int, len(gone))
	for host, n := range gone {
		ending[host.(listener)] = n
	}
	e.probe(p)
	return kept, ending
}

// own are the listeners of one engine, in their places; the others' places are nil.
func own[L listener](in []listener) []L {
	out := make([]L, len(in))
	for i, l := range in {
		out[i], _ = l.(L)
	}
	return out
}

// drain lets all connections end, and returns how many were cut off.
// Those that wait for a request may wait until early ends.
func (e *engines) drain(ctx, early context.Context) int { return e.door.DrainLate(ctx, early) }

func (e *engines) draining() bool { return e.door.Draining() }

func (e *engines) connections() int { return e.door.Connections() }

// starved says why no connection can be accepted, "" when some can.
func (e *engines) starved() string {
	if e.door.Starved() {
		return "a listener cannot accept connections: the process has no file descriptors or " +
			"memory left"
	}
	return ""
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

// states are the clusters of the plan in force, as /status has them.
func (e *engines) states() (all []admin.Cluster) {
	for _, c := range e.clusters.States() {
		out := admin.Cluster{
			Name: c.Name, Connections: int64(c.Open), MaxConnections: int64(c.MaxConnections),
			Pending: int64(c.Waiting), Balance: c.Balance,
		}
		for _, ep := range c.Endpoints {
			shown := admin.Endpoint{
				Address: ep.Address, Weight: ep.Weight, EffectiveWeight: ep.Effective,
				Reason: ep.Reason, Backup: ep.Backup,
				ActiveConnections: int64(ep.Lent), IdleConnections: int64(ep.Idle),
			}
			if ep.SlowStart < 1 {
				shown.SlowStart = ep.SlowStart
			}
			if f := ep.Failure; f != nil {
				shown.LastFailure = &admin.EndpointFailure{
					Reason: f.Text, Kind: f.Kind.String(), Time: ep.FailureAt,
				}
			}
			out.Endpoints = append(out.Endpoints, shown)
		}
		all = append(all, out)
	}
	e.addChecks(all, time.Now())
	return all
}

// mute says that clients could be served at none of the plan's listeners, since none has a
// certificate that can be used.
func (e *engines) mute(p *plan.Plan) bool {
	mute := false
	for i := range p.Listeners {
		if !e.serves(p.Listeners[i].Protocol) {
			continue
		}
		if p.Serves(i) {
			return false
		}
		mute = true
	}
	return mute
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
	return fmt.Errorf("no listener is for this binary; the configuration has %s: protocol http "+
		"is served by edge, tcp by relay, both by gateway run", strings.Join(others, ", "))
}
