package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/gatewayhomebrew/gateway/tools/bench/internal/coded"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/echo"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/handshake"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/load"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/proc"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/report"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/rig"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/trial"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/websocket"
)

// The rows in which clients speak something other than plain HTTP/1.1. They have proxies and a load
// of their own.
const (
	frontRows = "TLS with HTTP/1.1 (tls1) and HTTP/2 (h2-4x16, h2-32x1: connections x streams), " +
		"TLS handshakes (handshakes, resumption), gRPC (grpc), compression (gzip) and idle " +
		"WebSockets (websockets)"

	handshakeConnections = 16 // at a time
	grpcRate             = 1000
	webSocketRow         = "websockets"
	webSocketCount       = report.WebSockets
)

// frontCase is the case of a row, without its proxies, and whether it is one of these.
func frontCase(row string) (trial.Case, bool) {
	c := trial.Case{Name: row, Body: rig.Bodies[0]}
	switch row {
	case report.TLS1:
		c.Kind = "HTTP/1.1 over TLS"
	case report.H2Few:
		c.Kind = "HTTP/2 over TLS, 4 connections with 16 streams each"
	case report.H2Many:
		c.Kind = "HTTP/2 over TLS, 32 connections with a stream each"
	case report.Handshakes:
		c.Kind = "TLS 1.3 handshakes, P-256, one 404 each"
	case report.Resumption:
		c.Kind = "TLS 1.3 handshakes with a session ticket, one 404 each"
	case report.Gzip:
		c.Kind, c.Body = "100 KB of JSON, compressed with gzip at level 1", rig.JSON
	case report.GRPC:
		c.Kind, c.Rate, c.Added = "gRPC over clear text, unary echo", grpcRate, true
	default:
		return c, false
	}
	return c, true
}

// equipFront gives these cases proxies and loads, and leaves out those whose program is missing.
func (o *options) equipFront(
	ctx context.Context, site rig.Site, core int, stderr io.Writer,
) error {
	o.also, o.edgeConfig = nil, "" // what the caller brings knows neither TLS nor gRPC
	exe, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding the benchmark's own binary: %w", err)
	}
	var secure []rig.Server
	var kept []trial.Case
	for _, c := range o.cases {
		if c.Kind == "" || c.Load != nil || c.Over != "" {
			kept = append(kept, c)
			continue
		}
		if c.Load, err = frontLoad(ctx, c.Name, exe, core, o.connections, stderr); err != nil {
			_, _ = fmt.Fprintf(stderr, "bench: the row %s is left out: %v\n", c.Name, err)
			continue
		}
		switch c.Name {
		case report.GRPC:
			if err := o.equipGRPC(ctx, &c, site, exe); err != nil {
				return err
			}
		case report.Gzip:
			if c.Proxies, err = o.coders(ctx, site); err != nil {
				return err
			}
		default:
			if secure == nil {
				s := site.For(rig.Secure())
				if err := s.WriteCertificate(); err != nil {
					return err
				}
				if secure, err = o.proxies(ctx, s); err != nil {
					return err
				}
			}
			c.Proxies = secure
		}
		kept = append(kept, c)
	}
	o.cases = kept
	return nil
}

// frontLoad makes the load of a row; an error says what it would take.
func frontLoad(
	ctx context.Context, row, exe string, core, connections int, stderr io.Writer,
) (load.Load, error) {
	need := func(p rig.Program) (string, error) {
		if err := rig.Install(ctx, stderr, p); err != nil {
			return "", fmt.Errorf("%s is missing: %w", p.Name, err)
		}
		return rig.Installed(ctx, p).Path, nil
	}
	switch row {
	case report.TLS1:
		path, err := need(rig.Wrk)
		return load.Wrk{Path: path, Core: core, Connections: connections}, err
	case report.H2Few, report.H2Many:
		path, err := need(rig.H2Load)
		l := load.H2Load{Path: path, Core: core, Connections: 4, Streams: 16}
		if row == report.H2Many {
			l.Connections, l.Streams = 32, 1
		}
		return l, err
	case report.Handshakes, report.Resumption:
		return load.Own{
			Path: exe, Core: core, Args: func(t load.Target, d time.Duration, _ int) []string {
				return handshake.Config{
					Addr: t.Addr, Host: t.Host, Connections: handshakeConnections, Duration: d,
					Resume: row == report.Resumption,
				}.Args()
			},
		}, nil
	case report.Gzip:
		return load.Own{
			Path: exe, Core: core, Args: func(t load.Target, d time.Duration, _ int) []string {
				return coded.Config{
					Addr: t.Addr, Host: t.Host, Path: t.Path, Size: t.Size,
					Connections: connections, Duration: d,
				}.Args()
			},
		}, nil
	case report.GRPC:
		return load.Own{
			Path: exe, Core: core, Args: func(t load.Target, d time.Duration, rate int) []string {
				return echo.Config{Addr: t.Addr, Host: t.Host, Duration: d, Rate: rate}.Args()
			},
		}, nil
	}
	return nil, errors.New("nobody knows how to make its load")
}

// coders are the proxies of the row of gzip. HAProxy, and what the caller brings, has no such duty.
func (o options) coders(ctx context.Context, site rig.Site) ([]rig.Server, error) {
	o.rivals = slices.DeleteFunc(slices.Clone(o.rivals), func(name string) bool {
		return name != rig.Nginx.Name
	})
	return o.proxies(ctx, site.For(rig.Coded()))
}

// equipGRPC gives the row of gRPC an upstream that speaks it, and proxies.
func (o *options) equipGRPC(ctx context.Context, c *trial.Case, site rig.Site, exe string) error {
	addr, err := rig.FreeAddr()
	if err != nil {
		return err
	}
	upstream := rig.EchoServer(exe, addr, echo.ServeArgs(addr))
	c.Upstream, site.Upstream = &upstream, addr
	c.Proxies, err = o.proxies(ctx, site.For(rig.Calls(echo.Service)))
	return err
}

const (
	// filesPerSocket is how many files a proxy has open for a WebSocket; the edge takes no more
	// clients than that leaves room for.
	filesPerSocket = 2
	filesBesides   = 250
	fewestSockets  = 1000
	socketTime     = 20 * time.Second // to open them all through one proxy, about
)

// measureSockets holds many WebSockets open through each proxy, or as many as there may be files
// for. Where that is too few it prints the reason, and measures nothing.
func measureSockets(
	ctx context.Context, b *trial.Bench, o options, dir string, stderr io.Writer,
) (map[string]trial.Sockets, error) {
	o.also, o.edgeConfig = nil, ""
	files, err := proc.Files(filesPerSocket*webSocketCount + filesBesides)
	if err != nil {
		return nil, fmt.Errorf("the limit of open files: %w", err)
	}
	count := min(webSocketCount, (int(files)-filesBesides)/filesPerSocket)
	if count < fewestSockets {
		_, _ = fmt.Fprintf(stderr,
			"bench: the row %s is left out: a process may open only %d files (ulimit -n)\n",
			webSocketRow, files)
		return nil, nil
	}
	exe, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding the benchmark's own binary: %w", err)
	}
	addr, err := rig.FreeAddr()
	if err != nil {
		return nil, err
	}
	proxies, err := o.proxies(ctx, rig.Site{Dir: dir, Upstream: addr, Duty: rig.Sockets(count)})
	if err != nil {
		return nil, err
	}
	return b.Sockets(ctx, rig.SocketServer(exe, addr, websocket.Args(addr)), proxies, count)
}
