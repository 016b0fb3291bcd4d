package trial

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gatewayhomebrew/gateway/tools/bench/internal/load"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/proc"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/rig"
)

// Sample is one run of the load against one proxy.
type Sample struct {
	Round     int           `json:"round"`
	Requests  int64         `json:"requests"`
	Failed    int64         `json:"failed"`
	Reason    string        `json:"reason,omitempty"` // of the first failure
	Body      int64         `json:"body,omitempty"`   // bytes of one, where that is to be found out
	Rate      float64       `json:"requests_per_second"`
	CPU       float64       `json:"cpu_us_per_request"` // of the proxy's processes
	P50       time.Duration `json:"p50_ns"`
	P99       time.Duration `json:"p99_ns"`
	ProxyCore float64       `json:"proxy_core_busy"` // shares of the time
	LoadCore  float64       `json:"load_core_busy"`
	Steal     float64       `json:"steal"` // taken from the two cores by the hypervisor
	// Foreign is the share of one core that went to something other than the proxy, the load and
	// the upstream.
	Foreign float64 `json:"foreign"`
	// UpstreamCPU and LoadCPU are microseconds per request, too.
	UpstreamCPU float64 `json:"upstream_cpu_us_per_request"`
	LoadCPU     float64 `json:"load_cpu_us_per_request"`
}

const (
	// attempts is how often a sample is taken at most while it is disturbed.
	attempts = 3
	// disturbance is the share of a core that may go elsewhere before a sample counts as disturbed.
	disturbance = 0.15
)

// Disturbed reports whether so much of the machine went elsewhere that the sample says little.
func (s Sample) Disturbed() bool { return s.Foreign+s.Steal > disturbance }

// reading is every counter a sample is the difference of.
type reading struct {
	at              time.Time
	proxy, upstream time.Duration
	proxyCore       proc.CoreTimes
	loadCore        proc.CoreTimes
}

func (b *Bench) read(proxy *proc.Process) (r reading, err error) {
	if proxy != nil {
		if r.proxy, err = proxy.CPU(); err != nil {
			return r, err
		}
	}
	if r.upstream, err = b.upstream.CPU(); err != nil {
		return r, err
	}
	if r.proxyCore, err = proc.Core(b.Cores.Proxy); err != nil {
		return r, err
	}
	if r.loadCore, err = proc.Core(b.Cores.Load); err != nil {
		return r, err
	}
	r.at = time.Now()
	return r, nil
}

// sample loads a server with requests of a case for a while. A nil proxy stands for the upstream
// asked directly.
func (b *Bench) sample(
	ctx context.Context, s rig.Server, proxy *proc.Process, c Case, d time.Duration,
) (Sample, error) {
	before, err := b.read(proxy)
	if err != nil {
		return Sample{}, err
	}
	target := b.target(s, c.Body)
	target.List, target.Message = c.List, c.Message
	by := c.Load
	if by == nil {
		by = b.Load
	}
	res, err := by.Run(ctx, target, d, c.Rate)
	if err != nil {
		return Sample{}, err
	}
	if b.answers == nil {
		b.answers = make(map[string]int64)
	}
	b.answers[s.Addr] += res.Requests
	after, err := b.read(proxy)
	if err != nil {
		return Sample{}, err
	}
	if res.Requests == 0 {
		if res.Failed == 0 {
			return Sample{}, fmt.Errorf("%s: %w", s.Addr, errStarved)
		}
		return Sample{}, fmt.Errorf("%s: all requests failed: %s", s.Addr, res.Reason)
	}
	return difference(before, after, res), nil
}

func difference(before, after reading, res load.Result) Sample {
	micros := func(d time.Duration) float64 {
		return float64(d.Nanoseconds()) / 1e3 / float64(res.Requests)
	}
	s := Sample{
		Requests:    res.Requests,
		Failed:      res.Failed,
		Reason:      res.Reason,
		Body:        res.Body,
		Rate:        res.Rate(),
		CPU:         micros(after.proxy - before.proxy),
		P50:         res.P50,
		P99:         res.P99,
		UpstreamCPU: micros(after.upstream - before.upstream),
		LoadCPU:     micros(res.CPU),
	}
	var steal [2]float64
	s.ProxyCore, steal[0] = after.proxyCore.Since(before.proxyCore)
	s.LoadCore, steal[1] = after.loadCore.Since(before.loadCore)
	s.Steal = steal[0] + steal[1]
	elapsed := after.at.Sub(before.at).Seconds()
	ours := (after.proxy - before.proxy + after.upstream - before.upstream + res.CPU).Seconds()
	s.Foreign = max(0, s.ProxyCore+s.LoadCore-ours/elapsed)
	// The proxy has nothing to do while the load starts and ends; that must not look as if it had
	// time to spare.
	s.ProxyCore = min(1, s.ProxyCore*elapsed/res.Elapsed.Seconds())
	return s
}

// errStarved says that nothing failed and yet nothing was answered: others had the machine.
var errStarved = errors.New("no answer in the time of a turn: the machine is too busy to measure")

// quiet takes a sample again when the machine was doing something else meanwhile, and keeps the
// least disturbed one. It looks at nothing but the disturbance, so it favours nobody.
func (b *Bench) quiet(
	ctx context.Context, server rig.Server, proxy *proc.Process, c Case, d time.Duration,
) (Sample, error) {
	var best Sample
	taken := false
	for attempt := range attempts {
		s, err := b.sample(ctx, server, proxy, c, d)
		if errors.Is(err, errStarved) && (taken || attempt < attempts-1) {
			continue
		}
		if err != nil {
			return Sample{}, err
		}
		if !taken || s.Foreign+s.Steal < best.Foreign+best.Steal {
			best, taken = s, true
		}
		if !best.Disturbed() || b.Retries == 0 {
			break
		}
		b.Retries--
	}
	return best, nil
}
