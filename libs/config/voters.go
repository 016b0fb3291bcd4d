package config

import (
	"fmt"

	"github.com/gatewayhomebrew/gateway/libs/config/text"
)

// MaxVoters is how many nodes elect the one that gives out shares of limits, at most. More of them
// would only take longer to agree.
const MaxVoters = 7

// A FleetVoter is one of the nodes that elect the one that gives out shares of limits: by its name,
// or by its address.
type FleetVoter struct {
	Name    string
	Address string // host:port, "" where it is known by its name
}

// FleetVoters are the voters of a fleet, where the document has gossip: those that it names, or the
// nodes that it joins. There may be more than MaxVoters of the latter, which is too many.
func (d *Document) FleetVoters() (all []FleetVoter) {
	for _, name := range d.Gossip.Voters {
		all = append(all, FleetVoter{Name: d.Secret(name)})
	}
	if len(all) > 0 {
		return all
	}
	for _, address := range d.GossipJoin() {
		all = append(all, FleetVoter{Address: address})
	}
	return all
}

// SharesLimits says whether a route has a limit that the fleet shares.
func (d *Document) SharesLimits() bool {
	for i := range d.Routes {
		for j := range d.Routes[i].RateLimit {
			if d.Routes[i].RateLimit[j].Scope == ScopeFleet {
				return true
			}
		}
	}
	return false
}

// voters checks the names of voters.
func (v *validator) voters(g *Gossip) {
	if len(g.Voters) > MaxVoters {
		v.add("gossip.voters", CodeValue, fmt.Sprintf("there are %d voters, and %d are the most",
			len(g.Voters), MaxVoters), "3 or 5 that stay are best")
		return
	}
	seen := make(map[string]bool)
	for i, name := range g.Voters {
		path := text.JoinIndex("gossip.voters", i)
		switch name := v.value(name); {
		case name == "" || len(name) > maxNode:
			v.add(path, CodeValue, "the name of a node has 1 to 128 bytes",
				"write a gossip.name, or role@address, as gateway status shows it")
		case seen[name]:
			v.add(path, CodeDupName, text.Quote(g.Voters[i])+" is there twice", "remove one")
		default:
			seen[name] = true
		}
	}
}

// fewVoters warns of voters of which one that is away, or any split, leaves no majority.
func (v *validator) fewVoters() {
	d := v.doc
	if d.Gossip == nil || !d.SharesLimits() {
		return
	}
	path := "gossip.voters"
	if len(d.Gossip.Voters) == 0 {
		path = "gossip.join"
	}
	const hint = "name 3 or 5 nodes that stay in gossip.voters, the same at every node"
	n := len(d.FleetVoters())
	switch {
	case n == 0:
		v.caution("gossip.join", CodeVoters, "nobody elects the node that gives out the shares of "+
			"the fleet's limits, so nothing passes them", hint)
	case n > MaxVoters:
		v.caution(path, CodeVoters, fmt.Sprintf("%d nodes to join are too many to elect the one "+
			"that gives out the shares of the fleet's limits, so nothing passes them", n), hint)
	case n == 1:
		v.caution(path, CodeVoters, "one node alone gives out the shares of the fleet's limits: "+
			"while it is away, no share grows, and 90 s later nothing passes them", hint)
	case n%2 == 0:
		v.caution(path, CodeVoters, fmt.Sprintf("of %d nodes that elect the one that gives out "+
			"shares, as many may be away as of %d", n, n-1), hint)
	}
}
