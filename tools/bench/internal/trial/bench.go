package trial

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/gatewayhomebrew/gateway/tools/bench/internal/load"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/proc"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/rig"
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
	Upstream rig.Server
	Proxies  []rig.Server
	Progress io.Writer
	// Retries is how many disturbed samples may be taken again, over all.
	Retries int

	upstream *proc.Process    // behind the proxies of the present case
	answers  map[string]int64 // by address; of all samples, those that were taken again too
}

// Case is one kind of load.
type Case struct {
	Name string   `json:"name"`
	Body rig.Body `json:"body"`
	Rate int      `json:"rate"` // requests per second; 0: as fast as they are answered
	// Routes is how many routes the proxies have, if that is not a few, and Logged that they write
	// an access log.
	Routes int  `json:"routes,omitempty"`
	Logged bool `json:"logged,omitempty"`
	// Proxies have this case for themselves; nil: it is for those of the Bench.
	Proxies []rig.Server `json:"-"`
	// List is a file of requests, all for the body; empty is the body's own.
	List string `json:"-"`
	// Message is a file with a whole request, which is sent in place of one for the body.
	Message string `json:"-"`
	// Kind says what is asked for, where that is not a body over plain HTTP/1.1.
	Kind string `json:"kind,omitempty"`
	// Load makes the load in place of the Bench's own; then the upstream is not asked without a
	// proxy before.
	Load load.Load `json:"-"`
	// Upstream is behind the case's Proxies in place of the Bench's own; nil: that is.
	Upstream *rig.Server `json:"-"`
	// Added has the upstream asked without a proxy in each round as if it were one: what counts is
	// how much later answers come through one.
	Added bool `json:"added,omitempty"`
	// Over names a proxy whose CPU is to be compared with the edge's, round by round.
	Over string `json:"over,omitempty"`
}

// DirectName is the name of the upstream among the proxies of a case that is about what they add.
const DirectName = "direct"

