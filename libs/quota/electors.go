package quota

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/shares"
)

// electors are the voters of a configuration, as far as their addresses were looked up.
type electors struct {
	voters []config.FleetVoter
	at     []string // addresses of those that are known by one; "": not found
	wrong  string   // why there are none
}

// How often names are looked up, and how long that may take.
const (
	lookUpAgain = 5 * time.Second
	lookUpMost  = 3 * time.Second
)

// lookUp finds the addresses of voters. An address that leads to several nodes names none, and then
// nobody votes: others may know other ones.
func lookUp(ctx context.Context, r *net.Resolver, voters []config.FleetVoter) electors {
	e := electors{voters: voters, at: make([]string, len(voters))}
	switch {
	case len(voters) == 0:
		e.wrong = "gossip.join is empty, and there are no gossip.voters"
	case len(voters) > shares.MaxVoters:
		e.wrong = fmt.Sprintf("gossip.join has %d addresses, and at most %d nodes elect",
			len(voters), shares.MaxVoters)
	}
	for i := range voters {
		if e.wrong != "" {
			return e
		}
		if voters[i].Address == "" {
			continue
		}
		host, port, err := net.SplitHostPort(voters[i].Address)
		if err != nil {
			continue // validation let none through
		}
		ctx, cancel := context.WithTimeout(ctx, lookUpMost)
		found, err := r.LookupNetIP(ctx, "ip", host)
		cancel()
		if err != nil {
			continue // it is looked up again
		}
		at := make(map[netip.Addr]bool)
		for _, a := range found {
			at[a.Unmap()] = true
			e.at[i] = net.JoinHostPort(a.Unmap().String(), port)
		}
		if len(at) > 1 {
			e.wrong = fmt.Sprintf("number %d of gossip.join leads to %d addresses, so it names no "+
				"one node", i+1, len(at))
		}
	}
	return e
}

// of are the voters as the node of a ring sees them.
func (e *electors) of(n Network) shares.Voters {
	var all []shares.Voter
	if e.wrong == "" {
		for i, v := range e.voters {
			one := shares.Voter{ID: "name " + v.Name, Node: v.Name}
			if v.Address != "" {
				one = shares.Voter{ID: "address " + v.Address}
				if e.at[i] != "" {
					one.Node = n.NodeAt(e.at[i])
				}
			}
			all = append(all, one)
		}
	}
	return shares.NewVoters(all, n.Name())
}

// follow looks names up until ctx ends.
func (r *Runner) follow(ctx context.Context) {
	tick := time.NewTicker(lookUpAgain)
	defer tick.Stop()
	for {
		e := lookUp(ctx, net.DefaultResolver, *r.voters.Load())
		r.electors.Store(&e)
		select {
		case <-ctx.Done():
			return
		case <-r.changed:
		case <-tick.C:
		}
	}
}
