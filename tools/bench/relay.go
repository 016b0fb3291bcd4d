package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/gatewayhomebrew/gateway/tools/bench/internal/load"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/peer"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/report"
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
	c := trial.Case{Name: row, Body: peer.Bodies[0]}
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
	ctx context.Context, site peer.Site, core int, stderr io.Writer,
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
			if path, err = peer.FindRelay(ctx, site.Dir); err != nil {
				return err
			}
			_, _ = fmt.Fprintf(stderr, "bench: the relay is %s\n", path)
		}
		if err := o.equipTCP(ctx, c, site.For(peer.Carry(c.Name)), path, exe); err != nil {
			return err
		}
	}
	return nil
}

// equipTCP gives a case its upstream and its proxies.
func (o *options) equipTCP(
	ctx context.Context, c *trial.Case, site peer.Site, relay, exe string,
) error {
	var err error
	if site.Upstream, err = peer.FreeAddr(); err != nil {
		return err
	}
	upstream := peer.TCPUpstream(exe, site.Upstream,
		tcp.ServeArgs(site.Upstream, c.Name == report.RelayBulk))
	c.Upstream = &upstream
	add := func(
		make func(peer.Site, peer.Found, string) (peer.Server, error), program peer.Found,
	) error {
		addr, err := peer.FreeAddr()
		if err != nil {
			return err
		}
		s, err := make(site, program, addr)
		c.Proxies = append(c.Proxies, s)
		return err
	}
	if err := add(peer.RelayProxy, peer.Found{
		Path: relay, Version: peer.EdgeVersion(ctx, relay),
	}); err != nil {
		return err
	}
	for _, name := range o.peers {
		make, program := peer.NginxStream, peer.Nginx
		if name == peer.HAProxy.Name {
			make, program = peer.HAProxyTCP, peer.HAProxy
		}
		if err := add(make, peer.Installed(ctx, program)); err != nil {
			return err
		}
	}
	for _, other := range o.also {
		if err := add(func(s peer.Site, _ peer.Found, addr string) (peer.Server, error) {
			server := peer.Other(s, other.name, other.command, addr)
			server.Speaks = load.TCP
			return server, nil
		}, peer.Found{}); err != nil {
			return err
		}
	}
	return nil
}
