package rollout

import (
	"slices"
	"time"
)

// A Node is what is known of one node of the fleet.
type Node struct {
	Name, Service, Version string
	Labels                 map[string]string
	Boot                   string // other at every start of its process
	Connected              bool
	Since                  time.Time // connected, or gone
	Heard                  time.Time // of it last
	Digest                 string    // what it runs; "" is its own file
	Revision               uint64    // the highest it was given and has answered
	Answer                 Answer
	LastBeat               Traffic // since the beat before

	restarted bool // since the run went to all
	digest    string
	changed   time.Time // when it came to digest
	slots     [slots]slot
	before    Traffic // of the digest before this one
	apart     float64 // how slow it was then: see apartFrom
	uptime    time.Duration
	beaten    time.Time // when its last heartbeat came
	doubted   time.Time // when it last said what can't be
}

// An Answer is what a node has made of an assignment. The zero Answer is that of a node that was
// given none.
type Answer struct {
	Revision uint64
	Digest   string
	Applied  bool
	Reason   string // of a refusal
	At       time.Time
}

// Traffic is what became of the requests of some time.
type Traffic struct {
	Requests, Errors, Connects uint64
	Latency                    []Bucket // by bound, growing
	// Window is the time that a heartbeat is about, and Uptime that of its node's process. 0: it
	// does not say.
	Window, Uptime time.Duration
}

// A Bucket is how many requests took up to Bound seconds, and longer than the bound before it.
type Bucket struct {
	Bound float64 // +Inf in the last
	Count uint64
}

// Traffic is looked at over the last minute, in slots.
const (
	slots    = 60
	slotTime = time.Second
	window   = slots * slotTime
)

type slot struct {
	began   time.Time
	digest  string
	traffic Traffic
}

// answered says whether a node runs a revision, or has refused it. One that comes and knows the
// revision but does not run it is given it again, and says what it made of it.
func (n *Node) answered(revision uint64, digest string) bool {
	return n.Revision >= revision && n.Digest == digest ||
		n.Answer.Revision == revision && !n.Answer.Applied
}

// beat adds a heartbeat's counters.
func (n *Node) beat(now time.Time, digest string, t Traffic) {
	if digest != n.digest {
		n.before = n.traffic(now, time.Time{}, runs(n.digest))
		n.digest, n.changed = digest, now
	}
	began := now.Truncate(slotTime)
	s := &n.slots[int(began.Unix()/int64(slotTime/time.Second)%slots+slots)%slots]
	if !s.began.Equal(began) || s.digest != digest {
		*s = slot{began: began, digest: digest}
	}
	s.traffic.add(t)
}

func runs(digest string) func(*slot) bool {
	return func(s *slot) bool { return s.digest == digest }
}

// traffic is that of the last minute, of slots that are wanted and not of before a time.
func (n *Node) traffic(now, from time.Time, wanted func(*slot) bool) (t Traffic) {
	for i := range n.slots {
		if s := &n.slots[i]; s.current(now) && !s.began.Before(from) && wanted(s) {
			t.add(s.traffic)
		}
	}
	return t
}

func (s *slot) current(now time.Time) bool {
	return !s.began.IsZero() && now.Sub(s.began) < window+slotTime
}

func (t *Traffic) add(other Traffic) {
	t.Requests += other.Requests
	t.Errors += other.Errors
	t.Connects += other.Connects
	if len(t.Latency) == 0 {
		t.Latency = slices.Clone(other.Latency)
		return
	}
	i := 0 // both grow
	for _, b := range other.Latency {
		for i < len(t.Latency) && t.Latency[i].Bound < b.Bound {
			i++
		}
		if i < len(t.Latency) && t.Latency[i].Bound == b.Bound {
			t.Latency[i].Count += b.Count
		} else {
			t.Latency = slices.Insert(t.Latency, i, b)
		}
	}
}

// Quantile is the time, in seconds, that a share of the requests took at most, 0 when there was
// none.
func (t *Traffic) Quantile(share float64) float64 {
	var total uint64
	for _, b := range t.Latency {
		total += b.Count
	}
	if total == 0 {
		return 0
	}
	rank, seen, low := share*float64(total), 0.0, 0.0
	for i, b := range t.Latency {
		count := float64(b.Count)
		if seen+count >= rank && b.Count > 0 {
			if i == len(t.Latency)-1 && b.Bound > 1e9 {
				return low // there is no upper bound to go by
			}
			return low + (b.Bound-low)*(rank-seen)/count
		}
		seen += count
		low = b.Bound
	}
	return low
}

func (n *Node) has(labels map[string]string) bool {
	for k, v := range labels {
		if got, ok := n.Labels[k]; !ok || got != v {
			return false
		}
	}
	return true
}
