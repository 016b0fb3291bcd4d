package aggregator

import (
	"time"

	"github.com/gatewayhomebrew/gateway/libs/gossip"
	"github.com/gatewayhomebrew/gateway/libs/timeline"
)

// Event is one thing a node said about an endpoint, as openspec/health.yaml has it.
type Event struct {
	ID       uint64    `json:"id"`
	Time     time.Time `json:"time"`
	Cluster  string    `json:"cluster"`
	Endpoint string    `json:"endpoint"`
	Node     string    `json:"node"`
	Observed time.Time `json:"observed"`
	State    string    `json:"state"`
	Share    float64   `json:"share"`
	Reason   string    `json:"reason"`
}

// Timeline is a page of events, the newest first.
type Timeline struct {
	Events []Event `json:"events"`
	More   bool    `json:"more"`
}

// Flap is an endpoint that came and went.
type Flap struct {
	Cluster  string    `json:"cluster"`
	Endpoint string    `json:"endpoint"`
	Changes  int       `json:"changes"`
	Node     string    `json:"node"`
	Nodes    int       `json:"nodes"`
	First    time.Time `json:"first"`
	Last     time.Time `json:"last"`
	State    string    `json:"state"`
}

// Flapping is the endpoints that flap, those with most changes first.
type Flapping struct {
	Endpoints []Flap `json:"endpoints"`
}

// eventOf is what is remembered of a report; false: nothing, since it is about no endpoint.
func eventOf(r gossip.Report, now time.Time) (timeline.Event, bool) {
	if r.Sight.Cluster == "" || r.Sight.Address == "" {
		return timeline.Event{}, false
	}
	e := timeline.Event{
		Cluster: r.Sight.Cluster, Endpoint: r.Sight.Address, Observer: r.Observer,
		Observed: now.Add(-r.Age), Sequence: r.Sequence,
		State: timeline.Weak, Share: max(1-r.Sight.Loss, 0), Reason: reasonOf(r.Sight),
	}
	switch {
	case r.Gone:
		e.State, e.Reason = timeline.Gone, "the node does not have it any more"
	case r.Sight.Loss < noLoss:
		e.State = timeline.Up
	case 1-r.Sight.Loss <= floor+1e-9:
		e.State = timeline.Down
	}
	if r.Suspect {
		e.Reason += "; the node may be cut off itself"
	}
	return e, true
}

func (a *Aggregator) timeline(q timeline.Query) (Timeline, error) {
	events, more, err := a.store.Events(q)
	out := Timeline{Events: []Event{}, More: more}
	for _, e := range events {
		out.Events = append(out.Events, Event{
			ID: e.ID, Time: e.Time.UTC(), Cluster: e.Cluster, Endpoint: e.Endpoint,
			Node: e.Observer, Observed: e.Observed.UTC(),
			State: e.State.String(), Share: round(e.Share), Reason: e.Reason,
		})
	}
	return out, err
}

// What counts as flapping when nobody says otherwise.
const (
	flapWithin  = 10 * time.Minute
	flapChanges = 4
)

func (a *Aggregator) flapping(within time.Duration, changes int) (Flapping, error) {
	flaps, err := a.store.Flapping(a.now().Add(-within), changes)
	out := Flapping{Endpoints: []Flap{}}
	for _, f := range flaps {
		out.Endpoints = append(out.Endpoints, Flap{
			Cluster: f.Cluster, Endpoint: f.Endpoint, Changes: f.Changes, Node: f.Observer,
			Nodes: f.Observers,
			First: f.First.UTC(), Last: f.Last.UTC(), State: f.State.String(),
		})
	}
	return out, err
}
