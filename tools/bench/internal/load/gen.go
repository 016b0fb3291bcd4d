package load

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/gatewayhomebrew/gateway/tools/bench/internal/gen"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/proc"
)

// Gen is the benchmark's own generator, in a process of its own.
type Gen struct {
	Path        string // of the benchmark's binary
	Core        int    // it runs on
	Connections int
}

// Run implements Load.
func (g Gen) Run(ctx context.Context, t Target, d time.Duration, rate int) (Result, error) {
	return g.Watch(ctx, t, d, rate, 0)
}

// Watch is Run that tells apart the latencies of requests by the window of the run in which they were due.
func (g Gen) Watch(ctx context.Context, t Target, d time.Duration, rate int, window time.Duration) (Result, error) {
	ctx, cancel := context.WithTimeout(ctx, d+runGrace)
	defer cancel()
	conf := gen.Config{Addr: t.Addr, Host: t.Host, Path: t.Path, Size: t.Size, Connections: g.Connections, Duration: d, Rate: rate, List: t.List, Window: window}
	out, cpu, err := proc.Output(ctx, g.Core, append([]string{g.Path}, conf.Args()...))
	if err != nil {
		return Result{}, fmt.Errorf("load generator: %w", err)
	}
	var r gen.Result
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		return Result{}, fmt.Errorf("load generator: %w in %q", err, out)
	}
	return Result{Requests: r.Requests, Elapsed: r.Elapsed, P50: r.P50, P99: r.P99, Failed: r.Failed, Reason: r.Reason, CPU: cpu, Start: r.Start, Windows: r.Windows}, nil
}
