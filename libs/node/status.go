package node

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/program"
)

// addAdmin starts the admin API; it outlives the drain, to tell of it.
func (e *edge) addAdmin(ctx context.Context, doc *config.Document) error {
	address := doc.Secret(doc.Admin.Address)
	if address == config.AdminOff {
		return nil
	}
	token := doc.Secret(doc.Admin.Token)
	if doc.Admin.Token != "" && token == "" {
		// validation lets none through; never go on without
		return errors.New("admin.token refers to a secret without a value")
	}
	var err error
	if e.adminSocket, err = e.openLasting(socketAdmin, address, func() (net.Listener, error) {
		return admin.Listen(ctx, address, token != "")
	}); err != nil {
		if doc.Admin.Implicit && errors.Is(err, syscall.EADDRINUSE) {
			e.Log.WithField("address",
				doc.Admin.Address).Warn("the default address of the admin API is taken; going on " +
				"without it (set admin.address or --admin)")
			return nil
		}
		if doc.Admin.Address != address {
			return fmt.Errorf("admin.address: the address that %s leads to can't be had: %w",
				doc.Admin.Address, program.Bare(err))
		}
		return err
	}
	e.adminToken = token
	e.addPost("admin API", e.adminPost, e.adminSocket)
	e.Lines.Address("admin",
		program.URL("http", config.Unsecret(doc.Admin.Address, e.adminSocket.Addr().String())))
	return nil
}

// addPost adds a post with its socket. It is this process's at once where there was none before.
func (e *edge) addPost(name string, p *post, socket *lasting) {
	if e.from == nil {
		p.take()
	}
	e.add(name, func(ctx context.Context) error {
		defer socket.close()
		return p.part(ctx)
	})
}

// serveAdmin answers on the admin API until that is another process's, or this one ends.
func (e *edge) serveAdmin(ctx context.Context) error {
	ln, err := e.adminSocket.listener()
	if err != nil {
		return err
	}
	srv := admin.New(admin.Options{
		Version: e.Version, Started: e.started, Log: e.Log, Token: e.adminToken,
		Metrics: e.registry.Handler(), Drain: e.drain,
		Config:   e.reloads.Document,
		Snapshot: e.snapshot,
		Catalog:  e.catalog,
		Why:      e.why,
		Failures: e.failures,
		Mirrors:  e.mirrors,
		Reload: func(ctx context.Context) admin.Receipt {
			return e.reloads.Reload(ctx, admin.ByAPI)
		},
		Rollback: func(ctx context.Context) admin.Receipt {
			return e.reloads.Rollback(ctx, admin.ByAPI)
		},
		Upgrade: func(ctx context.Context) admin.Upgrade {
			return e.upgrades.Upgrade(ctx, admin.ByAPI)
		},
	})
	e.admin.Store(srv)
	return srv.Serve(ctx, ln)
}

// addProbes starts the server that has /healthz and /readyz alone.
func (e *edge) addProbes(ctx context.Context, doc *config.Document) error {
	if doc.Admin.Probes == "" {
		return nil
	}
	var err error
	address := doc.Secret(doc.Admin.Probes)
	if e.probesSocket, err = e.openLasting(socketProbes, address, func() (net.Listener, error) {
		return admin.ListenProbes(ctx, address)
	}); err != nil {
		return err
	}
	e.addPost("probes", e.probesPost, e.probesSocket)
	e.Lines.Address("probes",
		program.URL("http", config.Unsecret(doc.Admin.Probes, e.probesSocket.Addr().String())))
	return nil
}

// serveProbes answers those who only ask whether the node is ready.
func (e *edge) serveProbes(ctx context.Context) error {
	ln, err := e.probesSocket.listener()
	if err != nil {
		return err
	}
	srv := admin.New(admin.Options{
		Version: e.Version, Started: e.started, Log: e.Log, Snapshot: e.snapshot, Probes: true,
	})
	e.probes.Store(srv)
	return srv.Serve(ctx, ln)
}

// snapshot is what /status and /readyz tell.
func (e *edge) snapshot() admin.Snapshot {
	g := e.reloads.Now()
	s := admin.Snapshot{
		State: admin.Starting, Digest: g.Plan.Digest, Source: g.Source.String(),
		AccessLog: admin.AccessLog{
			Output: g.Source.Document.AccessLog.Output, Dropped: e.access.out.Dropped(),
		},
		Tracing: e.traced(g.Source.Document),
		Reloads: e.reloads.History().List(), LastError: e.reloads.History().LastError(),
	}
	switch {
	case e.leaving.Load(), e.engine.draining():
		s.State, s.Reason = admin.Draining, "the gateway has been told to stop"
	case e.ready.Load():
		s.State = admin.Ready
		if why := e.engine.starved(); why != "" {
			s.State, s.Reason = admin.Starting, why
		} else if e.limits != nil && e.limits.Status().Waits {
			s.State, s.Reason = admin.Starting, "the node waits for its share of the fleet's limits"
		}
	}
	for _, l := range e.listen.all() {
		s.Listeners = append(s.Listeners, admin.Listener{
			Name: l.Name(), Address: l.Shown(), ConfiguredAddress: l.ShownConfigured(),
			Protocol: protocolOf(l), ActiveConnections: int64(l.Connections()),
			Certificates: certificates(l),
		})
	}
	s.Clusters = e.engine.states()
	s.ConfigSync = e.syncState()
	s.FleetLimits = e.limitsState()
	s.Process = &admin.Process{
		PID: os.Getpid(), Generation: e.generation, Old: e.elders.shown(),
		Upgrades: e.upgrades.History().List(),
	}
	return s
}

// catalog is what /catalog tells.
func (e *edge) catalog() []admin.CatalogRoute {
	doc := e.reloads.Document()
	hits := e.registry.RouteHits()
	out := make([]admin.CatalogRoute, len(doc.Routes))
	for i := range doc.Routes {
		r := &doc.Routes[i]
		out[i] = admin.CatalogRoute{
			Name: r.Name, Listeners: r.Listeners, Hosts: r.Hosts, Path: r.Path,
			PathPrefix: r.PathPrefix, PathRegex: r.PathRegex, Methods: r.Methods,
			Conditions: r.When != nil, Hits: hits[r.Name], OpenAPI: catalogued(doc, r),
		}
		for _, s := range r.Split {
			out[i].Clusters = append(out[i].Clusters, admin.CatalogShare{
				Cluster: s.Cluster, Weight: s.Weight,
			})
		}
		if r.Cluster != "" {
			out[i].Clusters = []admin.CatalogShare{{Cluster: r.Cluster, Weight: 1}}
		}
	}
	return out
}

// catalogued is the document that describes a route, with its operations; nil for none.
func catalogued(doc *config.Document, r *config.Route) *admin.CatalogOpenAPI {
	o := r.OpenAPI
	if o == nil {
		return nil
	}
	out := &admin.CatalogOpenAPI{
		Spec: o.Spec, Requests: o.Requests, Responses: o.Responses,
	}
	contract := doc.Contract(r.Name)
	if contract == nil {
		return out
	}
	for _, op := range contract.Operations() {
		out.Operations = append(out.Operations, admin.CatalogOperation{
			Method: op.Method, Path: op.Path, OperationID: op.ID, Summary: op.Summary,
		})
	}
	return out
}
