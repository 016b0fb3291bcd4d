package trial

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/gatewayhomebrew/gateway/tools/bench/internal/load"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/peer"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/proc"
)

const (
	startTimeout = 10 * time.Second
	warmUp       = time.Second // wrk knows no shorter run
)

// Cores says where things run.
type Cores struct {
	Proxy int // the proxy under test, alone
	Load  int // the load, the upstream and the benchmark itself
}

// Bench is a set of proxies before one upstream.
type Bench struct {
	Cores    Cores
	Load     load.Load
	Dir      string // for logs
	Upstream peer.Server
	Proxies  []peer.Server
	Progress io.Writer
	// Retries is how many disturbed samples may be taken again, over all.
	Retries int

	upstream *proc.Process
}

// Case is one kind of load.
type Case struct {
	Name string    `json:"name"`
	Body peer.Body `json:"body"`
	Rate int       `json:"rate"` // requests per second; 0: as fast as they are answered
}

// Row is the samples of one case.
type Row struct {
	Case    Case                `json:"case"`
	Direct  Sample              `json:"direct"` // the upstream without a proxy: the most the load core can do
	Proxies map[string][]Sample `json:"proxies"`
}

// Start starts the upstream. The caller calls Stop whatever it returns.
func (b *Bench) Start(ctx context.Context) error {
	var err error
	b.upstream, err = b.up(ctx, b.Upstream, b.Cores.Load)
	return err
}

// Stop ends the upstream.
func (b *Bench) Stop() { b.upstream.Stop() }

// up starts a server and waits until it answers.
func (b *Bench) up(ctx context.Context, s peer.Server, core int) (*proc.Process, error) {
	p, _, err := b.upTimed(ctx, s, core)
	return p, err
}

// upTimed also says how long it took from just before the program was executed to the end of the first answer.
func (b *Bench) upTimed(ctx context.Context, s peer.Server, core int) (*proc.Process, time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	start := time.Now()
	p, err := proc.Start(s.Name, core, b.Dir, s.Argv)
	if err != nil {
		return nil, 0, err
	}
	go func() { // lives as long as ctx, which ends with this function
		select {
		case <-p.Done():
			cancel() // no answer will come
		case <-ctx.Done():
		}
	}()
	at, err := load.FirstByte(ctx, b.target(s.Addr, peer.Bodies[0]))
	if err != nil {
		p.Stop()
		return nil, 0, fmt.Errorf("%s did not come up: %w\n%s", s.Name, err, p.Log())
	}
	return p, at.Sub(start), nil
}

func (b *Bench) target(addr string, body peer.Body) load.Target {
	return load.Target{Addr: addr, Host: peer.Host, Path: body.Path, Size: body.Size}
}

// Rows measures each case: one short run to warm up, then rounds in which the proxies take turns. Each round starts
// with another proxy, so that none always follows the same one.
func (b *Bench) Rows(ctx context.Context, cases []Case, rounds int, d time.Duration) ([]Row, error) {
	running := make([]*proc.Process, len(b.Proxies))
	defer func() {
		for _, p := range running {
			p.Stop()
		}
	}()
	for i, s := range b.Proxies {
		p, err := b.up(ctx, s, b.Cores.Proxy)
		if err != nil {
			return nil, err
		}
		running[i] = p
	}
	var rows []Row
	for _, c := range cases {
		row, err := b.row(ctx, c, running, rounds, d)
		if err != nil {
			return rows, fmt.Errorf("row %s: %w", c.Name, err)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func (b *Bench) row(ctx context.Context, c Case, running []*proc.Process, rounds int, d time.Duration) (Row, error) {
	row := Row{Case: c, Proxies: make(map[string][]Sample)}
	for i, s := range b.Proxies {
		if err := load.Once(ctx, b.target(s.Addr, c.Body)); err != nil {
			return row, fmt.Errorf("%s: %w", s.Name, err)
		}
		if _, err := b.sample(ctx, s.Addr, running[i], c, warmUp); err != nil && !errors.Is(err, errStarved) {
			return row, fmt.Errorf("%s: %w", s.Name, err)
		}
	}
	direct, err := b.quiet(ctx, b.Upstream.Addr, nil, c, warmUp)
	if err != nil {
		return row, err
	}
	row.Direct = direct
	for round := range rounds {
		for i := range b.Proxies {
			turn := (i + round) % len(b.Proxies)
			s := b.Proxies[turn]
			sample, err := b.quiet(ctx, s.Addr, running[turn], c, d)
			if err != nil {
				return row, fmt.Errorf("%s: %w", s.Name, err)
			}
			sample.Round = round + 1
			row.Proxies[s.Name] = append(row.Proxies[s.Name], sample)
			b.progress("%-9s round %2d  %-12s %8.0f req/s %7.1f us CPU", c.Name, round+1, s.Name, sample.Rate, sample.CPU)
		}
	}
	return row, nil
}

func (b *Bench) progress(format string, args ...any) {
	_, _ = fmt.Fprintf(b.Progress, format+"\n", args...)
}
