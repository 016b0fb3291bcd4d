package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/gatewayhomebrew/gateway/tools/bench/internal/coded"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/load"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/report"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/rig"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/trial"
)

// The rows that show what a policy of a route costs: the edge with it, beside one that gets the
// same requests and does nothing to them. They have no rival.
const policyRows = "a policy of a route beside none (contract, auth-jwt, auth-basic, rate-limit, " +
	"compress)"

// compressRow is the one whose answers differ.
const compressRow = "compress"

// policyCase is the case of a row, without its proxies, and whether it is one of these.
func policyCase(row string) (trial.Case, bool) {
	c := trial.Case{Name: row, Body: rig.Bodies[0]}
	switch row {
	case rig.Contract, rig.JWT, rig.Basic, rig.RateLimit:
		return c, true
	case compressRow:
		c.Body = rig.JSON
		return c, true
	}
	return c, false
}

// equipPolicies gives these cases two edges each, and requests or a load of their own.
func (o options) equipPolicies(ctx context.Context, site rig.Site, core int) error {
	if o.noEdge {
		return nil
	}
	o.also, o.edgeConfig, o.rivals = nil, "", nil
	for i := range o.cases {
		c := &o.cases[i]
		if _, ok := policyCase(c.Name); !ok {
			continue
		}
		c.Over = report.Besides(c.Name)
		open, with := rig.Unobserved("open-"+c.Name), rig.Coded()
		if c.Name == compressRow {
			exe, err := os.Executable()
			if err != nil {
				return fmt.Errorf("finding the benchmark's own binary: %w", err)
			}
			c.Load = codedLoad(exe, core, o.connections)
			c.Kind = "100 KB of JSON for clients that take gzip, compressed at level 1"
			with.Name, with.As = c.Name, c.Over
		} else {
			p, err := rig.NewPolicy(c.Name)
			if err != nil {
				return err
			}
			c.Kind = p.Kind
			with = rig.WithPolicy(c.Name, c.Over, p)
			if c.Message, err = site.For(with).WritePolicy(); err != nil {
				return err
			}
			open = rig.WithPolicy("open-"+c.Name, "", p.Open())
		}
		for _, duty := range []rig.Duty{open, with} {
			all, err := o.proxies(ctx, site.For(duty))
			if err != nil {
				return err
			}
			c.Proxies = append(c.Proxies, all...)
		}
	}
	return nil
}

// codedLoad asks for a body that may come compressed.
func codedLoad(exe string, core, connections int) load.Load {
	return load.Own{
		Path: exe, Core: core, Args: func(t load.Target, d time.Duration, _ int) []string {
			return coded.Config{
				Addr: t.Addr, Host: t.Host, Path: t.Path, Size: t.Size, Either: true,
				Connections: connections, Duration: d,
			}.Args()
		},
	}
}
