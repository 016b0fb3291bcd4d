package main

import (
	"context"

	"github.com/gatewayhomebrew/gateway/tools/bench/internal/rig"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/trial"
)

const (
	reloadRoutes   = 10_000
	reloadClusters = 100
	// reloadRate leaves an edge on one core about two thirds of it for the reload, as a machine in
	// service does.
	reloadRate = 5000
)

// measureReloads replaces the configuration of an edge again and again while requests to all of its
// routes go through it.
func measureReloads(
	ctx context.Context, b *trial.Bench, o options, dir string,
) (*trial.Reloads, error) {
	site := rig.Site{
		Dir: dir, Upstream: b.Upstream.Addr,
		Duty: rig.Many(reloadRoutes, reloadClusters, rig.NoLog),
	}
	addr, err := rig.FreeAddr()
	if err != nil {
		return nil, err
	}
	admin, err := rig.FreeAddr()
	if err != nil {
		return nil, err
	}
	p := trial.ReloadPlan{Admin: admin, Routes: reloadRoutes, Every: reloadEvery, Rate: reloadRate}
	if p.Server, err = rig.EdgeProxy(site, rig.Found{Path: o.edge}, addr,
		rig.EdgeTurn(site, addr, admin, 0)); err != nil {
		return nil, err
	}
	if p.List, err = site.RequestList(); err != nil {
		return nil, err
	}
	for turn := range reloadCount {
		// now, not while there is load on the same core
		text := rig.EdgeTurn(site, addr, admin, turn+1)
		p.Turns = append(p.Turns, func() error { return rig.WriteEdge(site, text) })
	}
	r, err := b.Reload(ctx, p)
	if err != nil {
		return nil, err
	}
	return &r, nil
}
