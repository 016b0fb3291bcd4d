package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/gatewayhomebrew/gateway/tools/bench/internal/report"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/rig"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/trial"
)

// The rows that show what observing costs: the edge, and nginx, with and without. Metrics are
// always counted.
const observedRows = "the first with an access log (observed), and with traces of a hundredth of " +
	"the requests besides (traced), each beside the same without"

// observedCase is the case of a row, without its proxies, and whether it is one of these.
func observedCase(row string) (trial.Case, bool) {
	c := trial.Case{Name: row, Body: rig.Bodies[0], Logged: true}
	return c, row == report.EdgeObserved || row == report.EdgeTraced
}

// equipObserved gives these cases proxies: each as it is usually measured, and as it is observed.
// HAProxy logs to syslog alone, and what the caller brings is left out. Debian's nginx has no
// module for OTLP: in the row of traces it logs, too.
func (o options) equipObserved(ctx context.Context, site rig.Site) error {
	o.also, o.edgeConfig = nil, ""
	o.rivals = slices.DeleteFunc(slices.Clone(o.rivals), func(name string) bool {
		return name != rig.Nginx.Name
	})
	for i := range o.cases {
		c := &o.cases[i]
		if _, ok := observedCase(c.Name); !ok {
			continue
		}
		traces := ""
		if c.Name == report.EdgeTraced {
			var err error
			if traces, err = collector(ctx); err != nil {
				return err
			}
		}
		var err error
		if c.Proxies, err = o.proxies(ctx, site.For(rig.Unobserved("un"+c.Name))); err != nil {
			return err
		}
		edge, nginx := o, o
		edge.rivals, nginx.noEdge = nil, true
		for _, seen := range []struct {
			o      options
			name   string
			traces string
		}{{edge, rig.Edge, traces}, {nginx, rig.Nginx.Name, ""}} {
			if seen.o.noEdge && len(seen.o.rivals) == 0 {
				continue
			}
			duty := rig.Observed(seen.name+"-"+c.Name, seen.traces)
			all, err := seen.o.proxies(ctx, site.For(duty))
			if err != nil {
				return err
			}
			c.Proxies = append(c.Proxies, all...)
		}
	}
	return nil
}

// collector takes traces and forgets them, for as long as ctx lasts. It is on no core that is
// measured for long: a batch of spans comes every few seconds.
func collector(ctx context.Context) (addr string, err error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("a collector of traces: %w", err)
	}
	s := &http.Server{
		ReadTimeout: time.Minute,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.Header().Set("Content-Type", "application/x-protobuf")
		}),
	}
	go func() { _ = s.Serve(ln) }()
	context.AfterFunc(ctx, func() { _ = s.Close() })
	return ln.Addr().String(), nil
}
