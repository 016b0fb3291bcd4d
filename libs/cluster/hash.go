package cluster

import (
	"sync/atomic"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/health"
	"github.com/gatewayhomebrew/gateway/libs/plan"
	"github.com/gatewayhomebrew/gateway/libs/rendezvous"
)

// An endpoint has at most 5/4 of its share of all that is in flight (consistent hashing with
// bounded loads, of Mirrokni, Thorup and Zadimoghaddam).
const boundOver, boundUnder = 5, 4

// always is how many requests or sessions an endpoint may have in any case. Those of a client that
// come one after the other can overlap here, since each is counted out when its endpoint has done
// too, and a key must not move for that.
const always = 4

// maxPlaces is how many places of its own a key is given. If each belongs to an endpoint that has
// too much, the first one that has room takes it.
const maxPlaces = 16

// hashing is how keys find endpoints. The tables are made of configured weights, so that a verdict
// of health makes none anew: it changes the shares that follow.
type hashing struct {
	key config.BalanceKey
	// first has the endpoints that are no backups, backups the others.
	first, backups *rendezvous.Table
	shares         atomic.Pointer[hashShares]
}

// hashShares are the weights in force, as a pick needs them. They never change.
type hashShares struct {
	table *rendezvous.Table
	// probed has the endpoints that are out and try themselves while backups serve; probe is the
	// share of the keys that they get, of 1<<32.
	probed  *rendezvous.Table
	probe   uint64
	sum     int64 // of the weights
	choices []hashChoice
}

// hashChoice is what a pick needs of an endpoint, side by side.
type hashChoice struct {
	weight int64
	keeps  uint64 // the share of its keys, of 1<<32
	load   *Load
}

const wholeShare = 1 << 32

// newHashing makes the tables of a cluster; prev is those of the plan before, nil for none.
func newHashing(c *plan.Cluster, prev *hashing) *hashing {
	key, err := config.ParseBalanceKey(c.Balance.Key)
	if c.Balance.Policy != config.BalanceHash || err != nil {
		return nil
	}
	names := addresses(c.Endpoints)
	weights, backups := make([]int, len(names)), make([]int, len(names))
	for i, e := range c.Endpoints {
		if e.Backup {
			backups[i] = e.Weight
		} else {
			weights[i] = e.Weight
		}
	}
	h := &hashing{key: key}
	if prev != nil && prev.first.Is(names, weights) {
		h.first = prev.first
	} else {
		h.first = rendezvous.New(names, weights)
	}
	if prev != nil && prev.backups.Is(names, backups) {
		h.backups = prev.backups
	} else {
		h.backups = rendezvous.New(names, backups)
	}
	return h
}

// judge puts weights in force.
func (h *hashing) judge(c *Cluster) {
	endpoints, weights := c.Cluster.Endpoints, c.judged.Weights()
	s := &hashShares{table: h.first, choices: make([]hashChoice, len(weights))}
	var sums [2]int64 // of the endpoints that are no backups, and of those that are
	var most [2]float64
	tier := func(i int) int {
		if endpoints[i].Backup {
			return 1
		}
		return 0
	}
	kept := func(i int) float64 {
		if endpoints[i].Weight == 0 {
			return 0
		}
		return float64(weights[i]) / health.Scale / float64(endpoints[i].Weight)
	}
	for i, w := range weights {
		t := tier(i)
		sums[t] += int64(w)
		most[t] = max(most[t], kept(i))
	}
	for i, w := range weights {
		s.choices[i] = hashChoice{weight: int64(w), load: c.endpoints[i].load}
		if k := kept(i); k > 0 {
			s.choices[i].keeps = uint64(k / most[tier(i)] * wholeShare)
		}
	}
	s.sum = sums[0] + sums[1]
	if sums[1] > 0 {
		s.table, s.probed = h.backups, h.first
		s.probe = uint64(float64(sums[0]) / float64(s.sum) * wholeShare)
	}
	h.shares.Store(s)
}

// Key is what requests are hashed by; nil where they are not.
func (c *Cluster) Key() *config.BalanceKey {
	if c.hashing == nil {
		return nil
	}
	return &c.hashing.key
}

// PickFor chooses the endpoint that a key belongs to, by its hash (rendezvous.Sum), where Key says
// that requests are hashed. An endpoint that has too much in flight passes keys on; so does one
// whose weight is less than configured, always the same keys. It returns nil if none may get any.
func (c *Cluster) PickFor(hash uint64) *Endpoint {
	s := c.hashing.shares.Load()
	if s.sum == 0 {
		return nil
	}
	table, all := s.table, 1+max(c.state.total.n.Load(), 0)
	if s.probe > 0 && uint64(uint32(rendezvous.Mix(^hash))) < s.probe {
		table = s.probed
	}
	place := hash
	for range maxPlaces {
		i := table.At(place)
		place = rendezvous.Mix(place)
		if uint64(uint32(place)) < s.choices[i].keeps && s.hasRoom(i, all) {
			return &c.endpoints[i]
		}
	}
	return c.withRoom(s, hash, all)
}

// withRoom returns the first endpoint from some place on that may have one more. There is one, but
// for what changes while it is looked for; then it is the first that may get anything.
func (c *Cluster) withRoom(s *hashShares, hash uint64, all int64) *Endpoint {
	n := len(c.endpoints)
	from, any := int(hash%uint64(n)), -1
	for k := range n {
		i := (from + k) % n
		if s.hasRoom(i, all) {
			return &c.endpoints[i]
		}
		if any < 0 && s.choices[i].weight > 0 {
			any = i
		}
	}
	return &c.endpoints[any]
}

// hasRoom says whether an endpoint may have one more of all that is in flight.
func (s *hashShares) hasRoom(i int, all int64) bool {
	c := &s.choices[i]
	n := c.load.n.Load()
	return n*boundUnder*s.sum < boundOver*all*c.weight || n < always && c.weight > 0
}
