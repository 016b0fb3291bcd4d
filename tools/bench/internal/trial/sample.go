package trial

import (
	"context"
	"fmt"
	"time"

	"github.com/gatewayhomebrew/gateway/tools/bench/internal/load"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/proc"
)

// Sample is one run of the load against one proxy.
type Sample struct {
	Round     int           `json:"round"`
	Requests  int64         `json:"requests"`
	Failed    int64         `json:"failed"`
	Reason    string        `json:"reason,omitempty"` // of the first failure
	Rate      float64       `json:"requests_per_second"`
	CPU       float64       `json:"cpu_us_per_request"` // of the proxy's processes
	P50       time.Duration `json:"p50_ns"`
	P99       time.Duration `json:"p99_ns"`
	ProxyCore float64       `json:"proxy_core_busy"` // shares of the time
	LoadCore  float64       `json:"load_core_busy"`
	Steal     float64       `json:"steal"` // taken from the two cores by the hypervisor
	// Foreign is the share of one core that went to something other than the proxy, the load and the upstream.
	Foreign float64 `json:"foreign"`
	// UpstreamCPU and LoadCPU are microseconds per request, too.
	UpstreamCPU float64 `json:"upstream_cpu_us_per_request"`
	LoadCPU     float64 `json:"load_cpu_us_per_request"`
}

const (
	// attempts is how often a sample is taken at most while it is disturbed.
	attempts = 3
	// disturbance is the share of a core that may go elsewhere before a sample counts as disturbed.
	disturbance = 0.10
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

// sample loads addr with requests of a case for a while. A nil proxy stands for the upstream asked directly.
func (b *Bench) sample(ctx context.Context, addr string, proxy *proc.Process, c Case, d time.Duration) (Sample, error) {
	before, err := b.read(proxy)
	if err != nil {
		return Sample{}, err
	}
	res, err := b.Load.Run(ctx, b.target(addr, c.Body), d, c.Rate)
	if err != nil {
		return Sample{}, err
	}
	after, err := b.read(proxy)
	if err != nil {
		return Sample{}, err
	}
	if res.Requests == 0 {
		return Sample{}, fmt.Errorf("no request to %s succeeded", addr)
	}
	return difference(before, after, res), nil
}

func difference(before, after reading, res load.Result) Sample {
	micros := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 / float64(res.Requests) }
	s := Sample{
		Requests:    res.Requests,
		Failed:      res.Failed,
		Reason:      res.Reason,
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
	return s
}

// quiet takes a sample again when the machine was doing something else meanwhile, and keeps the least disturbed one. It
// looks at nothing but the disturbance, so it favours nobody.
func (b *Bench) quiet(ctx context.Context, addr string, proxy *proc.Process, c Case, d time.Duration) (Sample, error) {
	var best Sample
	for attempt := range attempts {
		s, err := b.sample(ctx, addr, proxy, c, d)
		if err != nil {
			return Sample{}, err
		}
		if attempt == 0 || s.Foreign+s.Steal < best.Foreign+best.Steal {
			best = s
		}
		if !best.Disturbed() || b.Retries == 0 {
			break
		}
		b.Retries--
	}
	return best, nil
}
