package load

import (
	"context"
	"time"

	"github.com/gatewayhomebrew/gateway/tools/bench/internal/gen"
)

// Target is one resource, asked for through a proxy or directly.
type Target struct {
	Addr, Host, Path string
	Size             int // of the body
	// List is a file with a host and a path a line to ask for in turn, all of that size; empty is
	// Host and Path.
	List string
	// Message is a file with a whole request that is sent in place of one for Path; empty: none.
	Message string
	// Speaks is what is spoken at Addr.
	Speaks Protocol
}

// Protocol is what the other side of a connection speaks.
type Protocol uint8

// The protocols. Of TCP it is only known that it accepts connections.
const (
	HTTP Protocol = iota
	HTTPS
	TCP
)

// Result is what one run of a load found.
type Result struct {
	Requests int64
	Elapsed  time.Duration
	P50, P99 time.Duration
	// Failed counts socket errors, timeouts and answers that are not what was asked for. A run with
	// any proves nothing.
	Failed int64
	Reason string // of the first failure, if it is known
	Body   int64  // bytes of one, where that is to be found out
	// CPU is what the load itself took.
	CPU time.Duration
	// Start and Windows are of a run that was watched.
	Start   time.Time
	Windows []gen.Counts
}

// Rate is requests per second.
func (r Result) Rate() float64 {
	if r.Elapsed <= 0 {
		return 0
	}
	return float64(r.Requests) / r.Elapsed.Seconds()
}

// Load asks for a target from many connections for a while. A rate of 0 means as fast as it is
// answered.
type Load interface {
	Run(ctx context.Context, t Target, d time.Duration, rate int) (Result, error)
}

// runGrace is how much longer than asked for a run may take before it is ended.
const runGrace = 10 * time.Second
