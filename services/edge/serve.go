package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/sirupsen/logrus"
	"golang.org/x/sys/unix"

	"github.com/gatewayhomebrew/gateway/libs/accesslog"
	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/demo"
	"github.com/gatewayhomebrew/gateway/libs/l7"
	"github.com/gatewayhomebrew/gateway/libs/lifecycle"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/libs/plan"
)

// flushTimeout bounds the writing of what the access log still holds at the end.
const flushTimeout = 2 * time.Second

// edge is the composition: what serve builds, in the order it is started.
type edge struct {
	source    config.Source
	log       *logrus.Logger
	stdout    io.Writer
	stderr    io.Writer
	started   time.Time
	parts     []lifecycle.Part
	engine    *l7.Engine
	listeners []*l7.Listener
	drain     context.CancelFunc
}

// serve runs a document until ctx ends or the admin API is told to drain.
func serve(ctx context.Context, source config.Source, log *logrus.Logger, stdout, stderr io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	e := &edge{source: source, log: log, stdout: stdout, stderr: stderr, started: time.Now(), drain: cancel}
	e.refuseReloads()
	doc := source.Document
	if source.Embedded() {
		if err := e.addDemo(ctx, doc); err != nil {
			return err
		}
	}
	p, err := plan.Build(doc)
	if err != nil {
		return err
	}
	registry := metrics.New()
	registry.SetDigest(p.Digest)
	access, err := e.addAccessLog(doc.AccessLog, registry)
	if err != nil {
		return err
	}
	e.engine = l7.New(p, l7.Options{
		Log: log, Metrics: registry, Access: access,
		MaxConnections: maxConnections(doc.Limits.MaxConnections),
	})
	e.add("engine", e.engine.Run)
	if err := e.addAdmin(ctx, doc, p.Digest, registry); err != nil {
		return err
	}
	e.add("drain", e.drainAtTheEnd)
	for i := range p.Listeners {
		l, err := e.engine.Listen(ctx, i)
		if err != nil {
			return explainListen(err, p.Listeners[i])
		}
		e.listeners = append(e.listeners, l)
		e.add("listener "+l.Name(), l.Serve)
	}
	e.announce(doc)
	return lifecycle.Run(ctx, e.parts...)
}

func (e *edge) add(name string, run func(context.Context) error) {
	e.parts = append(e.parts, lifecycle.Part{Name: name, Run: run})
}

// addDemo starts the upstream of the embedded document on a free port.
func (e *edge) addDemo(ctx context.Context, doc *config.Document) error {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("the demo upstream: %w", err)
	}
	doc.Clusters[0].Endpoints[0].Address = ln.Addr().String()
	e.add("demo upstream", func(ctx context.Context) error {
		srv := demo.Server()
		stop := context.AfterFunc(ctx, func() { srv.Close() })
		defer stop()
		if err := srv.Serve(ln); ctx.Err() == nil {
			return err
		}
		return nil
	})
	return nil
}

// addAccessLog opens the log of requests; nil is none.
func (e *edge) addAccessLog(cfg config.AccessLog, registry *metrics.Registry) (*accesslog.Writer, error) {
	var out io.Writer
	switch cfg.Output {
	case config.OutputOff:
		return nil, nil
	case config.OutputStdout:
		out = e.stdout
	case config.OutputStderr:
		out = e.stderr
	default:
		f, err := os.OpenFile(cfg.Output, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o640)
		if err != nil {
			return nil, fmt.Errorf("the access log: %w", err)
		}
		out = f
	}
	o := accesslog.Options{Sample: cfg.Sample, SampleNone: cfg.Sample == 0}
	switch cfg.Errors {
	case config.ErrorsSampled:
		o.Errors = accesslog.Sampled
	case config.ErrorsNever:
		o.Errors = accesslog.Never
	}
	w := accesslog.NewWriter(out, o)
	registry.SetAccessLogDropped(w.Dropped)
	e.add("access log", func(ctx context.Context) error {
		<-ctx.Done()
		flush, cancel := context.WithTimeout(context.Background(), flushTimeout)
		defer cancel()
		err := w.Close(flush)
		if c, ok := out.(io.Closer); ok && out != e.stdout && out != e.stderr {
			err = errors.Join(err, c.Close())
		}
		return err
	})
	return w, nil
}

