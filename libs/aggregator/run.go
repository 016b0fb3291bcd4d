package aggregator

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/sirupsen/logrus"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/gossip"
	"github.com/gatewayhomebrew/gateway/libs/health"
	"github.com/gatewayhomebrew/gateway/libs/healthpb"
	"github.com/gatewayhomebrew/gateway/libs/lifecycle"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/libs/plan"
	"github.com/gatewayhomebrew/gateway/libs/policy/ratelimit"
	"github.com/gatewayhomebrew/gateway/libs/probe"
	"github.com/gatewayhomebrew/gateway/libs/program"
	"github.com/gatewayhomebrew/gateway/libs/quota"
	"github.com/gatewayhomebrew/gateway/libs/reload"
	"github.com/gatewayhomebrew/gateway/libs/timeline"
)

// runOptions are what run composes a process from.
type runOptions struct {
	*program.Process
	hangups <-chan os.Signal
	load    func() (config.Source, error)
}

// run composes the parts top to bottom and runs them until ctx ends.
func run(ctx context.Context, o runOptions) (err error) {
	ctx, drain := context.WithCancel(ctx)
	defer drain()
	started := time.Now()
	source, err := o.load()
	if err != nil {
		return program.Invalid(err)
	}
	doc := source.Document
	p, err := plan.Build(doc)
	if err != nil {
		if ps := doc.Warnings(); len(ps) > 0 {
			err = ps
		}
		return program.Invalid(err)
	}
	h := doc.HealthAgg
	history := doc.Secret(h.History)
	store, broken, err := timeline.OpenOrReplace(history, timeline.Options{
		MaxEvents: h.MaxEvents,
	})
	if err != nil && history != h.History {
		err = program.Bare(err)
	}
	if err != nil {
		return fmt.Errorf("healthagg.history: %s: %w", h.History, err)
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if broken != "" {
		o.Log.WithField("file", config.Unsecret(h.History, broken)).
			Error("the history was damaged: the file was renamed, and a new one begun")
	}
	a := newAggregator(store, o.Log)
	c := &checks{
		registry: health.NewRegistry(), prober: probe.NewProber(probe.Options{Log: o.Log}),
		judged: make(chan []*health.Cluster, 1),
	}
	c.set(p)
	limits := quota.New(o.Log, ratelimit.NewState())
	limits.SetVoters(doc.FleetVoters())
	ring, err := newRing(ctx, doc, o, c.registry, a, limits, p.Digest)
	if err != nil {
		return err
	}
	a.ring = ring
	began := false
	defer func() {
		if !began {
			_ = ring.Close() // nobody has heard of it
		}
	}()
	f := &follower{runOptions: o, a: a, ring: ring, checks: c, limits: limits,
		certificates: &certificates{}}
	f.begin(source, p)
	rpc, listener, err := serverOf(ctx, doc, f.certificates)
	if err != nil {
		return err
	}
	defer listener.Close()
	healthpb.RegisterHealthServer(rpc, &service{a: a, stop: ctx.Done()})
	parts := []lifecycle.Part{
		o.Supervised(ctx, program.Up(), f.says, nil),
		{Name: "history", Run: a.recorder.Run},
		{Name: "gossip", Run: func(own context.Context) error {
			stop := context.AfterFunc(ctx, ring.Leave)
			defer stop()
			return ring.Run(own)
		}},
		{Name: "fleet limits", Run: func(own context.Context) error {
			return limits.Run(own, ctx, ring)
		}},
		{Name: "active checks", Run: c.prober.Run},
		{Name: "verdicts", Run: c.run},
		{Name: "members", Run: a.watchMembers},
		{Name: "gRPC", Run: func(ctx context.Context) error {
			return program.ServeGRPC(ctx, rpc, listener)
		}},
	}
	if doc.Secret(doc.Admin.Address) != config.AdminOff {
		part, address, err := adminOf(ctx, o, doc, f, started, drain)
		if err != nil {
			return err
		}
		parts = append(parts, part)
		o.Lines.Address("admin",
			program.URL("http", config.Unsecret(doc.Admin.Address, address.String())))
	}
	if doc.Admin.Probes != "" {
		ln, err := admin.ListenProbes(ctx, doc.Secret(doc.Admin.Probes))
		if err != nil {
			return err
		}
		srv := admin.New(admin.Options{
			Version: o.Version, Started: started, Log: o.Log, Snapshot: f.snapshot, Probes: true,
		})
		parts = append(parts, lifecycle.Part{Name: "probes", Run: func(ctx context.Context) error {
			return srv.Serve(ctx, ln)
		}})
		o.Lines.Address("probes",
			program.URL("http", config.Unsecret(doc.Admin.Probes, ln.Addr().String())))
	}
	parts = append(parts, lifecycle.Part{Name: "reloads", Run: f.run})
	scheme := "grpc"
	if h.TLS != nil {
		scheme = "grpcs"
	}
	o.Lines.Address("listener grpc",
		scheme+"://"+config.Unsecret(h.Address, listener.Addr().String()))
	o.Lines.Address("gossip", "tcp+udp://"+ring.Shown())
	o.Log.WithFields(logrus.Fields{
		"config": source.String(), "name": ring.Name(), "history": h.History,
	}).Info("ready")
	reload.Warn(o.Log, f.reloads.Now())
	tell(o.Log, f.certificates.current.Load())
	f.ready.Store(true)
	began = true
	return lifecycle.Run(ctx, parts...)
}

func newRing(
	ctx context.Context, doc *config.Document, o runOptions, local *health.Registry, a *Aggregator,
	limits *quota.Runner, digest string,
) (*gossip.Ring, error) {
	g := doc.Gossip
	return gossip.New(ctx, gossip.Options{
		Name: doc.Secret(g.Name), Info: info(o, digest), Bind: doc.Secret(g.Bind),
		Shown: doc.GossipShown(), Veil: doc.Veil(),
		Advertise: doc.Secret(g.Advertise),
		Join:      doc.GossipJoin(), Keys: doc.GossipKeys(), Local: local, Heard: a.hear,
		Log: o.Log, Shares: limits.Take,
	})
}

func info(o runOptions, digest string) gossip.Info {
	return gossip.Info{Role: "healthagg", Version: o.Version, Digest: digest}
}

// serverOf makes the server of gRPC and binds its address.
func serverOf(
	ctx context.Context, doc *config.Document, c *certificates,
) (*grpc.Server, net.Listener, error) {
	h := doc.Revealed().HealthAgg
	options := []grpc.ServerOption{
		grpc.MaxRecvMsgSize(64 << 10), grpc.MaxConcurrentStreams(100),
		grpc.ConnectionTimeout(10 * time.Second),
		grpc.KeepaliveParams(keepalive.ServerParameters{
			Time: 30 * time.Second, Timeout: 10 * time.Second, MaxConnectionIdle: 10 * time.Minute,
		}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{
			MinTime: 5 * time.Second, PermitWithoutStream: true,
		}),
	}
	own, err := c.read(doc)
	if err != nil {
		return nil, nil, program.Invalid(err)
	}
	if own != nil {
		c.current.Store(own)
		options = append(options, grpc.Creds(credentials.NewTLS(c.config())))
	}
	listener, err := program.Listen(ctx, h.Address)
	if err != nil && h.Address != doc.HealthAgg.Address {
		err = fmt.Errorf("healthagg.address: the address that %s leads to can't be had: %w",
			doc.HealthAgg.Address, program.Bare(err))
	}
	return grpc.NewServer(options...), listener, err
}

// adminOf makes the admin API, with the views of the fleet.
func adminOf(
	ctx context.Context, o runOptions, doc *config.Document, f *follower, started time.Time,
	drain func(),
) (part lifecycle.Part, address net.Addr, err error) {
	token := doc.Secret(doc.Admin.Token)
	if doc.Admin.Token != "" && token == "" {
		// validation lets none through; never go on without
		return part, nil, errors.New("admin.token refers to a secret without a value")
	}
	at := doc.Secret(doc.Admin.Address)
	ln, err := admin.Listen(ctx, at, token != "")
	if err != nil && at != doc.Admin.Address {
		err = fmt.Errorf("admin.address: the address that %s leads to can't be had: %w",
			doc.Admin.Address, program.Bare(err))
	}
	if err != nil {
		return part, nil, err
	}
	srv := admin.New(admin.Options{
		Version: o.Version, Started: started, Log: o.Log, Token: token,
		Metrics: metricsOf(f, o),
		Drain:   drain,
		Reload: func(ctx context.Context) admin.Receipt {
			return f.reloads.Reload(ctx, admin.ByAPI)
		},
		Why:      f.a.why,
		Snapshot: f.snapshot, Config: f.reloads.Document, Views: f.a.views(ctx.Done()),
	})
	return lifecycle.Part{Name: "admin API", Run: func(ctx context.Context) error {
		return srv.Serve(ctx, ln)
	}}, ln.Addr(), nil
}

func metricsOf(f *follower, o runOptions) http.Handler {
	build := metrics.Build{Service: "healthagg", Version: o.Version, Commit: o.Commit}
	r := metrics.Service(build, o.Lost)
	r.MustRegister(collector{f.a}, f.ring.Collector(),
		f.limits.Collector(), f.checks.prober.Collector(),
		f.reloads.Collector())
	return metrics.Handler(r)
}
