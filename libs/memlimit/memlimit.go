package memlimit

import (
	"context"
	"math"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
	"time"
)

// Parts of the limit: over high the process sheds, until it is under low.
const (
	high = 0.95
	low  = 0.90
)

// every is the time between two looks, each of which takes a few microseconds.
const every = 50 * time.Millisecond

// Adopt sets the memory limit of the runtime where the environment has none and the control group
// has one: to nine tenths of that, since some memory is not the runtime's. It returns the limit in
// force, 0 for none.
func Adopt() int64 {
	if os.Getenv("GOMEMLIMIT") == "" {
		if allowed := ofGroup(); allowed > 0 {
			debug.SetMemoryLimit(allowed / 10 * 9)
		}
	}
	if limit := debug.SetMemoryLimit(-1); limit < math.MaxInt64 {
		return limit
	}
	return 0
}

// A Watch knows whether memory is short. Its methods may be called from any goroutine.
type Watch struct {
	short    atomic.Bool
	used     atomic.Int64
	limit    int64
	measure  func() int64
	episodes atomic.Uint64
}

// New returns a Watch over a limit in bytes; with 0 memory is never short.
func New(limit int64) *Watch {
	w := &Watch{limit: limit}
	w.measure = reader()
	return w
}

// Short says that memory is short.
func (w *Watch) Short() *atomic.Bool { return &w.short }

// Usage is what was used at the last look, the limit, and how often memory has become short.
func (w *Watch) Usage() (used, limit int64, episodes uint64) {
	return w.used.Load(), w.limit, w.episodes.Load()
}

// Run looks again and again until ctx ends. changed is told when memory becomes short, and when it
// no longer is.
func (w *Watch) Run(ctx context.Context, changed func(short bool, used, limit int64)) {
	if w.limit <= 0 {
		<-ctx.Done()
		return
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if was := w.short.Load(); w.look() != was {
			changed(!was, w.used.Load(), w.limit)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// look measures, and says whether memory is short.
func (w *Watch) look() bool {
	used := w.measure()
	w.used.Store(used)
	short := w.short.Load()
	switch share := float64(used) / float64(w.limit); {
	case !short && share > high:
		w.episodes.Add(1)
		short = true
	case short && share < low:
		short = false
	}
	w.short.Store(short)
	return short
}

// reader returns what measures the memory that the process cannot do without: what was alive at the
// last collection, and what is not heap. What waits to be collected is left out, since the runtime
// lets the heap grow up to its limit on purpose. It is for one goroutine.
func reader() func() int64 {
	samples := []metrics.Sample{
		{Name: "/gc/heap/live:bytes"},
		{Name: "/memory/classes/total:bytes"},
		{Name: "/memory/classes/heap/released:bytes"},
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/heap/unused:bytes"},
		{Name: "/memory/classes/heap/free:bytes"},
	}
	return func() int64 {
		metrics.Read(samples)
		sum := samples[0].Value.Uint64() + samples[1].Value.Uint64()
		for _, s := range samples[2:] {
			sum -= s.Value.Uint64()
		}
		return int64(sum)
	}
}
