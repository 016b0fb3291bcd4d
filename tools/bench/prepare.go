package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"time"

	"github.com/gatewayhomebrew/gateway/tools/bench/internal/load"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/proc"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/report"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/rig"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/trial"
)

// prepare finds or installs the programs, writes their configurations and says what will be
// measured. Nothing runs yet.
func prepare(
	ctx context.Context, o *options, dir string, stderr io.Writer,
) (*trial.Bench, []report.Proxy, report.Setup, error) {
	setup := report.Setup{
		Machine: proc.ThisMachine(), Rounds: o.rounds, Duration: o.duration,
		Connections: o.connections,
	}
	fail := func(err error) (*trial.Bench, []report.Proxy, report.Setup, error) {
		return nil, nil, setup, err
	}
	if runtime.GOOS != "linux" || setup.Machine.Cores < 2 {
		return fail(
			errors.New(
				"the benchmark needs Linux and two cores: one for the proxy, one for the load"))
	}
	if err := rig.Install(ctx, stderr, o.programs()...); err != nil {
		return fail(err)
	}
	b := &trial.Bench{
		Cores: trial.Cores{Proxy: 0, Load: 1}, Dir: dir, Progress: stderr, Retries: o.retries(),
	}
	site := rig.Site{Dir: dir, Duty: rig.Few()}
	var err error
	if site.Upstream, err = rig.FreeAddr(); err != nil {
		return fail(err)
	}
	if !o.noEdge {
		if o.edge, err = rig.FindEdge(ctx, o.edge, dir); err != nil {
			return fail(err)
		}
		_, _ = fmt.Fprintf(stderr, "bench: the edge is %s\n", o.edge)
	}
	nginx := rig.Installed(ctx, rig.Nginx)
	if b.Upstream, err = rig.NginxUpstream(site, nginx); err != nil {
		return fail(err)
	}
	setup.Upstream = "nginx " + nginx.Version
	if b.Proxies, err = o.proxies(ctx, site); err != nil {
		return fail(err)
	}
	if b.Load, setup.Load, err = o.load(ctx, b.Cores.Load); err != nil {
		return fail(err)
	}
	for i := range o.cases {
		if c := &o.cases[i]; c.Routes > 0 {
			if err := o.equip(ctx, c, site); err != nil {
				return fail(err)
			}
		}
	}
	if err := o.equipObserved(ctx, site); err != nil {
		return fail(err)
	}
	if err := o.equipPolicies(ctx, site, b.Cores.Load); err != nil {
		return fail(err)
	}
	if err := o.equipRelay(ctx, site, b.Cores.Load, stderr); err != nil {
		return fail(err)
	}
	if err := o.equipFront(ctx, site, b.Cores.Load, stderr); err != nil {
		return fail(err)
	}
	return b, o.measured(b.Proxies), setup, nil
}

