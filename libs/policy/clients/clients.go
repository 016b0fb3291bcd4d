// Package clients is the policy that lets only clients with certain addresses use a route
// (routes[].clients).
package clients

import (
	"net/netip"
	"slices"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/hostname"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

// Policy refuses clients by their addresses.
type Policy struct{ allow, deny ranges }

// New makes the policy of a route; nil for one that is for every address.
func New(c *config.Route) (policy.Policy, error) {
	if c.Clients == nil || len(c.Clients.Allow)+len(c.Clients.Deny) == 0 {
		return nil, nil
	}
	return &Policy{allow: newRanges(c.Clients.Allow), deny: newRanges(c.Clients.Deny)}, nil
}

// Name is policy.Policy's.
func (*Policy) Name() string { return "clients" }

// message is the same whatever the rule: a client that may not use the route learns nothing of it.
const message = "the route is not for the address of this client"

// OnRequest is policy.OnRequest's.
func (p *Policy) OnRequest(r *policy.Request) *policy.Answer {
	client := r.Origin()
	rule := p.refuses(client)
	if rule == "" {
		return nil
	}
	room := r.Room()
	room.Answer = policy.Answer{
		Code: gwerr.Forbidden, Message: message, Rule: rule + hostname.ClientText(client),
	}
	return &room.Answer
}

// refuses returns the rule that refuses a client, up to its address; "" for none.
func (p *Policy) refuses(client netip.Addr) string {
	if by, ok := p.deny.find(client); ok {
		return "clients.deny: " + hostname.RangeText(by) + " has "
	}
	if p.allow.list == nil {
		return ""
	}
	if _, ok := p.allow.find(client); !ok {
		return "clients.allow: none has "
	}
	return ""
}

// few is how many ranges are looked at one after the other. More are found by their lengths, of
// which there are at most 33 for IPv4 and 129 for IPv6.
const few = 16

// ranges are ranges of addresses.
type ranges struct {
	list []netip.Prefix
	// bits are the lengths of those in all, the longest first; nil where list is short.
	bits []int
	all  map[netip.Prefix]struct{}
}

func newRanges(list []netip.Prefix) ranges {
	if len(list) <= few {
		return ranges{list: list}
	}
	r := ranges{list: list, all: make(map[netip.Prefix]struct{}, len(list))}
	for _, p := range list {
		if !p.IsValid() {
			continue // of clients without an address, which find looks for in list
		}
		r.all[p.Masked()] = struct{}{}
		if !slices.Contains(r.bits, p.Bits()) {
			r.bits = append(r.bits, p.Bits())
		}
	}
	slices.SortFunc(r.bits, func(a, b int) int { return b - a })
	return r
}

// find returns a range that an address is in.
func (r *ranges) find(a netip.Addr) (netip.Prefix, bool) {
	if !a.IsValid() {
		return netip.Prefix{}, slices.Contains(r.list, netip.Prefix{})
	}
	if r.all == nil {
		for _, p := range r.list {
			if p.Contains(a) {
				return p, true
			}
		}
		return netip.Prefix{}, false
	}
	for _, bits := range r.bits {
		p, err := a.Prefix(bits)
		if err != nil {
			continue // longer than an address of IPv4
		}
		if _, ok := r.all[p]; ok {
			return p, true
		}
	}
	return netip.Prefix{}, false
}
