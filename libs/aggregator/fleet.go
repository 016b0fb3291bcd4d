package aggregator

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/gossip"
	"github.com/gatewayhomebrew/gateway/libs/health"
	"github.com/gatewayhomebrew/gateway/libs/timeline"
)

// Fleet is what all nodes say at one moment, as openspec/health.yaml has it.
type Fleet struct {
	Aggregator string     `json:"aggregator"`
	Time       time.Time  `json:"time"`
	Nodes      []Node     `json:"nodes"`
	Endpoints  []Endpoint `json:"endpoints"`
	Clusters   []Cluster  `json:"clusters"`
}

// Node is a member of the ring.
type Node struct {
	Name    string `json:"name"`
	Role    string `json:"role"`
	Address string `json:"address"`
	Version string `json:"version"`
	Digest  string `json:"digest"` // of the document in force there
	// SnapshotDigest is that of the snapshot it comes from; "": a file of the node's own.
	SnapshotDigest string `json:"snapshot_digest"`
	// SharedDigest is that of the document without config_sync, admin and gossip, which each node
	// has for itself alone; "": the node does not tell.
	SharedDigest string    `json:"shared_digest"`
	Since        time.Time `json:"since"`
	// ContactAge is how long ago it was last heard directly, and RoundTrip how long an answer
	// takes; nil before the first.
	ContactAge *float64 `json:"contact_age_seconds"`
	RoundTrip  *float64 `json:"round_trip_ms"`
	Suspect    bool     `json:"suspect"`
}

// Cluster is one that some node looks at.
type Cluster struct {
	Name      string `json:"name"`
	Watchers  int    `json:"watchers"`
	Endpoints int    `json:"endpoints"` // that some node reports
}

// Endpoint is one that some node has taken weight from.
type Endpoint struct {
	Cluster  string   `json:"cluster"`
	Address  string   `json:"endpoint"`
	State    string   `json:"state"` // weak or down
	Share    float64  `json:"share"`
	Watchers int      `json:"watchers"`
	Reports  []Report `json:"reports"`
	Reason   string   `json:"reason"`
}

// Report is what one node has seen itself.
type Report struct {
	Node     string  `json:"node"`
	Loss     float64 `json:"loss"`
	Requests uint64  `json:"requests"`
	Failed   uint64  `json:"failed"`
	Reason   string  `json:"reason"`
	Age      float64 `json:"age_seconds"`
	Suspect  bool    `json:"suspect"`
}

// As docs/health.md has them.
const (
	fewestPoints = 3    // vantage points are counted as no fewer
	noLoss       = 0.01 // less is none
	floor        = 0.01 // of a weight that stays whatever happens
)

type endpointKey struct{ cluster, address string }

// fleetOf puts members and reports together. It reads no clock.
func fleetOf(name string, now time.Time, members []gossip.Member, reports []gossip.Standing) Fleet {
	f := Fleet{
		Aggregator: name, Time: now.UTC(), Nodes: []Node{}, Endpoints: []Endpoint{},
		Clusters: []Cluster{},
	}
	suspects, watchers := map[string]bool{}, map[string]map[string]bool{}
	said := map[endpointKey][]weighed{}
	for _, r := range reports {
		if r.Suspect {
			suspects[r.Observer] = true
		}
		if watchers[r.Sight.Cluster] == nil {
			watchers[r.Sight.Cluster] = map[string]bool{}
		}
		watchers[r.Sight.Cluster][r.Observer] = true
		if r.Sight.Address == "" || r.Sight.Loss < noLoss {
			continue
		}
		k := endpointKey{r.Sight.Cluster, r.Sight.Address}
		said[k] = append(said[k], weighed{r.Trust, Report{
			Node: r.Observer, Loss: round(r.Sight.Loss), Requests: r.Sight.Requests,
			Failed: r.Sight.Failed,
			Reason: reasonOf(r.Sight), Age: round(r.Age.Seconds()), Suspect: r.Suspect,
		}})
	}
	for _, m := range members {
		n := Node{
			Name: m.Name, Role: m.Info.Role, Address: m.Address, Version: m.Info.Version,
			Digest:         m.Info.Digest,
			SnapshotDigest: m.Info.SnapshotDigest, SharedDigest: m.Info.SharedDigest,
			Since: m.Since.UTC(), Suspect: suspects[m.Name],
		}
		if !m.Contact.IsZero() && m.Name != name { // it does not ask itself
			age, trip := round(max(now.Sub(m.Contact), 0).Seconds()),
				round(m.RoundTrip.Seconds()*1000)
			n.ContactAge, n.RoundTrip = &age, &trip
		}
		f.Nodes = append(f.Nodes, n)
	}
	of := map[string]int{}
	for k, all := range said {
		f.Endpoints = append(f.Endpoints, endpointOf(k, all, len(watchers[k.cluster])))
		of[k.cluster]++
	}
	for c, who := range watchers {
		f.Clusters = append(f.Clusters, Cluster{Name: c, Watchers: len(who), Endpoints: of[c]})
	}
	slices.SortFunc(f.Nodes, func(a, b Node) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(f.Clusters, func(a, b Cluster) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(f.Endpoints, func(a, b Endpoint) int {
		return cmp.Or(strings.Compare(a.Cluster, b.Cluster), strings.Compare(a.Address, b.Address))
	})
	return f
}

// weighed is a report, and how far it is believed.
type weighed struct {
	trust float64
	Report
}

// endpointOf weighs what nodes say of an endpoint, as a node does that has not asked it itself.
func endpointOf(k endpointKey, said []weighed, watchers int) Endpoint {
	slices.SortFunc(said, func(a, b weighed) int {
		return cmp.Or(-cmp.Compare(a.Loss, b.Loss), strings.Compare(a.Node, b.Node))
	})
	lost, counted := 0.0, 0
	all := make([]Report, 0, len(said))
	for _, r := range said {
		all = append(all, r.Report)
		if !r.Suspect {
			lost += r.Loss * r.trust
			counted++
		}
	}
	// More say something of the endpoint than watch the cluster: some of them forgot to say that
	// they do.
	lost /= float64(max(watchers, len(all), fewestPoints))
	share := 1.0
	if lost >= noLoss {
		share = max(1-lost, floor)
	}
	e := Endpoint{
		Cluster: k.cluster, Address: k.address, State: timeline.Weak.String(), Share: round(share),
		Watchers: watchers, Reports: all,
	}
	if share <= floor {
		e.State = timeline.Down.String()
	}
	e.Reason = fmt.Sprintf("%d of %d nodes report a loss of weight, the largest %s: %.0f%%, %s",
		counted, watchers, all[0].Node, 100*all[0].Loss, all[0].Reason)
	if n := len(all) - counted; n > 0 {
		e.Reason += fmt.Sprintf("; %d more may be cut off themselves and do not count", n)
	}
	return e
}

// reasonOf says in words what a node has seen.
func reasonOf(s health.Sight) string {
	switch {
	case s.Loss < noLoss:
		return "it has its weight"
	case s.Down && s.Requests == 0:
		return "active checks say that it is down"
	case s.Requests == 0:
		return "no requests lately; its weight is on its way back"
	}
	text := fmt.Sprintf("%d of %d requests failed", s.Failed, s.Requests)
	if s.Main != health.Success {
		text += ", mostly " + s.Main.String()
	}
	if s.Down {
		text += "; active checks say that it is down"
	}
	return text
}

func round(f float64) float64 { return math.Round(f*1000) / 1000 }