// Row is the samples of one case.
type Row struct {
	Case Case `json:"case"`
	// the upstream without a proxy: the most the load core can do
	Direct  Sample              `json:"direct"`
	Proxies map[string][]Sample `json:"proxies"`
	// Unlogged is how many answers there were without a line in the proxy's access log.
	Unlogged map[string]int64 `json:"unlogged,omitempty"`
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
func (b *Bench) up(ctx context.Context, s rig.Server, core int) (*proc.Process, error) {
	p, _, err := b.upTimed(ctx, s, core)
	return p, err
}

// upTimed also says how long it took from just before the program was executed to the end of the
// first answer.
func (b *Bench) upTimed(
	ctx context.Context, s rig.Server, core int,
) (*proc.Process, time.Duration, error) {
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
	at, err := load.FirstByte(ctx, b.target(s, rig.Bodies[0]))
	if err != nil {
		p.Stop()
		return nil, 0, fmt.Errorf("%s did not come up: %w\n%s", s.Name, err, p.Log())
	}
	return p, at.Sub(start), nil
}

func (b *Bench) target(s rig.Server, body rig.Body) load.Target {
	return load.Target{
		Addr: s.Addr, Host: rig.Host, Path: body.Path, Size: body.Size, Speaks: s.Speaks,
	}
}

// Rows measures each case: one short run to warm up, then rounds in which the proxies take turns.
// Each round starts with another proxy, so that none always follows the same one.
func (b *Bench) Rows(
	ctx context.Context, cases []Case, rounds int, d time.Duration,
) ([]Row, error) {
	usual, err := b.startAll(ctx, b.Proxies)
	defer usual.stop()
	if err != nil {
		return nil, err
	}
	var rows []Row
	for _, c := range cases {
		row, err := b.rowOf(ctx, c, usual, rounds, d)
		if err != nil {
			return rows, fmt.Errorf("row %s: %w", c.Name, err)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// group is proxies that run side by side.
type group struct {
	servers []rig.Server
	running []*proc.Process
}

// startAll starts proxies. The caller calls stop whatever it returns.
func (b *Bench) startAll(ctx context.Context, servers []rig.Server) (g group, err error) {
	for _, s := range servers {
		p, err := b.up(ctx, s, b.Cores.Proxy)
		if err != nil {
			return g, err
		}
		g.servers, g.running = append(g.servers, s), append(g.running, p)
	}
	return g, nil
}

func (g group) stop() {
	for _, p := range g.running {
		p.Stop()
	}
}

// rowOf measures a case with its own proxies or the usual ones.
func (b *Bench) rowOf(
	ctx context.Context, c Case, usual group, rounds int, d time.Duration,
) (Row, error) {
	if c.Proxies == nil {
		return b.row(ctx, c, usual, rounds, d)
	}
	if c.Upstream != nil {
		usual := b.upstream
		upstream, err := b.up(ctx, *c.Upstream, b.Cores.Load)
		if err != nil {
			return Row{}, err
		}
		b.upstream = upstream
		defer func() {
			upstream.Stop()
			b.upstream = usual
		}()
	}
	own, err := b.startAll(ctx, c.Proxies)
	defer own.stop()
	if err != nil {
		return Row{}, err
	}
	if c.Added {
		own.servers, own.running = append(own.servers, b.direct(c)), append(own.running, nil)
	}
	row, err := b.row(ctx, c, own, rounds, d)
	if err != nil || !c.Logged {
		return row, err
	}
	own.stop() // writes what is left
	row.Unlogged = make(map[string]int64)
	for _, s := range c.Proxies {
		lines, err := lines(s.AccessLog)
		if err != nil {
			return row, err
		}
		if lost := b.answers[s.Addr] - lines; s.AccessLog != "" && lost > 0 {
			row.Unlogged[s.Name] = lost
		}
	}
	return row, nil
}

// lines counts those of a file.
func lines(path string) (n int64, err error) {
	if path == "" {
		return 0, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return 0, fmt.Errorf("the access log: %w", err)
	}
	defer func() { _ = f.Close() }() // read only
	buf := make([]byte, 64<<10)
	for {
		got, err := f.Read(buf)
		n += int64(bytes.Count(buf[:got], []byte{'\n'}))
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, fmt.Errorf("the access log: %w", err)
		}
	}
}

// direct is the upstream of a case as if it were one of its proxies.
func (b *Bench) direct(c Case) rig.Server {
	s := b.Upstream
	if c.Upstream != nil {
		s = *c.Upstream
	}
	s.Name = DirectName
	return s
}

func (b *Bench) row(
	ctx context.Context, c Case, proxies group, rounds int, d time.Duration,
) (Row, error) {
	row := Row{Case: c, Proxies: make(map[string][]Sample)}
	running := proxies.running
	for i, s := range proxies.servers {
		if err := load.Once(ctx, b.target(s, c.Body)); err != nil {
			return row, fmt.Errorf("%s: %w", s.Name, err)
		}
		if _, err := b.sample(ctx, s, running[i], c, warmUp); err != nil &&
			!errors.Is(err, errStarved) {
			return row, fmt.Errorf("%s: %w", s.Name, err)
		}
	}
	if c.Load == nil {
		direct, err := b.quiet(ctx, b.direct(c), nil, c, warmUp)
		if err != nil {
			return row, err
		}
		row.Direct = direct
	}
	for round := range rounds {
		for i := range proxies.servers {
			turn := (i + round) % len(proxies.servers)
			s := proxies.servers[turn]
			sample, err := b.quiet(ctx, s, running[turn], c, d)
			if err != nil {
				return row, fmt.Errorf("%s: %w", s.Name, err)
			}
			sample.Round = round + 1
			row.Proxies[s.Name] = append(row.Proxies[s.Name], sample)
			b.progress("%-9s round %2d  %-14s %8.0f req/s %7.1f us CPU", c.Name, round+1, s.Name,
				sample.Rate, sample.CPU)
		}
	}
	return row, nil
}

func (b *Bench) progress(format string, args ...any) {
	_, _ = fmt.Fprintf(b.Progress, format+"\n", args...)
}
