package gossip

import (
	"testing"
	"time"

	"github.com/hashicorp/memberlist"

	"github.com/gatewayhomebrew/gateway/libs/health"
)

// What counts of the reports of one node, after it has said one thing more.
func TestWhatStands(t *testing.T) {
	t.Parallel()
	watches, loses := health.Sight{Cluster: "shop"}, health.Sight{
		Cluster: "shop", Address: "10.0.0.1:80", Loss: 1,
	}
	for _, c := range []struct {
		name    string
		more    Report
		losses  int
		watches int
		suspect bool
	}{
		{"nothing more", Report{Incarnation: 1, Sequence: 1, Sight: watches}, 1, 1, false},
		{
			"that it may be cut off holds for what it said before",
			Report{Incarnation: 1, Sequence: 9, Suspect: true}, 1, 1, true,
		},
		{
			"the endpoint is well",
			Report{
				Incarnation: 1, Sequence: 9,
				Sight: health.Sight{Cluster: "shop", Address: "10.0.0.1:80"},
			}, 0, 1, false,
		},
		{
			"the last word on the loss is old",
			Report{Incarnation: 1, Sequence: 9, Sight: loses, Age: 91 * time.Second}, 0, 1, false,
		},
		{
			"it does not watch any more",
			Report{Incarnation: 1, Sequence: 9, Sight: watches, Gone: true}, 1, 0, false,
		},
		{"it leaves", Report{Incarnation: 1, Sequence: 9, Gone: true}, 0, 0, false},
		{
			"it speaks in a life in which it is no member",
			Report{Incarnation: 2, Sequence: 1, Sight: loses}, 0, 0, false,
		},
	} {
		now := time.Now()
		r := &Ring{state: newState(), members: newMembers(), pace: DefaultPace(), name: "agg"}
		r.members.joined("edge-1", "10.0.0.9:7946", meta{life: 1}, now)
		for _, report := range []Report{
			{Incarnation: 1, Sequence: 1, Sight: watches},
			{Incarnation: 1, Sequence: 2, Sight: loses}, c.more,
		} {
			report.Observer = "edge-1"
			r.state.merge(&report, now)
		}
		losses, watching := 0, 0
		for _, s := range r.Standing() {
			if s.Sight.Address == "" {
				watching++
			} else {
				losses++
			}
			if s.Suspect != c.suspect || s.Trust != 1 {
				t.Errorf("%s: %+v", c.name, s)
			}
		}
		if losses != c.losses || watching != c.watches {
			t.Errorf("%s: %d losses and %d clusters, want %d and %d", c.name, losses, watching,
				c.losses, c.watches)
		}
		r.members.parted("edge-1", now.Add(-7500*time.Millisecond))
		for _, s := range r.Standing() {
			if s.Trust < 0.4 || s.Trust > 0.5 {
				t.Errorf("%s: lost for 7.5s it is trusted %v", c.name, s.Trust)
			}
		}
		r.members.joined("edge-1", "10.0.0.9:7946", meta{life: 1}, now)
		r.members.parted("edge-1", now.Add(-10*time.Second))
		if all := r.Standing(); len(all) != 0 {
			t.Errorf("%s: lost for 10s, and %+v stands", c.name, all)
		}
	}
}

// A member says that it is in an earlier life than the one its reports are of: its clock was set
// back. It is told of what it said, once a second, and nobody else is.
func TestANodeWhoseClockWasSetBackIsReminded(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for _, c := range []struct {
		life, said uint64
		want       bool
	}{{5, 9, true}, {9, 9, false}, {10, 9, false}, {0, 9, false}} {
		r := &Ring{
			state: newState(), members: newMembers(), pace: DefaultPace(), name: "edge-0",
			fed: map[string]feeding{"edge-1": {}},
		}
		r.options.Local = health.NewRegistry()
		r.queue = &memberlist.TransmitLimitedQueue{NumNodes: func() int {
			return 3
		}, RetransmitMult: 1}
		r.members.joined("edge-1", "10.0.0.9:7946", meta{life: c.life}, now)
		r.state.merge(&Report{
			Observer: "edge-1", Incarnation: c.said, Sequence: 1,
			Sight: health.Sight{Cluster: "shop"},
		}, now)
		r.feed(now)
		if got := r.queue.NumQueued() == 1; got != c.want {
			t.Errorf("life %d, reports of %d: reminded: %v", c.life, c.said, got)
		}
		r.queue.Reset()
		r.feed(now.Add(remindEvery / 2))
		if r.queue.NumQueued() > 0 {
			t.Error("it is reminded again at once")
		}
		r.feed(now.Add(remindEvery))
		if got := r.queue.NumQueued() == 1; got != c.want {
			t.Errorf("life %d, reports of %d: reminded again after a second: %v", c.life, c.said,
				got)
		}
	}
}
