package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/gatewayhomebrew/gateway/tools/bench/internal/load"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/report"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/rig"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/tcp"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/trial"
)

// The rows about the relay. They have proxies, a load and an upstream of their own.
const (
	relayRows = "TCP through the relay: round trips on open sessions (relay-pingpong), large " +
		"transfers (relay-bulk), new sessions (relay-setup)"

	bulkSessions  = 4
	setUpSessions = 32 // at a time
)

// relayCase is the case of a row, without its proxies, and whether it is one of these.
func relayCase(row string) (trial.Case, bool) {
	c := trial.Case{Name: row, Body: rig.Bodies[0]}
	switch row {
	case report.RelayPingPong:
		c.Kind = "TCP, messages of 64 bytes to and fro; a request is a round trip"
	case report.RelayBulk:
		c.Kind = fmt.Sprintf("TCP, %d sessions that take what comes; a request is 1 MiB",
			bulkSessions)
	case report.RelaySetUp:
		c.Kind = fmt.Sprintf("TCP, sessions with one round trip, %d at a time; "+
			"a request is a session", setUpSessions)
	default:
		return c, false
	}
	return c, true
}

// equipRelay gives these cases what they need.
func (o *options) equipRelay(
	ctx context.Context, site rig.Site, core int, stderr io.Writer,
) error {
	path := ""
	for i := range o.cases {
		c := &o.cases[i]
		if _, ok := relayCase(c.Name); !ok {
			continue
		}
		exe, err := os.Executable()
		if err != nil {
			return fmt.Errorf("finding the benchmark's own binary: %w", err)
		}
		do, sessions := tcp.PingPong, o.connections
		switch c.Name {
		case report.RelayBulk:
			do, sessions = tcp.Bulk, bulkSessions
		case report.RelaySetUp:
			do, sessions = tcp.SetUp, setUpSessions
		}
		c.Load = load.Own{
			Path: exe, Core: core, Args: func(t load.Target, d time.Duration, _ int) []string {
				return tcp.Config{Addr: t.Addr, Do: do, Connections: sessions, Duration: d}.Args()
			},
		}
		if path == "" {
			if path, err = rig.FindRelay(ctx, site.Dir); err != nil {
				return err
			}
			_, _ = fmt.Fprintf(stderr, "bench: the relay is %s\n", path)
		}
		if err := o.equipTCP(ctx, c, site.For(rig.Carry(c.Name)), path, exe); err != nil {
			return err
		}
	}
	return nil
}

// equipTCP gives a case its upstream and its proxies.
func (o *options) equipTCP(
	ctx context.Context, c *trial.Case, site rig.Site, relay, exe string,
) error {
	var err error
	if site.Upstream, err = rig.FreeAddr(); err != nil {
		return err
	}
	upstream := rig.TCPUpstream(exe, site.Upstream,
		tcp.ServeArgs(site.Upstream, c.Name == report.RelayBulk))
	c.Upstream = &upstream
	add := func(
		make func(rig.Site, rig.Found, string) (rig.Server, error), program rig.Found,
	) error {
		addr, err := rig.FreeAddr()
		if err != nil {
			return err
		}
		s, err := make(site, program, addr)
		c.Proxies = append(c.Proxies, s)
		return err
	}
	if err := add(rig.RelayProxy, rig.Found{
		Path: relay, Version: rig.EdgeVersion(ctx, relay),
	}); err != nil {
		return err
	}
	for _, name := range o.rivals {
		make, program := rig.NginxStream, rig.Nginx
		if name == rig.HAProxy.Name {
			make, program = rig.HAProxyTCP, rig.HAProxy
		}
		if err := add(make, rig.Installed(ctx, program)); err != nil {
			return err
		}
	}
	for _, other := range o.also {
		if err := add(func(s rig.Site, _ rig.Found, addr string) (rig.Server, error) {
			server := rig.Other(s, other.name, other.command, addr)
			server.Speaks = load.TCP
			return server, nil
		}, rig.Found{}); err != nil {
			return err
		}
	}
	return nil
}