// drainAtTheEnd is the part that stops right after the listeners: it lets what
// they accepted come to its end.
func (e *edge) drainAtTheEnd(ctx context.Context) error {
	<-ctx.Done()
	timeout := e.source.Document.Drain.Timeout
	drain, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	start := time.Now()
	e.log.WithFields(logrus.Fields{"connections": e.engine.Connections(), "timeout": timeout}).Info("draining")
	cut := e.engine.Drain(drain)
	entry := e.log.WithFields(logrus.Fields{"took": time.Since(start).Round(time.Millisecond), "cut": cut})
	if cut > 0 {
		entry.Warn("the drain timeout passed: the connections still busy were cut off")
	} else {
		entry.Info("drained")
	}
	return nil
}

// addAdmin starts the admin API; it outlives the drain, to tell of it.
func (e *edge) addAdmin(ctx context.Context, doc *config.Document, digest string, registry *metrics.Registry) error {
	if doc.Admin.Address == config.AdminOff {
		return nil
	}
	ln, err := admin.Listen(ctx, doc.Admin.Address)
	if err != nil {
		if doc.Admin.Implicit && errors.Is(err, syscall.EADDRINUSE) {
			e.log.WithField("address", doc.Admin.Address).Warn("the default address of the admin API is taken; going on without it (set admin.address or --admin)")
			return nil
		}
		return err
	}
	srv := admin.New(admin.Options{
		Version: version, Started: e.started, Metrics: registry.Handler(), Drain: e.drain,
		Config:   func() *config.Document { return doc },
		Snapshot: func() admin.Snapshot { return e.snapshot(digest) },
	})
	e.add("admin API", func(ctx context.Context) error { return srv.Serve(ctx, ln) })
	fmt.Fprintf(e.stderr, "edge: admin: http://%s\n", ln.Addr())
	return nil
}

// refuseReloads answers SIGHUP, which would otherwise end the process.
func (e *edge) refuseReloads() {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP) // now, so that none comes too early
	e.add("signals", func(ctx context.Context) error {
		defer signal.Stop(hangups)
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-hangups:
				e.log.Warn("SIGHUP: this version cannot reload; the configuration in force stays. Start a new process and stop this one with SIGTERM, which drains it")
			}
		}
	})
}

// snapshot is what /status and /readyz tell.
func (e *edge) snapshot(digest string) admin.Snapshot {
	s := admin.Snapshot{State: admin.Ready, Digest: digest, Source: e.source.String()}
	if e.engine.Draining() {
		s.State, s.Reason = admin.Draining, "the edge has been told to stop"
	}
	for _, l := range e.listeners {
		s.Listeners = append(s.Listeners, admin.Listener{
			Name: l.Name(), Address: l.Addr().String(), Protocol: config.ProtocolHTTP, ActiveConnections: int64(l.Connections()),
		})
	}
	e.engine.Endpoints(func(cluster, address string, weight, lent, idle int) {
		if n := len(s.Clusters); n == 0 || s.Clusters[n-1].Name != cluster {
			s.Clusters = append(s.Clusters, admin.Cluster{Name: cluster})
		}
		c := &s.Clusters[len(s.Clusters)-1]
		c.Endpoints = append(c.Endpoints, admin.Endpoint{
			Address: address, Weight: weight, EffectiveWeight: weight, Reason: "as configured",
			ActiveConnections: int64(lent), IdleConnections: int64(idle),
		})
	})
	return s
}

// announce prints where the edge can be reached, one line per listener.
func (e *edge) announce(doc *config.Document) {
	for _, l := range e.listeners {
		fmt.Fprintf(e.stderr, "edge: listener %s: http://%s\n", l.Name(), l.Addr())
	}
	fields := logrus.Fields{"config": e.source.String(), "routes": len(doc.Routes), "clusters": len(doc.Clusters)}
	e.log.WithFields(fields).Info("ready")
	if e.source.Embedded() && len(e.listeners) > 0 {
		fmt.Fprintf(e.stderr, "edge: no configuration was found, so a built-in demo is served; try: curl -i http://%s/hello\n", e.listeners[0].Addr())
	}
}

// explainListen says what to do about an address that cannot be had.
func explainListen(err error, l config.Listener) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%w: something else listens on %s; stop it, or choose another port (--port N, 0 for any free one)", err, l.Address)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("%w: ports below 1024 need root or CAP_NET_BIND_SERVICE", err)
	}
	return err
}

// maxConnections is the limit on client connections: never over half of the
// descriptors the process may have, for each may need one upstream too.
func maxConnections(configured int) int {
	var r unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &r); err != nil {
		return configured
	}
	half := r.Cur / 2
	if uint64(configured) < uint64(half) {
		return configured
	}
	return int(half)
}
