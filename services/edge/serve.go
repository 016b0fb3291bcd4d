package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/sirupsen/logrus"
	"golang.org/x/sys/unix"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/l7"
	"github.com/gatewayhomebrew/gateway/libs/lifecycle"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/libs/plan"
)

// serve runs a document until ctx ends, then drains.
func serve(ctx context.Context, source config.Source, log *logrus.Logger, stdout, stderr io.Writer) error {
	doc := source.Document
	p, err := plan.Build(doc)
	if err != nil {
		return err
	}
	registry := metrics.New()
	registry.SetDigest(p.Digest)
	engine := l7.New(p, l7.Options{Log: log, Metrics: registry, MaxConnections: maxConnections(doc.Limits.MaxConnections)})

	parts := []lifecycle.Part{{Name: "engine", Run: engine.Run}}
	var listeners []*l7.Listener
	for i := range p.Listeners {
		l, err := engine.Listen(ctx, i)
		if err != nil {
			return err
		}
		listeners = append(listeners, l)
	}
	adminLn, err := net.Listen("tcp", doc.Admin.Address)
	if err != nil {
		return err
	}
	srv := &http.Server{Handler: registry.Handler()}
	go srv.Serve(adminLn)
	defer srv.Close()
	parts = append(parts, lifecycle.Part{Name: "drain", Run: func(ctx context.Context) error {
		<-ctx.Done()
		dctx, cancel := context.WithTimeout(context.Background(), doc.Drain.Timeout)
		defer cancel()
		start := time.Now()
		log.WithField("connections", engine.Connections()).Info("draining")
		if cut := engine.Drain(dctx); cut > 0 {
			log.WithField("connections", cut).Warn("the drain timeout passed; connections were cut")
		}
		log.WithField("took", time.Since(start).Round(time.Millisecond)).Info("drained")
		return nil
	}})
	for _, l := range listeners {
		parts = append(parts, lifecycle.Part{Name: "listener " + l.Name(), Run: l.Serve})
		fmt.Fprintf(stderr, "edge: listener %s: http://%s\n", l.Name(), l.Addr())
	}
	fmt.Fprintf(stderr, "edge: admin: http://%s\n", adminLn.Addr())
	return lifecycle.Run(ctx, parts...)
}

// maxConnections is the limit on client connections: never over half of the
// descriptors the process may have, for each may need one upstream too.
func maxConnections(configured int) int {
	var r unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &r); err != nil {
		return configured
	}
	return min(configured, int(r.Cur/2))
}
