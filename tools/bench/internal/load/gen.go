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

// Watch is Run that tells apart the latencies of requests by the window of the run in which they
// were due.
func (g Gen) Watch(
	ctx context.Context, t Target, d time.Duration, rate int, window time.Duration,
) (Result, error) {
	ctx, cancel := context.WithTimeout(ctx, d+runGrace)
	defer cancel()
	conf := gen.Config{
		Addr: t.Addr, Host: t.Host, Path: t.Path, Size: t.Size, Connections: g.Connections,
		Duration: d, Rate: rate, List: t.List, Message: t.Message, Window: window,
	}
	return own(ctx, g.Core, append([]string{g.Path}, conf.Args()...))
}

// Own is another of the benchmark's clients, in a process of its own.
type Own struct {
	Path string // of the benchmark's binary
	Core int    // it runs on
	// Args is the client's command line; what it prints is a gen.Result.
	Args func(t Target, d time.Duration, rate int) []string
}

// Run implements Load.
func (o Own) Run(ctx context.Context, t Target, d time.Duration, rate int) (Result, error) {
	ctx, cancel := context.WithTimeout(ctx, d+runGrace)
	defer cancel()
	return own(ctx, o.Core, append([]string{o.Path}, o.Args(t, d, rate)...))
}

// own runs one of the benchmark's clients and reads its result.
func own(ctx context.Context, core int, argv []string) (Result, error) {
	out, cpu, err := proc.Output(ctx, core, argv)
	if err != nil {
		return Result{}, fmt.Errorf("load generator: %w", err)
	}
	var r gen.Result
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		return Result{}, fmt.Errorf("load generator: %w in %q", err, out)
	}
	return Result{
		Requests: r.Requests, Elapsed: r.Elapsed, P50: r.P50, P99: r.P99, Failed: r.Failed,
		Reason: r.Reason, Body: r.Body, CPU: cpu, Start: r.Start, Windows: r.Windows,
	}, nil
}
