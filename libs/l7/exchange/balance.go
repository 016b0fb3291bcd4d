package exchange

import (
	"github.com/gatewayhomebrew/gateway/libs/cluster"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/rendezvous"
)

// balanced chooses the endpoint of the cluster as its policy has it: by what the request is hashed
// by, or else whose turn it is.
func (x *Exchange) balanced() *cluster.Endpoint {
	return x.balancedIn(x.target.Cluster)
}

// balancedIn is balanced for a cluster.
func (x *Exchange) balancedIn(c *cluster.Cluster) *cluster.Endpoint {
	if k := c.Key(); k != nil {
		if hash, ok := x.hash(k); ok {
			return c.PickFor(hash)
		}
	}
	return c.Pick()
}

// unload takes the request out of what its endpoint has in flight.
func (x *Exchange) unload() {
	x.load.End()
	x.load = nil
}

// hash is the hash of what a request is hashed by; false: it has none. What is empty is none.
func (x *Exchange) hash(k *config.BalanceKey) (uint64, bool) {
	q := asked{x}
	var value []byte
	x.mem.facts = x.mem.facts[:0]
	switch k.Kind {
	case config.KeyClient:
		address := q.Client().Unmap().As16()
		return rendezvous.Sum(address[:]), true
	case config.KeyPath:
		value = x.Head.Path
	case config.KeyHeader:
		value, _ = q.Header(k.Name)
	case config.KeyQuery:
		value, _ = q.Query(k.Name)
	case config.KeyCookie:
		value, _ = q.Cookie(k.Name)
	}
	return rendezvous.Sum(value), len(value) > 0
}
