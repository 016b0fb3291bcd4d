// Command bench measures the edge beside nginx and HAProxy on this machine: the same duty, the same
// core, in turn. docs/performance.md says how and why, and what came of it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/gatewayhomebrew/gateway/tools/bench/internal/coded"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/echo"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/gen"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/handshake"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/proc"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/report"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/tcp"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/trial"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/websocket"
)

// Exit codes, as every binary of the gateway has them.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if part := part(args); part != nil {
		if err := part(args[1:], stdout); err != nil {
			_, _ = fmt.Fprintf(stderr, "bench: %v\n", err)
			return exitFailed
		}
		return exitOK
	}
	o, err := parseOptions(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	case err != nil:
		_, _ = fmt.Fprintf(stderr, "bench: %v\n", err)
		return exitUsage
	}
	if err := measure(ctx, o, stdout, stderr); err != nil {
		_, _ = fmt.Fprintf(stderr, "bench: %v\n", err)
		return exitFailed
	}
	return exitOK
}

// part is what this binary is when the benchmark starts itself for a client or a server in a
// process of its own; nil when it is the benchmark.
func part(args []string) func(args []string, out io.Writer) error {
	if len(args) == 0 {
		return nil
	}
	switch args[0] {
	case gen.Command:
		return gen.Main
	case coded.Command:
		return coded.Main
	case handshake.Command:
		return handshake.Main
	case echo.CallCommand:
		return echo.CallMain
	case echo.ServeCommand:
		return echo.ServeMain
	case websocket.Command:
		return websocket.Main
	case tcp.Command:
		return tcp.Main
	case tcp.ServeCommand:
		return tcp.ServeMain
	}
	return nil
}

// measure does the whole run: servers, rows, facts, report.
func measure(ctx context.Context, o options, stdout, stderr io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "gateway-bench-")
	if err != nil {
		return err
	}
	if o.keep {
		_, _ = fmt.Fprintf(stderr, "bench: configurations and logs are kept in %s\n", dir)
	} else {
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	bench, proxies, setup, err := prepare(ctx, &o, dir, stderr)
	if err != nil {
		return err
	}
	// Installing and building are over; from here on the time is bounded.
	ctx, cancel := context.WithTimeoutCause(ctx, o.limit,
		fmt.Errorf("the run took longer than --limit %v", o.limit))
	defer cancel()
	if err := proc.PinSelf(ctx, bench.Cores.Load); err != nil {
		return err
	}
	if setup.LoadAverage, err = proc.LoadAverage(); err != nil {
		return err
	}
	defer bench.Stop()
	if err := bench.Start(ctx); err != nil {
		return because(ctx, err)
	}
	rows, err := bench.Rows(ctx, o.cases, o.rounds, o.duration)
	if err != nil {
		return because(ctx, err)
	}
	var facts map[string]trial.Facts
	if o.facts {
		if facts, err = bench.Facts(ctx, factStarts, report.KeptConnection); err != nil {
			return because(ctx, err)
		}
	}
	var sockets map[string]trial.Sockets
	if o.sockets {
		if sockets, err = measureSockets(ctx, bench, o, dir, stderr); err != nil {
			return because(ctx, err)
		}
	}
	var reloads *trial.Reloads
	if o.reload {
		if reloads, err = measureReloads(ctx, bench, o, dir); err != nil {
			return because(ctx, err)
		}
	}
	if o.profile != "" {
		if err := profile(ctx, bench, o); err != nil {
			return because(ctx, err)
		}
	}
	setup.When = time.Now()
	return write(report.New(setup, proxies, rows, facts, reloads).WithSockets(sockets), o, stdout)
}

// because adds why the context ended, if it did, to an error that came of that.
func because(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%w (%w)", context.Cause(ctx), err)
	}
	return err
}

func write(r report.Report, o options, stdout io.Writer) error {
	err := r.WriteTable(stdout)
	if o.json != "" {
		err = errors.Join(err, toFile(o.json, r.WriteJSON))
	}
	if o.svg != "" {
		err = errors.Join(err, toFile(o.svg, r.WriteSVG))
	}
	return err
}

func toFile(path string, write func(io.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}
