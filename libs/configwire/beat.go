package configwire

import (
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/gatewayhomebrew/gateway/libs/configpb"
)

// Counts are what the node did, since some moment that does not change while Of stays the same.
type Counts struct {
	// Of tells one set of counters from another: those of a plan begin at nothing when it is put in
	// force.
	Of any
	// requests and sessions; those that ended with a 5xx; connections that failed
	Requests, Failures, Connects uint64
	// Latency is how many requests took how long, as Options.LatencyBounds has it. It never begins
	// anew.
	Latency []uint64
}

// beats turns counters into what happened between two looks.
type beats struct {
	last  Counts
	at    time.Time
	begun time.Time
}

func newBeats(c Counts, now time.Time) *beats { return &beats{last: c, at: now, begun: now} }

// next is what has happened since the last call, by a node that ran this configuration meanwhile.
func (b *beats) next(c Counts, now time.Time, runs Config) *configpb.Heartbeat {
	before := b.last
	if c.Of != before.Of {
		before.Requests, before.Failures, before.Connects = 0, 0, 0
	}
	h := &configpb.Heartbeat{
		Digest: runs.Digest, Revision: runs.Revision, Window: durationpb.New(now.Sub(b.at)),
		Uptime:          durationpb.New(now.Sub(b.begun)),
		Requests:        less(c.Requests, before.Requests),
		Responses_5Xx:   less(c.Failures, before.Failures),
		ConnectFailures: less(c.Connects, before.Connects),
		Latency:         make([]uint64, len(c.Latency)),
	}
	for i := range c.Latency {
		h.Latency[i] = c.Latency[i]
		if i < len(before.Latency) {
			h.Latency[i] = less(c.Latency[i], before.Latency[i])
		}
	}
	b.last, b.at = c, now
	return h
}

// less never goes below zero: what routes that are gone have counted is gone with them.
func less(now, before uint64) uint64 {
	if now < before {
		return 0
	}
	return now - before
}
