package rollout

import (
	"fmt"
	"time"
)

// An Event is something of a rollout that is worth an operator's look and changes nothing by
// itself: a node that says what can't be, or one that nobody bears out.
type Event struct {
	Time time.Time
	Node string
	Text string // what the node is about, in a sentence
}

// Bounds of what a node can have done.
const (
	// MaxRate is how many requests, sessions or connects one node can have in a second.
	MaxRate = 5_000_000
	// longestWindow is how long the time of a heartbeat may be for its numbers to count.
	longestWindow = 15 * time.Second
	// slack is how many failures there may be above the requests: a node reads its counters one
	// after the other while it serves.
	slack = 1000

	maxEvents = 64
)

// impossible says what in a heartbeat can't be, "" if all can. since is the time from the heartbeat
// before, by our clock: the node's own would let it choose. uptime is what it said before.
func (t *Traffic) impossible(since, uptime time.Duration) string {
	since = min(max(since, t.Window, time.Second), time.Minute) + time.Second
	most := uint64(since.Seconds() * MaxRate)
	var latencies uint64
	for _, b := range t.Latency {
		if b.Bound != b.Bound || b.Bound <= 0 {
			return "it counts requests by times that are no times"
		}
		latencies += min(b.Count, most+1)
	}
	for _, x := range []struct {
		n    uint64
		what string
	}{
		{t.Requests, "requests"}, {t.Errors, "failed requests"}, {t.Connects, "failed connects"},
		{latencies, "times of requests"},
	} {
		switch {
		case x.n >= 1<<63:
			return fmt.Sprintf("its number of %s went back below zero", x.what)
		case x.n > most:
			return fmt.Sprintf("it says %d %s within %s, which no node can have", x.n, x.what,
				since.Round(time.Second))
		}
	}
	switch {
	case t.Errors > t.Requests+slack:
		return fmt.Sprintf("it says %d failed requests of %d", t.Errors, t.Requests)
	case t.Window < 0 || t.Uptime < 0:
		return "it speaks of a time below zero"
	case t.Uptime > 0 && t.Uptime+time.Second < uptime:
		return fmt.Sprintf("its uptime went back from %s to %s, and its process is the same",
			uptime.Round(time.Second), t.Uptime.Round(time.Second))
	}
	return ""
}

// Doubt notes that a node has said something that can't be. For as long as gates look back none of
// its numbers count. It returns whether that is news in this rollout.
func (m *Machine) Doubt(now time.Time, name, why string) (news bool) {
	if n := m.nodes[name]; n != nil {
		n.doubted = now
	}
	return m.note(now, name, "doubt", "not believed: "+why)
}

// Doubtful says whether a node has said within the last minute what can't be.
func (n *Node) Doubtful(now time.Time) bool {
	return !n.doubted.IsZero() && now.Sub(n.doubted) < window
}

// note adds an event, one for each node and subject in a rollout.
func (m *Machine) note(now time.Time, node, subject, text string) (news bool) {
	key := [2]string{node, subject}
	if m.noted[key] || len(m.events) >= maxEvents {
		return false
	}
	m.noted[key] = true
	m.events = append(m.events, Event{Time: now, Node: node, Text: text})
	return true
}

// Events are those of the rollout that runs, or of the last one, and of the time since.
func (m *Machine) Events() []Event { return m.events }
