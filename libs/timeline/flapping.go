package timeline

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// A Flap is an endpoint that came and went.
type Flap struct {
	Cluster, Endpoint string
	// Changes is how often it lost weight, or got all of it back, for the node that saw most
	// of it. Ups and downs that several nodes see are the same ones, so they are not added
	// up.
	Changes int
	// Observer is that node; Observers is how many nodes saw as many changes as were
	// asked for.
	Observer  string
	Observers int
	// First and Last are when that node's first and last change were learned of.
	First, Last time.Time
	State       State // to that node, by its last event
}

// comings follows one endpoint in the eyes of one node, from the newest event to the
// oldest.
type comings struct {
	Flap
	whole bool      // whether it had its whole weight at the event before, which is later
	at    time.Time // of that event
}

func (c *comings) see(e *Event) {
	if whole := e.State == Up; whole != c.whole {
		if c.Changes == 0 {
			c.Last = c.at
		}
		c.First = c.at
		c.Changes++
		c.whole = whole
	}
	c.at = e.Time
}

// Flapping returns the endpoints that have lost weight, or got all of it back, at least
// so often since a time in the eyes of one node, those with most changes first. What the
// state was before that time is not looked at. That a node does not know the endpoint
// any more is no change of the endpoint.
func (s *Store) Flapping(since time.Time, changes int) ([]Flap, error) {
	type pair struct{ cluster, endpoint, observer string }
	seen := map[pair]*comings{}
	err := s.back(&Query{}, func(e *Event) bool {
		if e.Time.Before(since) {
			return false
		}
		if e.State == Gone {
			return true
		}
		at := pair{e.Cluster, e.Endpoint, e.Observer}
		c := seen[at]
		if c == nil {
			c = &comings{
				Flap: Flap{
					Cluster: e.Cluster, Endpoint: e.Endpoint, Observer: e.Observer, State: e.State,
				}, whole: e.State == Up,
			}
			seen[at] = c
		}
		c.see(e)
		return true
	})
	if err != nil {
		return nil, fmt.Errorf("reading the history: %w", err)
	}
	type endpoint struct{ cluster, endpoint string }
	worst := map[endpoint]*Flap{}
	for _, c := range seen {
		f := &c.Flap
		if f.Changes < max(changes, 1) {
			continue
		}
		at := endpoint{f.Cluster, f.Endpoint}
		w := worst[at]
		if w == nil || f.Changes > w.Changes || f.Changes == w.Changes && f.Observer < w.Observer {
			if w != nil {
				f.Observers = w.Observers
			}
			worst[at], w = f, f
		}
		w.Observers++
	}
	var out []Flap
	for _, f := range worst {
		out = append(out, *f)
	}
	slices.SortFunc(out, func(a, b Flap) int {
		return cmp.Or(cmp.Compare(b.Changes, a.Changes), cmp.Compare(a.Cluster, b.Cluster),
			cmp.Compare(a.Endpoint, b.Endpoint))
	})
	return out, nil
}
