package trial

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/gatewayhomebrew/gateway/tools/bench/internal/gen"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/load"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/rig"
)

// ReloadPlan is what is done to an edge while requests go through it at a fixed rate.
type ReloadPlan struct {
	Server rig.Server
	Admin  string // address of its admin API
	Routes int
	// Turns put the next configuration in place, one after the other.
	Turns []func() error
	Every time.Duration // from one turn to the next
	Rate  int
	List  string // of requests
}

// Reloads is what came of a ReloadPlan.
type Reloads struct {
	Routes    int             `json:"routes"`
	Rate      int             `json:"requests_per_second"`
	Durations []time.Duration `json:"durations_ns"` // as the edge tells them
	// During is of the requests that were due while a reload ran, Between of all others.
	During  Latency `json:"during"`
	Between Latency `json:"between"`
	Failed  int64   `json:"failed"`
	Reason  string  `json:"reason,omitempty"` // of the first failure
	// Elsewhere is the share of a core that went to anything but the proxy, the load and the
	// upstream.
	Elsewhere float64 `json:"elsewhere"`
}

// Disturbed reports whether so much of the machine went elsewhere that the latencies say little.
func (r Reloads) Disturbed() bool { return r.Elsewhere > disturbance }

// Latency is of some of the requests.
type Latency struct {
	Requests int64         `json:"requests"`
	P50      time.Duration `json:"p50_ns"`
	P99      time.Duration `json:"p99_ns"`
	P999     time.Duration `json:"p999_ns"`
}

const (
	// reloadWindow is how exactly the moment of a request is known.
	reloadWindow = 10 * time.Millisecond
	// reloadLead is how long there is load before the first reload.
	reloadLead = time.Second
	// reloadWarmUp is how long connections are made and caches filled before anything counts.
	reloadWarmUp = 2 * time.Second
	statusLimit  = 64 << 20 // bytes
)

// Reload reloads an edge again and again under load. It needs the benchmark's own generator.
func (b *Bench) Reload(ctx context.Context, p ReloadPlan) (r Reloads, err error) {
	generator, ok := b.Load.(load.Gen)
	if !ok {
		return r, errors.New("reloads can be watched only with the benchmark's own generator")
	}
	edge, err := b.up(ctx, p.Server, b.Cores.Proxy)
	defer edge.Stop()
	if err != nil {
		return r, err
	}
	target := b.target(p.Server, rig.Bodies[0])
	target.List = p.List
	if _, err := generator.Run(ctx, target, reloadWarmUp, p.Rate); err != nil {
		return r, err
	}
	before, err := b.read(edge)
	if err != nil {
		return r, err
	}
	type outcome struct {
		load.Result
		err error
	}
	watched := make(chan outcome, 1)
	go func() {
		res, err := generator.Watch(ctx, target, reloadLead+time.Duration(len(p.Turns))*p.Every,
			p.Rate, reloadWindow)
		watched <- outcome{res, err}
	}()
	turnErr := takeTurns(ctx, p)
	res := <-watched
	if err := errors.Join(turnErr, res.err); err != nil {
		return r, err
	}
	after, err := b.read(edge)
	if err != nil {
		return r, err
	}
	whole := difference(before, after, res.Result)
	began, took, err := receipts(ctx, p.Admin, len(p.Turns))
	if err != nil {
		return r, fmt.Errorf("%w\n%s", err, edge.Log())
	}
	r = Reloads{
		Routes: p.Routes, Rate: p.Rate, Durations: took, Failed: res.Failed, Reason: res.Reason,
		Elsewhere: whole.Foreign + whole.Steal,
	}
	r.During, r.Between = apart(res.Result, reloadWindow, began, took)
	b.progress("%d reloads of %d routes measured", len(took), p.Routes)
	return r, nil
}

func takeTurns(ctx context.Context, p ReloadPlan) error {
	wait := reloadLead
	for _, turn := range p.Turns {
		if err := pause(ctx, wait); err != nil {
			return err
		}
		if err := turn(); err != nil {
			return err
		}
		wait = p.Every
	}
	return nil
}

// receipts asks the edge when its reloads began and how long they took. All must have been applied.
func receipts(
	ctx context.Context, admin string, want int,
) (began []time.Time, took []time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+admin+"/status", nil)
	if err != nil {
		return nil, nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, nil, fmt.Errorf("the edge's status: %w", err)
	}
	defer func() { _ = resp.Body.Close() }() // read only
	var status struct {
		Reloads []struct {
			Time       time.Time `json:"time"`
			Trigger    string    `json:"trigger"`
			Result     string    `json:"result"`
			Message    string    `json:"message"`
			DurationMS float64   `json:"duration_ms"`
		} `json:"reloads"`
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, statusLimit)).Decode(&status); err != nil {
		return nil, nil, fmt.Errorf("the edge's status: %w", err)
	}
	for _, r := range status.Reloads {
		switch {
		case r.Trigger == "start":
			continue
		case r.Result != "applied":
			return nil, nil, fmt.Errorf("a reload was %s: %s", r.Result, r.Message)
		}
		began = append(began, r.Time)
		took = append(took, time.Duration(r.DurationMS*float64(time.Millisecond)))
	}
	if len(took) != want {
		return nil, nil, fmt.Errorf("the edge tells of %d reloads, want %d", len(took), want)
	}
	return began, took, nil
}

// apart tells the requests that were due while a reload ran from the others.
func apart(
	res load.Result, window time.Duration, began []time.Time, took []time.Duration,
) (during, between Latency) {
	var in, out []gen.Counts
	for i, counts := range res.Windows {
		start := res.Start.Add(time.Duration(i) * window)
		end, reloading := start.Add(window), false
		for j, t := range began {
			reloading = reloading || t.Before(end) && t.Add(took[j]).After(start)
		}
		if reloading {
			in = append(in, counts)
		} else {
			out = append(out, counts)
		}
	}
	return latency(in), latency(out)
}

func latency(counts []gen.Counts) Latency {
	return Latency{
		Requests: gen.Total(counts...),
		P50:      gen.Quantile(0.5, counts...), P99: gen.Quantile(0.99, counts...),
		P999: gen.Quantile(0.999, counts...),
	}
}