// measured lists the proxies of all rows, each once.
func (o options) measured(usual []rig.Server) (out []report.Proxy) {
	servers := slices.Clone(usual)
	for _, c := range o.cases {
		servers = append(servers, c.Proxies...)
	}
	for _, s := range servers {
		p := report.Proxy{Name: s.Name, Version: s.Version}
		if !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

// equip gives a case that is about many routes and an access log proxies and requests of its own.
// nginx is there twice: as people have it, with a write for each line, and with a buffer for its
// log. What the caller brings has no such duty.
func (o options) equip(ctx context.Context, c *trial.Case, site rig.Site) error {
	o.also, o.edgeConfig = nil, ""
	site = site.For(rig.Many(c.Routes, 1, rig.Default))
	var err error
	if c.List, err = site.RequestList(); err != nil {
		return err
	}
	if c.Proxies, err = o.proxies(ctx, site); err != nil ||
		!slices.Contains(o.rivals, rig.Nginx.Name) {
		return err
	}
	o.noEdge, o.rivals = true, []string{rig.Nginx.Name}
	buffered, err := o.proxies(ctx, site.For(rig.Many(c.Routes, 1, rig.Buffered)))
	c.Proxies = append(c.Proxies, buffered...)
	return err
}

// programs are those the options call for.
func (o options) programs() []rig.Program {
	programs := []rig.Program{rig.Nginx} // the upstream, if not a rival
	for _, name := range o.rivals {
		if name == rig.HAProxy.Name {
			programs = append(programs, rig.HAProxy)
		}
	}
	if o.wrk {
		programs = append(programs, rig.Wrk)
	}
	return programs
}

// proxies are all that are compared, the edge first.
func (o options) proxies(ctx context.Context, site rig.Site) ([]rig.Server, error) {
	var out []rig.Server
	add := func(make func(addr string) (rig.Server, error)) error {
		addr, err := rig.FreeAddr()
		if err != nil {
			return err
		}
		s, err := make(addr)
		out = append(out, s)
		return err
	}
	if !o.noEdge {
		if err := add(func(addr string) (rig.Server, error) {
			return o.edgeServer(ctx, site, addr)
		}); err != nil {
			return nil, err
		}
	}
	for _, name := range o.rivals {
		err := add(func(addr string) (rig.Server, error) {
			if name == rig.Nginx.Name {
				return rig.NginxProxy(site, rig.Installed(ctx, rig.Nginx), addr)
			}
			return rig.HAProxyProxy(site, rig.Installed(ctx, rig.HAProxy), addr)
		})
		if err != nil {
			return nil, err
		}
	}
	for _, other := range o.also {
		if err := add(func(addr string) (rig.Server, error) {
			return rig.Other(site, other.name, other.command, addr), nil
		}); err != nil {
			return nil, err
		}
	}
	if len(out) == 0 {
		return nil, errors.New("there is no proxy to measure")
	}
	return out, nil
}

func (o options) edgeServer(ctx context.Context, site rig.Site, addr string) (rig.Server, error) {
	var text []byte
	var err error
	if o.edgeConfig != "" {
		if text, err = os.ReadFile(o.edgeConfig); err != nil {
			return rig.Server{}, err
		}
	}
	return rig.EdgeProxy(site, rig.Found{Path: o.edge, Version: rig.EdgeVersion(ctx, o.edge)},
		addr, string(text))
}

// load is the generator and what to call it.
func (o options) load(ctx context.Context, core int) (load.Load, string, error) {
	if o.wrk {
		wrk := rig.Installed(ctx, rig.Wrk)
		return load.Wrk{
			Path: wrk.Path, Core: core, Connections: o.connections,
		}, "wrk " + wrk.Version, nil
	}
	exe, err := os.Executable()
	if err != nil {
		return nil, "", fmt.Errorf("finding the benchmark's own binary: %w", err)
	}
	return load.Gen{
		Path: exe, Core: core, Connections: o.connections,
	}, "the benchmark's own generator", nil
}

// retries is how many disturbed samples fit into the time that is left after all others, with a
// margin for starts.
func (o options) retries() int {
	perProxy := len(o.cases) * (o.rounds + 1)
	planned := time.Duration(perProxy*(1+len(o.rivals)+len(o.also))) * (o.duration +
		50*time.Millisecond)
	const facts = 45 * time.Second
	if o.sockets {
		planned += time.Duration(1+len(o.rivals)) * socketTime
	}
	if o.reload {
		planned += reloadCount*reloadEvery + 10*time.Second
	}
	return max(0, int((o.limit-planned-facts)/(o.duration+50*time.Millisecond)))
}

// profile has perf watch the edge in the first row.
func profile(ctx context.Context, b *trial.Bench, o options) error {
	const while = 5 * time.Second
	if o.noEdge || len(o.cases) == 0 {
		return errors.New("--profile needs the edge and a row")
	}
	c := o.cases[0]
	if c.Over != "" { // the edge with the policy
		return b.Profile(ctx, c.Proxies[len(c.Proxies)-1], c, while, o.profile)
	}
	if c.Proxies != nil {
		return b.Profile(ctx, c.Proxies[0], c, while, o.profile)
	}
	return b.Profile(ctx, b.Proxies[0], c, while, o.profile)
}
